/*
 * SPEC.md 4.2.5: what a file costs its reader is bounded by its length. Every
 * number of the manifest, and every count in a section, once at its greatest
 * value, with all checksums right; and whatever reads a file runs over it. The
 * answer does not matter here: only that there is one, soon, and in little
 * memory.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "error.h"
#include "living/change.h"
#include "living/opened.h"
#include "write/scratch_folder.h"

enum { N = 300, DIM = 8 };

/* Of address space beside what the program has, for a file of a few KiB: 64
 * MiB, and the stacks of a thread or two. */
#define ROOM (UINT64_C(96) << 20)

TestSuite(counts, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

static uint64_t address_space(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	cr_assert(f && fscanf(f, "%lu", &pages) == 1);
	fclose(f);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What is worked on may not take more than `bytes` from here on. */
static void limit(uint64_t bytes)
{
	struct rlimit r;

	cr_assert(getrlimit(RLIMIT_AS, &r) == 0);
	r.rlim_cur =
		bytes == RLIM_INFINITY ? r.rlim_max : address_space() + bytes;
	cr_assert(setrlimit(RLIMIT_AS, &r) == 0);
}

/* Calls of the reports: what an endless loop would count up. */
static uint64_t n_events;

static int hear_build(void *context, const struct vsx_build_event *event)
{
	(void)context;
	(void)event;
	return ++n_events > 20000;
}

static int hear_verify(void *context, const struct vsx_verify_event *event)
{
	(void)context;
	(void)event;
	return ++n_events > 20000;
}

/* ---- what reads a file ------------------------------------------------ */

static enum vsx_status search(const char *path)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	struct vsx_search_opts how = VSX_SEARCH_OPTS_INIT;
	float query[DIM] = {1, 2, 3};
	struct vsx_facts facts;
	struct vsx_hit hits[10];
	struct vsx_searcher *s;
	struct vsx *index;
	float *queries;
	size_t n;

	VSX_TRY(vsx_open(&index, path, &opts, &err));
	vsx_get_facts(index, &facts);
	if (facts.dim == DIM && vsx_searcher_new(&s, index, &err) == VSX_OK) {
		vsx_search(s, query, VSX_F32, 10, NULL, hits, &n, &err);
		how.recall = 0.99;
		vsx_search(s, query, VSX_F32, 10, &how, hits, &n, &err);
		how.exact = 1;
		vsx_search(s, query, VSX_F32, 10, &how, hits, &n, &err);
		vsx_search_id(s, 3, 10, NULL, hits, &n, &err);
		vsx_searcher_free(s);
	}
	/* What a caller allocates by the facts. */
	queries =
		malloc((size_t)facts.n_queries * facts.dim * sizeof(float) + 1);
	cr_expect_not_null(queries);
	if (queries)
		vsx_get_test_queries(index, queries, NULL, &err);
	free(queries);
	vsx_close(index);
	return VSX_OK;
}

static enum vsx_status search_untrusted(const char *path)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	enum vsx_status status;
	struct vsx *index;

	opts.untrusted = 1;
	status = vsx_open(&index, path, &opts, &err);
	vsx_close(index);
	return status;
}

static enum vsx_status verify(const char *path)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result;

	opts.n_threads = 1;
	return vsx_verify(path, &opts, hear_verify, NULL, &result, &err);
}

static enum vsx_status add(const char *path)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	uint64_t gone[] = {2, 7};
	float row[DIM] = {1, 1, 1};
	struct vsx_update *u;
	enum vsx_status status;

	opts.report = hear_build;
	opts.n_threads = 1;
	opts.memory = 64u << 20;
	VSX_TRY(vsx_update_begin(&u, path, &opts, &err));
	status = vsx_update_delete(u, gone, 2, &err);
	if (status == VSX_OK)
		status = vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, NULL),
					&err);
	if (status == VSX_OK)
		status = vsx_update_commit(u, NULL, &err);
	vsx_update_free(u);
	return status;
}

static struct vsx_compact_opts compact_opts(void)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;

	opts.report = hear_build;
	opts.n_threads = 1;
	opts.memory = 64u << 20;
	opts.force = 1;
	return opts;
}

static enum vsx_status compact(const char *path)
{
	struct vsx_compact_opts opts = compact_opts();

	return vsx_compact(&path, 1, scratch_path("out"), &opts, NULL, NULL,
			   &err);
}

static enum vsx_status repair(const char *path)
{
	struct vsx_compact_opts opts = compact_opts();

	return vsx_repair(path, scratch_path("out"), &opts, NULL, NULL, &err);
}

static enum vsx_status (*const readers[])(const char *path) = {
	search, search_untrusted, verify, add, compact, repair,
};

/* ---- what is broken --------------------------------------------------- */

static void try_all(struct opened *o, const char *what)
{
	support_reseal(o->bytes, o->n);
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++) {
		const char *path = scratch_path("hostile");
		FILE *f = fopen(path, "wb");
		enum vsx_status status;

		cr_assert(f && fwrite(o->bytes, 1, o->n, f) == o->n);
		fclose(f);
		n_events = 0;
		limit(ROOM);
		status = readers[i](path);
		limit(RLIM_INFINITY);
		cr_expect_neq(status, VSX_ENOMEM, "%s, reader %zu: %s", what, i,
			      err.text);
		cr_expect_neq(status, VSX_ESTOPPED, "%s, reader %zu: %s", what,
			      i, err.text);
	}
}

static const char *const specs[] = {
	"Flat",	     "IVF4,Flat",   "HNSW8", "IVF4,SQ8", "IVF4,SQ8,NoRefine",
	"HNSW8,SQ8", "HNSW8,SQ8,G4"};

/* Two segments, deleted rows, a test. */
static struct opened make(const char *spec)
{
	static const uint64_t gone[] = {3, 5, 7, 9};
	const char *path = scratch_path("index");
	struct support_index what = support_defaults(
		(struct support_index){.spec = spec, .dim = DIM, .n = N});

	support_build(path, what);
	change(path, &what, N, 20, 1000, gone, 4);
	return opened_read(path);
}

/* Numbers of 4 bytes in the header, by offset: SPEC.md 4.2.1. */
static const size_t header_fields[] = {4,  8,  12, 16, 24, 32,
				       40, 64, 68, 72, 76, 80};

static const uint32_t greatest[] = {UINT32_MAX, INT32_MAX, 1u << 16, 100};

Test(counts, of_the_header)
{
	for (int s = 0; s < 6; s++) {
		struct opened o = make(specs[s]);

		for (size_t i = 0; i < sizeof(header_fields) / 8; i++)
			for (size_t g = 0; g < 4; g++) {
				uint8_t *at = (uint8_t *)o.manifest +
					      header_fields[i];
				uint8_t was[4];
				char what[64];

				memcpy(was, at, 4);
				vsx_put32((vsx_le32 *)(void *)at, greatest[g]);
				snprintf(what, sizeof(what),
					 "%s: header %zu = %u", specs[s],
					 header_fields[i], greatest[g]);
				try_all(&o, what);
				memcpy(at, was, 4);
			}
		free(o.bytes);
	}
}

/* And all that they add up to, so that no sum gives them away. */
static void add_rows(struct opened *o, uint32_t segment, uint64_t n)
{
	opened_add64(&o->segments[segment].n_rows, n);
	opened_add64(&o->manifest->n_rows, n);
	opened_add64(&o->manifest->n_live, n);
}

Test(counts, of_a_segment)
{
	for (int s = 0; s < 6; s++) {
		struct opened o = make(specs[s]);
		char what[64];

		for (uint32_t seg = 0; seg < 2; seg++) {
			uint64_t n = vsx_get64(o.segments[seg].n_rows);
			uint64_t more[] = {1, 64, 1 << 20, INT32_MAX - n};

			for (int i = 0; i < 4; i++) {
				snprintf(what, sizeof(what),
					 "%s: segment %u has %llu more rows",
					 specs[s], seg,
					 (unsigned long long)more[i]);
				add_rows(&o, seg, more[i]);
				try_all(&o, what);
				add_rows(&o, seg, 0 - more[i]);
			}
			for (int p = 0; p < VSX_N_PARAMS; p++)
				for (size_t g = 0; g < 4; g++) {
					vsx_le32 *at =
						&o.segments[seg].params[p];
					vsx_le32 was = *at;

					snprintf(what, sizeof(what),
						 "%s: segment %u, parameter "
						 "%d = %u",
						 specs[s], seg, p, greatest[g]);
					vsx_put32(at, greatest[g]);
					try_all(&o, what);
					*at = was;
				}
		}
		free(o.bytes);
	}
}

/* The first words of each section, where it keeps its counts. */
Test(counts, of_the_heads_of_sections)
{
	for (int s = 0; s < 6; s++) {
		struct opened o = make(specs[s]);

		for (uint32_t i = 0; i < o.n_sections; i++) {
			uint8_t *at = o.bytes + vsx_get64(o.sections[i].offset);

			for (int word = 0; word < 3; word++) {
				uint8_t was[8];
				char what[64];

				memcpy(was, at + 8 * word, 8);
				memset(at + 8 * word, 0xff, 8);
				snprintf(what, sizeof(what),
					 "%s: word %d of %.4s", specs[s], word,
					 (const char *)&o.sections[i].id);
				try_all(&o, what);
				/* The greatest that passes for a row. */
				vsx_put64((vsx_le64 *)(void *)(at + 8 * word),
					  N - 1);
				try_all(&o, what);
				memcpy(at + 8 * word, was, 8);
			}
		}
		free(o.bytes);
	}
}

/* All links of a graph to one row: a finding or two for each, not for each
 * pair. */
Test(counts, of_findings)
{
	struct opened o = make("HNSW8");
	struct vsx_disk_section *s = opened_section(&o, "LNK0", 0);
	vsx_le32 *links = (vsx_le32 *)(void *)opened_data(&o, "LNK0", 0);
	uint64_t n = vsx_get64(s->bytes) / 4;
	struct vsx_verify_result result;
	int fd;

	for (uint64_t i = 0; i < n; i++)
		vsx_put32(&links[i], 1);
	support_reseal(o.bytes, o.n);
	fd = support_memory_file(o.bytes, o.n);
	MUST(vsx_verify(support_fd_path(fd), NULL, NULL, NULL, &result, &err));
	cr_expect_geq(result.n_findings, n - N);
	cr_expect_leq(result.n_findings, n + N);
	close(fd);
	free(o.bytes);
}
