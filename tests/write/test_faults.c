/* A build over file operations of which one, or all from one on, fail. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "faulty_files.h"
#include "scratch_folder.h"
#include "write/builder.h"

enum { N = 200, DIM = 4 };

TestSuite(faults, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

static struct vsx_error err;

struct plan {
	struct faulty faulty;
	bool force;
	const char *spec;
	uint64_t memory;
	vsx_build_report *report;
	void *context;
};

static enum vsx_status add_rows(struct vsx_builder *b)
{
	for (int at = 0; at < N; at += 50) {
		float rows[50 * DIM];
		uint64_t ids[50];
		enum vsx_status status;

		for (int i = 0; i < 50 * DIM; i++)
			rows[i] = (float)((at * DIM + i) * 7919 % 257);
		for (int i = 0; i < 50; i++)
			ids[i] = (uint64_t)(N - at - i) * 3;
		status = vsx_builder_add(b, rows, VSX_F32, 50, ids, &err);
		if (status != VSX_OK)
			return status;
	}
	return VSX_OK;
}

static enum vsx_status run(struct plan *p, const char *path)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_file_ops ops = faulty_ops(&p->faulty);
	struct vsx_builder *b = NULL;
	enum vsx_status status;

	opts.dim = DIM;
	opts.spec = p->spec;
	opts.n_threads = 1;
	opts.n_test_queries = 8;
	opts.ef_construction = 16;
	opts.force = p->force;
	opts.memory = p->memory;
	opts.report = p->report;
	opts.context = p->context;
	status = vsx_builder_new_on(&b, path, &opts, &ops, &err);
	if (status == VSX_OK)
		status = add_rows(b);
	if (status == VSX_OK)
		status = vsx_builder_finish(b, NULL, &err);
	vsx_builder_free(b);
	return status;
}

#define OLD "the old file"

static bool is_old(const char *path)
{
	size_t n = 0;
	uint8_t *bytes = scratch_read(path, &n);
	bool old = bytes && n == strlen(OLD) && !memcmp(bytes, OLD, n);

	free(bytes);
	return old;
}

/* After a run: the old state or the new one, and nothing else. */
static void check_after(const struct plan *p, enum vsx_status status,
			const char *path, const char *whole)
{
	bool there = access(path, F_OK) == 0;

	if (status == VSX_OK || p->faulty.renamed) {
		cr_assert(scratch_same(path, whole), "operation %ld: %s",
			  p->faulty.at, err.text);
		cr_assert_eq(scratch_count(0), 2);
		return;
	}
	cr_assert(strstr(err.text, scratch_folder), "%s", err.text);
	cr_assert_eq(there, p->force);
	cr_assert(!p->force || is_old(path), "operation %ld", p->faulty.at);
	cr_assert_eq(scratch_count(0), 1u + there, "operation %ld: %s",
		     p->faulty.at, err.text);
}

static void fail_everywhere(struct plan p)
{
	static const int reasons[] = {ENOSPC, EIO, EDQUOT, EROFS, EMFILE, 0};
	const char *path = scratch_path("x"), *whole = scratch_path("whole");
	struct plan clean = p;
	unsigned int before;

	clean.faulty.at = -1;
	clean.force = false;
	cr_assert_eq(run(&clean, whole), VSX_OK, "%s", err.text);
	cr_assert_gt(clean.faulty.n, 10);
	before = scratch_descriptors();
	for (long at = 0; at < clean.faulty.n + 2; at++) {
		for (size_t i = 0; i < 12; i++) {
			struct plan q = p;
			enum vsx_status status;

			unlink(path);
			if (q.force)
				scratch_write(path, OLD, strlen(OLD));
			q.faulty.at = at;
			q.faulty.sticky = i % 2;
			q.faulty.reason = reasons[i / 2];
			status = run(&q, path);
			check_after(&q, status, path, whole);
			cr_assert(q.faulty.reason || status == VSX_OK, "%s",
				  err.text);
			cr_assert_eq(q.faulty.after_sync, 0);
			cr_assert_eq(scratch_descriptors(), before);
		}
	}
}

Test(faults, a_new_file_appears_whole_or_not_at_all)
{
	fail_everywhere((struct plan){.spec = "Flat"});
}

Test(faults, an_old_file_is_replaced_whole_or_not_at_all)
{
	fail_everywhere((struct plan){.spec = "HNSW4", .force = true});
}

Test(faults, rows_beyond_memory)
{
	fail_everywhere((struct plan){.spec = "Flat", .memory = 512});
}

Test(faults, file_systems_that_can_do_less)
{
	fail_everywhere((struct plan){
		.spec = "Flat",
		.memory = 512,
		.faulty = {.no_rename_new = true, .no_reserve = true},
	});
}

Test(faults, interrupted_calls_go_on)
{
	const char *path = scratch_path("x"), *whole = scratch_path("whole");
	struct plan clean = {.faulty = {.at = -1}, .spec = "Flat"};

	cr_assert_eq(run(&clean, whole), VSX_OK);
	for (long at = 0; at < clean.faulty.n; at++) {
		struct plan p = {.faulty = {.at = at, .reason = EINTR},
				 .spec = "Flat"};

		unlink(path);
		/* fsync(), rename() and their like are never interrupted. */
		if (run(&p, path) == VSX_OK)
			cr_assert(scratch_same(path, whole));
		else
			cr_assert_eq(scratch_count(0), 1u + p.faulty.renamed);
	}
}

struct stop {
	long at, n;
};

static int stop_at(void *context, const struct vsx_build_event *event)
{
	struct stop *s = context;

	cr_assert(event->text && *event->text);
	return s->n++ == s->at;
}

Test(faults, a_stop_at_any_report_leaves_nothing)
{
	const char *path = scratch_path("x"), *whole = scratch_path("whole");
	struct stop all = {-1, 0};
	struct plan clean = {.faulty = {.at = -1},
			     .spec = "HNSW400",
			     .report = stop_at,
			     .context = &all};

	cr_assert_eq(run(&clean, whole), VSX_OK, "%s", err.text);
	cr_assert_gt(all.n, 5);
	for (long at = 0; at < all.n; at++) {
		struct stop stop = {at, 0};
		struct plan p = {.faulty = {.at = -1},
				 .spec = "HNSW400",
				 .report = stop_at,
				 .context = &stop,
				 .force = true};

		scratch_write(path, OLD, strlen(OLD));
		cr_assert_eq(run(&p, path), VSX_ESTOPPED, "report %ld", at);
		cr_assert_eq(stop.n, at + 1);
		cr_assert(is_old(path));
		cr_assert_eq(scratch_count(0), 2);
	}
}
