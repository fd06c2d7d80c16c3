/*
 * A file that is cut while it is mapped: with the guard calls answer VSX_EIO,
 * without it the process ends by SIGBUS.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(bus, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

enum { N = 4000, DIM = 16, K = 5 };

static struct vsx_error err;

static const char *build(const char *name, const char *spec)
{
	const char *path = scratch_path(name);

	support_build(path,
		      (struct support_index){.spec = spec, .n = N, .dim = DIM});
	return path;
}

static struct vsx *open_index(const char *path)
{
	struct vsx *index;

	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
		     err.text);
	return index;
}

static enum vsx_status search(const struct vsx *index)
{
	struct vsx_search_opts exact = VSX_SEARCH_OPTS_INIT;
	float query[DIM] = {1};
	struct vsx_searcher *s;
	struct vsx_hit hits[K];
	enum vsx_status status;
	size_t n;

	exact.exact = 1;
	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	status = vsx_search(s, query, VSX_F32, K, &exact, hits, &n, &err);
	vsx_searcher_free(s);
	return status;
}

static void guard(void)
{
	cr_assert_eq(vsx_guard_install(&err), VSX_OK, "%s", err.text);
}

static const char *const specs[] = {"Flat", "IVF8,Flat", "HNSW8"};

Test(bus, a_call_that_hits_a_cut_answers_an_error)
{
	guard();
	guard(); /* once is enough, twice is no harm */
	for (int i = 0; i < 3; i++) {
		const char *path = build("x", specs[i]);
		struct vsx *index = open_index(path);
		struct vsx_hit hits[2 * K];
		float queries[2 * DIM] = {1}, row[DIM];
		size_t n[2];

		cr_expect_eq(search(index), VSX_OK, "%s", err.text);
		cr_assert_eq(truncate(path, 8192), 0);
		cr_expect_eq(search(index), VSX_EIO, "%s", specs[i]);
		cr_expect(strstr(err.text, "can no longer be read"), "%s",
			  err.text);
		cr_expect(strstr(err.text, path), "%s", err.text);
		/* And for ever, in every call. */
		cr_expect_eq(search(index), VSX_EIO);
		cr_expect_eq(vsx_get(index, 3, row, &err), VSX_EIO);
		cr_expect_eq(vsx_search_batch(index, queries, VSX_F32, 2, K,
					      NULL, 2, hits, n, NULL, &err),
			     VSX_EIO);
		vsx_close(index);
	}
}

/*
 * The rest of the page where the file now ends reads as zeros and raises no
 * signal; the row in it was checked when the file was whole.
 */
Test(bus, a_cut_inside_of_a_page_is_no_row_of_zeros)
{
	const char *path = build("x", "Flat");
	struct vsx *index = open_index(path);
	uint64_t offset, length;
	float row[DIM];
	uint8_t *bytes;
	size_t n;

	guard();
	bytes = support_read(path, &n);
	cr_assert(support_section(bytes, n, "VECS", &offset, &length));
	free(bytes);
	for (uint64_t id = 0; id < 3 * 64; id++)
		cr_assert_eq(vsx_get(index, id, row, &err), VSX_OK, "%s",
			     err.text);
	cr_assert_eq(truncate(path, (off_t)offset + 2 * 4096 + 100), 0);
	cr_expect_eq(vsx_get(index, 2 * 64 + 40, row, &err), VSX_EIO);
	vsx_close(index);
}

/* Not that its page is damaged, which zeros are. */
Test(bus, the_recall_table_is_lost_too)
{
	const char *path = build("x", "HNSW8");
	struct vsx *index = open_index(path);
	struct vsx_recall recall;
	uint32_t effort;

	guard();
	cr_assert_eq(truncate(path, 8192), 0);
	cr_expect_eq(vsx_get_recall(index, 0, &recall, &err), VSX_EIO, "%s",
		     err.text);
	cr_expect_eq(vsx_effort_for(index, 0.9, 10, &effort, NULL, &err),
		     VSX_EIO, "%s", err.text);
	vsx_close(index);
}

Test(bus, a_refresh_opens_what_was_put_back)
{
	const char *path = build("x", "Flat");
	struct vsx *index = open_index(path), *fresh = NULL;
	uint8_t *bytes;
	size_t n;

	guard();
	bytes = support_read(path, &n);
	cr_assert_eq(truncate(path, 8192), 0);
	cr_expect_eq(search(index), VSX_EIO);
	cr_expect_eq(vsx_refresh(&fresh, index, &err), VSX_ETRUNCATED, "%s",
		     err.text);
	cr_expect_null(fresh);
	scratch_write(path, bytes, n); /* the same file: it has no new name */
	cr_expect_eq(vsx_refresh(&fresh, index, &err), VSX_OK, "%s", err.text);
	cr_assert_not_null(fresh);
	cr_expect_eq(search(fresh), VSX_OK, "%s", err.text);
	cr_expect_eq(search(index), VSX_EIO);
	vsx_close(fresh);
	vsx_close(index);
	free(bytes);
}

struct cutter {
	const char *path;
	unsigned int n_told; /* findings and notices after the cut */
	bool is_cut;
};

static int cut_at_rows(void *context, const struct vsx_verify_event *event)
{
	struct cutter *c = context;

	if (event->what != VSX_PROGRESS)
		c->n_told += c->is_cut;
	else if (!c->is_cut && strcmp(event->text, "checking rows") == 0)
		c->is_cut = truncate(c->path, 8192) == 0;
	return 0;
}

Test(bus, a_verification_tells_nothing_that_it_read_from_zeros)
{
	guard();
	for (int i = 0; i < 3; i++) {
		struct cutter c = {.path = build("x", specs[i])};

		cr_expect_eq(
			vsx_verify(c.path, NULL, cut_at_rows, &c, NULL, &err),
			VSX_EIO, "%s", specs[i]);
		cr_expect(c.is_cut);
		cr_expect_eq(c.n_told, 0, "%s", specs[i]);
		cr_expect(strstr(err.text, "can no longer be read"), "%s",
			  err.text);
	}
}

Test(bus, another_index_is_not_touched)
{
	const char *path = build("x", "Flat");
	struct vsx *cut = open_index(path), *whole;

	guard();
	whole = open_index(build("y", "Flat"));
	cr_assert_eq(truncate(path, 8192), 0);
	cr_expect_eq(search(cut), VSX_EIO);
	cr_expect_eq(search(whole), VSX_OK, "%s", err.text);
	vsx_close(cut);
	/* The place of the region is used again, and is whole. */
	cut = open_index(build("z", "Flat"));
	cr_expect_eq(search(cut), VSX_OK, "%s", err.text);
	vsx_close(cut);
	vsx_close(whole);
}

Test(bus, guards_more_handles_than_one_would_open)
{
	enum { HANDLES = 300 };
	const char *path = build("x", "Flat");
	struct vsx *index[HANDLES];

	guard();
	for (int i = 0; i < HANDLES; i++)
		index[i] = open_index(path);
	cr_assert_eq(truncate(path, 8192), 0);
	for (int i = 0; i < HANDLES; i++) {
		cr_expect_eq(search(index[i]), VSX_EIO);
		vsx_close(index[i]);
	}
}

Test(bus, a_writer_does_not_copy_what_is_lost)
{
	const char *path = build("x", "Flat");
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	struct vsx_update *u;
	float row[DIM] = {1};

	guard();
	cr_assert_eq(vsx_update_begin(&u, path, NULL, &err), VSX_OK);
	cr_assert_eq(vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, NULL), &err),
		     VSX_OK);
	cr_assert_eq(truncate(path, 8192), 0);
	cr_expect_neq(vsx_update_commit(u, NULL, &err), VSX_OK);
	vsx_update_free(u);
	cr_expect_neq(vsx_compact(&path, 1, scratch_path("y"), &opts, NULL,
				  NULL, &err),
		      VSX_OK);
}

/* A file of the host's own, cut under its mapping. */
static volatile char *foreign(void)
{
	int fd = support_memory_file("x", 1);
	volatile char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED || ftruncate(fd, 0) != 0)
		abort();
	return p;
}

static void leave(int signal)
{
	(void)signal;
	_exit(42);
}

static int child_status(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		body();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void fault_with_a_handler_of_the_host(void)
{
	signal(SIGBUS, leave);
	vsx_guard_install(NULL);
	(void)*foreign();
}

static void fault_without_one(void)
{
	signal(SIGBUS, SIG_DFL);
	vsx_guard_install(NULL);
	(void)*foreign();
}

static void sent_by_somebody(void)
{
	signal(SIGBUS, SIG_DFL);
	vsx_guard_install(NULL);
	raise(SIGBUS);
}

static void sent_to_who_ignores_it(void)
{
	signal(SIGBUS, SIG_IGN);
	vsx_guard_install(NULL);
	raise(SIGBUS);
}

/* Whether the handler gets what it asked for: a blocked signal, and details. */
static void look_around(int signal, siginfo_t *info, void *context)
{
	sigset_t blocked;

	(void)context;
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	_exit(signal == SIGBUS && info->si_code == BUS_ADRERR &&
			      sigismember(&blocked, SIGUSR1)
		      ? 43
		      : 1);
}

static void fault_with_an_exacting_handler(void)
{
	struct sigaction action = {.sa_sigaction = look_around,
				   .sa_flags = SA_SIGINFO};

	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGUSR1);
	sigaction(SIGBUS, &action, NULL);
	vsx_guard_install(NULL);
	(void)*foreign();
}

static void go_on(int signal)
{
	(void)signal;
}

static void sent_twice_to_who_wants_one(void)
{
	struct sigaction action = {.sa_handler = go_on,
				   .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGBUS, &action, NULL);
	vsx_guard_install(NULL);
	raise(SIGBUS);
	raise(SIGBUS);
}

Test(bus, what_is_not_ours_goes_to_the_handler_of_before)
{
	int status = child_status(fault_with_a_handler_of_the_host);

	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	status = child_status(fault_with_an_exacting_handler);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 43);
	status = child_status(sent_to_who_ignores_it);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	status = child_status(sent_twice_to_who_wants_one);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	status = child_status(fault_without_one);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	status = child_status(sent_by_somebody);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

static struct vsx *shared;

static void search_without_a_guard(void)
{
	signal(SIGBUS, SIG_DFL);
	search(shared);
}

Test(bus, without_the_guard_the_process_ends)
{
	const char *path = build("x", "Flat");
	int status;

	shared = open_index(path);
	cr_assert_eq(truncate(path, 8192), 0);
	status = child_status(search_without_a_guard);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	vsx_close(shared);
}
