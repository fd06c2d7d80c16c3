/*
 * A log of what a writer does to the files of a folder, kept as a model of a
 * file system: files have numbers, folders have names that lead to them, and a
 * sync is a barrier for what it was called on.
 *
 * The operations happen, too, but for syncs, which tell nothing that a test can
 * see and take their time.
 */
#ifndef CRASH_RECORD_H
#define CRASH_RECORD_H

#include "crash/tree.h"
#include "io/fileops.h"

enum rec_what {
	REC_CREATE,  /* with O_EXCL, a name that was not there */
	REC_SCRATCH, /* a file without a name */
	REC_OPEN,
	REC_CLOSE,
	REC_WRITE,
	REC_RESERVE,
	REC_RESIZE,
	REC_SYNC,
	REC_MODE,
	REC_OWNER,
	REC_ACL,
	REC_RENAME,
	REC_RENAME_NEW,
	REC_LINK,
	REC_UNLINK,
	REC_LOCK,
	REC_MAP,
	REC_MKDIR,
	REC_LOCK_SHARED,
	REC_PUT, /* into a pipe */
};

/* File numbers: what there was at first, in the order of its tree, then what
 * was created. A folder has a number as well. */
struct rec_op {
	enum rec_what what;
	int file; /* that it is done to, or that the name led to */
	char *name, *to;
	uint64_t at, n; /* n: flags of an open, group of an owner; at: 1
			   of a writable map, owner */
	uint8_t *bytes;
	int error; /* errno of an operation that failed; it changed nothing */
};

struct record {
	struct tree start;
	char *folder;
	struct rec_op *ops;
	size_t n, cap;
	int n_files;
	struct {
		char *name;
		int file;
	} * names; /* as they are now */
	size_t n_names;
	int of_fd[1024]; /* file of a descriptor */
};

/* Begin, with the folder as it is now. */
void rec_init(struct record *r, const char *folder);
void rec_release(struct record *r);

/* The table to hand to a writer; it lives as long as the record. */
struct vsx_file_ops rec_table(struct record *r);

/* The word for an operation: "write". */
const char *rec_word(enum rec_what what);

#endif
