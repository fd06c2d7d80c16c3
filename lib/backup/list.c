/* What snapshots a repository has. */
#include <stdlib.h>

#include "backup/backup.h"
#include "backup/snapshot.h"

enum vsx_status vsx_backup_list(const char *repo_path,
				const struct vsx_backup_opts *opts,
				vsx_snapshot_report *each, void *context,
				struct vsx_error *err)
{
	struct vsx_snapshot_entry *list;
	struct vsx_backup_opts o;
	struct vsx_repo_wait wait;
	struct vsx_repo repo;
	enum vsx_status status;
	size_t n;

	VSX_TRY(vsx_backup_take(&o, opts, err));
	wait = vsx_backup_wait(&o);
	VSX_TRY(vsx_repo_open(&repo, repo_path, VSX_REPO_READ, 0,
			      &vsx_system_files, &wait, err));
	status = vsx_snapshot_list(&repo, &list, &n, err);
	/* The caller may take its time: a prune need not wait for it. */
	vsx_repo_close(&repo);
	for (size_t i = 0; status == VSX_OK && i < n; i++) {
		struct vsx_snapshot s = vsx_snapshot_public(&list[i]);

		if (each(context, &s) != 0)
			status = vsx_fail(err, VSX_ESTOPPED, "stopped");
	}
	free(list);
	return status;
}
