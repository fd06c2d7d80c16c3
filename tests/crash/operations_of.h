/* What the files of operations share. */
#ifndef CRASH_OPERATIONS_OF_H
#define CRASH_OPERATIONS_OF_H

#include "crash/operations.h"

/* A call that can only fail if the test is wrong. */
void op_must(enum vsx_status status, const struct vsx_error *err);

/* x.vsx with OP_ROWS rows. */
void op_prepare_base(const struct operation *op, const char *folder);

enum vsx_status op_delete(const char *path, uint64_t first, size_t n,
			  const struct vsx_file_ops *ops,
			  struct vsx_error *err);

/* operations_backup.c: no snapshot, one, three of them. */
void op_prepare_first(const struct operation *op, const char *folder);
void op_prepare_second(const struct operation *op, const char *folder);
void op_prepare_third(const struct operation *op, const char *folder);
enum vsx_status op_run_first(const struct operation *op, const char *folder,
			     const struct vsx_file_ops *ops,
			     struct vsx_error *err);
enum vsx_status op_run_second(const struct operation *op, const char *folder,
			      const struct vsx_file_ops *ops,
			      struct vsx_error *err);
enum vsx_status op_run_prune(const struct operation *op, const char *folder,
			     const struct vsx_file_ops *ops,
			     struct vsx_error *err);
enum vsx_status op_run_restore(const struct operation *op, const char *folder,
			       const struct vsx_file_ops *ops,
			       struct vsx_error *err);

#endif
