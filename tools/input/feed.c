#include "cli/clock.h"
#include "input/feed.h"

#include "cli/fail.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/utf8.h"
#include "input/ids.h"
#include "cli/plural.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES (8u << 20)

static enum vsx_status open_one(struct feed *feed, const char *path,
				uint32_t dim, struct vsx_error *err)
{
	struct input_opts opts = {
		.dim = dim,
		.odds = feed->keep_odd ? &feed->odds : NULL,
	};
	struct input *in;
	enum vsx_status status = input_open(&in, path, &opts, err);

	if (status != VSX_OK)
		return status;
	feed->inputs[feed->n_inputs++] = in;
	if (feed->n_inputs == 1) {
		feed->dim = input_dim(in);
		feed->elem = input_elem(in);
	}
	if (input_dim(in) != feed->dim)
		return tool_fail(
			err, VSX_EINVAL,
			"%s: rows of %u component%s, %s has rows of %u",
			input_name(in), input_dim(in), plural_s(input_dim(in)),
			input_name(feed->inputs[0]), feed->dim);
	if (input_elem(in) != feed->elem)
		feed->elem = VSX_F32;
	if (input_n_rows(in) == INPUT_UNKNOWN_ROWS)
		feed->n = INPUT_UNKNOWN_ROWS;
	else if (feed->n != INPUT_UNKNOWN_ROWS)
		feed->n += input_n_rows(in);
	return VSX_OK;
}

/* What is given beside the rows, one for each. */
struct given {
	const char *path, *what;
	uint64_t n;
};
#define GIVEN 4

static void list_given(struct given to[GIVEN], const struct feed *feed)
{
	to[0] = (struct given){feed->ids ? feed->ids_name : NULL, "id",
			       feed->n_ids};
	to[1] = (struct given){feed->keys_name, "key", feed->keys.n};
	to[2] = (struct given){feed->payload_name, "line", feed->payload.n};
	to[3] = (struct given){feed->fields_name, "line", feed->fields.n};
}

/* As many as there are rows, if that is known. */
static enum vsx_status check_counts(const struct feed *feed, uint64_t rows,
				    struct vsx_error *err)
{
	struct given given[GIVEN];

	list_given(given, feed);
	for (int i = 0; i < GIVEN && rows != INPUT_UNKNOWN_ROWS; i++)
		if (given[i].path && given[i].n != rows)
			return tool_fail(
				err, VSX_EINVAL, "%s: %llu %s%s for %llu row%s",
				given[i].path, (unsigned long long)given[i].n,
				given[i].what, plural_s(given[i].n),
				(unsigned long long)rows, plural_s(rows));
	return VSX_OK;
}

/* No fewer than there are rows so far. */
static enum vsx_status check_more(const struct feed *feed, uint64_t rows,
				  const char *input, struct vsx_error *err)
{
	struct given given[GIVEN];

	list_given(given, feed);
	for (int i = 0; i < GIVEN; i++)
		if (given[i].path && rows > given[i].n)
			return tool_fail(
				err, VSX_EINVAL,
				"%s: %llu %s%s, %s has more rows",
				given[i].path, (unsigned long long)given[i].n,
				given[i].what, plural_s(given[i].n), input);
	return VSX_OK;
}

enum vsx_status feed_open(struct feed *feed, char **paths, size_t n,
			  uint32_t dim, const char *ids, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	feed->inputs = calloc(n, sizeof(*feed->inputs));
	if (!feed->inputs)
		return tool_fail_memory(err, n * sizeof(*feed->inputs));
	for (size_t i = 0; status == VSX_OK && i < n; i++)
		status = open_one(feed, paths[i], dim, err);
	if (status == VSX_OK && ids)
		status = input_ids(ids, &feed->ids, &feed->n_ids, err);
	feed->ids_name = ids;
	if (status == VSX_OK && feed->keys_name)
		status = input_keys(feed->keys_name, &feed->keys, err);
	if (status == VSX_OK && feed->payload_name)
		status = input_payload(feed->payload_name, &feed->payload, err);
	if (status == VSX_OK && feed->fields_name)
		status = input_fields(feed->fields_name, feed->fields_spec,
				      &feed->fields, err);
	return status == VSX_OK ? check_counts(feed, feed->n, err) : status;
}

void feed_release(struct feed *feed)
{
	for (size_t i = 0; i < feed->n_inputs; i++)
		input_close(feed->inputs[i]);
	free(feed->inputs);
	free(feed->ids);
	strings_release(&feed->keys);
	strings_release(&feed->payload);
	field_rows_release(&feed->fields);
	free(feed->odds.items);
	memset(feed, 0, sizeof(*feed));
}

/* Everything of one input; *done counts rows of all of them. */
static enum vsx_status feed_one(struct feed *feed, struct input *in,
				feed_sink *sink, void *to, uint8_t *block,
				size_t block_rows, uint64_t *done,
				struct vsx_error *err)
{
	uint64_t first = *done;

	for (;;) {
		struct vsx_batch *batch;
		enum vsx_status status;
		size_t n;

		if (interrupted())
			return tool_fail(err, VSX_ESTOPPED, "interrupted");
		feed->odds.n = 0;
		status = input_read(in, block, block_rows, &n, err);
		if (status != VSX_OK || n == 0)
			return status;
		status = check_more(feed, *done + n, input_name(in), err);
		if (status != VSX_OK)
			return status;
		batch = VSX_BATCH(block, input_elem(in), n,
				  feed->ids ? feed->ids + *done : NULL);
		batch->keys =
			feed->keys.items ? feed->keys.items + *done : NULL;
		batch->payloads = feed->payload.items
					  ? feed->payload.items + *done
					  : NULL;
		batch->fields =
			feed->fields.items ? feed->fields.items + *done : NULL;
		status = sink(to, batch, err);
		if (status == VSX_ENUMERIC)
			tool_name_row(err, input_name(in), -(int64_t)first);
		if (status != VSX_OK)
			return status;
		*done += n;
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
		size_t row_bytes = input_row_bytes(feed->inputs[i]);
		size_t n = BLOCK_BYTES / row_bytes + 1;
		uint8_t *block = malloc(n * row_bytes);

		if (!block)
			return tool_fail_memory(err, n * row_bytes);
		feed->at = i;
		feed->first = done;
		status = feed_one(feed, feed->inputs[i], sink, to, block, n,
				  &done, err);
		free(block);
	}
	if (status == VSX_OK)
		status = check_counts(feed, done, err);
	*seconds = clock_now() - start;
	return status;
}
