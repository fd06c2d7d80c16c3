/*
 * Nothing changes a file but through the table of file operations: for every
 * operation of a writer, the log of the table alone makes the same folder.
 *
 * With a file as argument the calls are also written there, in the words that
 * tests/cli/strace.sh makes of what strace has seen between the two access()
 * calls that frame an operation. A plain main: Criterion would be in the trace.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crash/operations.h"
#include "crash/states.h"

static void print_call(FILE *out, const struct rec_op *o)
{
	static const char *const calls[] = {
		[REC_CREATE] = "create",
		[REC_CLOSE] = NULL,
		[REC_SCRATCH] = "scratch",
		[REC_OPEN] = "open",
		[REC_WRITE] = "pwrite64",
		[REC_RESERVE] = "fallocate",
		[REC_RESIZE] = "ftruncate",
		[REC_SYNC] = "fsync",
		[REC_MODE] = "fchmod",
		[REC_OWNER] = "fchown",
		[REC_ACL] = "fsetxattr",
		[REC_RENAME] = "rename",
		[REC_RENAME_NEW] = "renameat2",
		[REC_LINK] = "link",
		[REC_UNLINK] = "unlink",
		[REC_LOCK] = "flock",
		[REC_MAP] = "mmap",
		[REC_MKDIR] = "mkdir",
		[REC_LOCK_SHARED] = "flock shared",
		[REC_PUT] = "write",
	};
	unsigned long long n = o->n, at = o->at;

	if (!calls[o->what] || (o->what == REC_MAP && !o->at) ||
	    (o->what == REC_OPEN && (o->n & O_ACCMODE) == O_RDONLY))
		return;
	if ((o->what == REC_CREATE || o->what == REC_OPEN) &&
	    (o->n & (O_CREAT | O_EXCL)) == O_CREAT)
		fputs("open or create", out);
	else
		fputs(calls[o->what], out);
	if (o->what == REC_WRITE)
		fprintf(out, " %llu at %llu", n, at);
	if (o->what == REC_RESERVE || o->what == REC_RESIZE ||
	    o->what == REC_MAP || o->what == REC_PUT || o->what == REC_ACL)
		fprintf(out, " %llu", n);
	if (o->what == REC_OWNER)
		fprintf(out, " %d %d", (int)o->at, (int)o->n);
	if (o->what == REC_MODE)
		fprintf(out, " %03llo", n);
	if (o->name)
		fprintf(out, " %s", o->name);
	if (o->to)
		fprintf(out, " %s", o->to);
	fputc('\n', out);
}

/* The sync that the table leaves out, for the trace to see it. */
static int real_sync(void *context, int fd)
{
	struct record *r = context;
	struct vsx_file_ops table = rec_table(r);

	fsync(fd);
	return table.sync(r, fd);
}

static bool check(const struct operation *op, FILE *out, size_t *n_calls)
{
	char *folder = tree_folder();
	struct vsx_file_ops table;
	struct vsx_rng rng = {0};
	struct vsx_error err;
	struct record record;
	struct tree state;
	const char *other;
	char frame[80];
	bool good;

	op->prepare(op, folder);
	rec_init(&record, folder);
	table = rec_table(&record);
	table.sync = real_sync;
	snprintf(frame, sizeof(frame), "/begin %s", op->name);
	access(frame, F_OK);
	good = op->run(op, folder, &table, &err) == VSX_OK;
	access("/end", F_OK);
	if (!good)
		printf("%s: %s\n", op->name, err.text);
	states_make(&state, &record, record.n, STATE_ALL, 0, &rng);
	other = tree_differs(&state, folder);
	if (other)
		printf("%s: %s was changed past the table\n", op->name, other);
	*n_calls += record.n;
	for (size_t i = 0; out && i < record.n; i++)
		print_call(out, &record.ops[i]);
	tree_release(&state);
	rec_release(&record);
	tree_remove(folder);
	free(folder);
	return good && !other;
}

int main(int argc, char **argv)
{
	FILE *out = argc > 1 ? fopen(argv[1], "w") : NULL;
	size_t n_calls = 0;
	bool good = argc == 1 || out;

	for (size_t i = 0; i < n_operations; i++) {
		struct operation op = op_get(i);

		if (out)
			fprintf(out, "%s:\n", op.name);
		good = check(&op, out, &n_calls) && good;
	}
	printf("%zu operations, %zu calls\n", n_operations, n_calls);
	if (out && fclose(out) != 0)
		good = false;
	return good && n_calls > 0 ? 0 : 1;
}
