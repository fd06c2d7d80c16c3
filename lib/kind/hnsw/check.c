#include "kind/hnsw/check.h"

#include <stdlib.h>
#include <string.h>

#include "segment/ids.h"

uint32_t vsx_hnsw_reach(const uint32_t *links, uint32_t degree, uint32_t n,
			uint32_t start, uint8_t *reached, uint32_t *queue)
{
	uint32_t head = 0, tail = 0;

	if (!reached[start]) {
		reached[start] = 1;
		queue[tail++] = start;
	}
	while (head < tail) {
		const uint32_t *list = links + (size_t)queue[head++] * degree;

		for (uint32_t i = 0; i < degree; i++) {
			if (list[i] >= n || reached[list[i]])
				continue;
			reached[list[i]] = 1;
			queue[tail++] = list[i];
		}
	}
	return tail;
}

/*
 * One list: links in range, to others, without repeats, unused ones last.
 * named[n_rows] holds for each row the last list that named it, and 1.
 */
static enum vsx_status check_list(const struct vsx_level *l, uint32_t level,
				  uint32_t row, uint32_t *named,
				  vsx_finding *report, void *context)
{
	const uint32_t *list = l->links + (size_t)row * l->degree;
	uint32_t used = 0;

	while (used < l->degree && list[used] != VSX_HNSW_NO_LINK)
		used++;
	for (uint32_t i = used; i < l->degree; i++)
		if (list[i] != VSX_HNSW_NO_LINK)
			return vsx_tell_row(
				report, context, row,
				"level %u, row %u: link %u after an "
				"unused one",
				level, row, i);
	for (uint32_t i = 0; i < used; i++) {
		if (list[i] >= l->n_rows)
			VSX_TRY(vsx_tell_row(
				report, context, row,
				"level %u, row %u: links to row %u of "
				"%u",
				level, row, list[i], l->n_rows));
		if (list[i] == row)
			VSX_TRY(vsx_tell_row(
				report, context, row,
				"level %u, row %u: links to itself", level,
				row));
		if (list[i] >= l->n_rows)
			continue;
		if (named[list[i]] == row + 1)
			VSX_TRY(vsx_tell_row(
				report, context, row,
				"level %u, row %u: links to row %u "
				"twice",
				level, row, list[i]));
		named[list[i]] = row + 1;
	}
	return VSX_OK;
}

static enum vsx_status check_links(const struct vsx_segment *seg,
				   vsx_finding *report, void *context,
				   struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	uint8_t *reached = NULL;
	uint32_t *queue = NULL;
	struct vsx_level l;
	uint32_t n;

	if (vsx_alloc_to(&reached, seg->n_rows, 1, err) ||
	    vsx_alloc_to(&queue, seg->n_rows, sizeof(*queue), err)) {
		status = VSX_ENOMEM;
		goto done;
	}
	for (uint32_t level = 0; level < vsx_hnsw_of(seg)->n_levels; level++) {
		vsx_hnsw_level(seg, level, &l);
		memset(queue, 0, (size_t)seg->n_rows * sizeof(*queue));
		for (uint32_t row = 0; row < l.n_rows && status == VSX_OK;
		     row++)
			status = check_list(&l, level, row, queue, report,
					    context);
		if (status != VSX_OK)
			goto done;
	}
	vsx_hnsw_level(seg, 0, &l);
	n = vsx_hnsw_reach(l.links, l.degree, l.n_rows,
			   seg->params[VSX_HNSW_ENTRY], reached, queue);
	for (uint32_t row = 0; n < seg->n_rows && row < seg->n_rows; row++) {
		if (reached[row])
			continue;
		n++;
		status = vsx_tell_row(report, context, row,
				      "row %u cannot be reached from the entry "
				      "point",
				      row);
		if (status != VSX_OK)
			goto done;
	}
done:
	free(reached);
	free(queue);
	return status;
}

enum vsx_status vsx_hnsw_check(const struct vsx_segment *seg,
			       unsigned int n_threads, vsx_finding *report,
			       void *context, struct vsx_error *err)
{
	VSX_TRY(check_links(seg, report, context, err));
	return vsx_hnsw_check_gates(seg, n_threads, report, context, err);
}
