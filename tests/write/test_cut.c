/*
 * With the guard, no call of the writer ends the process, or makes something of
 * zeros, when a file is cut under it: at every report of progress once. Uses
 * the public calls alone, and is linked with the shared libraries, too.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/build.h"
#include "write/scratch_folder.h"

/* An index, what is made of it, what that ought to be, and a repository. */
static char path[512], out[512], due[512], repo[512];

static void make_paths(void)
{
	scratch_make();
	snprintf(path, sizeof(path), "%s/x", scratch_folder);
	snprintf(out, sizeof(out), "%s/y", scratch_folder);
	snprintf(due, sizeof(due), "%s/z", scratch_folder);
	snprintf(repo, sizeof(repo), "%s/repo", scratch_folder);
}

TestSuite(cut, .init = make_paths, .fini = scratch_drop, .timeout = 300);

enum { N = 1000, DIM = 16, ADDED = 300, MAX_REPORTS = 2000 };

static const char *const specs[] = {"Flat", "IVF8,Flat", "HNSW8", "IVF8,SQ8",
				    "HNSW8,SQ8"};
enum { N_SPECS = 5 };

static struct vsx_error err;

/* The file that is cut, when, and to how much of it. */
struct cutter {
	const char *path; /* NULL: the temporary file in the folder */
	unsigned int at, n;
	double share;
	bool done;
};

static const char *temporary(void)
{
	static char found[512];
	DIR *d = opendir(scratch_folder);
	struct dirent *e;

	found[0] = '\0';
	while (d && (e = readdir(d)))
		if (strstr(e->d_name, ".tmp."))
			snprintf(found, sizeof(found), "%s/%s", scratch_folder,
				 e->d_name);
	closedir(d);
	return found[0] ? found : NULL;
}

static int cut(void *context, const struct vsx_build_event *event)
{
	struct cutter *c = context;
	const char *of = c->path ? c->path : temporary();
	struct stat st;

	(void)event;
	if (c->n++ != c->at || !of || stat(of, &st) != 0)
		return 0;
	c->done = truncate(of, (off_t)(c->share * (double)st.st_size)) == 0;
	return 0;
}

static void build(const char *spec)
{
	support_build(path,
		      (struct support_index){
			      .spec = spec, .n = N, .dim = DIM, .half = true});
}

static void guard(void)
{
	cr_assert_eq(vsx_guard_install(&err), VSX_OK, "%s", err.text);
}

static uint64_t n_live(void)
{
	struct vsx_facts facts;
	struct vsx *index;

	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
		     err.text);
	vsx_get_facts(index, &facts);
	vsx_close(index);
	return facts.n_live;
}

static bool is_sound(const char *file)
{
	struct vsx_verify_result result;

	return vsx_verify(file, NULL, NULL, NULL, &result, &err) == VSX_OK &&
	       result.n_findings == 0;
}

/* ---- an update -------------------------------------------------------- */

static enum vsx_status update(struct cutter *c)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	static float rows[ADDED][DIM];
	uint64_t gone[] = {1, 5, 999};
	enum vsx_status status;
	struct vsx_update *u;

	for (int i = 0; i < ADDED; i++)
		for (int d = 0; d < DIM; d++)
			rows[i][d] = (float)(1 + (i * 7 + d * 3) % 50);
	opts.flat_below = 1;
	opts.report = cut;
	opts.context = c;
	opts.n_threads = 2;
	cr_assert_eq(vsx_update_begin(&u, path, &opts, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(
		vsx_update_add(u, VSX_BATCH(rows, VSX_F32, ADDED, NULL), &err),
		VSX_OK);
	cr_assert_eq(vsx_update_delete(u, gone, 3, &err), VSX_OK);
	if (c->at == UINT32_MAX)
		c->done = truncate(c->path, (off_t)(c->share * 1e5)) == 0;
	status = vsx_update_commit(u, NULL, &err);
	vsx_update_free(u);
	return status;
}

/* As many bytes as `share` of the file, by now, or of 100 kB, before. */
static void check_update(const char *spec, double share)
{
	uint8_t *bytes;
	size_t n;

	build(spec);
	bytes = support_read(path, &n);
	for (unsigned int at = 0; at < MAX_REPORTS; at += 1 + at / 4) {
		struct cutter c = {path, at ? at - 1 : UINT32_MAX, 0, share,
				   false};
		enum vsx_status status;

		scratch_write(path, bytes, n);
		status = update(&c);
		if (at && c.n <= c.at) {
			cr_expect(!c.done && status == VSX_OK);
			cr_expect_gt(at, 4);
			break;
		}
		/* What was cut off was still to be written: it is there. */
		if (c.done && status == VSX_OK && is_sound(path) &&
		    n_live() == N + ADDED - 2)
			continue;
		cr_expect(c.done && status == VSX_EIO, "%s, report %u: %d %s",
			  spec, at, status, status ? err.text : "");
		cr_expect(strstr(err.text, path), "%s", err.text);
		/* Not one that was made of zeros. */
		cr_expect(vsx_verify(path, NULL, NULL, NULL, NULL, &err) !=
				  VSX_OK ||
			  !is_sound(path) || n_live() == N);
	}
	free(bytes);
}

Test(cut, an_update_commits_nothing)
{
	guard();
	for (int i = 0; i < N_SPECS; i++) {
		check_update(specs[i], 0.0);
		check_update(specs[i], 0.1);
		check_update(specs[i], 0.97);
	}
}

/* What was lost is not made up for by zeros, so that it shows. */
Test(cut, a_file_that_was_cut_stays_short)
{
	struct cutter c = {path, UINT32_MAX, 0, 0.1, false};
	struct stat st;

	guard();
	build("Flat");
	cr_expect_eq(update(&c), VSX_EIO, "%s", err.text);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_size, 10000);
}

/* ---- compactions and repairs ------------------------------------------- */

static enum vsx_status compact(const char *to, struct cutter *c)
{
	const char *from = path;
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;

	opts.report = cut;
	opts.context = c;
	opts.n_threads = 2;
	opts.force = 1;
	return vsx_compact(&from, 1, to, &opts, NULL, NULL, &err);
}

static enum vsx_status repair(const char *to, struct cutter *c)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	struct vsx_repair_result result;
	enum vsx_status status;

	opts.report = cut;
	opts.context = c;
	opts.n_threads = 2;
	opts.force = 1;
	status = vsx_repair(path, to, &opts, &result, NULL, &err);
	cr_expect(status || result.n_lost == 0);
	return status;
}

static enum vsx_status in_place(const char *to, struct cutter *c)
{
	enum vsx_status status = compact(NULL, c);

	if (status == VSX_OK)
		rename(path, to);
	return status;
}

/*
 * The same bytes as without a cut, or an error and no file. of_output: it is
 * the output that is cut.
 */
static void check_copy(enum vsx_status make(const char *, struct cutter *),
		       const char *spec, bool of_output)
{
	struct cutter never = {path, UINT32_MAX, 0, 0, false};
	uint8_t *bytes;
	size_t n;

	build(spec);
	bytes = support_read(path, &n);
	cr_assert_eq(make(due, &never), VSX_OK, "%s", err.text);
	for (unsigned int at = 0; at < never.n; at += 1 + at / 2) {
		struct cutter c = {of_output ? NULL : path, at, 0, 0.1, false};
		enum vsx_status status;

		scratch_write(path, bytes, n);
		unlink(out);
		status = make(out, &c);
		if (status == VSX_OK) {
			cr_expect(scratch_same(out, due), "%s, report %u", spec,
				  at);
			continue;
		}
		cr_expect_eq(status, VSX_EIO, "%s, report %u: %s", spec, at,
			     err.text);
		cr_expect(c.done && strstr(err.text, of_output ? out : path),
			  "%s", err.text);
		cr_expect_neq(access(out, F_OK), 0);
	}
	free(bytes);
}

Test(cut, a_compaction_is_whole_or_fails)
{
	guard();
	check_copy(compact, "HNSW8", false);
	check_copy(compact, "IVF8,Flat", true);
	check_copy(in_place, "Flat", false);
}

Test(cut, a_repair_is_whole_or_fails)
{
	guard();
	check_copy(repair, "IVF8,Flat", false);
}

/* ---- builds ------------------------------------------------------------ */

static struct vsx_builder *begin_build(const char *to, const char *spec,
				       struct cutter *c, uint64_t memory)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct support_index what = {.dim = DIM, .n = N};
	static float rows[N][DIM];
	struct vsx_builder *b;

	what = support_defaults(what);
	opts.dim = DIM;
	opts.spec = spec;
	opts.memory = memory;
	opts.n_threads = 2;
	opts.report = c ? cut : NULL;
	opts.context = c;
	for (size_t i = 0; i < N; i++)
		support_row(&what, i, rows[i]);
	cr_assert_eq(vsx_builder_new(&b, to, &opts, &err), VSX_OK);
	cr_assert_eq(
		vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, NULL), &err),
		VSX_OK);
	return b;
}

static enum vsx_status make_anew(const char *to, struct cutter *c)
{
	struct vsx_builder *b = begin_build(to, "IVF8,Flat", c, 0);
	enum vsx_status status = vsx_builder_finish(b, NULL, &err);

	vsx_builder_free(b);
	return status;
}

Test(cut, a_build_is_whole_or_fails)
{
	guard();
	check_copy(make_anew, "Flat", true);
}

/* Unnamed files cannot be cut by others, but disks fail. */
static unsigned int cut_unnamed(void)
{
	unsigned int n = 0;

	for (int fd = 3; fd < 200; fd++) {
		char name[512] = "";

		if (readlink(support_fd_path(fd), name, sizeof(name) - 1) > 0 &&
		    strncmp(name, scratch_folder, strlen(scratch_folder)) ==
			    0 &&
		    strstr(name, "(deleted)"))
			n += ftruncate(fd, 0) == 0;
	}
	return n;
}

Test(cut, rows_that_have_left_memory_are_not_zeros)
{
	struct vsx_builder *b;

	guard();
	b = begin_build(path, "Flat", NULL, 4096);
	if (cut_unnamed() == 0)
		cr_skip_test("no unnamed files here");
	cr_expect_eq(vsx_builder_finish(b, NULL, &err), VSX_EIO);
	cr_expect(strstr(err.text, "temporary file in"), "%s", err.text);
	cr_expect_neq(access(path, F_OK), 0);
	vsx_builder_free(b);
}

/* At report number `at` the disk of the unnamed files fails. */
struct failing {
	unsigned int at, n, n_cut;
};

static int fail_unnamed(void *context, const struct vsx_build_event *event)
{
	struct failing *f = context;

	(void)event;
	if (f->n++ == f->at)
		f->n_cut = cut_unnamed();
	return 0;
}

/* What links and finds rows in a graph, and does not fit into memory. */
static enum vsx_status build_spilled(enum vsx_graph_builder builder,
				     struct failing *f)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct support_index what = {.dim = DIM};
	static float rows[N][DIM];
	struct vsx_builder *b;
	enum vsx_status status;

	opts.dim = DIM;
	opts.spec = "HNSW200";
	opts.ef_construction = 20;
	opts.builder = builder;
	opts.memory = 4096;
	opts.n_test_queries = UINT32_MAX;
	opts.force = 1;
	opts.report = fail_unnamed;
	opts.context = f;
	for (size_t i = 0; i < N; i++)
		support_row(&what, i, rows[i]);
	cr_assert_eq(vsx_builder_new(&b, path, &opts, &err), VSX_OK);
	cr_assert_eq(
		vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, NULL), &err),
		VSX_OK);
	status = vsx_builder_finish(b, NULL, &err);
	vsx_builder_free(b);
	return status;
}

Test(cut, arrays_that_have_left_memory_are_whole_or_the_build_fails)
{
	unsigned int failed = 0;

	guard();
	for (int i = VSX_GRAPH_INSERT; i <= VSX_GRAPH_PARTITION; i++)
		for (unsigned int at = 0; at < MAX_REPORTS; at += 1 + at / 2) {
			struct failing f = {.at = at};
			enum vsx_status status =
				build_spilled((enum vsx_graph_builder)i, &f);

			failed += status != VSX_OK;
			if (status == VSX_OK)
				cr_expect(is_sound(path), "report %u", at);
			else
				cr_expect(status == VSX_EIO &&
						  strstr(err.text,
							 "temporary file in"),
					  "report %u: %s", at, err.text);
			if (f.n <= at)
				break;
		}
	cr_expect_gt(failed, 6);
}

/* ---- backups ----------------------------------------------------------- */

static enum vsx_status back_up(struct cutter *c)
{
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;

	opts.report = cut;
	opts.context = c;
	opts.chunk_bytes = 65536;
	return vsx_backup_create(path, repo, &opts, NULL, &err);
}

static enum vsx_status restore(const char *to, struct cutter *c)
{
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;

	opts.report = cut;
	opts.context = c;
	return vsx_backup_restore(repo, "latest", to, &opts, NULL, &err);
}

Test(cut, a_backup_and_what_is_restored_are_whole)
{
	struct cutter never = {path, UINT32_MAX, 0, 0, false};
	uint8_t *bytes;
	char line[600];
	size_t n;

	guard();
	build("HNSW8");
	bytes = support_read(path, &n);
	for (unsigned int at = 0; at < 100; at++) {
		struct cutter c = {path, at, 0, 0.3, false};

		scratch_write(path, bytes, n);
		if (back_up(&c) == VSX_OK)
			break;
		cr_expect(strstr(err.text, path), "%s", err.text);
	}
	scratch_write(path, bytes, n);
	cr_expect_eq(restore(due, &never), VSX_OK, "%s", err.text);
	cr_expect(scratch_same(path, due));
	for (unsigned int at = 0; at < never.n; at++) {
		struct cutter c = {NULL, at, 0, 0.3, false};

		unlink(out);
		cr_expect(restore(out, &c) != VSX_OK || is_sound(out));
		cr_expect(access(out, F_OK) != 0 || is_sound(out));
	}
	free(bytes);
	snprintf(line, sizeof(line), "rm -rf '%s'", repo);
	cr_expect_eq(system(line), 0);
}
