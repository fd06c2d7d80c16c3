#include <stdlib.h>

#include "backup/backup.h"
#include "crash/operations_of.h"
#include "crash/tree.h"
#include "support/build.h"

/* An index g1.vsx, to be snapshot g1, is kept beside for comparison. */
static void keep(const char *folder, const char *name)
{
	size_t n;
	uint8_t *bytes = support_read(tree_path(folder, "x.vsx"), &n);

	tree_write(tree_path(folder, name), bytes, n);
	free(bytes);
}

static enum vsx_status back_up(const char *folder, const char *name,
			       const struct vsx_file_ops *ops,
			       struct vsx_error *err)
{
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;

	opts.name = name;
	opts.chunk_bytes = 65536;
	opts.report = op_report;
	opts.context = op_context;
	return vsx_backup_create_on(tree_path(folder, "x.vsx"),
				    tree_path(folder, "repo"), &opts, ops, NULL,
				    err);
}

void op_prepare_first(const struct operation *op, const char *folder)
{
	op_prepare_base(op, folder);
	keep(folder, "g1.vsx");
}

void op_prepare_second(const struct operation *op, const char *folder)
{
	struct vsx_error err;

	op_prepare_first(op, folder);
	op_must(back_up(folder, "g1", &vsx_system_files, &err), &err);
	op_must(op_add(tree_path(folder, "x.vsx"), 500, 20, 0, NULL,
		       &vsx_system_files, &err),
		&err);
	keep(folder, "g2.vsx");
}

void op_prepare_third(const struct operation *op, const char *folder)
{
	struct vsx_error err;

	op_prepare_second(op, folder);
	op_must(back_up(folder, "g2", &vsx_system_files, &err), &err);
	op_must(op_delete(tree_path(folder, "x.vsx"), 5, 9, &vsx_system_files,
			  &err),
		&err);
	keep(folder, "g3.vsx");
	op_must(back_up(folder, "g3", &vsx_system_files, &err), &err);
}

enum vsx_status op_run_first(const struct operation *op, const char *folder,
			     const struct vsx_file_ops *ops,
			     struct vsx_error *err)
{
	(void)op;
	return back_up(folder, "g1", ops, err);
}

enum vsx_status op_run_second(const struct operation *op, const char *folder,
			      const struct vsx_file_ops *ops,
			      struct vsx_error *err)
{
	(void)op;
	return back_up(folder, "g2", ops, err);
}

enum vsx_status op_run_prune(const struct operation *op, const char *folder,
			     const struct vsx_file_ops *ops,
			     struct vsx_error *err)
{
	struct vsx_prune_opts opts = VSX_PRUNE_OPTS_INIT;

	opts.keep = 1;
	opts.report = op_report;
	opts.context = op_context;
	return vsx_backup_prune_on(tree_path(folder, op->output), &opts, ops,
				   NULL, err);
}

enum vsx_status op_run_restore(const struct operation *op, const char *folder,
			       const struct vsx_file_ops *ops,
			       struct vsx_error *err)
{
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;

	opts.force = op->replaces;
	opts.report = op_report;
	opts.context = op_context;
	return vsx_backup_restore_on(tree_path(folder, "repo"), "g2",
				     tree_path(folder, op->output), &opts, ops,
				     NULL, err);
}
