#include "cli/options_help.h"

#include "cli/colour.h"
#include "cli/utf8.h"

#include <string.h>

#define COLUMNS	    80
#define HELP_COLUMN 27

static void print_option(FILE *to, char letter, const char *name,
			 const char *arg, const char *help)
{
	int at;

	if (letter)
		at = fprintf(to, "  -%c, --%s", letter, name);
	else
		at = fprintf(to, "      --%s", name);
	if (arg)
		at += fprintf(to, " %s", arg);
	if (at + 2 > HELP_COLUMN) {
		fputc('\n', to);
		at = 0;
	}
	fprintf(to, "%*s", HELP_COLUMN - at, "");
	utf8_wrap(to, help, HELP_COLUMN, HELP_COLUMN, COLUMNS);
}

static void heading(FILE *to, const char *text)
{
	fprintf(to, "\n%s%s%s\n", colour(to, COLOUR_HEADING), text,
		colour_off(to));
}

/* The help of a choice ends in its words: they need not be typed twice. */
static void describe(char *to, size_t bytes, const struct cli_option *option)
{
	size_t len = (size_t)snprintf(to, bytes, "%s", option->help);

	if (!option->words)
		return;
	for (size_t i = 0; option->words[i] && len < bytes; i++)
		len += (size_t)snprintf(to + len, bytes - len, "%s%s",
					i ? ", " : ": ", option->words[i]);
}

/* What every command may end with; see exit.h. */
static const char usual_exits[] =
	"0 done, 1 the data has a problem, 2 wrong usage or bad input, "
	"3 system error, 4 not a VSX file or a newer version of one, "
	"130 stopped";

void cli_help(const struct cli_command *command, FILE *to)
{
	const char *group = "";
	int at = fprintf(to, "usage: %s ", command->name);
	char help[1024];

	utf8_wrap(to, command->usage, at, at, COLUMNS);
	fputc('\n', to);
	utf8_wrap(to, command->about, 0, 0, COLUMNS);

	for (const struct cli_option *o = command->options;
	     o->type != CLI_IS_END; o++) {
		if (o->type == CLI_IS_GROUP) {
			group = o->name;
			heading(to, group);
			continue;
		}
		if (o->type == CLI_IS_ALIAS)
			continue;
		describe(help, sizeof(help), o);
		print_option(to, o->letter, o->name, o->arg, help);
	}
	if (strcmp(group, "Common") != 0)
		heading(to, "Common");
	print_option(to, 'h', "help", NULL, "print this and exit");
	print_option(to, 'V', "version", NULL, "print the version and exit");
	if (command->more)
		fprintf(to, "\n%s", command->more);
	if (command->examples)
		fprintf(to, "\nExamples\n%s", command->examples);
	fputc('\n', to);
	snprintf(help, sizeof(help), "Exit status: %s.",
		 command->exits ? command->exits : usual_exits);
	utf8_wrap(to, help, 0, 0, COLUMNS);
}

static void print_line(FILE *to, char letter, const char *name, const char *arg,
		       const char *const *words, const char *help)
{
	fprintf(to, "%s\t%c\t%s\t", name, letter ? letter : '-',
		arg ? arg : "-");
	if (!words)
		fputc('-', to);
	for (size_t i = 0; words && words[i]; i++)
		fprintf(to, "%s%s", i ? "|" : "", words[i]);
	fprintf(to, "\t%s\n", help);
}

static const char *const specs[] = {
	"auto",		  "Flat",	    "IVF",
	"IVF256,Flat",	  "IVF1024,Flat",   "IVF4096,Flat",
	"HNSW",		  "HNSW16",	    "HNSW32",
	"HNSW32,SQ8",	  "HNSW32,SQ8,G32", "PCA64,IVF,SQ8",
	"OPQ16,IVF,PQ16", "IVF,PQ32x4fs",   NULL,
};

static const char *const *words_of(const struct cli_option *o)
{
	return o->arg && strcmp(o->arg, "SPEC") == 0 ? specs : o->words;
}

void cli_print_options(const struct cli_command *command, FILE *to)
{
	for (const struct cli_option *o = command->options;
	     o->type != CLI_IS_END; o++)
		if (o->type > CLI_IS_ALIAS)
			print_line(to, o->letter, o->name, o->arg, words_of(o),
				   o->help);
	if (command->verbs)
		print_line(to, 0, "-", "COMMAND", command->verbs, "what to do");
	print_line(to, 'h', "help", NULL, NULL, "print this and exit");
	print_line(to, 'V', "version", NULL, NULL,
		   "print the version and exit");
}
