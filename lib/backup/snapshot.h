/* The snapshots of a repository: files that are named as they are. */
#ifndef VSX_BACKUP_SNAPSHOT_H
#define VSX_BACKUP_SNAPSHOT_H

#include "backup/repo.h"

/* Letters, digits and . _ - + = @ : , but neither . nor - in front. */
bool vsx_snapshot_name_ok(const char *name);

struct vsx_snapshot_entry {
	char name[VSX_SNAPSHOT_NAME_MAX + 1];
	enum vsx_status status; /* of reading it */
	struct vsx_error error;
	struct vsx_snapshot_record record; /* without chunks; if it is sound */
	uint64_t bytes;			   /* of its file */
};

/* All of them by their numbers, damaged ones before the others; heap. */
enum vsx_status vsx_snapshot_list(const struct vsx_repo *repo,
				  struct vsx_snapshot_entry **out, size_t *n,
				  struct vsx_error *err);

/*
 * One with its chunks, which the caller frees. VSX_ENOTFOUND: there is none.
 * Errors name it.
 */
enum vsx_status vsx_snapshot_load(const struct vsx_repo *repo, const char *name,
				  struct vsx_snapshot_record *s,
				  struct vsx_error *err);

/* Put it into the repository, for good. VSX_EEXIST: the name is taken. */
enum vsx_status vsx_snapshot_save(const struct vsx_repo *repo, const char *name,
				  unsigned int mode,
				  const struct vsx_snapshot_record *s,
				  struct vsx_error *err);

/* As callers see it. */
struct vsx_snapshot vsx_snapshot_public(const struct vsx_snapshot_entry *e);

#endif
