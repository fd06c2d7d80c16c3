#include "bench/data/dataset.h"
#include "bench/data/golden_out.h"
#include "bench/data/narrow.h"
#include "bench/data/widen.h"
#include "input/golden.h"
#include "support/build.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIM 6

static char folder[64];

static void setup(void)
{
	snprintf(folder, sizeof(folder), "/tmp/vsx-test.XXXXXX");
	cr_assert(mkdtemp(folder));
	cr_assert(chdir(folder) == 0);
}

static void teardown(void)
{
	static const char *const names[] = {"rows.fvecs", "queries.fvecs",
					    "truth.ivecs", "bytes.bvecs",
					    "golden.jsonl"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	/* Nothing else is left, the index of the truth above all. */
	cr_expect(rmdir(folder) == 0);
}

TestSuite(dataset, .init = setup, .fini = teardown);

static float cell(size_t i, uint32_t j)
{
	return (float)((i * 37 + j * 101 + i * j * 7) % 251);
}

static void write_vecs(const char *name, size_t n, size_t first, float add)
{
	FILE *to = fopen(name, "wb");
	int32_t dim = DIM;

	for (size_t i = 0; i < n; i++) {
		fwrite(&dim, 4, 1, to);
		for (uint32_t j = 0; j < DIM; j++) {
			float value = cell(first + i, j) + add;
			unsigned char byte = (unsigned char)value;

			if (strstr(name, ".bvecs"))
				fwrite(&byte, 1, 1, to);
			else
				fwrite(&value, 4, 1, to);
		}
	}
	cr_assert(fclose(to) == 0);
}

static void write_truth(size_t n, int32_t k, int32_t first, int32_t step)
{
	FILE *to = fopen("truth.ivecs", "wb");

	for (size_t i = 0; i < n; i++) {
		fwrite(&k, 4, 1, to);
		for (int32_t j = 0; j < k; j++) {
			int32_t id = first + j * step;

			fwrite(&id, 4, 1, to);
		}
	}
	cr_assert(fclose(to) == 0);
}

static struct dataset_opts opts(void)
{
	return (struct dataset_opts){
		.path = "rows.fvecs",
		.truth_k = 10,
		.threads = 2,
		.folder = folder,
		.quiet = true,
	};
}

static void load(struct dataset *d, const struct dataset_opts *o)
{
	struct vsx_error err;

	cr_assert(dataset_load(d, o, &err) == VSX_OK, "%s", err.text);
}

static void refuse(const struct dataset_opts *o, enum vsx_status due,
		   const char *text)
{
	struct vsx_error err = {0};
	struct dataset d;
	enum vsx_status got = dataset_load(&d, o, &err);

	cr_expect(got == due, "%d, expected %d: %s", got, due, err.text);
	cr_expect(strstr(err.text, text), "no '%s' in: %s", text, err.text);
}

static double value(const struct dataset *d, const float *query,
		    const float *row)
{
	double dot = 0, a = 0, b = 0, l2 = 0;

	for (uint32_t j = 0; j < d->dim; j++) {
		double x = query[j], y = row[j];

		dot += x * y;
		a += x * x;
		b += y * y;
		l2 += (x - y) * (x - y);
	}
	if (d->metric == VSX_L2)
		return l2;
	return d->metric == VSX_IP ? -dot : -dot / sqrt(a * b);
}

/* By a plain loop: no row outside of the truth is nearer than one inside. */
static void check_truth(const struct dataset *d, const uint64_t *truth,
			uint64_t n_rows)
{
	float *rows = calloc(n_rows * d->dim, sizeof(*rows));

	widen(rows, d->rows, d->elem, n_rows * d->dim);
	for (uint64_t q = 0; q < d->n_queries; q++) {
		const float *query = d->queries_f32 + q * d->dim;
		const uint64_t *ids = truth + q * d->truth_k;
		double last = -INFINITY;
		uint64_t nearer = 0;

		for (uint32_t i = 0; i < d->truth_k; i++) {
			double v;

			cr_assert(ids[i] < n_rows);
			v = value(d, query, rows + ids[i] * d->dim);
			cr_assert(v >= last - 1e-6);
			last = v;
		}
		for (uint64_t i = 0; i < n_rows; i++)
			nearer += value(d, query, rows + i * d->dim) <
				  last - 1e-6;
		cr_expect(nearer < d->truth_k, "query %" PRIu64, q);
	}
	free(rows);
}

Test(dataset, holds_queries_out_of_the_rows)
{
	struct dataset_opts o = opts();
	struct dataset d;
	bool seen[200] = {false};
	uint64_t before = 0;

	write_vecs("rows.fvecs", 200, 0, 0);
	o.seed = 3;
	load(&d, &o);
	cr_assert(d.n_queries == 20 && d.n_rows == 180 && d.truth_computed);
	cr_expect(strcmp(d.name, "rows.fvecs") == 0);
	/* Every row of the file is in one of the two, in the file's order. */
	for (uint64_t i = 0; i < 200; i++) {
		const float *v = i < 180 ? (float *)d.rows + i * DIM
					 : d.queries_f32 + (i - 180) * DIM;
		size_t at = 0;

		while (at < 200 && (seen[at] || v[0] != cell(at, 0) ||
				    v[1] != cell(at, 1) || v[2] != cell(at, 2)))
			at++;
		cr_assert(at < 200, "a vector that is not in the file");
		seen[at] = true;
		cr_expect(i == 0 || i == 180 || at > before);
		before = at;
	}
	check_truth(&d, d.truth, d.n_rows);
	dataset_release(&d);
}

Test(dataset, draws_other_queries_with_another_seed)
{
	struct dataset_opts o = opts();
	struct dataset a, b, c;

	write_vecs("rows.fvecs", 200, 0, 0);
	o.n_queries = 30;
	load(&a, &o);
	load(&b, &o);
	o.seed = 1;
	load(&c, &o);
	cr_assert(a.n_queries == 30 && c.n_queries == 30);
	cr_expect(memcmp(a.queries, b.queries, 30 * DIM * 4) == 0);
	cr_expect(memcmp(a.queries, c.queries, 30 * DIM * 4) != 0);
	dataset_release(&a);
	dataset_release(&b);
	dataset_release(&c);
}

Test(dataset, computes_the_truth_of_each_metric_and_size)
{
	struct dataset_opts o = opts();

	write_vecs("rows.fvecs", 150, 0, 1);
	write_vecs("queries.fvecs", 9, 1000, 1);
	o.queries = "queries.fvecs";
	for (enum vsx_metric m = VSX_L2; m <= VSX_COSINE; m++) {
		struct vsx_error err;
		struct dataset d;
		uint64_t *fewer;

		o.metric = m;
		load(&d, &o);
		cr_assert(d.metric == m && d.truth_k == 10);
		check_truth(&d, d.truth, d.n_rows);
		cr_assert(dataset_truth(&d, 60, &o, &fewer, &err) == VSX_OK);
		check_truth(&d, fewer, 60);
		free(fewer);
		dataset_release(&d);
	}
}

Test(dataset, takes_the_truth_of_a_file)
{
	struct dataset_opts o = opts();
	struct dataset d;

	write_vecs("rows.fvecs", 50, 0, 0);
	write_vecs("queries.fvecs", 8, 50, 0);
	write_truth(8, 15, 3, 2);
	o.queries = "queries.fvecs";
	o.ground_truth = "truth.ivecs";
	o.n_queries = 5;
	load(&d, &o);
	cr_assert(!d.truth_computed && d.n_queries == 5 && d.truth_k == 10);
	for (int i = 0; i < 50; i++)
		cr_expect(d.truth[i] == 3 + 2 * (uint64_t)(i % 10));
	dataset_release(&d);
	o.truth_k = 100;
	load(&d, &o);
	cr_expect(d.truth_k == 15 && d.truth[14] == 31 && d.truth[15] == 3);
	dataset_release(&d);
	/* As many as the shortest list has: -1 ends it. */
	write_truth(8, 5, 3, -1);
	load(&d, &o);
	cr_expect(d.truth_k == 4 && d.truth[3] == 0 && d.truth[4] == 3);
	dataset_release(&d);
}

Test(dataset, refuses_a_truth_that_cannot_be)
{
	struct dataset_opts o = opts();

	write_vecs("rows.fvecs", 50, 0, 0);
	write_vecs("queries.fvecs", 8, 50, 0);
	o.queries = "queries.fvecs";
	o.ground_truth = "truth.ivecs";
	write_truth(7, 5, 0, 1);
	refuse(&o, VSX_EINVAL, "truth.ivecs: 7 rows, queries.fvecs has 8");
	write_truth(8, 5, 46, 1);
	refuse(&o, VSX_EINVAL, "row 0, column 4: id 50 is not in rows.fvecs");
	write_truth(8, 5, 7, 0);
	refuse(&o, VSX_EINVAL, "row 0: the id 7 appears twice");
	write_truth(8, 5, 2, -1);
	refuse(&o, VSX_EINVAL, "row 0, column 4: the id -2");
	write_truth(8, 5, -1, 0);
	refuse(&o, VSX_EINVAL, "row 0: names no neighbours");
}

Test(dataset, gives_rows_and_queries_one_type)
{
	struct dataset_opts o = opts();
	struct dataset d;

	write_vecs("bytes.bvecs", 40, 0, 0);
	write_vecs("queries.fvecs", 3, 100, 0);
	o.path = "bytes.bvecs";
	o.queries = "queries.fvecs";
	load(&d, &o);
	cr_expect(d.elem == VSX_U8);
	for (uint32_t j = 0; j < DIM; j++) {
		cr_expect(((unsigned char *)d.queries)[j] == cell(100, j));
		cr_expect(d.queries_f32[j] == cell(100, j));
	}
	dataset_release(&d);

	/* What u8 does not hold must not change. */
	write_vecs("queries.fvecs", 3, 100, 0.5f);
	load(&d, &o);
	cr_expect(d.elem == VSX_F32 && d.queries == (void *)d.queries_f32);
	cr_expect(((float *)d.rows)[DIM + 1] == cell(1, 1));
	cr_expect(d.queries_f32[0] == cell(100, 0) + 0.5f);
	dataset_release(&d);

	/* Unless it is asked for. */
	o.elem = VSX_BF16;
	load(&d, &o);
	cr_expect(d.elem == VSX_BF16);
	dataset_release(&d);
	o.elem = VSX_U8;
	refuse(&o, VSX_EINVAL, "queries.fvecs: row 0, component 0: ");
}

Test(dataset, refuses_what_has_no_distance)
{
	struct dataset_opts o = opts();
	float bad = NAN, zeros[DIM] = {0};
	FILE *file;

	write_vecs("rows.fvecs", 20, 0, 1);
	file = fopen("rows.fvecs", "r+b");
	fseek(file, 7 * (4 + DIM * 4) + 4 + 8, SEEK_SET);
	fwrite(&bad, 4, 1, file);
	fclose(file);
	refuse(&o, VSX_EINVAL, "rows.fvecs: row 7, component 2: nan");
	write_vecs("rows.fvecs", 20, 0, 1);
	file = fopen("rows.fvecs", "r+b");
	fseek(file, 9 * (4 + DIM * 4) + 4, SEEK_SET);
	fwrite(zeros, 4, DIM, file);
	fclose(file);
	o.metric = VSX_COSINE;
	refuse(&o, VSX_EINVAL, "rows.fvecs: row 9: is zero");
}

Test(dataset, refuses_too_few_rows)
{
	struct dataset_opts o = opts();
	struct dataset d;

	write_vecs("rows.fvecs", 1, 0, 0);
	refuse(&o, VSX_EINVAL, "1 row, of which 1 cannot be held out");
	write_vecs("rows.fvecs", 5, 0, 0);
	o.n_queries = 5;
	refuse(&o, VSX_EINVAL, "5 rows, of which 5 cannot");
	o.n_queries = 4;
	load(&d, &o);
	cr_expect(d.n_rows == 1 && d.truth_k == 1);
	dataset_release(&d);
}

static bool expects(const struct golden *g, size_t query, uint64_t id)
{
	for (size_t i = g->first[query]; i < g->first[query + 1]; i++)
		if (g->expect[i] == id)
			return true;
	return false;
}

Test(dataset, golden_files_read_back_as_they_were)
{
	struct golden_out out = {.path = "golden.jsonl",
				 .source = "queries.fvecs",
				 .n = 4,
				 .k = 6};
	struct dataset_opts o = opts();
	struct vsx_error err;
	struct golden g;
	struct dataset d;
	uint64_t n;

	write_vecs("rows.fvecs", 60, 0, 0.1f);
	write_vecs("queries.fvecs", 8, 100, 0.3f / 7);
	o.queries = "queries.fvecs";
	load(&d, &o);
	d.queries_f32[2 * DIM] = 1e-39f / 3;
	cr_assert(golden_write(&out, &d, &n, &err) == VSX_OK, "%s", err.text);
	cr_assert(n == 4);
	cr_assert(golden_load(&g, out.path, &err) == VSX_OK, "%s", err.text);
	cr_assert(g.n == 4 && g.dim == DIM);
	for (size_t i = 0; i < 4; i++) {
		cr_expect(memcmp(g.queries + i * DIM,
				 d.queries_f32 + 2 * i * DIM, DIM * 4) == 0);
		cr_expect(g.first[i + 1] - g.first[i] == 6);
		for (size_t j = 0; j < 6; j++)
			cr_expect(
				expects(&g, i, d.truth[2 * i * d.truth_k + j]));
	}
	golden_release(&g);
	dataset_release(&d);
}

/* Every half, to f32 and back. */
Test(dataset, halves_keep_their_bits)
{
	for (enum vsx_elem elem = VSX_F16; elem <= VSX_BF16; elem++)
		for (uint32_t bits = 0; bits < 0x10000; bits++) {
			uint16_t half = (uint16_t)bits, back;
			uint32_t top = elem == VSX_F16 ? 0x7c00 : 0x7f80;
			float wide;

			if ((bits & top) == top)
				continue;
			widen(&wide, &half, elem, 1);
			cr_assert(narrow(&back, &wide, elem, 1) == 1 &&
					  back == half,
				  "%d: %04x became %04x", elem, half, back);
		}
}

Test(dataset, halves_are_rounded_to_even)
{
	static const struct {
		float value;
		uint16_t f16;
	} cases[] = {
		{1 + 0x1p-11f, 0x3c00},	  {1 + 3 * 0x1p-11f, 0x3c02},
		{1 + 0x1.2p-11f, 0x3c01}, {0x1p-25f, 0x0000},
		{0x1.1p-25f, 0x0001},	  {3 * 0x1p-25f, 0x0002},
		{0x1.ff8p-15f, 0x03ff},	  {0x1.fffp-15f, 0x0400},
		{65519.0f, 0x7bff},	  {-65519.0f, 0xfbff},
		{2047.9f, 0x6800},
	};
	float too_large = 65520.0f;
	uint16_t half;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert(narrow(&half, &cases[i].value, VSX_F16, 1) == 1);
		cr_expect(half == cases[i].f16, "%a: %04x", cases[i].value,
			  half);
	}
	cr_expect(narrow(&half, &too_large, VSX_F16, 1) == 0);
	too_large = 3.4e38f;
	cr_expect(narrow(&half, &too_large, VSX_BF16, 1) == 0);
}
