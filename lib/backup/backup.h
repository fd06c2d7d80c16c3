/*
 * The calls of vsx_write.h over file operations of the caller's, and what they
 * share. Private to libvsxwrite.
 */
#ifndef VSX_BACKUP_H
#define VSX_BACKUP_H

#include "backup/repo.h"

enum vsx_status vsx_backup_create_on(const char *index_path, const char *repo,
				     const struct vsx_backup_opts *opts,
				     const struct vsx_file_ops *ops,
				     struct vsx_backup_result *result,
				     struct vsx_error *err);
enum vsx_status vsx_backup_send_on(const char *index_path, int fd,
				   const struct vsx_backup_opts *opts,
				   const struct vsx_file_ops *ops,
				   struct vsx_backup_result *result,
				   struct vsx_error *err);
enum vsx_status vsx_backup_restore_on(const char *repo, const char *name,
				      const char *index_path,
				      const struct vsx_backup_opts *opts,
				      const struct vsx_file_ops *ops,
				      struct vsx_backup_result *result,
				      struct vsx_error *err);
enum vsx_status vsx_backup_receive_on(int fd, const char *index_path,
				      const struct vsx_backup_opts *opts,
				      const struct vsx_file_ops *ops,
				      struct vsx_backup_result *result,
				      struct vsx_error *err);
enum vsx_status vsx_backup_prune_on(const char *repo,
				    const struct vsx_prune_opts *opts,
				    const struct vsx_file_ops *ops,
				    struct vsx_prune_result *result,
				    struct vsx_error *err);

/* The caller's options, complete and checked. */
enum vsx_status vsx_backup_take(struct vsx_backup_opts *out,
				const struct vsx_backup_opts *opts,
				struct vsx_error *err);

static inline struct vsx_repo_wait vsx_backup_wait(
	const struct vsx_backup_opts *o)
{
	return (struct vsx_repo_wait){o->wait_ms, o->report, o->context};
}

#endif
