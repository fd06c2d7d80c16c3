#include "input/feed.h"

#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/interrupt.h"
#include "cli/plural.h"
#include "cli/progress.h"
#include "input/beside.h"
#include "input/ids.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES (2u << 20)

typedef unsigned long long ull;

/* One of the two. */
struct one {
	struct input *vectors;
	struct docs *docs;
	uint64_t first; /* number of its first row, once it is read */
};

struct feed {
	const struct feed_opts *opts;
	struct one *inputs;
	size_t n_inputs, n_begun;
	uint64_t n; /* rows of all, INPUT_UNKNOWN_ROWS with a stream */
	uint32_t dim;
	enum vsx_elem elem;
	uint64_t *ids; /* NULL: none were given */
	uint64_t n_ids;
	struct beside *beside[3]; /* by enum beside_what */
	struct odd_rows odds;	  /* of the last block */
};

/* ---- open --------------------------------------------------------------- */

static const char *name_of(const struct one *in)
{
	return in->docs ? docs_name(in->docs) : input_name(in->vectors);
}

static uint32_t dim_of(const struct one *in)
{
	return in->docs ? docs_dim(in->docs) : input_dim(in->vectors);
}

static enum vsx_elem elem_of(const struct one *in)
{
	return in->docs ? VSX_F32 : input_elem(in->vectors);
}

static uint64_t rows_of(const struct one *in)
{
	return in->docs ? INPUT_UNKNOWN_ROWS : input_n_rows(in->vectors);
}

static enum vsx_status open_docs(struct feed *feed, struct one *in,
				 const char *path, struct vsx_error *err)
{
	const struct feed_opts *o = feed->opts;
	struct docs_opts opts = o->docs;
	const char *beside = o->ids	      ? "--ids"
			     : o->keys	      ? "--keys"
			     : o->payload     ? "--payload"
			     : o->fields_from ? "--fields-from"
					      : NULL;

	if (beside)
		return tool_fail(err, VSX_EINVAL,
				 "%s: has ids, keys, payload and fields in its "
				 "own rows, and %s is for vectors",
				 path, beside);
	opts.fields = o->fields;
	opts.dim = feed->n_inputs ? feed->dim : o->dim;
	opts.index = o->index;
	opts.odds = o->keep_odd ? &feed->odds : NULL;
	return docs_open(&in->docs, path, &opts, err);
}

static enum vsx_status open_vectors(struct feed *feed, struct one *in,
				    const char *path, struct vsx_error *err)
{
	struct input_opts opts = {
		.dim = feed->opts->dim,
		.odds = feed->opts->keep_odd ? &feed->odds : NULL,
		.documents = true,
	};

	return input_open(&in->vectors, path, &opts, err);
}

static enum vsx_status open_one(struct feed *feed, const char *path,
				struct vsx_error *err)
{
	struct one *in = &feed->inputs[feed->n_inputs];
	bool docs = feed->opts->docs.format || docs_format_of(path);
	enum vsx_status status = docs ? open_docs(feed, in, path, err)
				      : open_vectors(feed, in, path, err);

	if (status != VSX_OK)
		return status;
	if (feed->n_inputs++ == 0) {
		feed->dim = dim_of(in);
		feed->elem = elem_of(in);
	}
	if (dim_of(in) != feed->dim)
		return tool_fail(err, VSX_EINVAL,
				 "%s: rows of %u component%s, %s has rows of "
				 "%u",
				 name_of(in), dim_of(in), plural_s(dim_of(in)),
				 name_of(&feed->inputs[0]), feed->dim);
	if (elem_of(in) != feed->elem)
		feed->elem = VSX_F32;
	if (rows_of(in) == INPUT_UNKNOWN_ROWS)
		feed->n = INPUT_UNKNOWN_ROWS;
	else if (feed->n != INPUT_UNKNOWN_ROWS)
		feed->n += rows_of(in);
	return VSX_OK;
}

static enum vsx_status open_beside(struct feed *feed, struct vsx_error *err)
{
	const struct feed_opts *o = feed->opts;
	const char *paths[3] = {o->keys, o->payload, o->fields_from};
	enum vsx_status status = VSX_OK;

	for (int i = 0; status == VSX_OK && i < 3; i++)
		if (paths[i])
			status = beside_open(&feed->beside[i], paths[i],
					     (enum beside_what)i, o->fields,
					     o->index, err);
	return status;
}

static enum vsx_status check_ids(const struct feed *feed, uint64_t rows,
				 struct vsx_error *err)
{
	if (!feed->ids || rows == INPUT_UNKNOWN_ROWS || feed->n_ids == rows)
		return VSX_OK;
	return tool_fail(err, VSX_EINVAL, "%s: %llu id%s for %llu row%s",
			 feed->opts->ids, (ull)feed->n_ids,
			 plural_s(feed->n_ids), (ull)rows, plural_s(rows));
}

static enum vsx_status open_all(struct feed *feed, char **paths, size_t n,
				struct vsx_error *err)
{
	const struct feed_opts *o = feed->opts;
	enum vsx_status status = VSX_OK;

	feed->inputs = calloc(n + 1, sizeof(*feed->inputs));
	if (!feed->inputs)
		return tool_fail_memory(err, n * sizeof(*feed->inputs));
	for (size_t i = 0; status == VSX_OK && i < n; i++)
		status = open_one(feed, paths[i], err);
	if (status == VSX_OK && o->ids)
		status = input_ids(o->ids, &feed->ids, &feed->n_ids, err);
	if (status == VSX_OK)
		status = check_ids(feed, feed->n, err);
	return status == VSX_OK ? open_beside(feed, err) : status;
}

enum vsx_status feed_open(struct feed **out, char **paths, size_t n,
			  const struct feed_opts *opts, struct vsx_error *err)
{
	struct feed *feed = calloc(1, sizeof(*feed));
	enum vsx_status status;

	*out = NULL;
	if (!feed)
		return tool_fail_memory(err, sizeof(*feed));
	feed->opts = opts;
	feed->dim = opts->dim;
	feed->elem = VSX_F32;
	status = open_all(feed, paths, n, err);
	if (status != VSX_OK)
		feed_release(feed);
	else
		*out = feed;
	return status;
}

void feed_release(struct feed *feed)
{
	if (!feed)
		return;
	for (size_t i = 0; i < feed->n_inputs; i++) {
		input_close(feed->inputs[i].vectors);
		docs_close(feed->inputs[i].docs);
	}
	for (int i = 0; i < 3; i++)
		beside_close(feed->beside[i]);
	free(feed->inputs);
	free(feed->ids);
	free(feed->odds.items);
	free(feed);
}

uint32_t feed_dim(const struct feed *feed)
{
	return feed->dim;
}

enum vsx_elem feed_elem(const struct feed *feed)
{
	return feed->elem;
}

/* ---- rows --------------------------------------------------------------- */

/* How many there are of what is beside the rows, which is too few or too many
   for so many of these. */
static enum vsx_status say_count(struct feed *feed, int what, uint64_t n,
				 uint64_t rows, struct vsx_error *err)
{
	const char *word = what == BESIDE_KEYS ? "key" : "line";

	return tool_fail(err, VSX_EINVAL, "%s: %llu %s%s for %llu row%s",
			 beside_name(feed->beside[what]), (ull)n, word,
			 plural_s(n), (ull)rows, plural_s(rows));
}

static enum vsx_status say_more(const struct feed *feed, const char *path,
				uint64_t n, const char *word,
				struct vsx_error *err)
{
	return tool_fail(err, VSX_EINVAL, "%s: %llu %s%s, %s has more rows",
			 path, (ull)n, word, plural_s(n),
			 name_of(&feed->inputs[feed->n_begun - 1]));
}

/* What is beside the n rows behind `done`. */
static enum vsx_status take_beside(struct feed *feed, struct vsx_batch *batch,
				   uint64_t done, struct vsx_error *err)
{
	const struct vsx_bytes **to[3] = {&batch->keys, &batch->payloads,
					  &batch->fields};

	if (feed->ids && done + batch->n > feed->n_ids)
		return say_more(feed, feed->opts->ids, feed->n_ids, "id", err);
	if (feed->ids)
		batch->ids = feed->ids + done;
	for (int i = 0; i < 3; i++) {
		enum vsx_status status;
		size_t got;

		if (!feed->beside[i])
			continue;
		status = beside_read(feed->beside[i], batch->n, &got, to[i],
				     err);
		if (status != VSX_OK)
			return status;
		if (got == batch->n)
			continue;
		if (feed->n != INPUT_UNKNOWN_ROWS)
			return say_count(feed, i, done + got, feed->n, err);
		return say_more(feed, beside_name(feed->beside[i]), done + got,
				i == BESIDE_KEYS ? "key" : "line", err);
	}
	return VSX_OK;
}

static enum vsx_status check_end(struct feed *feed, uint64_t done,
				 struct vsx_error *err)
{
	enum vsx_status status = check_ids(feed, done, err);

	for (int i = 0; status == VSX_OK && i < 3; i++) {
		uint64_t more = 0;

		if (feed->beside[i])
			status = beside_count(feed->beside[i], &more, err);
		if (status == VSX_OK && more)
			status = say_count(feed, i, done + more, done, err);
	}
	return status;
}

/* A block of an input; batch->n 0: there is none any more. */
static enum vsx_status next_block(struct feed *feed, struct one *in,
				  uint8_t *block, size_t block_rows,
				  uint64_t done, struct vsx_batch *batch,
				  struct vsx_error *err)
{
	enum vsx_status status;

	if (in->docs)
		return docs_read(in->docs, batch, err);
	*batch = (struct vsx_batch)VSX_BATCH_INIT;
	batch->vectors = block;
	batch->elem = input_elem(in->vectors);
	status = input_read(in->vectors, block, block_rows, &batch->n, err);
	if (status != VSX_OK || batch->n == 0)
		return status;
	return take_beside(feed, batch, done, err);
}

/* Everything of one input; *done counts rows of all of them. */
static enum vsx_status feed_one(struct feed *feed, struct one *in,
				feed_sink *sink, void *to, uint8_t *block,
				size_t block_rows, uint64_t *done,
				struct vsx_error *err)
{
	for (;;) {
		struct vsx_batch batch;
		enum vsx_status status;

		if (interrupted())
			return tool_fail(err, VSX_ESTOPPED, "interrupted");
		feed->odds.n = 0;
		status = next_block(feed, in, block, block_rows, *done, &batch,
				    err);
		if (status != VSX_OK || batch.n == 0)
			return status;
		status = sink(to, &batch, err);
		if (status == VSX_ENUMERIC ||
		    (in->docs && status == VSX_EINVAL))
			feed_name_row(feed, err);
		if (status != VSX_OK)
			return status;
		*done += batch.n;
		progress_update("reading", "rows", *done,
				feed->n == INPUT_UNKNOWN_ROWS ? 0 : feed->n);
	}
}

enum vsx_status feed_rows(struct feed *feed, feed_sink *sink, void *to,
			  double *seconds, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	double start = clock_now();
	uint64_t done = 0;

	for (size_t i = 0; status == VSX_OK && i < feed->n_inputs; i++) {
		struct one *in = &feed->inputs[i];
		size_t row_bytes = in->docs ? 1 : input_row_bytes(in->vectors);
		size_t n = in->docs ? 1 : BLOCK_BYTES / row_bytes + 1;
		uint8_t *block = malloc(n * row_bytes);

		if (!block)
			return tool_fail_memory(err, n * row_bytes);
		in->first = done;
		feed->n_begun = i + 1;
		status = feed_one(feed, in, sink, to, block, n, &done, err);
		free(block);
	}
	if (status == VSX_OK)
		status = check_end(feed, done, err);
	*seconds = clock_now() - start;
	return status;
}

void feed_say(const struct feed *feed)
{
	for (size_t i = 0; i < feed->n_inputs; i++)
		if (feed->inputs[i].docs)
			docs_say(feed->inputs[i].docs);
	for (int i = 0; i < 3; i++)
		if (feed->beside[i])
			beside_say(feed->beside[i]);
}

/* ---- places ------------------------------------------------------------- */

struct feed_place feed_place(const struct feed *feed, uint64_t row)
{
	struct feed_place place = {.number = row};
	size_t i = feed->n_begun;

	while (i > 1 && feed->inputs[i - 1].first > row)
		i--;
	if (i == 0)
		return place;
	place.input = name_of(&feed->inputs[i - 1]);
	place.number = row - feed->inputs[i - 1].first;
	/* They are of the last block, and that is of the last input. */
	if (i == feed->n_begun)
		place.why = odd_rows_find(&feed->odds, place.number);
	if (feed->inputs[i - 1].docs) {
		uint64_t line =
			docs_line(feed->inputs[i - 1].docs, place.number);

		place.is_line = line > 0;
		place.number = line ? line : place.number;
	}
	return place;
}

/* "row 7" at the end of a text, which is another row: by its own place. */
static void name_other(const struct feed *feed, int64_t other, char *text)
{
	size_t n = strlen(text), len;
	struct feed_place place;
	char end[32];

	len = (size_t)snprintf(end, sizeof(end), "row %lld", (long long)other);
	if (other < 0 || n < len || strcmp(text + n - len, end) != 0)
		return;
	place = feed_place(feed, (uint64_t)other);
	snprintf(text + n - len, VSX_ERROR_TEXT - (n - len), "%s %llu",
		 place.is_line ? "line" : "row", (ull)place.number);
}

void feed_name_row(const struct feed *feed, struct vsx_error *err)
{
	struct feed_place place;
	char why[VSX_ERROR_TEXT];

	if (!err || err->at.row < 0)
		return;
	place = feed_place(feed, (uint64_t)err->at.row);
	strcpy(why, err->text + err->why);
	name_other(feed, err->at.other, why);
	tool_fail(err, err->status, "%s: %s %llu: %s", place.input,
		  place.is_line ? "line" : "row", (ull)place.number, why);
}

/* ---- how much there is -------------------------------------------------- */

enum vsx_status feed_estimate(struct feed *feed, struct docs_estimate *estimate,
			      struct vsx_error *err)
{
	uint64_t *bytes[3] = {&estimate->key_bytes, &estimate->payload_bytes,
			      &estimate->field_bytes};

	*estimate = (struct docs_estimate){.exact = true};
	for (size_t i = 0; i < feed->n_inputs; i++) {
		struct one *in = &feed->inputs[i];
		struct docs_estimate of = {.rows = rows_of(in), .exact = true};
		bool known = in->docs ? docs_estimate(in->docs, &of)
				      : of.rows != INPUT_UNKNOWN_ROWS;

		if (!known)
			return tool_fail(err, VSX_EINVAL,
					 "--plan needs to know the number of "
					 "rows, which %s does not give",
					 name_of(in));
		estimate->rows += of.rows;
		estimate->exact &= of.exact;
		estimate->key_bytes += of.key_bytes;
		estimate->payload_bytes += of.payload_bytes;
		estimate->field_bytes += of.field_bytes;
	}
	for (int i = 0; i < 3; i++) {
		enum vsx_status status;
		double mean;

		if (!feed->beside[i])
			continue;
		status = beside_mean(feed->beside[i], &mean, err);
		if (status != VSX_OK)
			return status;
		*bytes[i] += (uint64_t)(mean * (double)estimate->rows);
	}
	return VSX_OK;
}
