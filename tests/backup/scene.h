/*
 * A folder with indexes and repositories for one test, and file operations that
 * fail, or end, at any of them.
 */
#ifndef BACKUP_SCENE_H
#define BACKUP_SCENE_H

#include <stdbool.h>

#include "backup/backup.h"
#include "backup/snapshot.h"
#include "support/build.h"
#include "vsx_write.h"

void scene_make(void);
void scene_drop(void);

/* The path of something in the folder; stays valid. */
const char *scene_path(const char *name);

/* Rows of 64 f32 components, a little more than 256 bytes each. */
enum { SCENE_DIM = 64, SCENE_ROWS = 1000 };

/* Remove something and all that is in it. */
void scene_remove(const char *path);

/* Build `name` of a kind; its path. */
const char *scene_index(const char *name, const char *spec);

/* Commit n more rows, numbered on. */
void scene_add(const char *path, size_t n);

/* Delete the row with this id. */
void scene_delete(const char *path, uint64_t id);

bool scene_same(const char *a, const char *b);
void scene_copy(const char *from, const char *to);
void scene_write(const char *path, const void *p, size_t n);
/* A whole file, to be freed. */
uint8_t *scene_read(const char *path, size_t *n);
/* Turn a bit of the byte at `at`; from the end if it is negative. */
void scene_flip(const char *path, long at);

/* Regular files below a folder, and their bytes. */
size_t scene_count(const char *folder);
uint64_t scene_bytes(const char *folder);
unsigned int scene_descriptors(void);

/* How it goes on: number `at` of the operations, counted from 0 */
enum shaky_how {
	SHAKY_ONCE, /* fails */
	SHAKY_FROM, /* and all behind it fail, but for those that clean up */
	SHAKY_KILL, /* and all behind it do not happen; a write is half done */
};

struct shaky {
	long at; /* -1: none */
	enum shaky_how how;
	int reason;
	long n;		 /* operations so far */
	const char *hit; /* the one that failed first */
	bool sync_failed;
	long after_sync; /* syncs of a file after one that failed */
	char log[512];	 /* the first letters of the first operations */
};

/* No operation of these syncs really. */
struct vsx_file_ops shaky_ops(struct shaky *s);

/* Chunks of 64 KiB, quick syncs; fails the test if it fails. */
struct vsx_backup_result scene_create(const char *index, const char *repo,
				      const char *name);

/* A repository is sound, and its snapshot gives `due` again. */
void scene_check(const char *repo, const char *name, const char *due);

/* The same, without looking at the rest of the repository. */
void scene_check_restore(const char *repo, const char *name, const char *due);

/* Findings of a verification. *all: their texts, lines; or NULL. */
uint64_t scene_verify(const char *repo, const char *name, char all[8192]);

/* A snapshot of the repository "repo"; free its chunks. */
struct vsx_snapshot_record scene_load(const char *name);

/* Put one there, as it is. */
void scene_store(const char *name, const struct vsx_snapshot_record *s);

/* The file of chunk i of one. */
const char *scene_chunk(const struct vsx_snapshot_record *s, uint64_t i);

/* Ways to damage the file of a chunk, and doing it. */
enum { SCENE_WAYS = 11 };
extern const char *const scene_ways[SCENE_WAYS];
void scene_break(const struct vsx_snapshot_record *s, uint64_t i,
		 const char *way);

/* How many snapshots there are. */
size_t scene_snapshots(const char *repo);

extern struct vsx_backup_opts scene_opts;

#endif
