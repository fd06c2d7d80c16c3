/* Options, errors, and what lies in the file, looked at without the reader. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "manifest.h"
#include "names.h"
#include "scratch_folder.h"
#include "vsx_write.h"

TestSuite(build, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

static struct vsx_error err;

static struct vsx_build_opts options(uint32_t dim, const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;

	opts.dim = dim;
	opts.spec = spec;
	opts.n_threads = 2;
	opts.n_test_queries = 32;
	opts.ef_construction = 24;
	return opts;
}

static void fill(float *out, size_t n, uint64_t seed)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (float)(vsx_random_at(seed, 99, i) % 201) - 100.0f;
}

static enum vsx_status build(const char *path, struct vsx_build_opts opts,
			     const float *rows, size_t n, const uint64_t *ids,
			     struct vsx_build_result *result)
{
	struct vsx_builder *b = NULL;
	enum vsx_status status = vsx_builder_new(&b, path, &opts, &err);

	if (status == VSX_OK)
		status = vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, n, ids),
					 &err);
	if (status == VSX_OK)
		status = vsx_builder_finish(b, result, &err);
	vsx_builder_free(b);
	return status;
}

static void refused(struct vsx_build_opts opts, const char *text)
{
	struct vsx_builder *b = (void *)&opts;

	cr_expect_eq(vsx_builder_new(&b, scratch_path("x"), &opts, &err),
		     VSX_EINVAL, "%s", text);
	cr_expect(strstr(err.text, text), "%s", err.text);
	cr_expect_null(b);
}

Test(build, refuses_options_that_break_a_rule)
{
	struct vsx_build_opts o;

	o = options(0, NULL), refused(o, "dimension is 0, expected 1 to 65536");
	o = options(65537, NULL), refused(o, "dimension is 65537");
	o = options(4, NULL), o.metric = 9, refused(o, "metric 9 is not known");
	o = options(4, NULL), o.elem = 6,
	refused(o, "element type 6 is not known");
	o = options(4, NULL), o.page_bytes = 2048,
	refused(o, "pages have 2048");
	o = options(4, NULL), o.page_bytes = 6000,
	refused(o, "pages have 6000");
	o = options(4, NULL), o.page_bytes = 131072,
	refused(o, "pages have 131072");
	o = options(4, NULL), o.target_recall = 1.5,
	refused(o, "target recall is 1.5");
	o = options(4, NULL), o.target_recall = -1,
	refused(o, "target recall is -1");
	o = options(4, NULL), o.target_recall = NAN,
	refused(o, "target recall is nan");
	o = options(4, NULL), o.force = 2, refused(o, "'force' is 2");
	o = options(4, NULL), o.normalize = 2, refused(o, "'normalize' is 2");
	o = options(4, NULL), o.normalize = 1, o.elem = VSX_U8,
	refused(o, "cannot be stored as u8");
	o = options(4, NULL), o.model = "two\nlines",
	refused(o, "the model is not UTF-8 text on one line");
	o = options(4, NULL), o.source = "\xff",
	refused(o, "the source is not UTF-8");
	o = options(4, "IVX"), refused(o, "'IVX' is not known");
	o = options(4, NULL), o.struct_size = 3, refused(o, "struct_size");
	cr_expect_eq(scratch_count(0), 0);
}

Test(build, takes_options_of_an_older_and_a_newer_caller)
{
	struct {
		struct vsx_build_opts opts;
		uint64_t more;
	} newer = {options(4, "Flat"), 0};
	struct vsx_builder *b;

	newer.opts.struct_size = sizeof(newer);
	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &newer.opts, &err),
		     VSX_OK, "%s", err.text);
	vsx_builder_free(b);
	newer.more = 1;
	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &newer.opts, &err),
		     VSX_EINVAL);
	newer.opts.struct_size = offsetof(struct vsx_build_opts, model);
	newer.opts.model = "\n"; /* not looked at */
	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &newer.opts, &err),
		     VSX_OK, "%s", err.text);
	vsx_builder_free(b);
}

Test(build, says_what_is_in_the_way)
{
	struct vsx_build_opts opts = options(4, "Flat");
	struct vsx_builder *b;

	cr_assert_eq(vsx_builder_new(&b, scratch_path("no/x"), &opts, &err),
		     VSX_EIO);
	cr_expect(strstr(err.text, "/no/x': No such file or directory"), "%s",
		  err.text);
	scratch_write(scratch_path("x"), "old", 3);
	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &opts, &err),
		     VSX_EEXIST);
	cr_expect(strstr(err.text, "/x' exists already"), "%s", err.text);
}

Test(build, refuses_rows_that_it_cannot_index)
{
	struct vsx_build_opts opts = options(4, "Flat");
	float rows[12] = {0};
	uint64_t ids[3] = {4, 77, 77};
	struct vsx_builder *b;

	cr_expect_eq(build(scratch_path("x"), opts, rows, 3, ids, NULL),
		     VSX_EINVAL);
	cr_expect_str_eq(err.text, "row 2: id 77 is also that of row 1");
	rows[7] = NAN;
	cr_expect_eq(build(scratch_path("x"), opts, rows, 3, NULL, NULL),
		     VSX_ENUMERIC);
	cr_expect_str_eq(err.text, "row 1: component 3 is NaN");
	rows[7] = 1.0f;
	opts.metric = VSX_COSINE;
	cr_expect_eq(build(scratch_path("x"), opts, rows, 3, NULL, NULL),
		     VSX_ENUMERIC);
	cr_expect_str_eq(err.text,
			 "row 0: the vector is zero, which has no cosine");
	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &opts, &err),
		     VSX_OK);
	cr_expect_eq(vsx_builder_queries(b, rows, VSX_F32, 1, &err),
		     VSX_ENUMERIC);
	cr_expect(strncmp(err.text, "query 0: ", 9) == 0, "%s", err.text);
	cr_expect_eq(vsx_builder_queries(b, rows, VSX_F32, 0, &err),
		     VSX_EINVAL);
	cr_expect_eq(vsx_builder_add(b, VSX_BATCH(rows, 17, 1, NULL), &err),
		     VSX_EINVAL);
	cr_expect_eq(
		vsx_builder_add(b, VSX_BATCH(NULL, VSX_F32, 1, NULL), &err),
		VSX_EINVAL);
	cr_expect_eq(
		vsx_builder_add(b, VSX_BATCH(NULL, VSX_F32, 0, NULL), &err),
		VSX_OK);
	vsx_builder_free(b);
	cr_expect_eq(scratch_count(0), 0);
}

Test(build, is_of_no_use_once_finished)
{
	struct vsx_build_opts opts = options(1, "Flat");
	struct vsx_builder *b;
	float row = 1.0f;

	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &opts, &err),
		     VSX_OK);
	cr_assert_eq(
		vsx_builder_add(b, VSX_BATCH(&row, VSX_F32, 1, NULL), &err),
		VSX_OK);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	cr_expect_eq(vsx_builder_finish(b, NULL, &err), VSX_EINVAL);
	cr_expect_eq(
		vsx_builder_add(b, VSX_BATCH(&row, VSX_F32, 1, NULL), &err),
		VSX_EINVAL);
	cr_expect_str_eq(err.text, "the build is finished");
	vsx_builder_free(b);
	vsx_builder_free(NULL);
}

/* An open manifest of a file. */
struct look {
	uint8_t *bytes;
	size_t n;
	struct vsx_manifest m;
};

static struct look look(const char *path)
{
	struct vsx_slot slots[2];
	struct look l = {0};
	struct vsx_super *sb;
	int chosen;

	l.bytes = scratch_read(path, &l.n);
	cr_assert(l.bytes);
	cr_assert_eq(vsx_super_choose(slots, &chosen, l.bytes, l.n, &err),
		     VSX_OK, "%s", err.text);
	sb = &slots[chosen].super;
	cr_assert_eq(vsx_manifest_decode(&l.m, l.bytes + sb->manifest_offset,
					 sb->manifest_bytes, sb, &err),
		     VSX_OK, "%s", err.text);
	return l;
}

/* A section, or NULL. */
static const uint8_t *section(const struct look *l, enum vsx_section_slot slot,
			      uint64_t *bytes)
{
	for (uint32_t i = 0; i < l->m.n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(&l->m, i);

		if (e.id != vsx_section_id(slot))
			continue;
		*bytes = e.bytes;
		return l->bytes + e.offset;
	}
	return NULL;
}

static bool has(const struct look *l, enum vsx_section_slot slot)
{
	uint64_t bytes;

	return section(l, slot, &bytes) != NULL;
}

enum { N = 3000, DIM = 24 };

static float rows[N * DIM];

/* Of efforts that reach the target the least, also where it is met exactly. */
Test(build, chooses_the_first_effort_that_reaches_the_target)
{
	struct vsx_build_opts opts = options(DIM, "IVF32,Flat");
	const char *path = scratch_path("x");
	struct vsx_recall row, before = {0};
	struct vsx_facts facts;
	struct vsx *index;
	uint32_t n, n_rising = 0;

	fill(rows, N * DIM, 1);
	opts.n_test_queries = 200;
	opts.force = 1;
	cr_assert_eq(build(path, opts, rows, N, NULL, NULL), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	vsx_get_facts(index, &facts);
	n = facts.n_recalls;
	for (uint32_t i = 0; i < n; i += 5, before = row) {
		struct vsx *other;

		cr_assert_eq(vsx_get_recall(index, i, &row, &err), VSX_OK);
		if (row.at_10 <= before.at_10)
			continue;
		n_rising++;
		opts.target_recall = row.at_10;
		cr_assert_eq(build(path, opts, rows, N, NULL, NULL), VSX_OK);
		cr_assert_eq(vsx_open(&other, path, NULL, &err), VSX_OK);
		vsx_get_facts(other, &facts);
		vsx_close(other);
		cr_expect_leq(facts.default_effort, row.effort, "%g",
			      row.at_10);
		cr_expect_gt(facts.default_effort, before.effort, "%g",
			     row.at_10);
	}
	cr_expect_gt(n_rising, 2);
	vsx_close(index);
}

Test(build, writes_the_facts)
{
	struct vsx_build_opts opts = options(DIM, "Flat");
	struct vsx_build_result result;
	struct look l;

	fill(rows, N * DIM, 1);
	opts.model = "words v1";
	opts.source = "a.npy, b.npy";
	opts.seed = 7;
	opts.metric = VSX_IP;
	opts.normalize = 1;
	opts.page_bytes = 8192;
	opts.target_recall = 0.9;
	opts.n_test_queries = 0;
	cr_assert_eq(build(scratch_path("x"), opts, rows, N, NULL, &result),
		     VSX_OK, "%s", err.text);
	l = look(scratch_path("x"));
	cr_expect_eq(l.n, result.file_bytes);
	cr_expect_eq(result.n_rows, N);
	cr_expect_str_eq(result.spec, "Flat");
	cr_expect_eq(l.m.n_rows, N);
	cr_expect_eq(l.m.n_live, N);
	cr_expect_eq(l.m.dim, DIM);
	cr_expect_eq(l.m.metric, VSX_IP);
	cr_expect_eq(l.m.flags,
		     VSX_MANIFEST_NORMALISED | VSX_MANIFEST_OWN_QUERIES);
	cr_expect_eq(l.m.seed, 7);
	cr_expect_eq(l.m.page_shift, 13);
	cr_expect_eq(l.m.target_recall, 900000);
	cr_expect_eq(l.m.default_effort, 0);
	cr_expect_eq(l.m.n_queries, 1000);
	cr_expect_eq(l.m.truth_k, 100);
	cr_expect_eq(l.m.n_recalls, 1);
	cr_expect_str_eq(vsx_manifest_property(&l.m, "library"),
			 "vsx " VSX_VERSION);
	cr_expect_str_eq(vsx_manifest_property(&l.m, "model"), "words v1");
	cr_expect_str_eq(vsx_manifest_property(&l.m, "source"), "a.npy, b.npy");
	cr_expect_str_eq(vsx_manifest_property(&l.m, "spec"), "Flat");
	free(l.bytes);
}

/* Ids that the file has to hold, and how. */
static void ids_written(const uint64_t *ids, uint32_t id_bytes, bool order,
			const char *spec)
{
	struct look l;
	const uint8_t *p;
	uint64_t bytes;

	cr_assert_eq(build(scratch_path("x"), options(DIM, spec), rows, N, ids,
			   NULL),
		     VSX_OK, "%s", err.text);
	l = look(scratch_path("x"));
	p = section(&l, VSX_SEC_ROID, &bytes);
	cr_expect_eq(p != NULL, id_bytes != 0);
	if (p)
		cr_expect_eq(bytes, N * id_bytes);
	cr_expect_eq(has(&l, VSX_SEC_IDRO), order);
	free(l.bytes);
	unlink(scratch_path("x"));
}

Test(build, writes_ids_only_where_they_say_something)
{
	static uint64_t ids[N];

	fill(rows, N * DIM, 1);
	ids_written(NULL, 0, false, "Flat");
	ids_written(NULL, 4, true, "HNSW8");
	for (uint64_t i = 0; i < N; i++)
		ids[i] = i;
	ids_written(ids, 0, false, "Flat");
	for (uint64_t i = 0; i < N; i++)
		ids[i] = i * 2;
	ids_written(ids, 4, false, "Flat");
	ids[N - 1] = UINT32_MAX;
	ids_written(ids, 4, false, "Flat");
	ids[N - 1] = UINT64_C(1) << 32;
	ids_written(ids, 8, false, "Flat");
	ids_written(ids, 8, true, "HNSW8");
}

static uint64_t id_in(const uint8_t *p, uint64_t i, uint64_t id_bytes)
{
	vsx_le64 v = {{0}};

	memcpy(v.b, p + i * id_bytes, id_bytes);
	return vsx_get64(v);
}

/* Rows, ids and the order of ids belong together. */
static void check_rows(const char *spec, uint32_t factor)
{
	static uint64_t ids[N];
	const uint8_t *roid, *idro, *vecs;
	uint64_t roid_bytes, bytes, before = 0;
	struct look l;

	for (uint64_t i = 0; i < N; i++)
		ids[i] = (i * 7919 % N) * factor;
	cr_assert_eq(build(scratch_path("x"), options(DIM, spec), rows, N, ids,
			   NULL),
		     VSX_OK, "%s", err.text);
	l = look(scratch_path("x"));
	vecs = section(&l, VSX_SEC_VECS, &bytes);
	roid = section(&l, VSX_SEC_ROID, &roid_bytes);
	idro = section(&l, VSX_SEC_IDRO, &bytes);
	cr_assert(vecs && roid && idro);
	for (uint32_t i = 0; i < N; i++) {
		uint64_t r = id_in(idro, i, 4);
		uint64_t id = id_in(roid, r, roid_bytes / N), from = 0;

		cr_assert(i == 0 || id > before);
		before = id;
		while (ids[from] != id)
			from++;
		cr_assert_arr_eq(vecs + r * DIM * 4, rows + from * DIM,
				 DIM * 4);
	}
	free(l.bytes);
	unlink(scratch_path("x"));
}

Test(build, keeps_rows_and_ids_together)
{
	fill(rows, N * DIM, 2);
	check_rows("HNSW8", 1);
	check_rows("HNSW8", 1u << 31);
}

Test(build, places_long_lists_at_pages)
{
	struct vsx_build_opts opts = options(DIM, "IVF7,Flat");
	uint64_t n_lists, n_rows = 0, next = 0, bytes, end = 0;
	const uint8_t *p;
	struct look l;

	fill(rows, N * DIM, 3);
	cr_assert_eq(build(scratch_path("x"), opts, rows, N, NULL, NULL),
		     VSX_OK, "%s", err.text);
	l = look(scratch_path("x"));
	p = section(&l, VSX_SEC_LIST, &bytes);
	cr_assert(p);
	n_lists = bytes / sizeof(struct vsx_disk_list);
	cr_expect_eq(n_lists, 7);
	for (uint64_t i = 0; i < n_lists; i++) {
		uint64_t first = id_in(p, 3 * i, 8);
		uint64_t n = id_in(p, 3 * i + 1, 8);
		uint64_t at = id_in(p, 3 * i + 2, 8);

		cr_expect_eq(first, n_rows);
		n_rows += n;
		if (n * DIM * 4 > 4 * 4096)
			next = (next + 4095) & ~UINT64_C(4095);
		cr_expect_eq(at, next);
		next = end = at + n * DIM * 4;
	}
	cr_expect_eq(n_rows, N);
	section(&l, VSX_SEC_VECS, &bytes);
	cr_expect_eq(bytes, end);
	free(l.bytes);
}

Test(build, one_row_has_no_test)
{
	static const char *const specs[] = {"Flat", "IVF4,Flat", "HNSW32",
					    "auto"};

	fill(rows, DIM, 3);
	for (size_t i = 0; i < 4; i++) {
		struct look l;

		cr_assert_eq(build(scratch_path("x"), options(DIM, specs[i]),
				   rows, 1, NULL, NULL),
			     VSX_OK, "%s: %s", specs[i], err.text);
		l = look(scratch_path("x"));
		cr_expect_eq(l.m.n_queries, 0);
		cr_expect_eq(l.m.truth_k, 0);
		cr_expect_eq(l.m.n_recalls, 0);
		cr_expect_eq(l.m.flags, 0);
		cr_expect_not(has(&l, VSX_SEC_QRYS));
		free(l.bytes);
		unlink(scratch_path("x"));
	}
}

struct notes {
	unsigned int n;
	char last[256];
	bool phases_in_order;
	uint64_t done;
};

static int take_note(void *context, const struct vsx_build_event *event)
{
	struct notes *notes = context;

	if (event->what != VSX_BUILD_NOTE)
		return 0;
	notes->n++;
	snprintf(notes->last, sizeof(notes->last), "%s", event->text);
	return 0;
}

Test(build, notes_what_it_chose_or_changed)
{
	struct vsx_build_opts opts = options(DIM, "HNSW32");
	struct vsx_build_result result;
	struct notes notes = {0};

	fill(rows, N * DIM, 3);
	opts.report = take_note;
	opts.context = &notes;
	opts.force = 1;
	cr_assert_eq(build(scratch_path("x"), opts, rows, 10, NULL, &result),
		     VSX_OK);
	cr_expect_eq(notes.n, 1);
	cr_expect_str_eq(notes.last,
			 "M lowered from 32 to 9: there are 10 rows");
	cr_expect_str_eq(result.spec, "HNSW9");
	opts.spec = NULL;
	cr_assert_eq(build(scratch_path("x"), opts, rows, 10, NULL, &result),
		     VSX_OK);
	cr_expect_eq(notes.n, 2);
	cr_expect(strstr(notes.last, "Flat chosen: comparing 10 rows"), "%s",
		  notes.last);
}

Test(build, takes_queries_of_the_caller)
{
	struct vsx_build_opts opts = options(DIM, "Flat");
	struct vsx_builder *b;
	int8_t queries[3 * DIM];
	const uint8_t *p;
	uint64_t bytes;
	struct look l;

	fill(rows, N * DIM, 3);
	for (int i = 0; i < 3 * DIM; i++)
		queries[i] = (int8_t)(i * 3 - 100);
	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &opts, &err),
		     VSX_OK);
	cr_assert_eq(vsx_builder_queries(b, rows, VSX_F32, 5, &err), VSX_OK);
	cr_assert_eq(vsx_builder_queries(b, queries, VSX_I8, 3, &err), VSX_OK);
	cr_assert_eq(
		vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, 50, NULL), &err),
		VSX_OK);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
	l = look(scratch_path("x"));
	cr_expect_eq(l.m.n_queries, 3);
	cr_expect_eq(l.m.truth_k, 50);
	cr_expect_eq(l.m.flags, 0);
	cr_expect_not(has(&l, VSX_SEC_QSRC));
	p = section(&l, VSX_SEC_QRYS, &bytes);
	cr_assert(p);
	free(l.bytes);
}

Test(build, gives_the_same_bytes_for_any_number_of_threads)
{
	static const char *const specs[] = {"Flat", "IVF20,Flat", "HNSW8"};
	static const char *const names[] = {"one", "two", "eight"};
	static const unsigned int threads[] = {1, 2, 8};

	fill(rows, N * DIM, 4);
	for (size_t s = 0; s < 3; s++) {
		for (size_t i = 0; i < 3; i++) {
			struct vsx_build_opts opts = options(DIM, specs[s]);

			opts.n_threads = threads[i];
			opts.memory = i == 2 ? 1 : 0;
			opts.seed = 5;
			opts.force = 1;
			opts.metric = VSX_COSINE;
			cr_assert_eq(build(scratch_path(names[i]), opts, rows,
					   N, NULL, NULL),
				     VSX_OK, "%s: %s", specs[s], err.text);
		}
		cr_expect(
			scratch_same(scratch_path("one"), scratch_path("two")),
			"%s", specs[s]);
		cr_expect(scratch_same(scratch_path("one"),
				       scratch_path("eight")),
			  "%s", specs[s]);
	}
}

Test(build, another_seed_gives_another_file)
{
	struct vsx_build_opts opts = options(DIM, "Flat");

	fill(rows, N * DIM, 4);
	cr_assert_eq(build(scratch_path("a"), opts, rows, N, NULL, NULL),
		     VSX_OK);
	opts.seed = 1;
	cr_assert_eq(build(scratch_path("b"), opts, rows, N, NULL, NULL),
		     VSX_OK);
	cr_expect_not(scratch_same(scratch_path("a"), scratch_path("b")));
}
