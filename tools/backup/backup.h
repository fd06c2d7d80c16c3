/* The commands of vsx-backup, and the options that they share. */
#ifndef VSX_TOOL_BACKUP_H
#define VSX_TOOL_BACKUP_H

#include "cli/wait.h"
#include "vsx_write.h"

struct backup_options {
	const char *name, *out, *older_text;
	uint64_t keep, older_seconds;
	struct wait wait;
	bool trust_chunks, check_all;
	bool to_stdout, force, dry_run, json, quiet;
};

/* What the library is given of them. */
struct vsx_backup_opts backup_opts(struct backup_options *o);

/* *err has the text when it is not VSX_OK. */
enum vsx_status backup_create(const char *index, const char *repo,
			      struct backup_options *o, struct vsx_error *err);
enum vsx_status backup_restore(const char *repo, const char *name,
			       struct backup_options *o, struct vsx_error *err);
enum vsx_status backup_prune(const char *repo, struct backup_options *o,
			     struct vsx_error *err);

/* *damaged: something is wrong with what was read. */
enum vsx_status backup_list(const char *repo, struct backup_options *o,
			    bool *damaged, struct vsx_error *err);
enum vsx_status backup_verify(const char *repo, const char *name,
			      struct backup_options *o, bool *damaged,
			      struct vsx_error *err);

/* 20261121T101500Z as "2026-11-21 10:15:00"; iso: "2026-11-21T10:15:00Z". */
#define BACKUP_DATE_BYTES 32
char *backup_date(char to[BACKUP_DATE_BYTES], uint64_t created, bool iso);

/* "30d", "12h", "2w" in seconds; false: it is no such text. */
bool backup_age(uint64_t *seconds, const char *text);

#endif
