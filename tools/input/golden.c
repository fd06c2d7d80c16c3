#include "input/golden.h"

#include "input/golden_set.h"
#include "input/ids.h"
#include "input/truth.h"
#include "input/input.h"
#include "input/sniff.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHERE_BYTES (TOOL_NAME_BYTES + 32)

/* Twice the room until it holds `need`. */
static size_t wider(size_t room, size_t need)
{
	size_t n = room < 16 ? 16 : room;

	while (n < need)
		n *= 2;
	return n;
}

/* NULL leaves what was there to the caller. */
static void *widen(void *old, size_t n, size_t size, struct vsx_error *err)
{
	void *more = reallocarray(old, n, size);

	if (!more)
		tool_fail_memory(err, (unsigned long long)n * size);
	return more;
}

/* The arrays with an entry a query; first[] has one behind the last. */
static enum vsx_status widen_queries(struct golden_room *r,
				     struct vsx_error *err)
{
	struct golden *g = r->g;
	size_t n = wider(r->queries, g->n + 2);
	float *queries;
	size_t *numbers;
	char **note;

	queries = widen(g->queries, n, (size_t)g->dim * sizeof(float), err);
	if (!queries)
		return VSX_ENOMEM;
	g->queries = queries;
	numbers = widen(g->first, n, sizeof(*numbers), err);
	if (!numbers)
		return VSX_ENOMEM;
	g->first = numbers;
	numbers = widen(g->place, n, sizeof(*numbers), err);
	if (!numbers)
		return VSX_ENOMEM;
	g->place = numbers;
	note = widen(g->note, n, sizeof(*note), err);
	if (!note)
		return VSX_ENOMEM;
	g->note = note;
	if (r->queries == 0)
		g->first[0] = 0;
	r->queries = n;
	return VSX_OK;
}

enum vsx_status golden_grow(struct golden_room *r, size_t n_ids,
			    struct vsx_error *err)
{
	struct golden *g = r->g;
	uint64_t *expect;
	size_t need;

	if (g->n + 2 > r->queries) {
		enum vsx_status status = widen_queries(r, err);

		if (status != VSX_OK)
			return status;
	}
	g->note[g->n] = NULL;
	need = g->first[g->n] + n_ids;
	if (need <= r->ids)
		return VSX_OK;
	need = wider(r->ids, need);
	expect = widen(g->expect, need, sizeof(*expect), err);
	if (!expect)
		return VSX_ENOMEM;
	g->expect = expect;
	r->ids = need;
	return VSX_OK;
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Sorts them too. */
static enum vsx_status check_unique(uint64_t *ids, size_t n, const char *where,
				    struct vsx_error *err)
{
	qsort(ids, n, sizeof(*ids), by_id);
	for (size_t i = 1; i < n; i++)
		if (ids[i] == ids[i - 1])
			return tool_fail(err, VSX_EINVAL,
					 "%s: id %" PRIu64 " is expected twice",
					 where, ids[i]);
	return VSX_OK;
}

enum vsx_status golden_add(struct golden_room *r, size_t place, size_t n_ids,
			   const char *where, struct vsx_error *err)
{
	struct golden *g = r->g;
	enum vsx_status status =
		check_unique(g->expect + g->first[g->n], n_ids, where, err);

	if (status != VSX_OK)
		return status;
	g->place[g->n] = place;
	g->first[g->n + 1] = g->first[g->n] + n_ids;
	g->n++;
	return VSX_OK;
}

/* ---- .fvecs and .ivecs ------------------------------------------------ */

static bool has_suffix(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);

	return n > m && strcmp(path + n - m, suffix) == 0;
}

enum vsx_status golden_beside(char **ids, const char *path,
			      struct vsx_error *err)
{
	*ids = NULL;
	if (!has_suffix(path, ".fvecs"))
		return VSX_OK;
	*ids = strdup(path);
	if (!*ids)
		return tool_fail_memory(err, strlen(path) + 1);
	(*ids)[strlen(path) - strlen("fvecs")] = 'i';
	return VSX_OK;
}

static enum vsx_status check_finite(const struct golden *g, size_t row,
				    struct vsx_error *err)
{
	const float *x = g->queries + row * g->dim;

	for (uint32_t d = 0; d < g->dim; d++)
		if (!isfinite(x[d]))
			return tool_fail(err, VSX_ENUMERIC,
					 "%s: row %zu, component %" PRIu32
					 ": %s, expected a finite number",
					 g->name, row, d,
					 isnan(x[d])
						 ? "NaN"
						 : (x[d] < 0 ? "-inf" : "inf"));
	return VSX_OK;
}

static enum vsx_status read_rows(struct golden_room *r, struct input *in,
				 const uint64_t *ids, uint32_t k,
				 struct vsx_error *err)
{
	struct golden *g = r->g;
	enum vsx_status status;
	size_t got;

	for (;;) {
		char where[WHERE_BYTES];
		uint32_t n_ids;

		status = golden_grow(r, k, err);
		if (status == VSX_OK)
			status = input_read(in, g->queries + g->n * g->dim, 1,
					    &got, err);
		if (status != VSX_OK || got == 0)
			return status;
		n_ids = truth_length(ids + g->n * k, k);
		memcpy(g->expect + g->first[g->n], ids + g->n * k,
		       n_ids * sizeof(*ids));
		snprintf(where, sizeof(where), "%s: row %zu", g->ids_name,
			 g->n);
		status = check_finite(g, g->n, err);
		if (status == VSX_OK && n_ids == 0)
			status = tool_fail(err, VSX_EINVAL,
					   "%s: expect is -1, expected ids",
					   where);
		if (status == VSX_OK)
			status = golden_add(r, g->n, n_ids, where, err);
		if (status != VSX_OK)
			return status;
	}
}

static enum vsx_status read_pair(struct golden_room *r, struct input *in,
				 const char *truth, struct vsx_error *err)
{
	struct golden *g = r->g;
	enum vsx_status status;
	uint64_t *ids, n;
	uint32_t k;

	g->dim = input_dim(in);
	if (input_elem(in) != VSX_F32)
		return tool_fail(err, VSX_EINVAL,
				 "%s: holds no rows of f32, as queries must be",
				 g->name);
	status = input_truth(truth, &ids, &n, &k, err);
	if (status == VSX_OK && n != input_n_rows(in))
		status = tool_fail(err, VSX_EINVAL,
				   "%s: ids of %" PRIu64
				   " quer%s, %s has %" PRIu64,
				   g->ids_name, n, plural_ies(n), g->name,
				   input_n_rows(in));
	if (status == VSX_OK)
		status = read_rows(r, in, ids, k, err);
	free(ids);
	return status;
}

static enum vsx_status load_vecs(struct golden_room *r, const char *path,
				 const char *truth, struct vsx_error *err)
{
	enum vsx_status status;
	struct input *in;

	tool_name(r->g->ids_name, truth);
	status = input_open(&in, path, NULL, err);
	if (status == VSX_OK)
		status = read_pair(r, in, truth, err);
	input_close(in);
	return status;
}

/* ---- JSON lines ------------------------------------------------------- */

static enum vsx_status load_lines(struct golden_room *r, const char *path,
				  struct vsx_error *err)
{
	uint8_t head[SOURCE_PEEK];
	struct source source;
	enum vsx_status status;
	const char *is = NULL;
	size_t got, skipped;

	status = source_open_text(&source, path, err);
	if (status != VSX_OK)
		return status;
	r->g->lines = true;
	tool_name(r->g->ids_name, path);
	status = source_peek(&source, head, &got, err);
	if (status == VSX_OK)
		is = sniff(head, got);
	if (is)
		status = tool_fail(err, VSX_EINVAL, "%s: is %s", source.name,
				   is);
	if (status == VSX_OK)
		status = source_skip_bom(&source, &skipped, err);
	if (status == VSX_OK)
		status = golden_read_lines(r, &source, err);
	source_close(&source);
	return status;
}

enum vsx_status golden_load(struct golden *g, const char *path,
			    struct vsx_error *err)
{
	struct golden_room room = {.g = g};
	enum vsx_status status;
	char *truth;

	memset(g, 0, sizeof(*g));
	tool_name(g->name, path);
	if (strcmp(path, "-") == 0)
		return tool_fail(err, VSX_EINVAL,
				 "standard input: cannot be used for a golden "
				 "set; name a file");
	status = golden_beside(&truth, path, err);
	if (status == VSX_OK && truth)
		status = load_vecs(&room, path, truth, err);
	else if (status == VSX_OK)
		status = load_lines(&room, path, err);
	free(truth);
	if (status == VSX_OK && g->n == 0)
		status = tool_fail(err, VSX_EINVAL, "%s: holds no queries",
				   g->name);
	return status;
}

void golden_release(struct golden *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->note[i]);
	free(g->queries);
	free(g->expect);
	free(g->first);
	free(g->place);
	free(g->note);
	memset(g, 0, sizeof(*g));
}

char *golden_place(char to[GOLDEN_PLACE_BYTES], const struct golden *g,
		   size_t i)
{
	snprintf(to, GOLDEN_PLACE_BYTES, "%s %zu", g->lines ? "line" : "row",
		 g->place[i]);
	return to;
}
