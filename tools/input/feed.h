/*
 * The rows of all input files, one after the other, with what there is of each,
 * for a build or for an update. Inputs are vectors, with ids, keys, payload and
 * fields in files beside them, or documents, which have all of it inside.
 */
#ifndef VSX_INPUT_FEED_H
#define VSX_INPUT_FEED_H

#include "input/docs.h"
#include "input/input.h"
#include "vsx_write.h"

/* What a command was told. Borrowed until the feed is released. */
struct feed_opts {
	const char *ids; /* files beside vectors, or NULL */
	const char *keys, *payload, *fields_from;
	const char *fields;	 /* a list as in input/fields.h, or NULL */
	struct docs_opts docs;	 /* but for fields, dim, odds */
	uint32_t dim;		 /* see struct input_opts */
	bool keep_odd;		 /* values and lines that cannot be converted */
	const struct vsx *index; /* that rows are added to; needed while the
				    feed is opened */
};

struct feed;

/* Open everything and check that it agrees. */
enum vsx_status feed_open(struct feed **out, char **paths, size_t n,
			  const struct feed_opts *opts, struct vsx_error *err);
void feed_release(struct feed *feed); /* accepts NULL */

uint32_t feed_dim(const struct feed *feed);
enum vsx_elem feed_elem(const struct feed *feed); /* of all inputs, or f32 */

/* What there is in all of it, about; VSX_EINVAL where nobody knows. */
enum vsx_status feed_estimate(struct feed *feed, struct docs_estimate *estimate,
			      struct vsx_error *err);

/* Takes rows as vsx_builder_add() and vsx_update_add() do. */
typedef enum vsx_status feed_sink(void *to, const struct vsx_batch *rows,
				  struct vsx_error *err);

/* Pass all rows on; draws progress; *seconds is what it took. */
enum vsx_status feed_rows(struct feed *feed, feed_sink *sink, void *to,
			  double *seconds, struct vsx_error *err);

/* Say on standard error what of the rows that were passed on is in no field. */
void feed_say(const struct feed *feed);

/* Where a row, counted over all inputs, came from. */
struct feed_place {
	const char *input;
	uint64_t number; /* of a line from 1, or of a row from 0 */
	bool is_line;
	const char *why; /* what cannot be converted of it, or NULL */
};
struct feed_place feed_place(const struct feed *feed, uint64_t row);

/* Turn what the library says of rows of its own counting into what is true of
   the input. */
void feed_name_row(const struct feed *feed, struct vsx_error *err);

#endif
