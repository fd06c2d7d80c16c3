/*
 * Documents: JSON lines or CSV, each of whose rows has its vector, id, key,
 * payload and fields beside each other. vsx-build(1) has the rules.
 *
 * Rows are streamed: memory goes by a batch and the longest line.
 */
#ifndef VSX_INPUT_DOCS_H
#define VSX_INPUT_DOCS_H

#include "input/input.h"
#include "vsx_write.h"

enum docs_format {
	DOCS_NONE, /* no documents, but vectors */
	DOCS_JSONL,
	DOCS_CSV,
};

/* Of a path, by its suffix, behind which may be .gz or .zst. */
enum docs_format docs_format_of(const char *path);

/* All may be zero or NULL. Borrowed while documents are open. */
struct docs_opts {
	enum docs_format format; /* 0: as the suffix says */
	const char *vector_field, *id_field, *text_field;
	bool keep_line;	    /* the payload is the line without its vector */
	const char *fields; /* a list as in input/fields.h */
	bool keys_only;	    /* rows with keys have no ids */
	uint32_t dim;	    /* 0: that of the first row */
	const struct vsx *index; /* whose fields rows have, too; needed while
				    they are opened */
	struct odd_rows *odds; /* NULL: a bad line is an error. Else it becomes
				  a row of NaN, and is added */
};

struct docs;

/* VSX_EINVAL also where no line of the first ones has a vector. */
enum vsx_status docs_open(struct docs **out, const char *path,
			  const struct docs_opts *opts, struct vsx_error *err);
void docs_close(struct docs *docs); /* accepts NULL */

uint32_t docs_dim(const struct docs *docs);
const char *docs_name(const struct docs *docs); /* for messages */

/* What there is, from a sample of the first lines. */
struct docs_estimate {
	uint64_t rows;
	bool exact; /* all of it was looked at */
	uint64_t key_bytes, payload_bytes, field_bytes;
};

/* false: nobody knows how much is to come. */
bool docs_estimate(const struct docs *docs, struct docs_estimate *estimate);

/*
 * The next rows; n 0: there are none any more. The batch and what it points at
 * live until the next call.
 */
enum vsx_status docs_read(struct docs *docs, struct vsx_batch *batch,
			  struct vsx_error *err);

/* The line of row number `row` from 0, which was read; 0: nobody knows. */
uint64_t docs_line(const struct docs *docs, uint64_t row);

/* Say on standard error what was left out of all rows. */
void docs_say(const struct docs *docs);

#endif
