#include "bench/data/vectors.h"

#include "bench/base/draw.h"
#include "bench/data/narrow.h"
#include "bench/data/widen.h"
#include "cli/format_num.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_ROWS ((size_t)4096) /* between two looks at Ctrl-C */

size_t vectors_row_bytes(const struct vectors *v)
{
	return v->dim * vsx_elem_size(v->elem);
}

const void *vectors_row(const struct vectors *v, uint64_t i)
{
	return (const char *)v->data + i * vectors_row_bytes(v);
}

static uint64_t machine_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);

	return pages > 0 && bytes > 0 ? (uint64_t)pages * (uint64_t)bytes
				      : UINT64_MAX;
}

enum vsx_status vectors_room(struct vectors *v, struct vsx_error *err)
{
	char has[NUM_BYTES], rows[NUM_BYTES];
	size_t bytes;

	free(v->data);
	v->data = NULL;
	if (__builtin_mul_overflow(v->n, vectors_row_bytes(v), &bytes) ||
	    bytes > machine_bytes())
		return tool_fail(err, VSX_ENOMEM,
				 "%s: %s vectors of %" PRIu32
				 " %s do not fit into the %s of this machine",
				 v->name, num_count(rows, v->n), v->dim,
				 vsx_elem_text(v->elem),
				 num_bytes(has, machine_bytes()));
	v->data = malloc(bytes ? bytes : 1);
	return v->data ? VSX_OK : tool_fail_memory(err, bytes);
}

static enum vsx_status read_all(struct vectors *v, struct input *in,
				struct vsx_error *err)
{
	char *to = v->data;
	uint64_t done = 0;

	while (done < v->n) {
		size_t want = v->n - done < READ_ROWS ? (size_t)(v->n - done)
						      : READ_ROWS;
		enum vsx_status status;
		size_t got;

		status = input_read(in, to, want, &got, err);
		if (status != VSX_OK)
			return status;
		if (got == 0)
			return tool_fail(err, VSX_EINVAL,
					 "%s: ends after %" PRIu64
					 " row%s, expected %" PRIu64,
					 v->name, done, plural_s(done), v->n);
		if (interrupted())
			return tool_fail(err, VSX_ESTOPPED, "interrupted");
		to += got * vectors_row_bytes(v);
		done += got;
		progress_update("reading", "rows", done, v->n);
	}
	return VSX_OK;
}

enum vsx_status vectors_read(struct vectors *v, const char *path,
			     struct odd_rows *odds, struct vsx_error *err)
{
	struct input_opts opts = {.odds = odds};
	enum vsx_status status;
	struct input *in;

	if (strcmp(path, "-") == 0)
		return tool_fail(err, VSX_EINVAL,
				 "standard input: its length is not known; "
				 "name a file");
	status = input_open(&in, path, &opts, err);
	if (status != VSX_OK)
		return status;
	snprintf(v->name, sizeof(v->name), "%s", input_name(in));
	v->n = input_n_rows(in);
	v->dim = input_dim(in);
	v->elem = input_elem(in);
	status = vectors_room(v, err);
	if (status == VSX_OK)
		status = read_all(v, in, err);
	input_close(in);
	return status;
}

static float *row_room(const struct vectors *v, struct vsx_error *err)
{
	float *row = malloc(v->dim * sizeof(float));

	if (!row)
		tool_fail_memory(err, v->dim * sizeof(float));
	return row;
}

static enum vsx_status check_row(const struct vectors *v, const float *row,
				 uint64_t i, enum vsx_metric metric,
				 struct vsx_error *err)
{
	bool zero = true;

	for (uint32_t j = 0; j < v->dim; j++) {
		if (!isfinite(row[j]))
			return tool_fail(err, VSX_EINVAL,
					 "%s: row %" PRIu64
					 ", component %" PRIu32
					 ": %g has no distance",
					 v->name, i, j, (double)row[j]);
		zero = zero && row[j] == 0;
	}
	if (zero && metric == VSX_COSINE)
		return tool_fail(err, VSX_EINVAL,
				 "%s: row %" PRIu64 ": is zero, which has no "
				 "direction (cosine)",
				 v->name, i);
	return VSX_OK;
}

enum vsx_status vectors_check(const struct vectors *v, enum vsx_metric metric,
			      struct vsx_error *err)
{
	bool whole = v->elem == VSX_I8 || v->elem == VSX_U8;
	enum vsx_status status = VSX_OK;
	float *row;

	if (whole && metric != VSX_COSINE)
		return VSX_OK;
	row = row_room(v, err);
	if (!row)
		return VSX_ENOMEM;
	for (uint64_t i = 0; i < v->n && status == VSX_OK; i++) {
		widen(row, vectors_row(v, i), v->elem, v->dim);
		status = check_row(v, row, i, metric, err);
	}
	free(row);
	return status;
}

static bool fits(const float *row, float *back, void *narrowed,
		 enum vsx_elem elem, uint32_t dim)
{
	if (narrow(narrowed, row, elem, dim) < dim)
		return false;
	widen(back, narrowed, elem, dim);
	for (uint32_t j = 0; j < dim; j++)
		if (row[j] != back[j])
			return false;
	return true;
}

enum vsx_status vectors_fit(const struct vectors *v, enum vsx_elem elem,
			    bool *fit, struct vsx_error *err)
{
	size_t bytes = 3 * v->dim * sizeof(float);
	float *row = malloc(bytes);

	if (!row)
		return tool_fail_memory(err, bytes);
	*fit = true;
	for (uint64_t i = 0; i < v->n && *fit; i++) {
		widen(row, vectors_row(v, i), v->elem, v->dim);
		*fit = fits(row, row + v->dim, row + 2 * (size_t)v->dim, elem,
			    v->dim);
	}
	free(row);
	return VSX_OK;
}

static enum vsx_status say_no_fit(const struct vectors *v, const float *row,
				  uint64_t i, size_t at, enum vsx_elem elem,
				  struct vsx_error *err)
{
	return tool_fail(err, VSX_EINVAL,
			 "%s: row %" PRIu64 ", component %zu: %.9g is not a "
			 "value of %s",
			 v->name, i, at, (double)row[at], vsx_elem_text(elem));
}

enum vsx_status vectors_convert(struct vectors *v, enum vsx_elem elem,
				struct vsx_error *err)
{
	struct vectors to = *v;
	enum vsx_status status;
	float *row;

	if (elem == v->elem)
		return VSX_OK;
	to.elem = elem;
	to.data = NULL;
	row = row_room(v, err);
	if (!row)
		return VSX_ENOMEM;
	status = vectors_room(&to, err);
	for (uint64_t i = 0; i < v->n && status == VSX_OK; i++) {
		size_t got;

		widen(row, vectors_row(v, i), v->elem, v->dim);
		got = narrow((char *)to.data + i * vectors_row_bytes(&to), row,
			     elem, v->dim);
		if (got < v->dim)
			status = say_no_fit(v, row, i, got, elem, err);
	}
	free(row);
	if (status != VSX_OK) {
		vectors_release(&to);
		return status;
	}
	vectors_release(v);
	*v = to;
	return VSX_OK;
}

enum vsx_status vectors_hold_out(struct vectors *rows, struct vectors *out,
				 uint64_t n, uint64_t seed,
				 struct vsx_error *err)
{
	struct draw d = draw_for(seed, 'h', 0);
	size_t bytes = vectors_row_bytes(rows);
	char *left = rows->data, *taken;
	uint64_t missing = n;
	enum vsx_status status;

	*out = *rows;
	out->data = NULL;
	out->n = n;
	status = vectors_room(out, err);
	if (status != VSX_OK)
		return status;
	taken = out->data;
	/* Knuth, TAOCP 2, 3.4.2, algorithm S: a sample in one pass. */
	for (uint64_t i = 0; i < rows->n; i++) {
		const char *row = vectors_row(rows, i);

		if (missing && draw_below(&d, rows->n - i) < missing) {
			memcpy(taken, row, bytes);
			taken += bytes;
			missing--;
		} else {
			memmove(left, row, bytes);
			left += bytes;
		}
	}
	rows->n -= n;
	return VSX_OK;
}

void vectors_release(struct vectors *v)
{
	free(v->data);
	v->data = NULL;
}
