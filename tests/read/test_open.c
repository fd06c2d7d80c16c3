/* Opening: what it takes, what it refuses, what it tells of the index. */
#include <criterion/criterion.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "manifest.h"
#include "sums.h"
#include "support/build.h"
#include "support/sparse.h"
#include "vsx.h"
#include "write/scratch_folder.h"

TestSuite(open, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

static struct vsx_error err;

static const char *build(struct support_index what)
{
	const char *path = scratch_path("x.vsx");

	support_build(path, what);
	return path;
}

static struct vsx *must_open(const char *path, const struct vsx_open_opts *opts)
{
	struct vsx *index;

	cr_assert_eq(vsx_open(&index, path, opts, &err), VSX_OK, "%s",
		     err.text);
	return index;
}

/* Open these bytes; the index is closed again. */
static enum vsx_status open_bytes(const uint8_t *bytes, size_t n,
				  const struct vsx_open_opts *opts)
{
	int fd = support_memory_file(bytes, n);
	struct vsx *index;
	enum vsx_status status =
		vsx_open(&index, support_fd_path(fd), opts, &err);

	vsx_close(index);
	close(fd);
	return status;
}

static bool finds_itself(const struct vsx *index, uint64_t id)
{
	struct vsx_searcher *s;
	struct vsx_hit hit;
	float row[8];
	size_t n;
	bool found;

	cr_assert_eq(vsx_get(index, id, row, &err), VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	found = vsx_search(s, row, VSX_F32, 1, NULL, &hit, &n, &err) ==
			VSX_OK &&
		n == 1 && hit.id == id;
	vsx_searcher_free(s);
	return found;
}

Test(open, takes_every_mix_of_options)
{
	static const char *const specs[] = {"Flat", "IVF4,Flat", "HNSW8"};

	for (size_t i = 0; i < 3; i++) {
		const char *path =
			build((struct support_index){.spec = specs[i]});

		for (int mix = 0; mix < 3 * 3 * 2 * 2; mix++) {
			struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
			struct vsx *index;

			opts.check = mix % 3;
			opts.preload = mix / 3 % 3;
			opts.load = mix / 9 % 2;
			opts.untrusted = (uint32_t)mix / 18;
			index = must_open(path, &opts);
			cr_expect(finds_itself(index, 17), "%s, mix %d: %s",
				  specs[i], mix, err.text);
			vsx_close(index);
		}
	}
}

Test(open, tells_the_facts)
{
	struct support_index what = {.spec = "IVF4,Flat",
				     .metric = VSX_COSINE,
				     .elem = VSX_I8,
				     .page_bytes = 8192,
				     .ids = true};
	struct vsx *index = must_open(build(what), NULL);
	struct vsx_facts f;
	struct vsx_segment_facts seg;
	struct vsx_section_facts sec;
	uint64_t end = 8192;

	vsx_get_facts(index, &f);
	cr_expect_eq(f.format_version, vsx_format_version());
	cr_expect_eq(f.page_bytes, 8192);
	cr_expect_eq(f.generation, 1);
	cr_expect_eq(f.extra_bytes, 0);
	cr_expect_eq(f.n_rows, 300);
	cr_expect_eq(f.n_live, 300);
	cr_expect_eq(f.dim, 8);
	cr_expect_eq(f.metric, VSX_COSINE);
	cr_expect_eq(f.elem, VSX_I8);
	cr_expect_eq(f.normalised, 0);
	cr_expect_eq(f.n_queries, 20);
	cr_expect_eq(f.own_queries, 1);
	cr_expect_eq(f.truth_k, 100);
	cr_expect_eq(f.n_segments, 1);
	cr_expect_gt(f.n_recalls, 0);
	cr_expect_gt(f.default_effort, 0);
	cr_expect_float_eq(f.target_recall, 0.95, 1e-9);
	cr_expect_str_eq(f.spec, "IVF4,Flat");
	cr_expect_str_eq(f.effort_name, "nprobe");
	cr_expect_str_eq(vsx_property(index, "model"), "tests");
	cr_expect_null(vsx_property(index, "mode"));
	cr_expect_null(vsx_property(index, "models"));
	cr_expect_null(vsx_property(index, ""));
	cr_expect_null(vsx_property_at(index, 99));

	cr_assert_eq(vsx_get_segment(index, 0, &seg, NULL), VSX_OK);
	cr_expect_str_eq(seg.kind, "IVF");
	cr_expect_eq(seg.n_rows, 300);
	cr_assert_eq(seg.n_parameters, 1);
	cr_expect_str_eq(seg.parameters[0].name, "nlist");
	cr_expect_str_eq(seg.parameters[0].text, "nlist #");
	cr_expect_eq(seg.parameters[0].value, 4);
	cr_expect_eq(seg.n_centroids, 4);
	cr_expect_eq(seg.most_effort, 4);
	cr_expect_eq(vsx_get_segment(index, 1, &seg, NULL), VSX_EINVAL);

	for (uint32_t i = 0; i < f.n_sections; i++) {
		cr_assert_eq(vsx_get_section(index, i, &sec, NULL), VSX_OK);
		cr_expect_geq(sec.offset, end);
		cr_expect(vsx_section_fits(sec.offset, sec.bytes, 13));
		cr_expect_eq(strlen(sec.name), 4);
		cr_expect(sec.text && *sec.text);
		end = sec.offset + sec.bytes;
	}
	cr_expect_leq(end, f.file_bytes);
	cr_expect_eq(vsx_get_section(index, f.n_sections, &sec, NULL),
		     VSX_EINVAL);
	vsx_close(index);
}

Test(open, looks_up_efforts_in_the_recall_table)
{
	struct vsx *index = must_open(
		build((struct support_index){.spec = "IVF16,Flat", .n = 2000}),
		NULL);
	struct vsx_recall row, before = {0};
	struct vsx_facts f;
	uint32_t effort;

	vsx_get_facts(index, &f);
	for (uint32_t i = 0; i < f.n_recalls; i++) {
		cr_assert_eq(vsx_get_recall(index, i, &row, &err), VSX_OK);
		cr_expect_gt(row.effort, before.effort);
		/* Just as much is enough, and a little more is not. */
		if (i > 0 && row.at_10 > before.at_10) {
			cr_expect_eq(vsx_effort_for(index, row.at_10, 10,
						    &effort, NULL, &err),
				     VSX_OK);
			cr_expect_eq(effort, row.effort);
			cr_expect_eq(vsx_effort_for(index, before.at_10, 10,
						    &effort, NULL, &err),
				     VSX_OK);
			cr_expect_lt(effort, row.effort);
		}
		before = row;
	}
	cr_expect_eq(vsx_get_recall(index, f.n_recalls, &row, &err),
		     VSX_EINVAL);
	cr_expect_eq(vsx_effort_for(index, 0.0, 10, &effort, NULL, &err),
		     VSX_OK);
	cr_assert_eq(vsx_get_recall(index, 0, &row, &err), VSX_OK);
	cr_expect_eq(effort, row.effort);
	cr_expect_eq(
		vsx_effort_for(index, before.at_100, 50, &effort, NULL, &err),
		VSX_OK);
	cr_expect_leq(effort, before.effort);
	for (uint32_t k = 1; k <= 100; k = k * 10) {
		double due = k == 1    ? before.at_1
			     : k == 10 ? before.at_10
				       : before.at_100;

		cr_expect_eq(vsx_effort_for(index, due, k, &effort, NULL, &err),
			     VSX_OK);
		cr_expect_eq(vsx_effort_for(index, due + 1e-6, k, &effort, NULL,
					    &err),
			     VSX_ENOTFOUND);
	}
	cr_expect_eq(vsx_effort_for(index, before.at_10 + 0.001, 2, &effort,
				    NULL, &err),
		     VSX_ENOTFOUND);
	cr_expect(strstr(err.text, "the best measured is"), "%s", err.text);
	vsx_close(index);

	index = must_open(build((struct support_index){0}), NULL);
	cr_expect_eq(vsx_effort_for(index, 1.0, 10, &effort, NULL, &err),
		     VSX_OK);
	cr_expect_eq(effort, 0);
	vsx_close(index);
}

Test(open, accepts_options_of_other_versions)
{
	struct {
		struct vsx_open_opts known;
		uint64_t later[4];
	} opts = {.known = VSX_OPEN_OPTS_INIT};
	struct vsx_open_opts small = VSX_OPEN_OPTS_INIT;
	const char *path = build((struct support_index){0});
	struct vsx *index;

	opts.known.struct_size = sizeof(opts);
	vsx_close(must_open(path, &opts.known));
	opts.later[2] = 1;
	cr_expect_eq(vsx_open(&index, path, &opts.known, &err), VSX_EINVAL);
	cr_expect_null(index);
	/* What lies behind struct_size was not there when he was compiled. */
	small.struct_size = offsetof(struct vsx_open_opts, load);
	small.untrusted = 77;
	vsx_close(must_open(path, &small));
	small.struct_size = 0;
	cr_expect_eq(vsx_open(&index, path, &small, &err), VSX_EINVAL);
	small = (struct vsx_open_opts)VSX_OPEN_OPTS_INIT;
	small.check = 9;
	cr_expect_eq(vsx_open(&index, path, &small, NULL), VSX_EINVAL);
}

Test(open, keeps_no_descriptor_and_survives_replacement)
{
	const char *path = build((struct support_index){.ids = true});
	struct support_index old =
		support_defaults((struct support_index){.ids = true});
	unsigned int before = scratch_descriptors();
	struct vsx *index = must_open(path, NULL);

	cr_expect_eq(scratch_descriptors(), before);
	build((struct support_index){.n = 50});
	cr_expect(finds_itself(index, support_id(&old, 299)), "%s", err.text);
	vsx_close(index);
	index = must_open(path, NULL);
	cr_expect(finds_itself(index, 49));
	vsx_close(index);
	vsx_close(NULL);
}

Test(open, a_private_copy_does_not_see_later_writes)
{
	const char *path = build((struct support_index){0});
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	struct vsx *index;
	FILE *f;

	opts.load = VSX_LOAD_COPY;
	index = must_open(path, &opts);
	f = fopen(path, "r+b");
	for (int i = 0; i < 40000; i++)
		fputc(0xff, f);
	fclose(f);
	cr_expect(finds_itself(index, 5), "%s", err.text);
	vsx_close(index);
}

Test(open, locks_what_it_is_told_to)
{
	struct rlimit none = {0, 0};
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	const char *path = build((struct support_index){.spec = "HNSW8"});
	struct vsx *index;

	opts.lock_memory = 1;
	vsx_close(must_open(path, &opts));
	opts.preload = VSX_PRELOAD_HOT;
	vsx_close(must_open(path, &opts));
	setrlimit(RLIMIT_MEMLOCK, &none);
	if (vsx_open(&index, path, &opts, &err) == VSX_OK)
		cr_skip_test("the limit does not hold for this user");
	cr_expect(strstr(err.text, "in memory: "), "%s", err.text);
	cr_expect_neq(err.sys_errno, 0);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The least of several, since others use the machine too. */
static double time_to_open(const char *path, size_t *heap)
{
	double best = 1e9;

	for (int i = 0; i < 20; i++) {
		struct mallinfo2 before = mallinfo2(), after;
		double start = seconds(), took;
		struct vsx *index = must_open(path, NULL);

		took = seconds() - start;
		after = mallinfo2();
		*heap = (after.uordblks + after.hblkhd) -
			(before.uordblks + before.hblkhd);
		if (took < best)
			best = took;
		vsx_close(index);
	}
	return best;
}

Test(open, takes_the_same_for_a_file_of_10_gib)
{
	size_t heap_small, heap_large;
	double small, large;

	small = time_to_open(build((struct support_index){.spec = "HNSW8"}),
			     &heap_small);
	cr_assert_eq(sparse_index(scratch_path("large"), 10 << 20, 256, 1.0f),
		     0);
	large = time_to_open(scratch_path("large"), &heap_large);
	fprintf(stderr,
		"open: %.0f us and %zu bytes of heap, 10 GiB: %.0f us "
		"and %zu bytes\n",
		small * 1e6, heap_small, large * 1e6, heap_large);
	cr_expect_lt(heap_small, 1 << 20);
	cr_expect_lt(heap_large, 1 << 20);
	cr_expect_lt(small, 1e-3);
	cr_expect_lt(large, 1e-3);
}

/* ---- refusals -------------------------------------------------------- */

struct change {
	const char *what;
	size_t at; /* of the superblock */
	uint8_t value;
	bool reseal;
	enum vsx_status due;
	const char *text;
};

Test(open, refuses_superblocks_that_break_a_rule)
{
	static const struct change changes[] = {
		{"version", 8, 2, true, VSX_EVERSION, "format version 2"},
		{"feature", 16, 1, true, VSX_EVERSION, "needs features 0x1"},
		{"page shift", 12, 30, true, VSX_ECORRUPT, "page shift is 30"},
		{"generation", 32, 0, true, VSX_ECORRUPT, "generation is 0"},
		{"length", 40, 1, true, VSX_ECORRUPT, "committed length"},
		{"length", 46, 1, true, VSX_ETRUNCATED, "expected 28147"},
		{"manifest", 48, 8, true, VSX_ECORRUPT, "manifest at byte"},
		{"hash", 64, 0x5a, true, VSX_ECORRUPT, "(manifest)"},
		{"zero", 200, 1, true, VSX_ECORRUPT, "reserved bytes"},
		{"checksum", 504, 0x5a, false, VSX_ECORRUPT, "(superblock)"},
	};
	uint8_t *bytes, *old;
	size_t n;

	bytes = support_read(build((struct support_index){0}), &n);
	old = malloc(n);
	memcpy(old, bytes, n);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *c = &changes[i];

		for (int slot = 0; slot < 2; slot++) {
			uint8_t *at = bytes + slot * VSX_SLOT_BYTES;

			at[c->at] =
				at[c->at] == c->value ? c->value ^ 1 : c->value;
			if (c->reseal)
				vsx_super_seal(at);
		}
		cr_expect_eq(open_bytes(bytes, n, NULL), c->due, "%s: %s",
			     c->what, err.text);
		cr_expect(strstr(err.text, c->text), "%s: %s", c->what,
			  err.text);
		memcpy(bytes, old, n);
	}
	cr_expect_eq(open_bytes(bytes, n, NULL), VSX_OK);
	free(old);
	free(bytes);
}

Test(open, uses_the_other_slot_when_one_is_damaged)
{
	size_t n;
	uint8_t *bytes = support_read(build((struct support_index){0}), &n);

	bytes[100] ^= 1;
	cr_expect_eq(open_bytes(bytes, n, NULL), VSX_OK, "%s", err.text);
	bytes[100] ^= 1;
	bytes[VSX_SLOT_BYTES + 3] ^= 1;
	cr_expect_eq(open_bytes(bytes, n, NULL), VSX_OK, "%s", err.text);
	free(bytes);
}

Test(open, does_not_go_back_behind_what_a_newer_version_wrote)
{
	size_t n;
	uint8_t *bytes = support_read(build((struct support_index){0}), &n);

	bytes[VSX_SLOT_BYTES + 16] = 4; /* a feature of the next generation */
	bytes[VSX_SLOT_BYTES + 32] = 2;
	vsx_super_seal(bytes + VSX_SLOT_BYTES);
	cr_expect_eq(open_bytes(bytes, n, NULL), VSX_EVERSION);
	cr_expect(strstr(err.text, "needs features 0x4"), "%s", err.text);
	free(bytes);
}

/* A byte of the manifest, its hashes made right again. */
static void manifest_byte(size_t at, uint8_t value, enum vsx_status due,
			  const char *text)
{
	uint64_t place;
	uint8_t *bytes;
	vsx_le64 raw;
	size_t n;

	bytes = support_read(build((struct support_index){.ids = true}), &n);
	memcpy(&raw, bytes + 48, 8);
	place = vsx_get64(raw);
	bytes[place + at] = value;
	support_reseal(bytes, n);
	cr_expect_eq(open_bytes(bytes, n, NULL), due, "byte %zu: %s", at,
		     err.text);
	cr_expect(strstr(err.text, text), "byte %zu: %s", at, err.text);
	free(bytes);
}

Test(open, refuses_manifests_that_break_a_rule)
{
	size_t segment = sizeof(struct vsx_disk_manifest);
	size_t first = segment + sizeof(struct vsx_disk_segment);

	manifest_byte(4, 2, VSX_ECORRUPT, "declares 2 segments");
	manifest_byte(16, 2, VSX_ECORRUPT, "manifest has generation 2");
	manifest_byte(24, 1, VSX_ECORRUPT, "300 of them live");
	manifest_byte(32, 1, VSX_ECORRUPT, "300 live rows, the index 257");
	manifest_byte(40, 9, VSX_ECORRUPT, "expected");
	manifest_byte(44, 9, VSX_EVERSION, "metric 9 is not known");
	manifest_byte(48, 9, VSX_EVERSION, "element type 9 is not known");
	manifest_byte(52, 0x80, VSX_EVERSION, "flags 0x80 are not known");
	manifest_byte(segment, 9, VSX_EVERSION, "kind 9 is not known");
	manifest_byte(segment + 8, 1, VSX_ECORRUPT, "segments hold");
	manifest_byte(first + 4, 1, VSX_ECORRUPT, "segment 1 of 1");
	manifest_byte(first + 17, 0, VSX_ECORRUPT,
		      "section VECS begins at byte 0, expected 8192 or more");
}

Test(open, refuses_a_section_twice_and_ignores_one_that_has_no_use)
{
	struct vsx_disk_section *a, *b;
	uint64_t place;
	uint8_t *bytes;
	vsx_le64 raw;
	size_t n;

	bytes = support_read(build((struct support_index){.ids = true}), &n);
	memcpy(&raw, bytes + 48, 8);
	place = vsx_get64(raw);
	a = (void *)(bytes + place + sizeof(struct vsx_disk_manifest) +
		     sizeof(struct vsx_disk_segment));
	b = a + 1;
	b->id = a->id;
	support_reseal(bytes, n);
	cr_expect_eq(open_bytes(bytes, n, NULL), VSX_ECORRUPT);
	cr_expect(strstr(err.text, "section VECS of segment 0 appears twice"),
		  "%s", err.text);
	/* Rows of the whole index are of no use to anybody. */
	vsx_put32(&b->segment, VSX_WHOLE_INDEX);
	support_reseal(bytes, n);
	cr_expect_eq(open_bytes(bytes, n, NULL), VSX_OK, "%s", err.text);
	free(bytes);
}

Test(open, ignores_sections_that_it_does_not_know)
{
	struct vsx_disk_section *s;
	uint64_t place;
	uint8_t *bytes;
	vsx_le64 raw;
	size_t n;

	bytes = support_read(
		build((struct support_index){.spec = "HNSW8", .ids = true}),
		&n);
	memcpy(&raw, bytes + 48, 8);
	place = vsx_get64(raw);
	s = (void *)(bytes + place + sizeof(struct vsx_disk_manifest) +
		     sizeof(struct vsx_disk_segment));
	while (memcmp(&s->id, "IDRO", 4) != 0)
		s++;
	vsx_put32(&s->id, 0x5a5a5a5a);
	support_reseal(bytes, n);
	cr_expect_eq(open_bytes(bytes, n, NULL), VSX_OK, "%s", err.text);
	free(bytes);
}

Test(open, checks_everything_for_files_from_unknown_hands)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	uint64_t at, length;
	uint8_t *bytes;
	size_t n;

	opts.untrusted = 1;
	bytes = support_read(build((struct support_index){.spec = "HNSW8"}),
			     &n);
	cr_assert(support_section(bytes, n, "LNK0", &at, &length));
	bytes[at] ^= 0x40;
	cr_expect_eq(open_bytes(bytes, n, &opts), VSX_ECORRUPT);
	cr_expect(strstr(err.text, ": page ") &&
			  strstr(err.text, "(section LNK0)"),
		  "%s", err.text);
	/* With the right checksums it is the structure that tells. */
	bytes[at + 2] = 0x40;
	support_reseal(bytes, n);
	cr_expect_eq(open_bytes(bytes, n, NULL), VSX_OK);
	cr_expect_eq(open_bytes(bytes, n, &opts), VSX_ECORRUPT);
	cr_expect(strstr(err.text, "links to row"), "%s", err.text);
	free(bytes);
}

Test(open, lets_no_broken_rule_pass_for_files_from_unknown_hands)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	uint64_t at, length;
	uint8_t *bytes;
	size_t n;

	opts.untrusted = 1;
	bytes = support_read(
		build((struct support_index){.elem = VSX_F16, .n = 301}), &n);
	cr_expect_eq(open_bytes(bytes, n, &opts), VSX_OK, "%s", err.text);
	cr_assert(support_section(bytes, n, "VECS", &at, &length));
	bytes[at + 17] = 0x7e; /* a NaN in row 1 */
	support_reseal(bytes, n);
	cr_expect_eq(open_bytes(bytes, n, NULL), VSX_OK, "%s", err.text);
	cr_expect_eq(open_bytes(bytes, n, &opts), VSX_ECORRUPT);
	cr_expect(strstr(err.text, "row 1: component 0 is NaN"), "%s",
		  err.text);
	bytes[at + length] ^= 1; /* behind its end, in a gap */
	bytes[at + 17] = 0;
	support_reseal(bytes, n);
	cr_expect_eq(open_bytes(bytes, n, NULL), VSX_OK, "%s", err.text);
	cr_expect_eq(open_bytes(bytes, n, &opts), VSX_ECORRUPT);
	cr_expect(strstr(err.text, "expected 0 (in no section)"), "%s",
		  err.text);
	free(bytes);
}

Test(open, opens_after_a_crash_in_the_middle_of_a_commit)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	size_t n;
	uint8_t *bytes = support_read(build((struct support_index){0}), &n);

	/* Half of the slot of generation 2 was written. */
	memset(bytes, 0xee, 256);
	cr_expect_eq(open_bytes(bytes, n, NULL), VSX_OK, "%s", err.text);
	opts.untrusted = 1;
	cr_expect_eq(open_bytes(bytes, n, &opts), VSX_OK, "%s", err.text);
	free(bytes);
}

Test(open, every_status_has_words)
{
#define EXPECT_WORDS(name, value, words)                                       \
	cr_expect_str_eq(vsx_status_text(name), words);
	VSX_STATUS_LIST(EXPECT_WORDS)
	cr_expect_not_null(vsx_status_text((enum vsx_status)99));
}

Test(open, refuses_options_that_are_not_known)
{
	static const struct vsx_open_opts good = VSX_OPEN_OPTS_INIT;
	const char *path = build((struct support_index){0});
	struct vsx_open_opts bad[5] = {good, good, good, good, good};
	struct vsx *index;

	bad[0].check = VSX_CHECK_ALL + 1;
	bad[1].preload = VSX_PRELOAD_ALL + 1;
	bad[2].load = VSX_LOAD_COPY + 1;
	bad[3].lock_memory = 2;
	bad[4].untrusted = 2;
	for (int i = 0; i < 5; i++)
		cr_expect_eq(vsx_open(&index, path, &bad[i], &err), VSX_EINVAL,
			     "%d", i);
}

Test(open, takes_options_of_64_kib_at_most)
{
	static union {
		struct vsx_open_opts opts;
		uint8_t bytes[65544];
	} large = {.opts = VSX_OPEN_OPTS_INIT};
	const char *path = build((struct support_index){0});
	struct vsx *index;

	large.opts.struct_size = 65536;
	vsx_close(must_open(path, &large.opts));
	large.opts.struct_size = 65537;
	cr_expect_eq(vsx_open(&index, path, &large.opts, &err), VSX_EINVAL);
	large.opts.struct_size = sizeof(size_t);
	vsx_close(must_open(path, &large.opts));
	large.opts.struct_size = sizeof(size_t) - 1;
	cr_expect_eq(vsx_open(&index, path, &large.opts, &err), VSX_EINVAL);
}
