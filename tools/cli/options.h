/*
 * The command line, from a table. One table of options gives the parser, the
 * text of --help and the completion scripts, so that they cannot disagree.
 *
 *	struct cli_option options[] = {
 *		CLI_GROUP("Index"),
 *		CLI_TEXT('i', "spec", "SPEC", "kind of index", &o.spec),
 *		CLI_ALIAS("index", "spec"),
 *		CLI_COUNT(0, "seed", "N", "of every draw", &o.seed, 0,
 *			  UINT64_MAX),
 *		CLI_END,
 *	};
 *
 * Every destination holds its default before the call and is written only if
 * the option is given; given twice, the last one wins (lists collect). Every
 * command also understands -h --help, -V --version and, for the build of the
 * completion scripts, --print-options.
 */
#ifndef VSX_CLI_OPTIONS_H
#define VSX_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_type {
	CLI_IS_END,
	CLI_IS_GROUP,
	CLI_IS_ALIAS, /* those below are options */
	CLI_IS_FLAG,
	CLI_IS_TEXT,
	CLI_IS_LIST,
	CLI_IS_COUNT,
	CLI_IS_COUNTS,
	CLI_IS_REAL,
	CLI_IS_SIZE,
	CLI_IS_CHOICE,
	CLI_IS_CHOICES,
};

/* Collected by CLI_LIST: strings of argv, the array is the caller's to free. */
struct cli_list {
	const char **items;
	size_t n;
};

/* Collected by CLI_COUNTS; the array is the caller's to free. */
struct cli_counts {
	uint64_t *items;
	size_t n;
};

struct cli_option {
	enum cli_type type;
	char letter;	  /* 0 = none */
	const char *name; /* without the dashes; of a group: its heading */
	const char *arg;  /* "N", ...; FILE, INDEX, OUT and DIR complete paths,
			     SPEC the kinds of an index; of an alias: the name
			     that it stands for */
	const char *help;
	void *to;
	uint64_t min, max;	  /* COUNT, COUNTS, SIZE: both are allowed */
	double low, high;	  /* REAL: both are allowed */
	const char *const *words; /* CHOICE, CHOICES: end with NULL */
};

/* The destination, which the compiler holds against its type. */
#define CLI_AT(type, at) (1 ? (at) : (type *)0)

/* Each macro is one line of the table, so they are laid out by hand. */
/* clang-format off */
#define CLI_END {.type = CLI_IS_END}

/* A heading in --help; all options before the next group belong to it. */
#define CLI_GROUP(heading) {.type = CLI_IS_GROUP, .name = (heading)}

/* An older name, which is understood and not shown. */
#define CLI_ALIAS(name_, of_)                                           \
	{.type = CLI_IS_ALIAS, .name = (name_), .arg = (of_)}

/* bool *to: set to true */
#define CLI_FLAG(letter_, name_, help_, to_)                            \
	{.type = CLI_IS_FLAG, .letter = (letter_), .name = (name_),     \
	 .help = (help_), .to = CLI_AT(bool, to_)}

/* const char **to: points into argv */
#define CLI_TEXT(letter_, name_, arg_, help_, to_)                      \
	{.type = CLI_IS_TEXT, .letter = (letter_), .name = (name_),     \
	 .arg = (arg_), .help = (help_), .to = CLI_AT(const char *, to_)}

/* struct cli_list *to: one string each time the option is given */
#define CLI_LIST(letter_, name_, arg_, help_, to_)                      \
	{.type = CLI_IS_LIST, .letter = (letter_), .name = (name_),     \
	 .arg = (arg_), .help = (help_),                                \
	 .to = CLI_AT(struct cli_list, to_)}

/* uint64_t *to */
#define CLI_COUNT(letter_, name_, arg_, help_, to_, min_, max_)         \
	{.type = CLI_IS_COUNT, .letter = (letter_), .name = (name_),    \
	 .arg = (arg_), .help = (help_), .to = CLI_AT(uint64_t, to_),   \
	 .min = (min_), .max = (max_)}

/* struct cli_counts *to: one number each time the option is given */
#define CLI_COUNTS(letter_, name_, arg_, help_, to_, min_, max_)        \
	{.type = CLI_IS_COUNTS, .letter = (letter_), .name = (name_),   \
	 .arg = (arg_), .help = (help_),                                \
	 .to = CLI_AT(struct cli_counts, to_), .min = (min_), .max = (max_)}

/* double *to */
#define CLI_REAL(letter_, name_, arg_, help_, to_, low_, high_)         \
	{.type = CLI_IS_REAL, .letter = (letter_), .name = (name_),     \
	 .arg = (arg_), .help = (help_), .to = CLI_AT(double, to_),     \
	 .low = (low_), .high = (high_)}

/* uint64_t *to, in bytes; K M G T are powers of 1024 */
#define CLI_SIZE(letter_, name_, arg_, help_, to_, min_, max_)          \
	{.type = CLI_IS_SIZE, .letter = (letter_), .name = (name_),     \
	 .arg = (arg_), .help = (help_), .to = CLI_AT(uint64_t, to_),   \
	 .min = (min_), .max = (max_)}

/* int *to: the index of the word, in any case; words_ ends with NULL */
#define CLI_CHOICE(letter_, name_, arg_, help_, to_, words_)            \
	{.type = CLI_IS_CHOICE, .letter = (letter_), .name = (name_),   \
	 .arg = (arg_), .help = (help_), .to = CLI_AT(int, to_),        \
	 .words = (words_)}

/* struct cli_list *to: one of the words each time the option is given */
#define CLI_CHOICES(letter_, name_, arg_, help_, to_, words_)           \
	{.type = CLI_IS_CHOICES, .letter = (letter_), .name = (name_),  \
	 .arg = (arg_), .help = (help_),                                \
	 .to = CLI_AT(struct cli_list, to_), .words = (words_)}
/* clang-format on */

struct cli_command {
	const char *name;     /* "vsx-build" */
	const char *version;  /* "0.2.0" */
	const char *usage;    /* "INPUT... -o INDEX [OPTION]..." */
	const char *about;    /* a sentence or two */
	const char *needs;    /* what is missing without operands: "an INPUT" */
	const char *more;     /* printed behind the options as it is, or NULL */
	const char *examples; /* lines to print behind that, each led by 2
				 blanks and ended */
	const char *exits;    /* "0 done, 1 ..."; NULL: what all have */
	const char *const *verbs; /* that the first operand is one of; NULL */
	size_t min_operands;
	size_t max_operands; /* SIZE_MAX = any number */
	const struct cli_option *options;
};

struct cli_operands {
	char **items; /* into argv, which is reordered */
	size_t n;
};

/*
 * Parse the command line. Returns CLI_GO_ON, or the code to leave main() with:
 * EXIT_DONE when --help or --version was all there was to do, EXIT_USAGE after
 * one line on standard error. Also sets LC_CTYPE from the environment (widths
 * of UTF-8 in tables); numbers stay in the C locale.
 */
#define CLI_GO_ON (-1)
int cli_parse(const struct cli_command *command, int argc, char **argv,
	      struct cli_operands *operands);

/*
 * One line "vsx-build: ..." with a hint at --help; returns EXIT_USAGE. For
 * rules between options, which the table cannot state.
 */
int cli_usage_error(const struct cli_command *command, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
