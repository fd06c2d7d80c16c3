/* The options of commands that take rows in: lines of their table. */
#ifndef VSX_INPUT_FEED_CLI_H
#define VSX_INPUT_FEED_CLI_H

#include "cli/common.h"
#include "input/feed.h"

/* clang-format off */
/* struct feed_opts *feed_, int *format_: -1 if it was not given */
#define CLI_FEED(feed_, format_)                                        \
	CLI_KEYS(&(feed_)->keys),                                       \
	CLI_PAYLOAD(&(feed_)->payload),                                 \
	CLI_FIELDS(&(feed_)->fields, &(feed_)->fields_from),            \
	CLI_CHOICE(0, "format", "FORMAT",                               \
		   "of documents whose name does not say it, such as "  \
		   "those on standard input",                           \
		   format_, feed_formats),                              \
	CLI_TEXT(0, "vector-field", "NAME",                             \
		 "of documents: member or column that holds the vector "\
		 "(vector or embedding)",                               \
		 &(feed_)->docs.vector_field),                          \
	CLI_TEXT(0, "id-field", "NAME",                                 \
		 "likewise: a number is the id, a string the key (id)", \
		 &(feed_)->docs.id_field),                              \
	CLI_TEXT(0, "text-field", "NAME",                               \
		 "likewise: what is kept with the row (text, document, "\
		 "page_content or payload)",                            \
		 &(feed_)->docs.text_field),                            \
	CLI_FLAG(0, "keep-line",                                        \
		 "keep the whole line, but for its vector, with the row",\
		 &(feed_)->docs.keep_line)
/* clang-format on */

extern const char *const feed_formats[];

/*
 * Rules between these options; inputs [n] are the files of rows. Sets the
 * format. CLI_GO_ON, or the code to leave with.
 */
int feed_cli_check(const struct cli_command *command, struct feed_opts *feed,
		   int format, char **inputs, size_t n);

#endif
