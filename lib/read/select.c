/* Rows of an index by a filter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "field/program.h"
#include "segment/dead.h"
#include "read/fields.h"
#include "read/handle.h"
#include "read/selection.h"

enum vsx_status vsx_filter_parse(struct vsx_filter **out, const char *text,
				 struct vsx_error *err)
{
	return vsx_filter_make(out, text, err);
}

void vsx_filter_free(struct vsx_filter *filter)
{
	vsx_filter_drop(filter);
}

/* An index without rows has no fields, and any filter passes none. */
static enum vsx_status check_names(const struct vsx *index,
				   const struct vsx_filter *f,
				   struct vsx_error *err)
{
	for (size_t i = 0; index->manifest.n_segments && i < f->n_nodes; i++) {
		const struct vsx_filter_node *node = &f->nodes[i];
		struct vsx_error why;
		size_t number;

		if (node->what >= VSX_FILTER_IN &&
		    vsx_index_field(index, f->names[node->field], &number,
				    &why) != VSX_OK)
			return vsx_filter_refuse(f, node->at, err, "%s",
						 why.text);
	}
	return VSX_OK;
}

/* Bits of 64 rows from this one on that are deleted. */
static uint64_t dead_word(const struct vsx_segment *seg, uint64_t row)
{
	uint64_t bits = 0;

	if (seg->dead)
		bits |= vsx_load64(seg->dead + row / 8);
	if (seg->gone)
		bits |= vsx_load64(seg->gone + row / 8);
	return bits;
}

/* Of a segment: those that do not pass, and those that are deleted. */
static enum vsx_status run(const struct vsx_program *p,
			   const struct vsx_segment *seg,
			   struct vsx_chosen *chosen, struct vsx_error *err)
{
	for (uint64_t b = 0; b < vsx_column_blocks(seg->n_rows); b++) {
		uint64_t bits[VSX_BLOCK_WORDS], row = b * VSX_COLUMN_BLOCK;

		VSX_TRY(vsx_program_block(p, b, bits, err));
		for (uint32_t w = 0; w < VSX_BLOCK_WORDS; w++, row += 64) {
			vsx_le64 barred;

			if (bits[w] == 0)
				continue; /* as they are */
			bits[w] &= ~dead_word(seg, row);
			chosen->n += (uint32_t)__builtin_popcountll(bits[w]);
			vsx_put64(&barred, ~bits[w]);
			memcpy(chosen->barred + row / 8, barred.b, 8);
		}
	}
	return VSX_OK;
}

/* The rows of lists whose bounds say enough are not looked at. */
static enum vsx_status run_by_lists(struct vsx_program *p,
				    const struct vsx_segment *seg,
				    struct vsx_chosen *chosen,
				    struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	uint32_t *ends = NULL;

	if (vsx_program_wants_lists(p))
		status = vsx_segment_lists(seg, &ends, &p->lists, err);
	if (status == VSX_OK)
		status = run(p, seg, chosen, err);
	free(ends);
	return status;
}

static enum vsx_status select_in(const struct vsx_segment *seg,
				 const struct vsx_filter *f,
				 struct vsx_chosen *chosen,
				 struct vsx_error *err)
{
	struct vsx_program p;
	enum vsx_status status;

	VSX_TRY(vsx_dead_touch(seg, err));
	status = vsx_program_bind(&p, f, &seg->columns, err);
	if (status == VSX_OK)
		status = run_by_lists(&p, seg, chosen, err);
	vsx_program_release(&p);
	return status;
}

static enum vsx_status select_all(struct vsx_selection *s,
				  const struct vsx *index, const void *filter,
				  struct vsx_error *err)
{
	VSX_TRY(check_names(index, filter, err));
	for (uint32_t i = 0; i < s->n_segments; i++)
		VSX_TRY(select_in(&index->segments[i], filter, &s->chosen[i],
				  err));
	return VSX_OK;
}

enum vsx_status vsx_select(struct vsx_selection **out, const struct vsx *index,
			   const struct vsx_filter *filter,
			   struct vsx_error *err)
{
	return vsx_selection_make(out, index, select_all, filter, err);
}

/* No row of any segment is chosen. */
static enum vsx_status begin(struct vsx_selection *s, const struct vsx *index,
			     struct vsx_error *err)
{
	s->of = index;
	VSX_TRY(vsx_alloc_to(&s->chosen, index->manifest.n_segments,
			     sizeof(*s->chosen), err));
	s->n_segments = index->manifest.n_segments;
	for (uint32_t i = 0; i < s->n_segments; i++) {
		uint64_t blocks = vsx_column_blocks(index->segments[i].n_rows);

		VSX_TRY(vsx_alloc_to(&s->chosen[i].barred, blocks,
				     VSX_COLUMN_BLOCK / 8, err));
		memset(s->chosen[i].barred, 0xff,
		       blocks * (VSX_COLUMN_BLOCK / 8));
	}
	return VSX_OK;
}

/* Once it is known which rows these are. Bits beyond the last row are set. */
static void count_groups(struct vsx_chosen *c, uint32_t n_rows)
{
	c->n_groups = 0;
	for (uint64_t b = 0; b < vsx_dead_bytes(n_rows); b += 8) {
		uint64_t bits = ~vsx_load64(c->barred + b);

		/* To the lowest bit of each 16, and these together. */
		bits |= bits >> 8;
		bits |= bits >> 4;
		bits |= bits >> 2;
		bits |= bits >> 1;
		bits &= UINT64_C(0x0001000100010001);
		c->n_groups +=
			(uint32_t)(bits * UINT64_C(0x0001000100010001) >> 48);
	}
}

/* Of each list, once it is known which rows these are. */
static enum vsx_status count_lists(struct vsx_chosen *c,
				   const struct vsx_segment *seg,
				   struct vsx_error *err)
{
	struct vsx_eligible e = {
		.seg = seg,
		.barred = c->barred,
		.n_rows = seg->n_rows,
		.n = c->n,
	};
	struct vsx_row_lists lists;
	enum vsx_status status;
	uint32_t *ends;

	if (c->n == 0)
		return VSX_OK;
	status = vsx_segment_lists(seg, &ends, &lists, err);
	for (uint32_t i = lists.n; status == VSX_OK && i-- > 0;) {
		uint32_t first = i > 0 ? ends[i - 1] : 0;

		ends[i] = vsx_eligible_among(&e, first, ends[i] - first);
	}
	if (status == VSX_OK)
		c->in_list = ends;
	else
		free(ends);
	return status;
}

static enum vsx_status count(struct vsx_selection *s, const struct vsx *index,
			     struct vsx_error *err)
{
	s->n = 0;
	for (uint32_t i = 0; i < s->n_segments; i++) {
		struct vsx_chosen *c = &s->chosen[i];

		count_groups(c, index->segments[i].n_rows);
		VSX_TRY(count_lists(c, &index->segments[i], err));
		s->n += c->n;
	}
	return VSX_OK;
}

enum vsx_status vsx_selection_make(struct vsx_selection **out,
				   const struct vsx *index,
				   vsx_selection_fill *fill, const void *what,
				   struct vsx_error *err)
{
	struct vsx_error why = {0};
	struct vsx_selection *s;
	enum vsx_status status;

	*out = NULL;
	VSX_TRY(vsx_alloc_to(&s, 1, sizeof(*s), err));
	status = begin(s, index, &why);
	if (status == VSX_OK)
		status = fill(s, index, what, &why);
	if (status == VSX_OK)
		status = count(s, index, &why);
	if (status == VSX_EINVAL || status == VSX_ENOMEM ||
	    status == VSX_ESTOPPED) {
		if (err)
			*err = why;
	} else if (status != VSX_OK) {
		vsx_with_path(index, status, &why, err);
	}
	status = vsx_settle(index, status, err);
	if (status == VSX_OK)
		*out = s;
	else
		vsx_selection_free(s);
	return status;
}

enum vsx_status vsx_selection_narrow(struct vsx_selection *s,
				     const struct vsx_selection *other,
				     struct vsx_error *err)
{
	const struct vsx *index;

	if (s->of != other->of)
		return vsx_fail(err, VSX_EINVAL,
				"the selections are of two indexes");
	index = s->of;
	for (uint32_t i = 0; i < s->n_segments; i++) {
		struct vsx_chosen *c = &s->chosen[i];
		uint32_t n_rows = index->segments[i].n_rows;

		c->n = n_rows;
		for (uint64_t b = 0; b < vsx_dead_bytes(n_rows); b++) {
			c->barred[b] |= other->chosen[i].barred[b];
			/* Bits beyond the last row are set, too. */
			c->n -= (uint32_t)__builtin_popcount(c->barred[b]);
		}
		c->n += (uint32_t)(vsx_dead_bytes(n_rows) * 8 - n_rows);
		free(c->in_list);
		c->in_list = NULL;
	}
	return count(s, index, err);
}

void vsx_selection_free(struct vsx_selection *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->n_segments; i++) {
		free(s->chosen[i].barred);
		free(s->chosen[i].in_list);
	}
	free(s->chosen);
	free(s);
}

uint64_t vsx_selection_count(const struct vsx_selection *s)
{
	return s->n;
}

uint64_t vsx_selection_next(const struct vsx_selection *s, uint64_t row)
{
	const struct vsx *index = s->of;
	uint64_t first = 0;

	for (uint32_t i = 0; i < s->n_segments; i++) {
		uint32_t n = index->segments[i].n_rows;
		uint32_t at = row > first ? (uint32_t)(row - first) : 0;

		/* Bytes of rows that do not pass are passed over at once. */
		while (row < first + n && at < n) {
			uint8_t barred = s->chosen[i].barred[at >> 3];

			if (!(barred >> (at & 7) & 1))
				return first + at;
			at += barred == 0xff ? 8 - (at & 7) : 1;
		}
		first += n;
		if (row < first)
			row = first;
	}
	return index->manifest.n_rows;
}
