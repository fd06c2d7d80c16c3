#include "write/intake/intake.h"
#include "write/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "manifest.h"
#include "names.h"
#include "plural.h"
#include "segment/keys.h"

typedef unsigned long long ull;

/* Components a thread converts at a time. */
#define CHUNK_COMPONENTS 65536

void vsx_intake_init(struct vsx_intake *in, const struct vsx_build_opts *opts,
		     const struct vsx_space *space,
		     const struct vsx_output *output)
{
	*in = (struct vsx_intake){
		.n_threads = opts->n_threads,
		.normalize = opts->normalize != 0,
		.rejected = opts->rejected,
		.rejected_context = opts->rejected_context,
	};
	vsx_spool_init(&in->spool);
	in->spool.space = space;
	in->spool.output = output;
	in->spool.memory = vsx_plan_for_rows(opts->memory, VSX_FIXED_BYTES);
}

void vsx_intake_release(struct vsx_intake *in)
{
	vsx_spool_release(&in->spool);
	vsx_schema_release(&in->schema);
	vsx_twins_release(&in->ids);
	vsx_twins_release(&in->keys);
	in->n_seen = in->n_rejected = 0;
}

/* A batch on its way into the spool. */
struct storing {
	const struct vsx_intake *in;
	const struct vsx_batch *batch;
	size_t row_bytes; /* of the batch */
	bool normalize;
	uint32_t segment;     /* that they were codes in, */
	const uint32_t *from; /* [n] as these rows; NULL: they were none */
	uint8_t *to;	      /* the first row of it in the spool */
	uint8_t *bad;	      /* [n]: rows to leave out; NULL: none may be */
	_Atomic uint64_t n_bad;
};

static enum vsx_status store_row(const struct storing *st, uint8_t *to,
				 uint64_t i, struct vsx_error *err)
{
	const struct vsx_space *space = st->in->spool.space;
	const uint8_t *from =
		(const uint8_t *)st->batch->vectors + i * st->row_bytes;

	/* Of another type, such as f16, they keep the rules of any row. */
	if (st->from && st->batch->elem == space->elem) {
		memcpy(to, from, st->row_bytes);
		vsx_space_close(space, to);
		return VSX_OK;
	}
	return vsx_space_store(space, to, from, st->batch->elem, st->normalize,
			       err);
}

static enum vsx_status store_rows(void *context, unsigned int thread,
				  uint64_t first, uint64_t last,
				  struct vsx_error *err)
{
	struct storing *st = context;
	uint32_t stride = st->in->spool.space->stride;

	(void)thread;
	for (uint64_t i = first; i < last; i++) {
		struct vsx_error why;
		enum vsx_status status =
			store_row(st, st->to + i * stride, i, &why);

		if (status == VSX_ENUMERIC && st->bad) {
			st->bad[i] = 1;
			st->n_bad++;
		} else if (status != VSX_OK) {
			return vsx_fail_row(err, status, st->in->n_seen + i,
					    &why);
		}
	}
	return VSX_OK;
}

static enum vsx_status check_ids(const struct vsx_intake *in,
				 const uint64_t *ids, struct vsx_error *err)
{
	if (in->n_seen == 0 || in->given_ids == (ids != NULL))
		return VSX_OK;
	return vsx_fail(err, VSX_EINVAL,
			"rows 0 to %llu came %s ids, row %llu comes %s one",
			(ull)(in->n_seen - 1),
			in->given_ids ? "with" : "without", (ull)in->n_seen,
			ids ? "with" : "without");
}

/* Row i of the batch: its id is its number, unless it was given one. */
static uint64_t id_of(const struct storing *st, uint64_t i)
{
	return st->batch->ids ? st->batch->ids[i] : st->in->n_seen + i;
}

static enum vsx_status tell(const struct storing *st, uint64_t i,
			    const char *why, struct vsx_error *err)
{
	const struct vsx_intake *in = st->in;
	struct vsx_rejected row = {in->n_seen + i, id_of(st, i), why};

	if (in->rejected(in->rejected_context, &row) != 0)
		return vsx_fail(err, VSX_ESTOPPED, "the build was stopped");
	return VSX_OK;
}

/* Move the good rows of the batch together; *kept: how many there are. */
static enum vsx_status leave_out(struct vsx_spool *s, struct storing *st,
				 size_t *kept, struct vsx_error *err)
{
	uint32_t stride = s->space->stride;

	/* Without the rows before, the number of a row is not its place any
	   more. */
	VSX_TRY(vsx_spool_number(s, err));
	VSX_TRY(vsx_spool_room(s, st->batch->n, err));
	st->to = vsx_spool_row(s, s->n); /* it may have moved */
	*kept = 0;
	for (size_t i = 0; i < st->batch->n; i++) {
		uint8_t *from = st->to + i * stride;

		if (st->bad[i]) {
			struct vsx_error why = {.text = ""};

			store_row(st, from, i, &why);
			VSX_TRY(tell(st, i, why.text, err));
			continue;
		}
		if (*kept < i)
			memcpy(st->to + *kept * stride, from, stride);
		vsx_spool_ids(s)[s->n + (*kept)++] = id_of(st, i);
	}
	return VSX_OK;
}

/* Of rows that were codes none is left out. */
static void put_from(struct vsx_spool *s, const struct storing *st, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vsx_spool_from(s)[s->n + i] = (struct vsx_row_from){
			st->from ? st->segment : UINT32_MAX,
			st->from ? st->from[i] : 0};
}

/* Of rows that are left out the strings stay behind, unused. */
static enum vsx_status attach(struct vsx_spool *s, const struct storing *st,
			      struct vsx_error *err)
{
	const struct vsx_bytes *strings[VSX_N_ATT] = {
		[VSX_ATT_KEY] = st->batch->keys,
		[VSX_ATT_PAYLOAD] = st->batch->payloads,
		[VSX_ATT_FIELDS] = st->batch->fields,
	};

	for (int a = 0; a < VSX_N_ATT; a++) {
		size_t kept = 0;

		VSX_TRY(vsx_spool_attach(s, (enum vsx_attachment)a, strings[a],
					 st->batch->n, err));
		for (size_t i = 0; st->n_bad && i < st->batch->n; i++)
			if (!st->bad[i])
				vsx_held_move(&s->held[a], s->n + kept++,
					      s->n + i);
	}
	return VSX_OK;
}

/* Whether a row before has the id or key of this one; then also why[]. */
static enum vsx_status find_twin(struct vsx_intake *in, uint64_t row,
				 uint64_t as, bool *is, struct vsx_error *why,
				 struct vsx_error *err)
{
	struct vsx_spool *s = &in->spool;
	struct vsx_rows rows = vsx_spool_view(s);
	struct vsx_bytes key =
		vsx_row_attached(&rows, VSX_ATT_KEY, (uint32_t)row);
	char text[VSX_KEY_TEXT];

	*is = false;
	if (in->given_ids)
		VSX_TRY(vsx_twins_put(&in->ids, s, VSX_TWINS_IDS, row, as, is,
				      err));
	if (*is)
		vsx_fail(why, VSX_EINVAL, "id %llu is that of an earlier row",
			 (ull)rows.ids[row]);
	if (*is || !key.n || in->keys_repeat)
		return VSX_OK;
	VSX_TRY(vsx_twins_put(&in->keys, s, VSX_TWINS_KEYS, row, as, is, err));
	vsx_key_text(text, &key);
	if (*is)
		vsx_fail(why, VSX_EINVAL, "key '%s' is that of an earlier row",
			 text);
	return VSX_OK;
}

/* The rows that were just stored, and not counted in, without those whose id
   or key an earlier one has; *kept: how many there are. */
static enum vsx_status leave_out_twins(struct vsx_spool *s,
				       struct vsx_intake *in,
				       const struct storing *st, size_t *kept,
				       struct vsx_error *err)
{
	uint64_t row = s->n, to = s->n;

	for (size_t i = 0; i < st->batch->n; i++) {
		struct vsx_error why;
		bool is;

		if (st->bad[i])
			continue;
		VSX_TRY(find_twin(in, row, to, &is, &why, err));
		if (is)
			VSX_TRY(tell(st, i, why.text, err));
		else
			vsx_spool_move(s, to++, row);
		row++;
	}
	*kept = to - s->n;
	return VSX_OK;
}

static enum vsx_status store(struct vsx_intake *in, struct storing *st,
			     struct vsx_error *err)
{
	struct vsx_spool *s = &in->spool;
	size_t n = st->batch->n, kept = n;
	uint64_t chunk = CHUNK_COMPONENTS / s->space->dim;

	/* Without rows that are left out numbers are places no more. */
	if (st->batch->ids || (st->bad && st->batch->keys))
		VSX_TRY(vsx_spool_number(s, err));
	if (st->from)
		VSX_TRY(vsx_spool_trace(s, err));
	VSX_TRY(vsx_spool_room(s, n, err));
	st->to = vsx_spool_row(s, s->n);
	VSX_TRY(vsx_parallel(in->n_threads, n, chunk ? chunk : 1, store_rows,
			     st, err));
	if (st->n_bad)
		VSX_TRY(leave_out(s, st, &kept, err));
	else
		for (size_t i = 0; s->has_ids && i < n; i++)
			vsx_spool_ids(s)[s->n + i] = id_of(st, i);
	if (s->has_from)
		put_from(s, st, kept);
	VSX_TRY(attach(s, st, err));
	in->given_ids = st->batch->ids != NULL;
	if (st->bad && (in->given_ids || st->batch->keys))
		VSX_TRY(leave_out_twins(s, in, st, &kept, err));
	in->n_seen += n;
	in->n_rejected += n - kept;
	s->n += kept;
	return VSX_OK;
}

static enum vsx_status check_fields(struct vsx_intake *in,
				    const struct vsx_batch *rows,
				    struct vsx_error *err)
{
	for (size_t i = 0; rows->fields && i < rows->n; i++) {
		struct vsx_error why;
		enum vsx_status status =
			vsx_record_learn(rows->fields[i].at, rows->fields[i].n,
					 &in->schema, &why);

		if (status != VSX_OK)
			return vsx_fail_row(err, status, in->n_seen + i, &why);
	}
	return VSX_OK;
}

static enum vsx_status add(struct vsx_intake *in, struct storing *st,
			   bool leaves_out, struct vsx_error *err)
{
	uint64_t n = st->batch->n;
	enum vsx_status status;

	if (n == 0)
		return VSX_OK;
	st->in = in;
	st->row_bytes =
		(size_t)in->spool.space->dim * vsx_elem_bytes(st->batch->elem);
	VSX_TRY(check_ids(in, st->batch->ids, err));
	VSX_TRY(check_fields(in, st->batch, err));
	if (n > VSX_MAX_SEGMENT_ROWS - in->spool.n)
		return vsx_fail(err, VSX_EINVAL,
				"%llu row%s, but one build holds at most %llu",
				(ull)(in->spool.n + n),
				vsx_s((in->spool.n + n)),
				(ull)VSX_MAX_SEGMENT_ROWS);
	if (leaves_out)
		VSX_TRY(vsx_alloc_to(&st->bad, n, 1, err));
	status = store(in, st, err);
	free(st->bad);
	return status;
}

enum vsx_status vsx_intake_add(struct vsx_intake *in,
			       const struct vsx_batch *rows,
			       struct vsx_error *err)
{
	struct storing st = {.batch = rows, .normalize = in->normalize};

	return add(in, &st, in->rejected != NULL, err);
}

enum vsx_status vsx_intake_add_stored(struct vsx_intake *in,
				      const struct vsx_batch *rows,
				      struct vsx_error *err)
{
	struct storing st = {.batch = rows};

	return add(in, &st, false, err);
}

enum vsx_status vsx_intake_add_decoded(struct vsx_intake *in,
				       const struct vsx_batch *batch,
				       uint32_t segment, const uint32_t *rows,
				       struct vsx_error *err)
{
	struct storing st = {.batch = batch, .segment = segment, .from = rows};

	return add(in, &st, false, err);
}
