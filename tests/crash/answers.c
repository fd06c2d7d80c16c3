#include "crash/answers.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "crash/operations.h"

static enum vsx_status ask(struct answers *a, struct vsx_searcher *searcher,
			   const struct vsx_selection *selection,
			   struct vsx_error *err)
{
	for (uint32_t q = 0; q < ANSWER_QUERIES; q++) {
		float query[OP_DIM];

		for (uint32_t d = 0; d < OP_DIM; d++)
			query[d] = op_component(q, 99, d);
		for (uint32_t way = 0; way < ANSWER_WAYS; way++) {
			struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
			enum vsx_status status;

			opts.exact = way == 0;
			opts.among = way == 2 ? selection : NULL;
			status = vsx_search(searcher, query, VSX_F32, ANSWER_K,
					    &opts, a->hits[way][q],
					    &a->n_hits[way][q], err);
			if (status != VSX_OK)
				return status;
		}
	}
	return VSX_OK;
}

/* Rows that the operations delete, replace and add are among them. */
static enum vsx_status get(struct answers *a, const struct vsx *index,
			   struct vsx_error *err)
{
	static const uint64_t ids[ANSWER_IDS] = {0,   12,  91,	 110,
						 501, 606, 1000, 1029};
	enum vsx_status status = VSX_OK;
	size_t n;

	for (size_t i = 0; i < ANSWER_IDS; i++) {
		a->got[i] = vsx_get(index, ids[i], a->rows[i], err);
		if (a->got[i] != VSX_OK && a->got[i] != VSX_ENOTFOUND)
			return a->got[i];
		if (a->got[i] == VSX_OK)
			status = vsx_payload(index, ids[i], a->payload[i],
					     sizeof(a->payload[i]), &n, err);
		if (status == VSX_OK)
			status = vsx_find(index, &ids[i], sizeof(ids[i]),
					  &a->found[i], err);
		a->found[i] += status == VSX_OK;
		if (status != VSX_OK && status != VSX_ENOTFOUND)
			return status;
		status = VSX_OK;
	}
	return VSX_OK;
}

static enum vsx_status select_rows(struct vsx_selection **out,
				   const struct vsx *index,
				   struct vsx_error *err)
{
	struct vsx_filter *f;
	enum vsx_status status =
		vsx_filter_parse(&f, "class in (\"a\", \"c\")", err);

	*out = NULL;
	if (status == VSX_OK)
		status = vsx_select(out, index, f, err);
	vsx_filter_free(f);
	return status;
}

/* Of the rows in any order: a change of file may lay them out anew. */
static enum vsx_status hash(struct answers *a, const struct vsx *index,
			    const struct vsx_selection *selection,
			    struct vsx_error *err)
{
	uint64_t row = 0, id;

	for (; (row = vsx_selection_next(selection, row)) < a->n_rows; row++) {
		enum vsx_status status = vsx_id_at(index, row, &id, err);

		if (status != VSX_OK)
			return status;
		a->selected += vsx_mix(id);
	}
	return VSX_OK;
}

static enum vsx_status take(struct answers *a, const struct vsx *index,
			    struct vsx_error *err)
{
	struct vsx_selection *selection;
	struct vsx_searcher *searcher;
	struct vsx_facts facts;
	enum vsx_status status;

	vsx_get_facts(index, &facts);
	memcpy(a->uuid, facts.uuid, sizeof(a->uuid));
	a->generation = facts.generation;
	a->n_live = facts.n_live;
	a->n_rows = facts.n_rows;
	a->extra_bytes = facts.extra_bytes;
	status = vsx_searcher_new(&searcher, index, err);
	if (status != VSX_OK)
		return status;
	status = select_rows(&selection, index, err);
	if (status == VSX_OK)
		status = ask(a, searcher, selection, err);
	if (status == VSX_OK)
		status = hash(a, index, selection, err);
	vsx_selection_free(selection);
	vsx_searcher_free(searcher);
	return status == VSX_OK ? get(a, index, err) : status;
}

enum vsx_status answers_take(struct answers *a, const char *path,
			     enum vsx_check check, struct vsx_error *err)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	enum vsx_status status;
	struct vsx *index;

	memset(a, 0, sizeof(*a));
	opts.check = check;
	status = vsx_open(&index, path, &opts, err);
	if (status != VSX_OK)
		return status;
	status = take(a, index, err);
	vsx_close(index);
	return status;
}

bool answers_same_generation(const struct answers *a, const struct answers *b)
{
	return a->generation == b->generation &&
	       memcmp(a->uuid, b->uuid, sizeof(a->uuid)) == 0;
}

static bool same_hits(const struct answers *a, const struct answers *b,
		      uint32_t way, uint32_t q)
{
	if (a->n_hits[way][q] != b->n_hits[way][q])
		return false;
	for (size_t i = 0; i < a->n_hits[way][q]; i++) {
		const struct vsx_hit *x = &a->hits[way][q][i];
		const struct vsx_hit *y = &b->hits[way][q][i];

		if (x->id != y->id || x->distance != y->distance)
			return false;
	}
	return true;
}

bool answers_same(const struct answers *a, const struct answers *b)
{
	if (!answers_same_generation(a, b) || a->n_live != b->n_live ||
	    a->n_rows != b->n_rows || a->selected != b->selected ||
	    memcmp(a->got, b->got, sizeof(a->got)) ||
	    memcmp(a->rows, b->rows, sizeof(a->rows)) ||
	    memcmp(a->payload, b->payload, sizeof(a->payload)) ||
	    memcmp(a->found, b->found, sizeof(a->found)))
		return false;
	for (uint32_t way = 0; way < ANSWER_WAYS; way++)
		for (uint32_t q = 0; q < ANSWER_QUERIES; q++)
			if (!same_hits(a, b, way, q))
				return false;
	return true;
}

static int hear(void *context, const struct vsx_verify_event *event)
{
	char *first = context;

	if (event->what == VSX_FINDING && !first[0])
		snprintf(first, VSX_ERROR_TEXT, "%s", event->text);
	return 0;
}

const char *answers_finding(const char *path)
{
	static char first[VSX_ERROR_TEXT];
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result;
	struct vsx_error err;

	first[0] = '\0';
	opts.n_threads = 1;
	if (vsx_verify(path, &opts, hear, first, &result, &err))
		snprintf(first, sizeof(first), "%s", err.text);
	return first;
}
