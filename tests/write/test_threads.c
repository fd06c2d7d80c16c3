/* The thread rules of the headers. */
#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(threads, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

#define N   3000
#define DIM 4

static float rows[N][DIM];
static struct vsx_error err;

/* Who called back, and how often. */
static pthread_t caller;
static size_t n_calls, n_others;

static int called(void)
{
	n_calls++;
	n_others += !pthread_equal(pthread_self(), caller);
	return 0;
}

static int on_build(void *context, const struct vsx_build_event *event)
{
	(void)context;
	(void)event;
	return called();
}

static int on_row(void *context, const struct vsx_rejected *row)
{
	(void)context;
	(void)row;
	return called();
}

static int on_check(void *context, const struct vsx_verify_event *event)
{
	(void)context;
	(void)event;
	return called();
}

static int on_snapshot(void *context, const struct vsx_snapshot *snapshot)
{
	(void)context;
	(void)snapshot;
	return called();
}

#define DONE(call)                                                             \
	do {                                                                   \
		enum vsx_status got_ = call;                                   \
		cr_assert_eq(got_, VSX_OK, "%s: %s", #call, err.text);         \
	} while (0)

/* The call called back, and from the thread that it was called from alone. */
#define CALLS_BACK(call)                                                       \
	do {                                                                   \
		n_calls = n_others = 0;                                        \
		caller = pthread_self();                                       \
		DONE(call);                                                    \
		cr_expect_gt(n_calls, 0, "%s", #call);                         \
		cr_expect_eq(n_others, 0, "%s", #call);                        \
	} while (0)

static struct vsx_builder *new_builder(const char *path, const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;

	for (int i = 0; i < N; i++)
		for (int d = 0; d < DIM; d++)
			rows[i][d] = sinf((float)(i * DIM + d));
	opts.dim = DIM;
	opts.spec = spec;
	opts.n_threads = 4;
	opts.report = on_build;
	opts.rejected = on_row;
	DONE(vsx_builder_new(&b, path, &opts, &err));
	return b;
}

static void damage(const char *path, const char *section)
{
	uint64_t at, length;
	uint8_t *bytes;
	size_t n;
	FILE *f;

	bytes = support_read(path, &n);
	cr_assert(support_section(bytes, n, section, &at, &length));
	for (uint64_t i = 0; i < length; i += 4096)
		bytes[at + i] ^= 1;
	f = fopen(path, "wb");
	cr_assert(f && fwrite(bytes, 1, n, f) == n);
	fclose(f);
	free(bytes);
}

static void call_back(const char *spec)
{
	struct vsx_compact_opts compact = VSX_COMPACT_OPTS_INIT;
	struct vsx_verify_opts verify = VSX_VERIFY_OPTS_INIT;
	struct vsx_update_opts update = VSX_UPDATE_OPTS_INIT;
	struct vsx_backup_opts backup = VSX_BACKUP_OPTS_INIT;
	const char *path = scratch_path(spec), *repo = scratch_path("repo");
	const char *other = scratch_path("other");
	struct vsx_builder *b = new_builder(path, spec);
	struct vsx_update *u;

	rows[7][1] = NAN;
	CALLS_BACK(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, NULL), &err));
	rows[7][1] = 0;
	CALLS_BACK(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
	verify.n_threads = 4;
	CALLS_BACK(vsx_verify(path, &verify, on_check, NULL, NULL, &err));
	update.n_threads = 4;
	update.report = on_build;
	DONE(vsx_update_begin(&u, path, &update, &err));
	DONE(vsx_update_add(u, VSX_BATCH(rows, VSX_F32, N, NULL), &err));
	CALLS_BACK(vsx_update_commit(u, NULL, &err));
	vsx_update_free(u);
	compact.n_threads = 4;
	compact.report = on_build;
	CALLS_BACK(vsx_compact(&path, 1, NULL, &compact, NULL, NULL, &err));
	backup.report = on_build;
	CALLS_BACK(vsx_backup_create(path, repo, &backup, NULL, &err));
	CALLS_BACK(vsx_backup_list(repo, NULL, on_snapshot, NULL, &err));
	CALLS_BACK(vsx_backup_verify(repo, NULL, NULL, on_check, NULL, NULL,
				     &err));
	CALLS_BACK(
		vsx_backup_restore(repo, "latest", other, &backup, NULL, &err));
	cr_assert_eq(unlink(other), 0);
	damage(path, "VECS");
	/* Findings and losses, too. */
	CALLS_BACK(vsx_verify(path, &verify, on_check, NULL, NULL, &err));
	n_calls = n_others = 0;
	cr_expect_eq(vsx_repair(path, other, &compact, NULL, NULL, &err),
		     VSX_ECORRUPT, "%s", err.text);
	cr_expect(n_calls > 0 && n_others == 0);
}

Test(threads, graphs_call_back_from_the_thread_that_called)
{
	call_back("HNSW8");
}

Test(threads, lists_call_back_from_the_thread_that_called)
{
	call_back("IVF16,Flat");
}

static void *finish(void *context)
{
	DONE(vsx_builder_finish(context, NULL, &err));
	return NULL;
}

Test(threads, a_builder_goes_from_one_to_another)
{
	struct vsx_builder *b = new_builder(scratch_path("a"), "HNSW8");
	pthread_t t;

	DONE(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, NULL), &err));
	cr_assert_eq(pthread_create(&t, NULL, finish, b), 0);
	cr_assert_eq(pthread_join(t, NULL), 0);
	vsx_builder_free(b);
	DONE(vsx_verify(scratch_path("a"), NULL, NULL, NULL, NULL, &err));
}

Test(threads, one_process_has_one_writer_of_a_file_too)
{
	const char *path = scratch_path("a");
	struct vsx_update *u, *second;

	support_build(path, (struct support_index){.spec = "Flat"});
	DONE(vsx_update_begin(&u, path, NULL, &err));
	cr_expect_eq(vsx_update_begin(&second, path, NULL, &err), VSX_EBUSY);
	cr_expect_eq(vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err),
		     VSX_EBUSY);
	vsx_update_free(u);
	DONE(vsx_update_begin(&second, path, NULL, &err));
	vsx_update_free(second);
}

/* The child of a fork() reads on, and leaves what writes to its parent. */
static int search_in_child(const struct vsx *index, const float *query)
{
	struct vsx_hit hits[3];
	size_t n_hits[1];

	return vsx_search_batch(index, query, VSX_F32, 1, 3, NULL, 2, hits,
				n_hits, NULL, NULL) != VSX_OK ||
	       n_hits[0] != 3;
}

Test(threads, a_fork_shares_an_index_and_leaves_a_writer_alone)
{
	struct support_index what = {.spec = "HNSW8"};
	const char *path = scratch_path("a");
	const uint64_t gone = 3;
	struct vsx_update *u;
	struct vsx *index;
	float query[8];
	int status;
	pid_t pid;

	support_build(path, what);
	what = support_defaults(what);
	support_row(&what, 5, query);
	DONE(vsx_open(&index, path, NULL, &err));
	DONE(vsx_update_begin(&u, path, NULL, &err));
	DONE(vsx_update_delete(u, &gone, 1, &err));
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0)
		_exit(search_in_child(index, query));
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0);
	DONE(vsx_update_commit(u, NULL, &err));
	vsx_update_free(u);
	vsx_close(index);
	DONE(vsx_verify(path, NULL, NULL, NULL, NULL, &err));
}
