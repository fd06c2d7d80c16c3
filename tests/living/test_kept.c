/*
 * Rows that are kept as codes: SPEC.md 5.1.1. What is given back, what answers
 * go by, what the test is of, and what stays as it is while an index changes.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "living/change.h"
#include "living/cloud.h"
#include "living/opened.h"
#include "write/scratch_folder.h"

TestSuite(kept, .init = scratch_make, .fini = scratch_drop, .timeout = 600);

enum { DIM = 18, N = 1500, QUERIES = 25, K = 12 };

static const char *const specs[] = {
	"SQ8,NoRefine",		  "IVF12,SQ8,NoRefine",	   "IVF12,SQ4,NoRefine",
	"SQ4,Refine(SQ8)",	  "IVF12,SQ4,Refine(SQ8)", "PQ9x4,NoRefine",
	"IVF12,RaBitQ8,NoRefine", "RaBitQ6,NoRefine",	   "IVF12,PQ6,NoRefine",
	"HNSW8,SQ8,NoRefine",	  "IVF12,PQ9x4fs,NoRefine"};
static const enum vsx_metric metrics[] = {VSX_L2, VSX_IP, VSX_COSINE};

enum { N_FINE = 5 }; /* of them decode to something near */

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* ---- building ------------------------------------------------------------ */

/* What is said of the target that cannot be reached. */
struct heard {
	unsigned int n;
	char text[256];
};

static int hear_target(void *context, const struct vsx_build_event *event)
{
	struct heard *heard = context;

	if (event->what == VSX_BUILD_NOTE && strstr(event->text, "target")) {
		heard->n++;
		snprintf(heard->text, sizeof(heard->text), "%s", event->text);
	}
	return 0;
}

static struct vsx_build_result build_heard(const char *path, const char *spec,
					   enum vsx_metric metric,
					   struct heard *heard)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_build_result result;
	struct vsx_builder *b;
	float row[DIM];

	opts.dim = DIM;
	opts.spec = spec;
	opts.metric = metric;
	opts.force = 1;
	opts.n_test_queries = 40;
	opts.report = hear_target;
	opts.context = heard;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	for (uint64_t i = 0; i < N; i++) {
		cloud_row(row, DIM, 3, i);
		MUST(vsx_builder_add(b, VSX_BATCH(row, VSX_F32, 1, NULL),
				     &err));
	}
	MUST(vsx_builder_finish(b, &result, &err));
	vsx_builder_free(b);
	return result;
}

static struct vsx_build_result build(const char *path, const char *spec,
				     enum vsx_metric metric)
{
	struct heard heard = {0};

	return build_heard(path, spec, metric, &heard);
}

/* Rows first .. first+n-1 of the cloud, and some of the others gone. */
static void grow(const char *path, uint64_t first, size_t n)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_update *u;
	float row[DIM];

	opts.flat_below = 100;
	u = change_begin(path, &opts);
	for (uint64_t i = first; i < first + n; i++) {
		cloud_row(row, DIM, 3, i);
		MUST(vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, &i), &err));
	}
	for (uint64_t id = first % 11; id < N; id += 11)
		MUST(vsx_update_delete(u, &id, 1, &err));
	change_commit(u, path);
}

/* ---- what is given back ---------------------------------------------------
 */

static double cosine(const float *a, const float *b)
{
	double ab = 0, aa = 0, bb = 0;

	for (int d = 0; d < DIM; d++) {
		ab += (double)a[d] * b[d];
		aa += (double)a[d] * a[d];
		bb += (double)b[d] * b[d];
	}
	return ab / sqrt(aa * bb);
}

Test(kept, a_row_is_what_its_code_decodes_to)
{
	const char *path = scratch_path("x");

	for (size_t s = 0; s < N_FINE; s++)
		for (size_t m = 0; m < N_OF(metrics); m++) {
			const char *due = strstr(specs[s], "SQ4,NoRefine")
						  ? "SQ4"
						  : "SQ8";
			struct vsx_segment_facts seg;
			struct vsx_facts facts;
			struct vsx *index;
			const void *row;
			float x[DIM], got[DIM];

			build(path, specs[s], metrics[m]);
			change_sound(path);
			index = change_open(path);
			vsx_get_facts(index, &facts);
			cr_expect_str_eq(facts.kept, due);
			cr_expect_eq(facts.kept_as_codes, 1);
			cr_expect_eq(facts.test_as_given, 1);
			MUST(vsx_get_segment(index, 0, &seg, &err));
			cr_expect_str_eq(seg.kept, due);
			cr_expect_eq(seg.row_stride,
				     strcmp(due, "SQ8") ? 16 : 24);
			for (uint64_t id = 0; id < N; id += 7) {
				cloud_row(x, DIM, 3, id);
				MUST(vsx_get(index, id, got, &err));
				cr_expect_gt(cosine(x, got), 0.98, "%s: %f",
					     specs[s], cosine(x, got));
				cr_expect_neq(memcmp(x, got, sizeof(x)), 0);
			}
			EXPECT_REFUSED(vsx_row(index, 3, &row, &err),
				       VSX_EINVAL, "id 3 is kept as a code");
			cr_expect_null(row);
			vsx_close(index);
		}
}

/* No effort reaches the target: the last of what can be had costs most. */
Test(kept, the_default_is_the_cheapest_that_is_near_the_best)
{
	const char *path = scratch_path("x");
	struct vsx_recall row, chosen = {0};
	struct vsx_facts facts;
	struct vsx *index;
	double best = 0.0;
	uint32_t last = 0;

	build(path, "IVF40,PQ3x4,NoRefine", VSX_L2);
	index = change_open(path);
	vsx_get_facts(index, &facts);
	for (uint32_t i = 0; vsx_get_recall(index, i, &row, NULL) == VSX_OK;
	     i++) {
		best = row.at_10 > best ? row.at_10 : best;
		last = row.effort;
		if (row.effort == facts.default_effort)
			chosen = row;
	}
	cr_assert(best > 0.1 && best < 0.94, "%f", best);
	cr_expect_lt(facts.default_effort, last);
	cr_expect_geq(chosen.at_10, best - 0.0100001);
	for (uint32_t i = 0; vsx_get_recall(index, i, &row, NULL) == VSX_OK;
	     i++)
		cr_expect(row.at_10 < best - 0.0099999 ||
				  row.distances >= chosen.distances,
			  "nprobe %u: %f, %f", row.effort, row.at_10,
			  row.distances);
	vsx_close(index);
}

/* One line says so, with what can be reached; else there is nothing to say. */
Test(kept, a_target_that_cannot_be_reached_is_told)
{
	static const char *const reached[] = {"IVF40,PQ3x4",
					      "IVF40,SQ8,NoRefine"};
	const char *path = scratch_path("x");
	struct heard heard = {0};
	struct vsx_recall row;
	char due[256];
	struct vsx *index;
	double best = 0.0;

	build_heard(path, "IVF40,PQ3x4,NoRefine", VSX_L2, &heard);
	index = change_open(path);
	for (uint32_t i = 0; vsx_get_recall(index, i, &row, NULL) == VSX_OK;
	     i++)
		best = row.at_10 > best ? row.at_10 : best;
	vsx_close(index);
	snprintf(due, sizeof(due),
		 "rows kept as PQ3x4 reach recall@10 %.4f at most, and the "
		 "target is 0.95: the default search is the cheapest within "
		 "0.01 of that",
		 best);
	cr_expect_eq(heard.n, 1);
	cr_expect_str_eq(heard.text, due);
	for (size_t i = 0; i < N_OF(reached); i++) {
		heard.n = 0;
		build_heard(path, reached[i], VSX_L2, &heard);
		cr_expect_eq(heard.n, 0, "%s: %s", reached[i], heard.text);
	}
}

Test(kept, many_rows_are_each_as_one)
{
	const char *path = scratch_path("x");
	uint64_t ids[] = {7, 1499, 20000, 7, 0};
	float all[5][DIM], one[DIM];
	uint8_t found[5];
	struct vsx *index;

	build(path, "IVF12,SQ4,NoRefine", VSX_L2);
	index = change_open(path);
	MUST(vsx_get_many(index, ids, 5, all[0], found, &err));
	for (int i = 0; i < 5; i++) {
		cr_expect_eq(found[i], i != 2);
		if (i == 2)
			continue;
		MUST(vsx_get(index, ids[i], one, &err));
		cr_expect_eq(memcmp(one, all[i], sizeof(one)), 0);
	}
	EXPECT_REFUSED(vsx_get_many(index, ids, 5, all[0], NULL, &err),
		       VSX_ENOTFOUND, "no row has the id 20000");
	vsx_close(index);
}

/* ---- answers --------------------------------------------------------------
 */

struct near {
	double value;
	uint64_t id;
};

static int by_value(const void *pa, const void *pb)
{
	const struct near *a = pa, *b = pb;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static double fold(const double l[8])
{
	return ((l[0] + l[4]) + (l[2] + l[6])) +
	       ((l[1] + l[5]) + (l[3] + l[7]));
}

static double length(const float *x)
{
	double lane[8] = {0};

	for (int d = 0; d < DIM; d++)
		lane[d % 8] += (double)x[d] * x[d];
	return sqrt(fold(lane));
}

/* SPEC.md 5.8. */
static double value(enum vsx_metric metric, const float *q, const float *x)
{
	double lane[8] = {0}, scale = 1.0 / length(q);

	for (int d = 0; d < DIM; d++) {
		double a = q[d], b = x[d];

		if (metric == VSX_L2)
			lane[d % 8] += (a - b) * (a - b);
		else if (metric == VSX_IP)
			lane[d % 8] += a * b;
		else
			lane[d % 8] += a * scale * b;
	}
	if (metric == VSX_L2)
		return fold(lane);
	return metric == VSX_IP ? -fold(lane)
				: -(fold(lane) * (1.0 / length(x)));
}

/* All rows that there are, by what vsx_get() says of them. */
static size_t nearest(const struct vsx *index, enum vsx_metric metric,
		      const float *q, struct near *out, size_t n_ids)
{
	size_t n = 0;
	float x[DIM];

	for (uint64_t id = 0; id < n_ids; id++) {
		enum vsx_status status = vsx_get(index, id, x, &err);

		if (status == VSX_ENOTFOUND)
			continue;
		cr_assert_eq(status, VSX_OK, "%s", err.text);
		out[n].id = id;
		out[n++].value = value(metric, q, x);
	}
	qsort(out, n, sizeof(*out), by_value);
	return n;
}

static void expect_exact(const char *path, enum vsx_metric metric, size_t n_ids)
{
	struct near *due = calloc(n_ids, sizeof(*due));
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	float queries[QUERIES][DIM];
	struct vsx_hit hits[QUERIES * K], one[K];
	size_t n_hits[QUERIES], n;
	struct vsx_searcher *s;
	struct vsx *index = change_open(path);

	opts.exact = 1;
	for (uint64_t i = 0; i < QUERIES; i++)
		cloud_row(queries[i], DIM, 4, i);
	MUST(vsx_searcher_new(&s, index, &err));
	MUST(vsx_search_batch(index, queries[0], VSX_F32, QUERIES, K, &opts, 2,
			      hits, n_hits, NULL, &err));
	for (size_t q = 0; q < QUERIES; q++) {
		nearest(index, metric, queries[q], due, n_ids);
		MUST(vsx_search(s, queries[q], VSX_F32, K, &opts, one, &n,
				&err));
		cr_assert_eq(n, K);
		cr_assert_eq(n_hits[q], K);
		for (size_t i = 0; i < K; i++) {
			cr_expect_eq(one[i].id, due[i].id);
			cr_expect_eq(hits[q * K + i].id, due[i].id);
			cr_expect_eq(one[i].distance,
				     (float)(metric == VSX_L2
						     ? due[i].value
						     : 0.0 - due[i].value));
		}
	}
	vsx_searcher_free(s);
	vsx_close(index);
	free(due);
}

Test(kept, exact_answers_are_those_of_decoded_rows)
{
	const char *path = scratch_path("x");

	for (size_t s = 0; s < N_OF(specs); s++)
		for (size_t m = 0; m < N_OF(metrics); m++) {
			build(path, specs[s], metrics[m]);
			expect_exact(path, metrics[m], N);
			grow(path, N, 400);
			grow(path, N + 400,
			     40); /* these stay as they were given */
			change_sound(path);
			expect_exact(path, metrics[m], N + 440);
		}
}

/* ---- the test -------------------------------------------------------------
 */

/* recall@10 of the default search, among the rows as they were given. */
static double recall_of(const char *path, enum vsx_metric metric)
{
	struct near due[N];
	struct vsx_hit hits[11];
	struct vsx_searcher *s;
	struct vsx_facts facts;
	struct vsx *index = change_open(path);
	float(*q)[DIM], x[DIM];
	size_t found = 0, n;
	uint64_t *own;

	vsx_get_facts(index, &facts);
	q = calloc(facts.n_queries, sizeof(*q));
	own = calloc(facts.n_queries, sizeof(*own));
	MUST(vsx_get_test_queries(index, q[0], own, &err));
	MUST(vsx_searcher_new(&s, index, &err));
	for (uint32_t i = 0; i < facts.n_queries; i++) {
		size_t seen = 0;

		/* They are held out, as they were given. */
		cloud_row(x, DIM, 3, own[i]);
		cr_assert_eq(memcmp(x, q[i], sizeof(x)), 0);
		for (uint64_t id = 0; id < N; id++) {
			cloud_row(x, DIM, 3, id);
			due[id].id = id;
			due[id].value = id == own[i] ? INFINITY
						     : value(metric, q[i], x);
		}
		qsort(due, N, sizeof(*due), by_value);
		MUST(vsx_search(s, q[i], VSX_F32, 11, NULL, hits, &n, &err));
		for (size_t h = 0; h < n && seen < 10; h++) {
			if (hits[h].id == own[i])
				continue;
			seen++;
			for (int j = 0; j < 10; j++)
				found += due[j].id == hits[h].id;
		}
	}
	free(q);
	free(own);
	vsx_searcher_free(s);
	vsx_close(index);
	return (double)found / (10.0 * facts.n_queries);
}

Test(kept, recall_is_among_the_rows_as_they_were_given)
{
	const char *path = scratch_path("x");

	for (size_t m = 0; m < N_OF(metrics); m++) {
		struct vsx_build_result r =
			build(path, "IVF12,SQ4,NoRefine", metrics[m]);

		cr_expect_lt(r.recall_at_10, 0.999);
		/* A search for 11 looks at some more rows than one for 10. */
		cr_expect_float_eq(r.recall_at_10, recall_of(path, metrics[m]),
				   0.02, "%f, expected about %f",
				   r.recall_at_10, recall_of(path, metrics[m]));
	}
}

/* ---- changes --------------------------------------------------------------
 */

static float *all_rows(const char *path, size_t n_ids)
{
	float *rows = calloc(n_ids, DIM * sizeof(*rows));
	struct vsx *index = change_open(path);

	for (uint64_t id = 0; id < n_ids; id++)
		if (vsx_get(index, id, rows + id * DIM, &err) != VSX_OK)
			rows[id * DIM] = NAN;
	vsx_close(index);
	return rows;
}

/* Those of a segment that keeps codes: others become codes. */
static bool was_coded(const float *row, uint64_t id)
{
	float x[DIM];

	cloud_row(x, DIM, 3, id);
	return memcmp(x, row, sizeof(x)) != 0;
}

Test(kept, compaction_leaves_codes_as_they_are)
{
	const char *path = scratch_path("x");

	for (size_t s = 0; s < N_OF(specs); s++)
		for (size_t m = 0; m < N_OF(metrics); m++) {
			const char *paths[] = {path};
			struct vsx_facts facts;
			struct vsx *index;
			float *before, *after;
			size_t n_coded = 0;

			build(path, specs[s], metrics[m]);
			grow(path, N, 400);
			grow(path, N + 400, 40);
			before = all_rows(path, N + 440);
			MUST(vsx_compact(paths, 1, NULL, NULL, NULL, NULL,
					 &err));
			change_sound(path);
			after = all_rows(path, N + 440);
			for (size_t id = 0; id < N + 440; id++) {
				const float *x = before + id * DIM;
				const float *y = after + id * DIM;

				cr_expect_eq(isnan(x[0]), isnan(y[0]));
				if (isnan(x[0]) || !was_coded(x, id))
					continue;
				n_coded++;
				cr_assert_eq(memcmp(x, y, DIM * sizeof(*x)), 0,
					     "%s: row %zu", specs[s], id);
			}
			cr_expect_gt(n_coded, N);
			index = change_open(path);
			vsx_get_facts(index, &facts);
			cr_expect_eq(facts.n_segments, 1);
			cr_expect_eq(facts.test_as_given, 0);
			cr_expect_str_eq(facts.spec, specs[s]);
			vsx_close(index);
			free(before);
			free(after);
		}
}

Test(kept, added_rows_share_what_was_learned)
{
	const char *path = scratch_path("x");

	for (size_t s = 0; s < N_OF(specs); s++) {
		struct opened o;

		build(path, specs[s], VSX_L2);
		grow(path, N, 400);
		o = opened_read(path);
		cr_expect(opened_section(&o, "VPAR", 0));
		cr_expect(opened_section(&o, "VECS", 1));
		cr_expect_not(opened_section(&o, "VPAR", 1));
		cr_expect_not(opened_section(&o, "CPAR", 1));
		cr_expect_not(opened_section(&o, "CENT", 1));
		free(o.bytes);
	}
}

static int hear(void *context, const struct vsx_build_event *event)
{
	char *text = context;

	if (event->what == VSX_BUILD_NOTE &&
	    strstr(event->text, "kept as codes"))
		snprintf(text, 200, "%s", event->text);
	return 0;
}

Test(kept, learning_anew_says_what_it_learns_from)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	const char *path = scratch_path("x"), *paths[] = {path};
	char note[200] = "";

	build(path, "IVF12,SQ4,NoRefine", VSX_L2);
	opts.report = hear;
	opts.context = note;
	MUST(vsx_compact(paths, 1, NULL, &opts, NULL, NULL, &err));
	cr_expect_str_eq(note, "");
	opts.spec = "IVF12,SQ4,NoRefine";
	MUST(vsx_compact(paths, 1, NULL, &opts, NULL, NULL, &err));
	cr_expect_str_eq(note, "learned from rows that were kept as codes: "
			       "what these had lost stays lost");
	change_sound(path);
	opts.spec = "Flat";
	MUST(vsx_compact(paths, 1, NULL, &opts, NULL, NULL, &err));
	change_sound(path);
}

/* Rows 0 .. N-1, as the index gives them back. */
static void take_all(const char *path, float *out)
{
	struct vsx *index = change_open(path);

	for (uint64_t id = 0; id < N; id++)
		MUST(vsx_get(index, id, out + id * DIM, &err));
	vsx_close(index);
}

/* Half floats are of what the codes said, each component rounded once. */
Test(kept, codes_become_half_floats)
{
	static const char *const halves[] = {"SQ8,Refine(FP16)",
					     "IVF12,RaBitQ,Refine(FP16)",
					     "HNSW8,Refine(FP16)"};
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	const char *path = scratch_path("x"), *paths[] = {path};
	static float before[N * DIM], after[N * DIM];

	for (size_t s = 0; s < N_OF(specs); s++) {
		enum vsx_metric metric = metrics[s % N_OF(metrics)];
		size_t n_off = 0;

		build(path, specs[s], metric);
		take_all(path, before);
		opts.spec = halves[s % N_OF(halves)];
		MUST(vsx_compact(paths, 1, NULL, &opts, NULL, NULL, &err));
		change_sound(path);
		take_all(path, after);
		for (size_t i = 0; i < N * DIM; i++)
			n_off += fabsf(after[i] - before[i]) >
				 fabsf(before[i]) * 0x1p-11f + 0x1p-25f;
		cr_expect_eq(n_off, 0, "%s to %s: %zu", specs[s], opts.spec,
			     n_off);
	}
}

/* ---- repair
 * ------------------------------------------------------------------ */

Test(kept, repair_loses_the_codes_of_a_damaged_page_and_no_more)
{
	const char *path = scratch_path("x"), *out = scratch_path("y");
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	struct vsx_repair_result result;
	uint64_t at, length;
	char note[200] = "";
	struct vsx *index;
	float x[DIM], got[DIM];
	uint8_t *bytes;
	size_t n, n_near = 0;
	FILE *f;

	build(path, "IVF12,SQ8,NoRefine", VSX_L2);
	bytes = support_read(path, &n);
	cr_assert(support_section(bytes, n, "VECS", &at, &length));
	bytes[at + 4096 + 17] ^= 4;
	f = fopen(path, "wb");
	cr_assert_eq(fwrite(bytes, 1, n, f), n);
	fclose(f);
	free(bytes);
	opts.report = hear;
	opts.context = note;
	MUST(vsx_repair(path, out, &opts, &result, NULL, &err));
	/* Two of them reach beyond the page. */
	cr_expect_geq(result.n_lost, 4096 / 24);
	cr_expect_leq(result.n_lost, 4096 / 24 + 2);
	cr_expect(strstr(note, "learned from rows that were kept as codes"));
	change_sound(out);
	index = change_open(out);
	for (uint64_t id = 0; id < N; id++) {
		if (vsx_get(index, id, got, &err) != VSX_OK)
			continue;
		cloud_row(x, DIM, 3, id);
		n_near += cosine(x, got) > 0.98;
	}
	cr_expect_eq(n_near, N - result.n_lost);
	vsx_close(index);
}

/* ---- bytes ------------------------------------------------------------------
 */

enum { MANY = 6000, WIDE = 32, LISTS = 64 };

/* All but centroids, lists, what all pages cost and a few more. */
static double bytes_a_row(const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_build_result result;
	struct vsx_builder *b;
	float row[WIDE];

	opts.dim = WIDE;
	opts.spec = spec;
	opts.force = 1;
	opts.n_test_queries = UINT32_MAX;
	MUST(vsx_builder_new(&b, scratch_path("x"), &opts, &err));
	for (uint64_t i = 0; i < MANY; i++) {
		cloud_row(row, WIDE, 3, i);
		MUST(vsx_builder_add(b, VSX_BATCH(row, VSX_F32, 1, NULL),
				     &err));
	}
	MUST(vsx_builder_finish(b, &result, &err));
	vsx_builder_free(b);
	return ((double)result.file_bytes - LISTS * (4.0 * WIDE + WIDE + 40) -
		8 * 4096) /
	       MANY;
}

Test(kept, codes_alone_take_few_bytes_a_row)
{
	cr_expect_leq(bytes_a_row("SQ8,NoRefine"), WIDE + 20);
	cr_expect_leq(bytes_a_row("IVF64,SQ8,NoRefine"), WIDE + 20);
	cr_expect_leq(bytes_a_row("IVF64,SQ4,NoRefine"), WIDE / 2 + 20);
	cr_expect_leq(bytes_a_row("IVF64,PQ16x4,NoRefine"), 16 / 2 + 10);
	/* The codewords are 32 KiB. */
	cr_expect_leq(bytes_a_row("IVF64,PQ15,NoRefine"), 15 + 10 + 6);
}

/* ---- specs that keep nothing of the kind -----------------------------------
 */

Test(kept, what_is_kept_as_codes_names_these)
{
	static const char *const bad[] = {"Flat,NoRefine", "IVF8,Flat,NoRefine",
					  "IVF8,Flat,Refine(SQ8)"};
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;

	opts.dim = DIM;
	for (size_t i = 0; i < N_OF(bad); i++) {
		opts.spec = bad[i];
		EXPECT_REFUSED(
			vsx_builder_new(&b, scratch_path("x"), &opts, &err),
			VSX_EINVAL,
			"what is kept are codes, but it names none");
	}
}

Test(kept, refine_fp16_keeps_rows_of_f16)
{
	const char *path = scratch_path("x");
	struct vsx_facts facts;
	struct vsx *index;

	build(path, "IVF12,SQ8,Refine(FP16)", VSX_L2);
	change_sound(path);
	index = change_open(path);
	vsx_get_facts(index, &facts);
	cr_expect_eq(facts.elem, VSX_F16);
	cr_expect_str_eq(facts.kept, "f16");
	cr_expect_eq(facts.kept_as_codes, 0);
	cr_expect_eq(facts.test_as_given, 0);
	vsx_close(index);
}
