/*
 * The last part of vsx_verify(): what the sections hold, by the rules of
 * SPEC.md 5. Only parts whose pages are sound are looked at, so that one
 * flipped bit is one finding.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kind/scarce.h"
#include "segment/codes.h"
#include "segment/dead.h"
#include "segment/ids.h"
#include "segment/kept.h"
#include "segment/keys.h"
#include "segment/rule.h"
#include "io/limit.h"
#include "names.h"
#include "read/fields.h"
#include "read/verify.h"

typedef unsigned long long ull;

/* Findings of one part before the rest is only counted. */
#define MOST_FINDINGS 100

/* ---- findings that a lower layer tells ------------------------------- */

/* Takes them on, with the number of the segment if there are several. */
struct receiver {
	struct vsx_verifier *v;
	const struct vsx_segment *seg;
	uint64_t n;
};

static enum vsx_status tell(struct receiver *r, const struct vsx_error *what)
{
	struct vsx_error why = *what;

	if (r->n++ >= MOST_FINDINGS) {
		r->v->result->n_findings++;
		return VSX_OK;
	}
	if (r->v->manifest.n_segments > 1)
		vsx_retell(&why, what->status, what, "segment %u: %.*s",
			   r->seg->number, VSX_ERROR_TEXT / 2, what->text);
	vsx_at_segment(&why, what->status, r->seg->number);
	return vsx_verify_find(r->v, &why);
}

static int take(void *context, const struct vsx_error *what)
{
	return tell(context, what) != VSX_OK;
}

static enum vsx_status end(const struct receiver *r)
{
	if (r->n <= MOST_FINDINGS)
		return VSX_OK;
	return vsx_notice(r->v, "%llu more problems like these",
			  (ull)(r->n - MOST_FINDINGS));
}

/* What a check of a part answered: a broken rule is a finding, not the end. */
static enum vsx_status answer(struct receiver *r, enum vsx_status status,
			      const struct vsx_error *why,
			      struct vsx_error *err)
{
	if (status != VSX_ECORRUPT && status != VSX_ENUMERIC) {
		if (status != VSX_OK && err)
			*err = *why;
		return status;
	}
	return tell(r, why);
}

/* ---- rows ------------------------------------------------------------ */

/*
 * A stored row must be what a writer makes of it: storing it once more gives
 * the same components, the same length under cosine, and zeros behind. That
 * covers NaN, infinity and, under cosine, the zero vector too.
 */
struct row_check {
	struct receiver *r;
	uint8_t *stored; /* a row for each thread */
	struct vsx_kept *kept;
};

/* What a code decodes to is near a row, and may be what no row can be: zero
 * under cosine, or somewhat too long. */
static enum vsx_status check_decoded(const struct vsx_kept *kept, uint32_t row,
				     const uint8_t *at, struct vsx_error *err)
{
	const struct vsx_space *space = &kept->seg->space;
	const struct vsx_codes *c = &kept->codes;
	uint64_t offset;

	VSX_TRY(vsx_segment_locate(kept->seg, row, &offset, err));
	if (c->codec->check_code)
		VSX_TRY(c->codec->check_code(c, c->base + offset, err));
	for (uint32_t i = 0; i < space->dim; i++) {
		float x;

		memcpy(&x, at + (size_t)i * sizeof(x), sizeof(x));
		if (!isfinite(x))
			return vsx_fail(
				err, VSX_ECORRUPT,
				"component %u of what its code says is %g", i,
				(double)x);
	}
	return VSX_OK;
}

static enum vsx_status check_row(struct vsx_kept *kept, uint32_t row,
				 uint8_t *stored, struct vsx_error *err)
{
	const struct vsx_space *space = &kept->seg->space;
	const uint8_t *at;

	VSX_TRY(vsx_kept_row(kept, row, &at, err));
	if (vsx_is_coded(kept->seg))
		return check_decoded(kept, row, at, err);
	VSX_TRY(vsx_space_store(space, stored, at, space->elem, false, err));
	if (memcmp(at, stored, space->vector_bytes) != 0)
		return vsx_fail(err, VSX_ECORRUPT,
				"its components are not in canonical form");
	if (memcmp(at + space->vector_bytes, stored + space->vector_bytes,
		   space->stride - space->vector_bytes) != 0)
		return vsx_fail(err, VSX_ECORRUPT,
				"the bytes after its components are not %s",
				space->metric == VSX_COSINE
					? "its length and zeros"
					: "0");
	return VSX_OK;
}

static bool is_bad_row(void *context, unsigned int thread, uint32_t row)
{
	struct row_check *c = context;
	uint8_t *stored = c->stored + (size_t)thread * c->r->seg->space.stride;

	return check_row(&c->kept[thread], row, stored, NULL) != VSX_OK;
}

static enum vsx_status tell_bad_row(void *context, uint32_t row)
{
	struct row_check *c = context;
	struct vsx_error why = {0};

	check_row(&c->kept[0], row, c->stored, &why);
	vsx_fail_row(&why, VSX_ECORRUPT, row, &why);
	return tell(c->r, &why);
}

static enum vsx_status reached_row(void *context, uint32_t row)
{
	const struct row_check *c = context;
	struct vsx_verifier *v = c->r->v;

	return vsx_progress(v, &vsx_phase_rows, c->r->seg->mark_base + row,
			    v->manifest.n_rows);
}

/* The first rule that is broken by what codes decode by. */
static enum vsx_status look_at_parameters(const struct vsx_segment *seg,
					  struct vsx_error *err)
{
	struct vsx_codes c;

	VSX_TRY(vsx_segment_kept_codes(seg, &c, err));
	VSX_TRY(vsx_codes_check_head(seg, &c, err));
	return c.codec->check(&c, err);
}

static enum vsx_status check_rows(struct receiver *r, struct vsx_error *err)
{
	static const struct vsx_row_rule rule = {is_bad_row, tell_bad_row,
						 reached_row};
	const struct vsx_segment *seg = r->seg;
	unsigned int threads = r->v->n_threads;
	struct row_check c = {.r = r};
	enum vsx_status status;

	status = vsx_alloc_to(&c.stored, threads, seg->space.stride, err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&c.kept, threads, sizeof(*c.kept), err);
	for (unsigned int t = 0; status == VSX_OK && t < threads; t++)
		status = vsx_kept_begin(&c.kept[t], seg, err);
	if (status == VSX_OK)
		status = vsx_check_rows(&rule, &c, threads, seg->n_rows, err);
	free(c.stored);
	for (unsigned int t = 0; c.kept && t < threads; t++)
		vsx_kept_release(&c.kept[t]);
	free(c.kept);
	return status;
}

/* ---- segments -------------------------------------------------------- */

/* *usable: it was opened, and its rules hold. */
static enum vsx_status check_segment(struct vsx_verifier *v,
				     struct vsx_segment *seg, bool *usable,
				     struct vsx_error *err)
{
	struct receiver r = {.v = v, .seg = seg};
	struct vsx_error why = {0};
	enum vsx_status status = vsx_segment_open(seg, &why);

	if (status == VSX_OK && vsx_is_coded(seg))
		status = look_at_parameters(seg, &why);
	if (status != VSX_OK)
		return answer(&r, status, &why, err);
	VSX_TRY(check_rows(&r, err));
	VSX_TRY(vsx_progress(v, &vsx_phase_structure, seg->number,
			     v->manifest.n_segments));
	status = vsx_segment_check(seg, v->n_threads, take, &r, &why);
	VSX_TRY(answer(&r, status, &why, err));
	*usable = r.n == 0;
	return end(&r);
}

/* Segments that damaged sections belong to: damaged[n_segments]. */
static void mark_damaged(const struct vsx_verifier *v, uint8_t *damaged)
{
	for (uint32_t i = 0; i < v->manifest.n_sections; i++) {
		struct vsx_section_entry e =
			vsx_manifest_section(&v->manifest, i);

		if (e.segment != VSX_WHOLE_INDEX && v->damaged[i])
			damaged[e.segment] = 1;
	}
	/* And those that share what may be damaged. */
	for (uint32_t i = 0; i < v->manifest.n_segments; i++) {
		struct vsx_segment_entry e =
			vsx_manifest_segment(&v->manifest, i);
		uint32_t from[] = {
			vsx_kind_lender(vsx_kind_find(e.kind), e.params),
			e.params[VSX_PARAM_SHARED],
		};

		for (int j = 0; j < 2; j++)
			if (from[j] > 0 && from[j] <= i && damaged[from[j] - 1])
				damaged[i] = 1;
	}
}

static enum vsx_status check_segments(struct vsx_verifier *v, struct vsx *index,
				      bool *usable, struct vsx_error *err)
{
	uint32_t n = v->manifest.n_segments;
	enum vsx_status status = VSX_OK;
	uint8_t *damaged;

	*usable = true;
	VSX_TRY(vsx_alloc_to(&damaged, n, 1, err));
	mark_damaged(v, damaged);
	for (uint32_t i = 0; i < n && status == VSX_OK; i++) {
		bool ok = false;

		if (damaged[i])
			status = vsx_notice(v,
					    "segment %u: its structure was not "
					    "checked, since pages are damaged",
					    i);
		else
			status =
				check_segment(v, &index->segments[i], &ok, err);
		*usable = *usable && ok;
	}
	free(damaged);
	return status;
}

/* ---- ids of several segments ----------------------------------------- */

/* A segment on its way through the merge of all ids. */
struct cursor {
	const struct vsx_segment *seg;
	uint32_t rank;
	uint64_t id; /* of the row with this rank */
};

static enum vsx_status row_at(const struct cursor *c, uint32_t *row,
			      struct vsx_error *err)
{
	const struct vsx_view *order = &c->seg->view[VSX_SEC_IDRO];
	vsx_le32 raw;

	*row = c->rank;
	if (order->base) {
		memcpy(&raw, order->base + (size_t)c->rank * 4, sizeof(raw));
		*row = vsx_get32(raw);
	}
	if (*row >= c->seg->n_rows)
		return vsx_at_row(err,
				  vsx_fail(err, VSX_ECORRUPT, "row %u of %u",
					   *row, c->seg->n_rows),
				  *row);
	return VSX_OK;
}

/* The next live row from c->rank on; *end: there is none. */
static enum vsx_status read_cursor(struct cursor *c, bool *end,
				   struct vsx_error *err)
{
	uint32_t row;

	for (; c->rank < c->seg->n_rows; c->rank++) {
		VSX_TRY(row_at(c, &row, err));
		if (vsx_is_dead(c->seg, row))
			continue;
		*end = false;
		return vsx_ids_of(c->seg, row, &c->id, err);
	}
	*end = true;
	return VSX_OK;
}

static void sift_down(struct cursor *heap, uint32_t n)
{
	struct cursor c = heap[0];
	uint32_t i = 0;

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n && heap[child + 1].id < heap[child].id)
			child++;
		if (c.id <= heap[child].id)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = c;
}

/* heap[0 .. n) has the least id on top. */
static enum vsx_status merge(struct receiver *r, struct cursor *heap,
			     uint32_t n, struct vsx_error *err)
{
	const struct vsx_segment *owner = NULL;
	uint64_t before = 0;

	while (n > 0) {
		struct cursor *c = &heap[0];
		bool last;

		if (owner && c->id == before) {
			struct vsx_error why;

			vsx_fail(&why, VSX_ECORRUPT,
				 "id %llu is also in segment %u", (ull)before,
				 owner->number);
			r->seg = c->seg;
			VSX_TRY(tell(r, &why));
		}
		before = c->id;
		owner = c->seg;
		c->rank++;
		VSX_TRY(read_cursor(c, &last, err));
		if (last)
			heap[0] = heap[--n];
		if (n > 1)
			sift_down(heap, n);
	}
	return end(r);
}

static int by_id(const void *pa, const void *pb)
{
	const struct cursor *a = pa, *b = pb;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* Inside of a segment they were found to be different already. */
static enum vsx_status check_ids(struct vsx_verifier *v,
				 const struct vsx *index, struct vsx_error *err)
{
	uint32_t n = 0;
	struct receiver r = {.v = v};
	enum vsx_status status = VSX_OK;
	struct cursor *heap;

	if (v->manifest.n_segments < 2)
		return VSX_OK;
	VSX_TRY(vsx_alloc_to(&heap, v->manifest.n_segments, sizeof(*heap),
			     err));
	for (uint32_t i = 0; i < v->manifest.n_segments && status == VSX_OK;
	     i++) {
		bool empty;

		heap[n] = (struct cursor){.seg = &index->segments[i]};
		status = read_cursor(&heap[n], &empty, err);
		n += status == VSX_OK && !empty;
	}
	/* A sorted array is a heap. */
	qsort(heap, n, sizeof(*heap), by_id);
	if (status == VSX_OK)
		status = merge(&r, heap, n, err);
	free(heap);
	return status;
}

/* ---- keys of several segments ----------------------------------------- */

/* Live rows of one segment, whose keys those of another may have. */
struct key_check {
	struct receiver r;
	const struct vsx_segment *other;
};

static enum vsx_status look_for_key(void *context, uint32_t row,
				    const struct vsx_bytes *key,
				    struct vsx_error *err)
{
	struct key_check *c = context;
	char text[VSX_KEY_TEXT];
	struct vsx_error why;
	uint32_t found;
	enum vsx_status status;

	if (key->n == 0 || vsx_is_dead(c->r.seg, row))
		return VSX_OK;
	status = vsx_keys_find_live(c->other, key, &found, err);
	if (status != VSX_OK)
		return status == VSX_ENOTFOUND ? VSX_OK : status;
	vsx_key_text(text, key);
	vsx_fail(&why, VSX_ECORRUPT, "key '%s' is also in segment %u", text,
		 c->other->number);
	return tell(&c->r, &why);
}

/* Of each two the smaller one is read; inside of it they are different. */
static bool is_smaller(const struct vsx_segment *a, const struct vsx_segment *b)
{
	return a->n_rows != b->n_rows ? a->n_rows < b->n_rows
				      : a->number < b->number;
}

static enum vsx_status check_keys(struct vsx_verifier *v,
				  const struct vsx *index,
				  struct vsx_error *err)
{
	uint32_t n = v->manifest.n_segments;

	for (uint32_t i = 0; i < n; i++) {
		const struct vsx_segment *seg = &index->segments[i];
		struct vsx_strings keys = vsx_segment_keys(seg);

		if (!vsx_strings_present(&keys))
			continue;
		for (uint32_t j = 0; j < n; j++) {
			struct key_check c = {.r = {.v = v, .seg = seg},
					      .other = &index->segments[j]};

			if (!vsx_keys_present(c.other) ||
			    !is_smaller(seg, c.other))
				continue;
			VSX_TRY(vsx_strings_check(&keys, look_for_key, &c,
						  err));
			VSX_TRY(end(&c.r));
		}
	}
	return VSX_OK;
}

/* ---- facts and sections ---------------------------------------------- */

/* A section of the whole index must be there exactly when it is due. */
static enum vsx_status check_there(struct vsx_verifier *v,
				   const struct vsx *index,
				   enum vsx_section_slot slot, bool due)
{
	struct vsx_error why;
	char name[5];

	vsx_section_letters(name, vsx_section_id(slot));
	if (due == (index->whole[slot].base != NULL))
		return VSX_OK;
	vsx_fail(&why, VSX_ECORRUPT,
		 due ? "section %s is missing, the manifest says "
		       "that it is there"
		     : "section %s is there, the manifest says that "
		       "it is not there",
		 name);
	vsx_at_section(&why, VSX_ECORRUPT, name);
	return vsx_verify_find(v, &why);
}

static enum vsx_status check_facts(struct vsx_verifier *v,
				   const struct vsx *index)
{
	const struct vsx_manifest *m = &v->manifest;
	bool tested = m->n_queries > 0;
	bool own = m->flags & VSX_MANIFEST_OWN_QUERIES;

	VSX_TRY(check_there(v, index, VSX_SEC_QRYS,
			    vsx_manifest_has_queries(m)));
	if (!tested) /* else a writer may leave it out */
		VSX_TRY(check_there(v, index, VSX_SEC_QTRU, false));
	VSX_TRY(check_there(v, index, VSX_SEC_QSRC, tested && own));
	VSX_TRY(check_there(v, index, VSX_SEC_RCLL, m->n_recalls > 0));
	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);
		char name[5];

		vsx_section_letters(name, e.id);
		if (vsx_section_slot(e.id) == VSX_N_SECTION_SLOTS)
			VSX_TRY(vsx_notice(v,
					   "section %s is not known to this "
					   "version, its pages were checked",
					   name));
	}
	return VSX_OK;
}

enum vsx_status vsx_verify_rules(struct vsx_verifier *v, struct vsx *index,
				 bool *usable, struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status = vsx_index_bind(index, &why);

	*usable = false;
	if (status == VSX_ECORRUPT)
		return vsx_verify_find(v, &why);
	if (status != VSX_OK)
		return vsx_retell(err, status, &why, "%s", why.text);
	VSX_TRY(check_facts(v, index));
	VSX_TRY(check_segments(v, index, usable, err));
	if (!*usable)
		return VSX_OK;
	status = vsx_index_fields(index, &why);
	if (status == VSX_ECORRUPT)
		VSX_TRY(vsx_verify_find(v, &why));
	else if (status != VSX_OK)
		return vsx_retell(err, status, &why, "%s", why.text);
	VSX_TRY(check_ids(v, index, err));
	return check_keys(v, index, err);
}

static enum vsx_status check_content(struct vsx_verifier *v, struct vsx *index,
				     struct vsx_error *err)
{
	bool usable;

	VSX_TRY(vsx_verify_rules(v, index, &usable, err));
	/* So far all was read in order. */
	if (usable && !vsx_fits_memory(index->map.bytes, 0))
		for (uint32_t i = 0; i < v->manifest.n_segments; i++)
			vsx_segment_make_scarce(&index->segments[i]);
	return vsx_verify_accept(v, index, usable, err);
}

enum vsx_status vsx_verify_content(struct vsx_verifier *v,
				   struct vsx_error *err)
{
	struct vsx index = {.super = v->super, .manifest = v->manifest};
	enum vsx_status status;

	status = vsx_map_file(&index.map, v->from.fd, v->super.committed_bytes,
			      false, err);
	v->map = &index.map;
	if (status == VSX_OK)
		status = check_content(v, &index, err);
	if (vsx_map_whole(&index.map, err) != VSX_OK)
		status = VSX_EIO;
	vsx_segments_close(index.segments, index.manifest.n_segments);
	vsx_schema_release(&index.fields);
	v->map = NULL;
	vsx_map_close(&index.map);
	return status;
}
