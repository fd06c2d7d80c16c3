/*
 * A repository of backups: a folder with
 *
 *	vsx-backup	what it is, and the lock of prune against readers
 *	lock		the lock of create and prune
 *	chunks/ab/ab...	a chunk, named by its hash
 *	snapshots/NAME	a snapshot: a list of chunks
 *	sequence	the last number that a snapshot was given
 *	checked		when chunks were last found sound
 *	tmp/		what is being written
 */
#ifndef VSX_BACKUP_REPO_H
#define VSX_BACKUP_REPO_H

#include <dirent.h>
#include <time.h>

#include "backup/packer.h"
#include "base/phase.h"
#include "io/fileops.h"
#include "io/map.h"
#include "vsx_write.h"

/* Of a snapshot, without the NUL. */
#define VSX_SNAPSHOT_NAME_MAX 100

struct vsx_repo {
	const struct vsx_file_ops *ops;
	char *path;
	char name[VSX_PATH_TEXT];
	struct vsx_file head; /* -1, or locked */
	struct vsx_file lock; /* the same */
	char *head_path, *lock_path;
	unsigned int mode; /* of its files: that of the index it was made for,
			      without the right to run them */
};

/* Who asks now and then whether to go on waiting. */
struct vsx_repo_wait {
	uint32_t ms;
	vsx_build_report *report;
	void *context;
};

enum vsx_repo_use {
	VSX_REPO_READ,	 /* beside everybody but prune */
	VSX_REPO_CREATE, /* beside readers; makes the repository */
	VSX_REPO_PRUNE,	 /* alone */
};

/*
 * Open and lock it. like: the mode of the index that it is made for.
 *
 * VSX_EFORMAT   the folder is something else
 * VSX_EVERSION  of a newer version
 * VSX_EBUSY     somebody has the lock
 */
enum vsx_status vsx_repo_open(struct vsx_repo *repo, const char *path,
			      enum vsx_repo_use use, unsigned int like,
			      const struct vsx_file_ops *ops,
			      const struct vsx_repo_wait *wait,
			      struct vsx_error *err);
void vsx_repo_close(struct vsx_repo *repo);

/* Of a path inside; to be freed. NULL when there is no memory. */
char *vsx_repo_path(const struct vsx_repo *repo, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
char *vsx_repo_chunk_path(const struct vsx_repo *repo, struct vsx_hash hash);

/* The next entry of a folder; *e NULL: that was all. */
enum vsx_status vsx_repo_next(DIR *d, const char *path, struct dirent **e,
			      struct vsx_error *err);

/*
 * Chunks without a folder of snapshots are VSX_ECORRUPT: whoever makes a
 * repository makes that one first.
 */
enum vsx_status vsx_repo_check_snapshots(const struct vsx_repo *repo,
					 size_t n_chunks,
					 struct vsx_error *err);

/* Sync a folder; one that cannot be synced at all is no failure. */
enum vsx_status vsx_repo_sync(const struct vsx_repo *repo, const char *path,
			      struct vsx_error *err);

/*
 * Remove what writers left behind that did not come to their end. alone: of
 * those as well that were making the repository.
 */
void vsx_repo_sweep(const struct vsx_repo *repo, bool alone);

/* Its files may be read by whom one of the mode `like` may be. */
unsigned int vsx_repo_file_mode(unsigned int like);

/* Of a folder of files of that mode. */
static inline unsigned int vsx_repo_folder_mode(unsigned int mode)
{
	return mode | 0100 | (mode & 0044) >> 2;
}

/* What would be put into a folder that is of the repository, or in one:
 * VSX_EINVAL. */
enum vsx_status vsx_repo_refuse_inside(const struct vsx_repo *repo,
				       const char *folder, const char *path,
				       struct vsx_error *err);

/* Write a new file of it, whole or not at all, and for good. */
enum vsx_status vsx_repo_write(const struct vsx_repo *repo, const char *path,
			       unsigned int mode, const uint8_t *bytes,
			       uint64_t n, struct vsx_error *err);

/*
 * The same for one of its own, `sequence` or `checked`, which is replaced,
 * whatever it is. durable: for good; otherwise a crash may leave less of it.
 */
enum vsx_status vsx_repo_replace(const struct vsx_repo *repo, const char *name,
				 const uint8_t *bytes, uint64_t n, bool durable,
				 struct vsx_error *err);

/* A regular file as a whole, at most `most` bytes; *out is heap. */
enum vsx_status vsx_repo_read(uint8_t **out, uint64_t *bytes, const char *path,
			      uint64_t most, struct vsx_error *err);

/* The file of a chunk that was opened. */
struct vsx_chunk_open {
	int fd;
	struct vsx_chunk_head head; /* checked */
	uint64_t stamp;		    /* another one when the file is changed */
};

/*
 * Its head is checked and its length held against it; the caller closes the
 * descriptor. VSX_ENOTFOUND: there is none.
 */
enum vsx_status vsx_repo_open_chunk(const struct vsx_repo *repo,
				    struct vsx_hash hash,
				    struct vsx_chunk_open *o,
				    struct vsx_error *err);

/* Read and unpack it: its raw bytes are in vsx_packer_bytes(). */
enum vsx_status vsx_repo_read_chunk(const struct vsx_chunk_open *o,
				    struct vsx_packer *c,
				    struct vsx_error *err);

/* All of it, and the file is closed. */
enum vsx_status vsx_repo_load_chunk(const struct vsx_repo *repo,
				    struct vsx_hash hash, struct vsx_packer *c,
				    struct vsx_chunk_open *o,
				    struct vsx_error *err);

/* Nanoseconds since 1970, as all times of a repository are. */
static inline uint64_t vsx_repo_time(const struct timespec *t)
{
	return t->tv_sec < 0 ? 0
			     : (uint64_t)t->tv_sec * 1000000000u +
				       (uint64_t)t->tv_nsec;
}

/* Of the file of a chunk; VSX_NO_STAMP where it cannot be had. */
uint64_t vsx_repo_stamp(const char *path);

/* The chunks that are there: sorted, heap. */
struct vsx_chunk_file {
	struct vsx_hash hash; /* first, to be sorted by */
	uint64_t bytes;
	uint32_t raw_bytes; /* the caller's, as what follows */
	uint32_t flags;
};
enum vsx_status vsx_repo_list_chunks(const struct vsx_repo *repo,
				     struct vsx_chunk_file **out, size_t *n,
				     struct vsx_error *err);

/* Fail with VSX_ESTOPPED if the report says so. */
enum vsx_status vsx_repo_ask(const struct vsx_repo_wait *wait,
			     const struct vsx_phase *phase, uint64_t done,
			     uint64_t total, struct vsx_error *err);

#endif
