#include "cli/options.h"

#include "cli/exit.h"
#include "cli/nearest.h"
#include "cli/options_help.h"
#include "cli/options_value.h"
#include "cli/say.h"
#include "cli/standard.h"

#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What getopt_long() answers: the place in the table, or one of these. */
enum {
	FIRST_OPTION = 0x100,
	IS_HELP = 0x10000,
	IS_VERSION,
};

#define MAX_OPTIONS 64

struct parser {
	const struct cli_command *command;
	struct option longs[MAX_OPTIONS + 3];
	char shorts[2 * MAX_OPTIONS + 8];
};

int cli_usage_error(const struct cli_command *command, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	say_wrong("%s (see %s --help)", text, command->name);
	return EXIT_USAGE;
}

/* The option with this name, or NULL. */
static const struct cli_option *named(const struct cli_command *command,
				      const char *name)
{
	for (const struct cli_option *o = command->options;
	     o->type != CLI_IS_END; o++)
		if (o->type > CLI_IS_ALIAS && strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

/* What getopt_long() answered, as an option; of an old name the new one. */
static const struct cli_option *find(const struct cli_command *command,
				     int code)
{
	const struct cli_option *o;

	if (code >= IS_HELP)
		return NULL;
	if (code >= FIRST_OPTION) {
		o = &command->options[code - FIRST_OPTION];
		return o->type == CLI_IS_ALIAS ? named(command, o->arg) : o;
	}
	for (o = command->options; o->type != CLI_IS_END; o++)
		if (o->type > CLI_IS_ALIAS && o->letter == (char)code)
			return o;
	return NULL;
}

static void add_long(struct option *at, const char *name, int has_arg,
		     int value)
{
	*at = (struct option){.name = name, .has_arg = has_arg, .val = value};
}

static void prepare(struct parser *p, const struct cli_command *command)
{
	size_t n = 0, at = 0;

	memset(p, 0, sizeof(*p));
	p->command = command;
	/* A ':' in front tells a missing value from an unknown option. */
	p->shorts[at++] = ':';
	p->shorts[at++] = 'h';
	p->shorts[at++] = 'V';
	for (int i = 0; command->options[i].type != CLI_IS_END; i++) {
		const struct cli_option *o = &command->options[i];
		bool flag =
			find(command, FIRST_OPTION + i)->type == CLI_IS_FLAG;

		if (o->type == CLI_IS_GROUP)
			continue;
		assert(n < MAX_OPTIONS);
		add_long(&p->longs[n++], o->name,
			 flag ? no_argument : required_argument,
			 FIRST_OPTION + i);
		if (!o->letter)
			continue;
		p->shorts[at++] = o->letter;
		if (!flag)
			p->shorts[at++] = ':';
	}
	add_long(&p->longs[n++], "help", no_argument, IS_HELP);
	add_long(&p->longs[n++], "version", no_argument, IS_VERSION);
}

/* The option most like what was typed, or NULL if none is much like it. */
static const char *nearest(const struct parser *p, const char *typed,
			   size_t len)
{
	const char *names[MAX_OPTIONS + 3] = {NULL};
	const struct cli_option *o;
	const char *like;
	size_t n = 0;

	for (; p->longs[n].name; n++)
		names[n] = p->longs[n].name;
	like = nearest_word(typed, len, names);
	for (n = 0; like && names[n] != like; n++)
		;
	/* Of an old name the one that it has now. */
	o = like ? find(p->command, p->longs[n].val) : NULL;
	return o ? o->name : like;
}

/* More than one, all of them named; or nothing is said. */
static bool say_ambiguous(const struct parser *p, const char *word, size_t len)
{
	char text[256] = "";
	size_t at = 0, n = 0;

	for (const struct option *o = p->longs; o->name; o++) {
		if (strncmp(o->name, word + 2, len) != 0)
			continue;
		n++;
		if (at < sizeof(text))
			at += (size_t)snprintf(text + at, sizeof(text) - at,
					       "%s--%s", at ? ", " : "",
					       o->name);
	}
	if (n > 1)
		cli_usage_error(p->command,
				"'%s' matches more than one option: %s", word,
				text);
	return n > 1;
}

static int say_unknown_letter(const struct parser *p, const char *word)
{
	char other = (char)(optopt ^ 0x20);
	const char *like = NULL;

	/* "-recall 0.9" is -r to getopt. */
	if (strlen(word) > 2 && word[1] == optopt)
		like = nearest(p, word + 1, strcspn(word + 1, "="));
	if (like)
		return cli_usage_error(
			p->command, "unknown option '%s'; did you mean --%s?",
			word, like);
	if (isalpha((unsigned char)optopt) && strchr(p->shorts, other))
		return cli_usage_error(
			p->command, "unknown option '-%c'; did you mean -%c?",
			optopt, other);
	return cli_usage_error(p->command, "unknown option '-%c'", optopt);
}

static int say_unknown(const struct parser *p, const char *word)
{
	const char *like;
	size_t len;

	if (strncmp(word, "--", 2) != 0)
		return say_unknown_letter(p, word);
	len = strcspn(word + 2, "=");
	for (const struct option *o = p->longs; o->name; o++) {
		if (strlen(o->name) == len &&
		    strncmp(o->name, word + 2, len) == 0)
			return cli_usage_error(p->command,
					       "--%s takes no value", o->name);
	}
	if (say_ambiguous(p, word, len))
		return EXIT_USAGE;
	like = nearest(p, word + 2, len);
	if (like)
		return cli_usage_error(
			p->command, "unknown option '%s'; did you mean --%s?",
			word, like);
	return cli_usage_error(p->command, "unknown option '%s'", word);
}

static int say_no_value(const struct parser *p)
{
	const struct cli_option *o = find(p->command, optopt);

	if (!o)
		return cli_usage_error(p->command,
				       "an option is missing its value");
	return cli_usage_error(p->command, "--%s needs %s", o->name, o->arg);
}

static int store(const struct parser *p, int code)
{
	const struct cli_option *option = find(p->command, code);
	char rule[CLI_RULE_BYTES];

	if (cli_store(option, optarg, rule))
		return CLI_GO_ON;
	say_wrong("--%s '%s' is not %s", option->name, optarg, rule);
	return EXIT_USAGE;
}

static int answer(const struct parser *p, int code, const char *word)
{
	switch (code) {
	case IS_HELP:
		cli_help(p->command, stdout);
		return say_end(EXIT_DONE);
	case IS_VERSION:
		printf("%s %s\n", p->command->name, p->command->version);
		return say_end(EXIT_DONE);
	case '?':
		return say_unknown(p, word);
	case ':':
		return say_no_value(p);
	default:
		return store(p, code);
	}
}

static int check_operands(const struct cli_command *command,
			  const struct cli_operands *operands)
{
	if (operands->n < command->min_operands)
		return cli_usage_error(command, "needs %s", command->needs);
	if (operands->n > command->max_operands)
		return cli_usage_error(command, "unexpected argument '%s'",
				       operands->items[command->max_operands]);
	return CLI_GO_ON;
}

int cli_parse(const struct cli_command *command, int argc, char **argv,
	      struct cli_operands *operands)
{
	struct parser p;

	standard_hold();
	say_name(command->name);
	setlocale(LC_CTYPE, "");
	/* Hidden, so not in the table: it must not fit any abbreviation. */
	if (argc == 2 && strcmp(argv[1], "--print-options") == 0) {
		cli_print_options(command, stdout);
		return say_end(EXIT_DONE);
	}
	prepare(&p, command);
	opterr = 0;
	optind = 0; /* glibc: start afresh */
	for (;;) {
		int place = optind ? optind : 1;
		int code = getopt_long(argc, argv, p.shorts, p.longs, NULL);
		int exit_with;

		if (code == -1)
			break;
		/* getopt moves operands behind options: look where it is. */
		if (code == '?' && optopt && optopt < FIRST_OPTION &&
		    optind < argc && argv[optind][0] == '-' &&
		    argv[optind][1] == optopt)
			place = optind; /* in the middle of letters */
		else if (code == '?' && optind > place)
			place = optind - 1;
		if (code == 'h' && !find(command, 'h'))
			code = IS_HELP;
		if (code == 'V' && !find(command, 'V'))
			code = IS_VERSION;
		exit_with = answer(&p, code, argv[place]);
		if (exit_with != CLI_GO_ON)
			return exit_with;
	}
	operands->items = argv + optind;
	operands->n = (size_t)(argc - optind);
	return check_operands(command, operands);
}
