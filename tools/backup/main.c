/* vsx-backup: snapshots of indexes, in a repository that stores bytes once. */
#include "backup/backup.h"

#include "cli/colour.h"
#include "cli/common.h"
#include "cli/exit.h"
#include "cli/files.h"
#include "cli/interrupt.h"
#include "cli/nearest.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/say.h"

#include <string.h>
#include <unistd.h>

static struct backup_options o = {.wait = WAIT_INIT};

static const struct cli_option option_table[] = {
	CLI_GROUP("create"),
	CLI_TEXT('n', "name", "NAME",
		 "name of the snapshot (time and generation, such as "
		 "20261121T101500Z-g3)",
		 &o.name),
	CLI_FLAG(0, "trust-chunks",
		 "do not read existing chunks before the snapshot refers to "
		 "them",
		 &o.trust_chunks),
	CLI_FLAG(0, "check-all",
		 "read all of them, even those checked within 30 days",
		 &o.check_all),
	CLI_FLAG(0, "to-stdout",
		 "write a stream to standard output instead of REPO",
		 &o.to_stdout),
	CLI_GROUP("restore"),
	CLI_TEXT('o', "output", "FILE", "the index to write", &o.out),
	CLI_FLAG('f', "force", "replace an index that exists", &o.force),
	CLI_GROUP("prune"),
	CLI_COUNT(0, "keep", "N", "keep the newest N snapshots of each index",
		  &o.keep, 1, UINT64_MAX),
	CLI_TEXT(0, "older-than", "AGE",
		 "remove snapshots older than AGE: 30d, 12h, 2w; the newest of "
		 "each index stays",
		 &o.older_text),
	CLI_FLAG(0, "dry-run", "only say what would be removed", &o.dry_run),
	CLI_GROUP("Common"),
	CLI_WAIT(&o.wait),
	CLI_JSON(&o.json),
	CLI_QUIET("problems", &o.quiet),
	CLI_COLOUR,
	CLI_END,
};

static const char *const verb_words[] = {"create",  "list",  "verify",
					 "restore", "prune", NULL};

static const struct cli_command command = {
	.name = "vsx-backup",
	.version = VSX_VERSION,
	.usage = "create INDEX REPO | list REPO | verify REPO [NAME] | restore "
		 "REPO NAME -o INDEX | prune REPO [OPTION]...",
	.about =
		"Keep snapshots of indexes in a folder, REPO. Bytes that are "
		"already stored are not stored again. The index may be written "
		"to meanwhile; it is checked while it is read, and a damaged "
		"one is refused.",
	.needs = "create, list, verify, restore or prune",
	.more = "Commands\n"
		"  create INDEX REPO           a new snapshot; creates REPO if "
		"needed\n"
		"  create INDEX --to-stdout    the same as a stream, for a "
		"pipe\n"
		"  list REPO                   snapshots, the oldest first\n"
		"  verify REPO [NAME]          read all that is stored, or "
		"what "
		"NAME needs\n"
		"  restore REPO NAME -o INDEX  the same bytes again; NAME may "
		"be "
		"'latest'\n"
		"  restore - -o INDEX          from a stream on standard input\n"
		"  prune REPO                  remove old snapshots and what only "
		"they need\n",
	.examples = "  vsx-backup create photos.vsx /backup/photos\n"
		    "  vsx-backup verify /backup/photos\n"
		    "  vsx-backup restore /backup/photos latest -o "
		    "photos.vsx\n"
		    "  vsx-backup prune /backup/photos --keep 14 --dry-run\n",
	.exits = "0 done, 1 something is damaged, 2 wrong usage, 3 system "
		 "error, 4 not an index or a repository, or a newer version "
		 "of one, 130 stopped",
	.verbs = verb_words,
	.min_operands = 1,
	.max_operands = 3,
	.options = option_table,
};

struct vsx_backup_opts backup_opts(struct backup_options *opts)
{
	struct vsx_backup_opts to = VSX_BACKUP_OPTS_INIT;

	to.name = opts->name;
	to.force = opts->force;
	to.reuse = opts->trust_chunks ? VSX_REUSE_ALL
		   : opts->check_all  ? VSX_REUSE_NONE
				      : VSX_REUSE_CHECKED;
	to.wait_ms = wait_ms(&opts->wait);
	to.report = report_work;
	to.context = &opts->quiet;
	return to;
}

static const char *const restore_steps[] = {"restoring", "checking pages",
					    NULL};
static const char *const prune_steps[] = {"reading snapshots",
					  "removing chunks", NULL};

enum verb { CREATE, LIST, VERIFY, RESTORE, PRUNE, N_VERBS };

static const struct {
	const char *word;
	const char *needs; /* behind the word */
	size_t min, max;   /* operands, with the word */
} verbs[N_VERBS] = {
	[CREATE] = {"create", "INDEX and REPO", 3, 3},
	[LIST] = {"list", "REPO", 2, 2},
	[VERIFY] = {"verify", "REPO", 2, 3},
	[RESTORE] = {"restore", "REPO and NAME", 3, 3},
	[PRUNE] = {"prune", "REPO", 2, 2},
};

static int check_operands(enum verb v, const struct cli_operands *operands)
{
	size_t min = verbs[v].min, max = verbs[v].max;
	const char *needs = verbs[v].needs;

	if (v == CREATE && o.to_stdout) {
		min = max = 2;
		needs = "INDEX";
	}
	if (v == RESTORE && operands->n > 1 &&
	    strcmp(operands->items[1], "-") == 0)
		min = max = 2;
	if (operands->n < min)
		return cli_usage_error(&command, "%s needs %s", verbs[v].word,
				       needs);
	if (operands->n > max)
		return cli_usage_error(&command, "unexpected argument '%s'",
				       operands->items[max]);
	return CLI_GO_ON;
}

/* An option that the command has no use for is a slip. */
static int check_belongs(enum verb v)
{
	const struct {
		bool given;
		const char *name;
		enum verb verb;
	} of[] = {
		{o.name != NULL, "name", CREATE},
		{o.trust_chunks, "trust-chunks", CREATE},
		{o.check_all, "check-all", CREATE},
		{o.to_stdout, "to-stdout", CREATE},
		{o.out != NULL, "output", RESTORE},
		{o.force, "force", RESTORE},
		{o.keep != 0, "keep", PRUNE},
		{o.older_text != NULL, "older-than", PRUNE},
		{o.dry_run, "dry-run", PRUNE},
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (of[i].given && of[i].verb != v)
			return cli_usage_error(
				&command, "--%s is an option of %s", of[i].name,
				verbs[of[i].verb].word);
	return CLI_GO_ON;
}

/* An option of create that a stream has no use for; or NULL. */
static const char *no_stream(void)
{
	return o.json		? "json"
	       : o.name		? "name"
	       : o.trust_chunks ? "trust-chunks"
	       : o.check_all	? "check-all"
				: NULL;
}

static int check_options(enum verb v)
{
	int code = check_belongs(v);

	if (code != CLI_GO_ON)
		return code;
	if (v == CREATE && o.to_stdout && no_stream())
		return cli_usage_error(&command,
				       "--%s cannot be combined with "
				       "--to-stdout",
				       no_stream());
	if (o.trust_chunks && o.check_all)
		return cli_usage_error(&command,
				       "--trust-chunks cannot be combined "
				       "with --check-all");
	if (v == CREATE && o.to_stdout && isatty(STDOUT_FILENO))
		return cli_usage_error(&command,
				       "standard output is a terminal");
	if (v == RESTORE && !o.out)
		return cli_usage_error(&command, "restore needs -o INDEX");
	if (v == PRUNE && !o.keep == !o.older_text)
		return cli_usage_error(&command,
				       "prune needs --keep or --older-than");
	if (o.older_text && !backup_age(&o.older_seconds, o.older_text))
		return cli_usage_error(&command,
				       "--older-than '%s' is not an age, such "
				       "as 30d, 12h or 2w",
				       o.older_text);
	return CLI_GO_ON;
}

static int parse(int argc, char **argv, enum verb *v,
		 struct cli_operands *operands)
{
	int code = cli_parse(&command, argc, argv, operands);
	int i = 0;

	if (code != CLI_GO_ON)
		return code;
	while (i < N_VERBS && strcmp(operands->items[0], verbs[i].word) != 0)
		i++;
	if (i == N_VERBS) {
		const char *typed = operands->items[0];
		const char *like =
			nearest_word(typed, strlen(typed), verb_words);

		return cli_usage_error(&command,
				       "'%s' is not one of create, list, "
				       "verify, restore and prune%s%s%s",
				       typed, like ? "; did you mean " : "",
				       like ? like : "", like ? "?" : "");
	}
	*v = (enum verb)i;
	code = check_operands(*v, operands);
	return code == CLI_GO_ON ? check_options(*v) : code;
}

/* Else what is printed is the product. */
static bool changes_files(enum verb v)
{
	return (v == CREATE && !o.to_stdout) || v == RESTORE ||
	       (v == PRUNE && !o.dry_run);
}

int main(int argc, char **argv)
{
	struct cli_operands operands;
	struct vsx_error err = {0};
	enum vsx_status status;
	bool damaged = false;
	const char *a, *b;
	enum verb v = N_VERBS;
	int code = parse(argc, argv, &v, &operands);

	if (code != CLI_GO_ON)
		return code;
	a = operands.items[1];
	b = operands.n > 2 ? operands.items[2] : NULL;
	interrupt_install();
	if (changes_files(v))
		say_after_work();
	progress_begin(o.quiet, v == RESTORE ? restore_steps
				: v == PRUNE ? prune_steps
					     : NULL);
	if (v == CREATE)
		files_read(a);
	if (v == RESTORE && !b)
		files_read("-");
	files_write_index(o.out);
	status = files_check(&err);
	if (status != VSX_OK)
		return say_error(&err);
	switch (v) {
	case CREATE:
		status = backup_create(a, b, &o, &err);
		break;
	case LIST:
		status = backup_list(a, &o, &damaged, &err);
		break;
	case VERIFY:
		status = backup_verify(a, b, &o, &damaged, &err);
		break;
	case RESTORE:
		status = backup_restore(a, b, &o, &err);
		break;
	default:
		status = backup_prune(a, &o, &err);
		break;
	}
	progress_end();
	if (status != VSX_OK)
		return say_end(say_error(&err));
	return say_end(damaged ? EXIT_DATA : EXIT_DONE);
}
