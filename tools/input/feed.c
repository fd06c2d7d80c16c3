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
	if (status == VSX_OK && ids && feed->n != INPUT_UNKNOWN_ROWS &&
	    feed->n != feed->n_ids)
		return tool_fail(
			err, VSX_EINVAL, "%s: %llu id%s for %llu row%s", ids,
			(unsigned long long)feed->n_ids, plural_s(feed->n_ids),
			(unsigned long long)feed->n, plural_s(feed->n));
	return status;
}

void feed_release(struct feed *feed)
{
	for (size_t i = 0; i < feed->n_inputs; i++)
		input_close(feed->inputs[i]);
	free(feed->inputs);
	free(feed->ids);
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
		enum vsx_status status;
		size_t n;

		if (interrupted())
			return tool_fail(err, VSX_ESTOPPED, "interrupted");
		feed->odds.n = 0;
		status = input_read(in, block, block_rows, &n, err);
		if (status != VSX_OK || n == 0)
			return status;
		if (feed->ids && n > feed->n_ids - *done)
			return tool_fail(err, VSX_EINVAL,
					 "%s: %llu id%s, %s has more rows",
					 feed->ids_name,
					 (unsigned long long)feed->n_ids,
					 plural_s(feed->n_ids), input_name(in));
		status = sink(to,
			      VSX_BATCH(block, input_elem(in), n,
					feed->ids ? feed->ids + *done : NULL),
			      err);
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
	if (status == VSX_OK && feed->ids && done != feed->n_ids)
		return tool_fail(err, VSX_EINVAL,
				 "%s: %llu id%s for %llu row%s", feed->ids_name,
				 (unsigned long long)feed->n_ids,
				 plural_s(feed->n_ids),
				 (unsigned long long)done, plural_s(done));
	*seconds = clock_now() - start;
	return status;
}
