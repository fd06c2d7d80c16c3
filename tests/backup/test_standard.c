/*
 * A host whose standard input, output or error is closed, and which prints all
 * the same: no call of the library ever has a file there.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "scene.h"

TestSuite(standard, .init = scene_make, .fini = scene_drop, .timeout = 120);

static unsigned int closed; /* bit i: descriptor i */
static atomic_int taken;    /* one of them could be printed to, or is open */
static atomic_bool ended;

/* What keeps the place of a file (O_PATH) is none. */
static void look(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		int flags = closed >> fd & 1 ? fcntl(fd, F_GETFL) : -1;

		if (flags != -1 && !(flags & O_PATH))
			atomic_store(&taken, 1);
	}
}

/* It would go into whatever is there. */
static void *print(void *unused)
{
	const struct timespec nap = {0, 10000};

	while (!atomic_load(&ended)) {
		for (int fd = 0; fd <= STDERR_FILENO; fd++)
			if (closed >> fd & 1 && write(fd, "?", 1) == 1)
				atomic_store(&taken, 1);
		nanosleep(&nap, NULL);
	}
	return unused;
}

static int on_build(void *context, const struct vsx_build_event *event)
{
	(void)context;
	(void)event;
	look();
	return 0;
}

static int on_verify(void *context, const struct vsx_verify_event *event)
{
	(void)context;
	(void)event;
	look();
	return 0;
}

static int on_snapshot(void *context, const struct vsx_snapshot *snapshot)
{
	(void)context;
	(void)snapshot;
	look();
	return 0;
}

/* Return the line of the call that fails. */
#define NEED(call)                                                             \
	do {                                                                   \
		if ((call) != VSX_OK)                                          \
			return __LINE__;                                       \
		look();                                                        \
	} while (0)

enum { N_ROWS = 300 };

static float rows[N_ROWS][SCENE_DIM];

static int build(const char *path)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;

	opts.dim = SCENE_DIM;
	opts.metric = VSX_L2;
	opts.elem = VSX_F32;
	opts.spec = "HNSW8";
	opts.force = 1;
	opts.memory = 4096; /* rows go to an unnamed file */
	opts.report = on_build;
	NEED(vsx_builder_new(&b, path, &opts, NULL));
	NEED(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N_ROWS, NULL), NULL));
	NEED(vsx_builder_finish(b, NULL, NULL));
	vsx_builder_free(b);
	return 0;
}

static int change(const char *path, const char *merged)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_compact_opts wish = VSX_COMPACT_OPTS_INIT;
	struct vsx_update *u, *busy;
	uint64_t id = 7;

	opts.report = wish.report = on_build;
	wish.force = 1;
	NEED(vsx_update_begin(&u, path, &opts, NULL));
	if (vsx_update_begin(&busy, path, &opts, NULL) != VSX_EBUSY)
		return __LINE__;
	look();
	NEED(vsx_update_delete(u, &id, 1, NULL));
	NEED(vsx_update_add(u, VSX_BATCH(rows, VSX_F32, 100, NULL), NULL));
	NEED(vsx_update_commit(u, NULL, NULL));
	vsx_update_free(u);
	NEED(vsx_compact(&path, 1, merged, &wish, NULL, NULL, NULL));
	NEED(vsx_compact(&path, 1, NULL, &wish, NULL, NULL, NULL));
	NEED(vsx_repair(path, merged, &wish, NULL, NULL, NULL));
	return 0;
}

static int read_it(const char *path)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_open_opts copied = VSX_OPEN_OPTS_INIT;
	struct vsx_verify_result result;
	struct vsx_search_opts wish = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit hits[3];
	struct vsx *index, *copy, *newer;
	size_t n;

	copied.untrusted = 1;
	NEED(vsx_open(&index, path, NULL, NULL));
	NEED(vsx_open(&copy, path, &copied, NULL));
	NEED(vsx_search_batch(index, rows, VSX_F32, 1, 3, &wish, 2, hits, &n,
			      NULL, NULL));
	NEED(vsx_refresh(&newer, index, NULL));
	vsx_close(newer);
	vsx_close(copy);
	vsx_close(index);
	NEED(vsx_verify(path, &opts, on_verify, NULL, &result, NULL));
	return result.n_findings ? __LINE__ : 0;
}

static int back_up(const char *path, const char *repo, const char *again)
{
	struct vsx_prune_opts prune = VSX_PRUNE_OPTS_INIT;
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;
	struct vsx_backup_check check;

	opts.report = prune.report = on_build;
	prune.removed = on_snapshot;
	prune.keep = 1;
	opts.force = 1;
	opts.name = "one";
	NEED(vsx_backup_create(path, repo, &opts, NULL, NULL));
	opts.name = "two";
	NEED(vsx_backup_create(path, repo, &opts, NULL, NULL));
	NEED(vsx_backup_list(repo, &opts, on_snapshot, NULL, NULL));
	NEED(vsx_backup_verify(repo, NULL, &opts, on_verify, NULL, &check,
			       NULL));
	NEED(vsx_backup_restore(repo, "two", again, &opts, NULL, NULL));
	NEED(vsx_backup_prune(repo, &prune, NULL, NULL));
	return 0;
}

static int stream(const char *path, const char *to, const char *again)
{
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;
	int fd = open(to, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 10);

	close(fd);
	opts.report = on_build;
	opts.force = 1;
	NEED(vsx_backup_send(path, high, &opts, NULL, NULL));
	if (lseek(high, 0, SEEK_SET) != 0)
		return __LINE__;
	NEED(vsx_backup_receive(high, again, &opts, NULL, NULL));
	close(high);
	return 0;
}

static int all_of_them(const char *const paths[5])
{
	pthread_t printer;
	int line = 0;

	/* Before the printer is there: what the test itself opens. */
	line = build(paths[0]);
	if (!line)
		line = stream(paths[0], paths[4], paths[2]);
	if (pthread_create(&printer, NULL, print, NULL) != 0)
		return __LINE__;
	if (!line)
		line = build(paths[0]);
	if (!line)
		line = change(paths[0], paths[1]);
	if (!line)
		line = read_it(paths[0]);
	if (!line)
		line = back_up(paths[0], paths[3], paths[2]);
	if (!line)
		line = read_it(paths[2]);
	atomic_store(&ended, true);
	pthread_join(printer, NULL);
	return line;
}

/* The line that fails in a process without these descriptors, or 0. */
static int without(unsigned int mask, int *in_the_way)
{
	const char *const paths[5] = {scene_path("a.vsx"), scene_path("b.vsx"),
				      scene_path("c.vsx"), scene_path("repo"),
				      scene_path("stream")};
	int answer[2] = {0, 0}, ends[2];
	pid_t pid;

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(fcntl(ends[1], F_DUPFD, 20), 20);
	pid = fork();
	if (pid == 0) {
		closed = mask;
		for (int fd = 0; fd <= STDERR_FILENO; fd++)
			if (mask >> fd & 1)
				close(fd);
		answer[0] = all_of_them(paths);
		answer[1] = atomic_load(&taken);
		_exit(write(20, answer, sizeof(answer)) != sizeof(answer));
	}
	cr_assert_gt(pid, 0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_assert_eq(read(ends[0], answer, sizeof(answer)), sizeof(answer));
	close(ends[0]);
	close(ends[1]);
	close(20);
	*in_the_way = answer[1];
	return answer[0];
}

Test(standard, none_of_the_library_is_a_standard_one)
{
	static const unsigned int masks[] = {1, 6, 7};

	for (size_t i = 0; i < N_ROWS * SCENE_DIM; i++)
		rows[i / SCENE_DIM][i % SCENE_DIM] =
			(float)((i * 2654435761u) >> 16 & 1023);
	for (size_t i = 0; i < sizeof(masks) / sizeof(*masks); i++) {
		int in_the_way = 0, line = without(masks[i], &in_the_way);

		cr_expect_eq(line, 0, "the call of line %d, closed: %x", line,
			     masks[i]);
		cr_expect_eq(in_the_way, 0, "a file at one of %x", masks[i]);
		scene_remove(scene_path("repo"));
		unlink(scene_path("stream"));
	}
}
