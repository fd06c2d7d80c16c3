/*
 * What a backup costs beside a copy of the file, and what a second one writes.
 *
 * usage: bench_backup FOLDER [MIB [ROUNDS]]
 *
 * MIB is 256, ROUNDS 7; twice MIB of disk is needed for each round. The rows
 * are random bytes, which nothing can compress. Copies (read and write of 1
 * MiB, into a new file) and backups (into a new repository) take turns on one
 * processor; the time that is spent in syncs is told apart, because a copy
 * makes none.
 */
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup.h"
#include "base/rng.h"
#include "measure.h"
#include "vsx_write.h"

enum { DIM = 1024, BATCH = 1024, MOST_ROUNDS = 99 };

static char work[4096], base[4200], copied[4200], repo[4200], restored[4200];
static double sync_seconds;

static const uint8_t *draw_rows(uint64_t first)
{
	static uint8_t rows[BATCH * DIM];

	for (size_t i = 0; i < sizeof(rows); i += 8) {
		uint64_t x = vsx_random_at(1, first, i);

		memcpy(rows + i, &x, 8);
	}
	return rows;
}

static void build(size_t batches)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	struct vsx_error err;

	opts.dim = DIM;
	opts.elem = VSX_U8;
	opts.spec = "Flat";
	opts.force = 1;
	if (vsx_builder_new(&b, base, &opts, &err))
		die(err.text);
	for (size_t i = 0; i < batches; i++)
		if (vsx_builder_add(
			    b, VSX_BATCH(draw_rows(i), VSX_U8, BATCH, NULL),
			    &err))
			die(err.text);
	if (vsx_builder_finish(b, NULL, &err))
		die(err.text);
	vsx_builder_free(b);
}

static void add(size_t batches)
{
	struct vsx_update *u;
	struct vsx_error err;

	if (vsx_update_begin(&u, base, NULL, &err))
		die(err.text);
	for (size_t i = 0; i < batches; i++)
		if (vsx_update_add(u,
				   VSX_BATCH(draw_rows(1000000 + i), VSX_U8,
					     BATCH, NULL),
				   &err))
			die(err.text);
	if (vsx_update_commit(u, NULL, &err))
		die(err.text);
	vsx_update_free(u);
}

static double copy(void)
{
	static char block[1 << 20];
	double start = now(CLOCK_MONOTONIC);
	int from = open(base, O_RDONLY);
	int to = open(copied, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ssize_t n;

	if (from < 0 || to < 0)
		die("cannot copy the index");
	while ((n = read(from, block, sizeof(block))) > 0)
		if (write(to, block, (size_t)n) != n)
			die("cannot copy the index");
	close(from);
	close(to);
	return now(CLOCK_MONOTONIC) - start;
}

static int timed_sync(void *context, int fd)
{
	double start = now(CLOCK_MONOTONIC);
	int r = vsx_system_files.sync(context, fd);

	sync_seconds += now(CLOCK_MONOTONIC) - start;
	return r;
}

static double backup(struct vsx_backup_result *result)
{
	struct vsx_file_ops ops = vsx_system_files;
	double start = now(CLOCK_MONOTONIC);
	struct vsx_error err;

	ops.sync = timed_sync;
	sync_seconds = 0;
	if (vsx_backup_create_on(base, repo, NULL, &ops, result, &err))
		die(err.text);
	return now(CLOCK_MONOTONIC) - start;
}

static int forget_one(const char *path, const struct stat *st, int what,
		      struct FTW *ftw)
{
	int fd = what == FTW_F ? open(path, O_RDONLY) : -1;

	(void)st;
	(void)ftw;
	if (fd >= 0) {
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		close(fd);
	}
	return 0;
}

/*
 * To the disk with it, and out of memory: whoever comes next writes to the same
 * pages. Nothing is removed before the end, since ext4 looks for some minutes
 * at each inode that was freed before it takes one.
 */
static void forget(const char *path)
{
	sync();
	if (nftw(path, forget_one, 16, FTW_PHYS) < 0)
		die("cannot walk through a folder");
}

static int remove_one(const char *path, const struct stat *st, int what,
		      struct FTW *ftw)
{
	(void)st;
	(void)what;
	(void)ftw;
	return remove(path);
}

static void measure_first(double mib, size_t rounds)
{
	double copies[MOST_ROUNDS], all[MOST_ROUNDS], unsynced[MOST_ROUNDS];
	double shares[MOST_ROUNDS];
	struct vsx_backup_result result;

	for (size_t r = 0; r < rounds; r++) {
		snprintf(repo, sizeof(repo), "%s/repo-%zu", work, r);
		all[r] = backup(&result);
		unsynced[r] = all[r] - sync_seconds;
		forget(repo);
		snprintf(copied, sizeof(copied), "%s/copy-%zu", work, r);
		copies[r] = copy();
		forget(copied);
		shares[r] = 100 * copies[r] / unsynced[r];
	}
	tell_figure("copy", "MiB/s", mib / median(copies, rounds));
	tell_figure("backup, without its syncs", "MiB/s",
		    mib / median(unsynced, rounds));
	tell_figure("backup over copy", "%", median(shares, rounds));
	tell_figure("backup with its syncs", "MiB/s",
		    mib / median(all, rounds));
	tell_figure("backup: written over size", "%",
		    100 * (double)result.new_bytes /
			    (double)result.index_bytes);
}

static void measure_second(size_t batches)
{
	struct vsx_backup_result result;
	double seconds;

	add((batches + 99) / 100);
	seconds = backup(&result);
	tell_figure("second backup after 1 % more rows", "s", seconds);
	tell_figure("second backup: written over size", "%",
		    100 * (double)result.new_bytes /
			    (double)result.index_bytes);
}

static void measure_back(void)
{
	struct vsx_backup_check check;
	struct vsx_error err;
	double start = now(CLOCK_MONOTONIC), read;
	struct stat st;

	if (vsx_backup_verify(repo, NULL, NULL, NULL, NULL, &check, &err))
		die(err.text);
	read = (double)check.bytes_read / 1048576;
	tell_figure("verify", "MiB/s", read / (now(CLOCK_MONOTONIC) - start));
	start = now(CLOCK_MONOTONIC);
	if (vsx_backup_restore(repo, "latest", restored, NULL, NULL, &err))
		die(err.text);
	if (stat(restored, &st) != 0)
		die("nothing was restored");
	tell_figure("restore with its syncs", "MiB/s",
		    (double)st.st_size / 1048576 /
			    (now(CLOCK_MONOTONIC) - start));
}

int main(int argc, char **argv)
{
	size_t mib = 256, rounds = 7;
	cpu_set_t one;
	struct stat st;

	if (argc < 2 || argc > 4)
		die("FOLDER [MIB [ROUNDS]]");
	if (argc > 2)
		mib = number_above_0(argv[2], "MIB is a number above 0");
	if (argc > 3)
		rounds = number_above_0(argv[3], "ROUNDS is a number above 0");
	if (rounds > MOST_ROUNDS)
		die("ROUNDS is at most 99");
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one) != 0)
		die("cannot stay on one processor");
	snprintf(work, sizeof(work), "%s/bench_backup.XXXXXX", argv[1]);
	if (!mkdtemp(work))
		die("cannot make a folder");
	snprintf(base, sizeof(base), "%s/base.vsx", work);
	snprintf(restored, sizeof(restored), "%s/restored.vsx", work);
	build(mib);
	if (stat(base, &st) != 0)
		die("no index was built");
	tell_figure("file", "MiB", (double)st.st_size / 1048576);
	measure_first((double)st.st_size / 1048576, rounds);
	measure_second(mib);
	measure_back();
	report_table();
	if (nftw(work, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		die("cannot remove the folder");
	return 0;
}
