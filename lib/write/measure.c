#include "write/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sample.h"
#include "segment/codes.h"
#include "segment/ids.h"
#include "segment/kept.h"
#include "read/recall.h"
#include "read/test.h"
#include "write/climb.h"
#include "write/front.h"

/* Queries to draw: about this many components are compared by the exact
 * search, between the two bounds. */
#define DRAW_COMPONENTS (UINT64_C(1) << 34)
#define DRAW_LEAST	100
#define DRAW_MOST	1000

/* The table ends when it has reached both. */
#define ENOUGH_AT_10  0.9995
#define ENOUGH_AT_100 0.99

/* Of an index so small that finding all costs no more distances than this, the
 * default effort finds all; or, where no effort in the table does, as much as
 * the best of them, if that is enough. */
#define ALL_AT_10     1.0
#define FEW_DISTANCES 1000.0

/* By so many queries is guessed where the table will end, beginning with
 * efforts up to the second of these. */
#define GUESS_BY   64
#define FIRST_PASS 100

/*
 * Refine factors that are tried where codes only estimate. Less than the first
 * is none: two rows more of ten cost a search next to nothing, and without them
 * codes hide neighbours that no effort brings back. Where other codes are kept,
 * each look decodes one, and the table is measured by searches
 * (vsx_measure_again): there the greatest cost more than they tell.
 */
static const double factors[] = {1.2, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32};

/* Where these codes are all that is kept of a row, its value is what the code
 * says but for rounding. */
static const double no_factors[] = {1};

static const double *factors_of(const struct vsx_segment *seg, uint32_t *n)
{
	bool coded = vsx_is_coded(seg);

	*n = coded ? 6 : sizeof(factors) / sizeof(factors[0]);
	if (!coded || seg->view[VSX_SEC_CODE].base)
		return factors;
	*n = 1;
	return no_factors;
}

/* Rows that a table has, for what is reserved before it is measured. */
#define USUAL_RECALLS 28

static uint32_t effort_at(const struct vsx_segment *seg, uint32_t i)
{
	const struct vsx_kind_build *kind =
		vsx_kind_build_find(seg->kind->code);

	return kind->effort_at ? kind->effort_at(seg, i) : 0;
}

/* Without a test there is nothing to choose by. */
static uint32_t unmeasured_effort(const struct vsx_segment *seg)
{
	return seg->kind->default_effort ? seg->kind->default_effort(seg) : 0;
}

uint32_t vsx_measure_count(uint32_t wish, uint64_t n_rows, uint32_t dim)
{
	uint64_t n = wish;

	if (wish == UINT32_MAX || n_rows < 2)
		return 0;
	if (n == 0) {
		n = DRAW_COMPONENTS / (n_rows * dim);
		if (n < DRAW_LEAST)
			n = DRAW_LEAST;
		if (n > DRAW_MOST)
			n = DRAW_MOST;
	}
	if (n > vsx_most_own_queries(dim))
		n = vsx_most_own_queries(dim);
	return (uint32_t)(n < n_rows ? n : n_rows);
}

void vsx_measure_draw(struct vsx_measure *m, uint32_t wish, uint64_t n_rows,
		      uint32_t dim, uint64_t seed)
{
	uint64_t others = n_rows - 1;

	m->test.n_queries = vsx_measure_count(wish, n_rows, dim);
	m->test.dim = dim;
	m->test.truth_k = others < VSX_TRUTH_K ? (uint32_t)others : VSX_TRUTH_K;
	m->draws = m->test.n_queries > 0;
	m->seed = seed;
}

static enum vsx_status take_row(struct vsx_measure *m, uint32_t i, uint32_t row,
				struct vsx_kept *kept, struct vsx_error *err)
{
	VSX_TRY(vsx_kept_load(kept, row, m->queries + (size_t)i * m->test.dim,
			      err));
	vsx_put32(&m->own_rows[i], row);
	return vsx_ids_of(kept->seg, row, &m->own[i], err);
}

/* Rows of the segment as it was written: the file holds their numbers. */
static enum vsx_status take_rows(struct vsx_measure *m,
				 const struct vsx_segment *seg,
				 struct vsx_error *err)
{
	uint32_t n = m->test.n_queries;
	struct vsx_kept kept = {.seg = NULL};
	enum vsx_status status;
	uint32_t *drawn;

	VSX_TRY(vsx_alloc_to(&m->own, n, sizeof(*m->own), err));
	VSX_TRY(vsx_alloc_to(&m->own_rows, n, sizeof(*m->own_rows), err));
	VSX_TRY(vsx_alloc_to(&m->queries, (size_t)n * m->test.dim,
			     sizeof(float), err));
	VSX_TRY(vsx_alloc_to(&drawn, n, sizeof(*drawn), err));
	vsx_sample(drawn, n, seg->n_rows, m->seed, VSX_RANDOM_QUERIES);
	status = vsx_kept_begin(&kept, seg, err);
	for (uint32_t i = 0; i < n && status == VSX_OK; i++)
		status = take_row(m, i, drawn[i], &kept, err);
	vsx_kept_release(&kept);
	free(drawn);
	m->test.queries = m->queries;
	m->test.own = m->own;
	return status;
}

void vsx_measure_take(struct vsx_measure *m, float *queries, uint32_t n,
		      uint32_t dim, uint64_t n_rows)
{
	m->queries = queries;
	m->test.n_queries = n;
	m->test.dim = dim;
	m->test.truth_k = n_rows < VSX_TRUTH_K ? (uint32_t)n_rows : VSX_TRUTH_K;
	m->test.queries = queries;
}

static enum vsx_status exact_progress(void *context, uint64_t done,
				      uint64_t total, struct vsx_error *err)
{
	struct vsx_job *job = context;

	return job->progress(job, &vsx_phase_truth, done, total, err);
}

/*
 * What few queries say of an effort is no reason to go below that of an index
 * without a test: rows that are added later are searched with it, too.
 */
static uint32_t least_effort(const struct vsx_measure *m,
			     const struct vsx_segment *seg)
{
	return m->test.n_queries < DRAW_LEAST ? unmeasured_effort(seg) : 0;
}

static bool is_enough(const struct vsx_recall *r, uint32_t least)
{
	return r->at_10 >= ENOUGH_AT_10 && r->at_100 >= ENOUGH_AT_100 &&
	       r->effort >= least &&
	       (r->at_10 >= ALL_AT_10 || r->distances >= FEW_DISTANCES);
}

/* How many rows the table has so far, of n; `ended` when it needs no more. */
static uint32_t table_end(const struct vsx_recall *r, uint32_t n,
			  uint32_t least, bool *ended)
{
	for (uint32_t i = 0; i < n; i++) {
		*ended = is_enough(&r[i], least);
		if (*ended)
			return i + 1;
	}
	return n;
}

/*
 * A pass over the queries measures some rows of the table at once, for about
 * the cost of the last of them. Passes after the first go on to twice the
 * effort, so that little is measured beyond the end of the table.
 */
static enum vsx_status passes(const struct vsx_segment *seg,
			      const struct vsx_measure *m,
			      const struct vsx_accept *test,
			      struct vsx_job *job,
			      const struct vsx_phase *phase, uint32_t steps,
			      uint32_t first_pass, uint32_t *n,
			      struct vsx_error *err)
{
	uint32_t least = least_effort(m, seg);
	struct vsx_recall *r = m->recalls;
	bool ended = false;

	for (*n = 0; *n < steps && !ended;) {
		uint32_t next = *n ? *n : first_pass, last = next;

		while (*n && last < steps &&
		       r[last].effort <= 2 * r[*n - 1].effort)
			last++;
		next = last > *n ? last : *n + 1;
		VSX_TRY(vsx_climb(seg, test, job, phase, r + *n, next - *n,
				  err));
		if (phase == &vsx_phase_recall)
			phase = &vsx_phase_recall_further;
		*n += table_end(r + *n, next - *n, least, &ended);
	}
	return VSX_OK;
}

/* Where the table will end, or somewhat behind that, from some queries. */
static enum vsx_status guess_end(const struct vsx_measure *m,
				 const struct vsx_segment *seg,
				 struct vsx_job *job, uint32_t steps,
				 uint32_t *end, struct vsx_error *err)
{
	struct vsx_accept some = m->test;
	uint32_t first = 0;

	if (some.n_queries > GUESS_BY)
		some.n_queries = GUESS_BY;
	while (first + 1 < steps && m->recalls[first].effort < FIRST_PASS)
		first++;
	VSX_TRY(passes(seg, m, &some, job, &vsx_phase_guess, steps, first + 1,
		       end, err));
	if (*end < steps)
		++*end;
	return VSX_OK;
}

/* The efforts that a table needs, as if every row were looked at. */
static enum vsx_status climb_efforts(struct vsx_measure *m,
				     const struct vsx_segment *seg,
				     struct vsx_job *job, struct vsx_error *err)
{
	double all = (double)VSX_REFINE_ALL / VSX_REFINE_UNIT;
	uint32_t steps = 0, first;

	while (effort_at(seg, steps))
		steps++;
	if (steps == 0)
		steps = 1; /* there is one way to search */
	VSX_TRY(vsx_alloc_to(&m->recalls, steps, sizeof(*m->recalls), err));
	for (uint32_t i = 0; i < steps; i++) {
		m->recalls[i].effort = effort_at(seg, i);
		m->recalls[i].refine = vsx_codes_estimate(seg) ? all : 0.0;
	}
	VSX_TRY(guess_end(m, seg, job, steps, &first, err));
	return passes(seg, m, &m->test, job, &vsx_phase_recall, steps, first,
		      &m->n_recalls, err);
}

/* Each of the efforts with each refine factor, in one pass. */
static enum vsx_status climb_factors(struct vsx_measure *m,
				     const struct vsx_segment *seg,
				     struct vsx_job *job, struct vsx_error *err)
{
	uint32_t each;
	const double *factor = factors_of(seg, &each);
	uint32_t n = m->n_recalls * each;
	struct vsx_recall *all;

	VSX_TRY(vsx_alloc_to(&all, n, sizeof(*all), err));
	for (uint32_t i = 0; i < n; i++) {
		all[i].effort = m->recalls[i / each].effort;
		all[i].refine = factor[i % each];
	}
	free(m->recalls);
	m->recalls = all;
	m->n_recalls = n;
	return vsx_climb(seg, &m->test, job, &vsx_phase_recall_further, all, n,
			 err);
}

/* The neighbours as the file names them: rows of the segment. */
static enum vsx_status number_truth(struct vsx_measure *m,
				    const struct vsx_segment *seg,
				    struct vsx_error *err)
{
	const struct vsx_accept *t = &m->test;
	size_t n = (size_t)t->n_queries * t->truth_k;

	if (!m->keeps_truth && !m->as_given &&
	    vsx_truth_is_cheap(t->n_queries, seg->n_rows, t->dim))
		return VSX_OK;
	VSX_TRY(vsx_alloc_to(&m->truth_rows, n, sizeof(*m->truth_rows), err));
	for (size_t i = 0; i < n; i++) {
		uint32_t row;

		VSX_TRY(vsx_ids_find(seg, t->truth[i], &row, err));
		vsx_put32(&m->truth_rows[i], row);
	}
	return VSX_OK;
}

/* What a reader of the file will see. */
static enum vsx_status round_recalls(struct vsx_measure *m,
				     struct vsx_error *err)
{
	for (uint32_t i = 0; i < m->n_recalls; i++) {
		struct vsx_disk_recall d;

		vsx_recall_encode(&d, &m->recalls[i]);
		VSX_TRY(vsx_recall_decode(&m->recalls[i], &d, i, err));
	}
	return VSX_OK;
}

/* The row that reaches a recall@10 at the least cost, of those with such an
 * effort and fewer distances. False: there is none. */
static bool cheapest(const struct vsx_measure *m, uint32_t least, double recall,
		     double few, uint32_t look_cost, uint32_t *at)
{
	struct vsx_recall_choice c = {
		.k = 10, .recall = recall, .look_cost = look_cost};

	for (uint32_t i = 0; i < m->n_recalls; i++)
		if (m->recalls[i].effort >= least &&
		    m->recalls[i].distances < few &&
		    vsx_recall_offer(&c, &m->recalls[i]))
			*at = i;
	return c.n > 0;
}

/* Where codes are what is kept, no effort may reach the target, and the last
 * of what can be reached costs most: so much less is enough then. */
#define KNEE 0.01

static void note_knee(const struct vsx_segment *seg, double most, double target,
		      struct vsx_job *job)
{
	char kept[VSX_CODE_TEXT];

	vsx_kept_text(kept, seg);
	job->note(job,
		  "rows kept as %s reach recall@10 %.4f at most, and the "
		  "target is %g: the default search is the cheapest within %g "
		  "of that",
		  kept, most, target, KNEE);
}

/* More effort than was measured is dear, and more of an estimate says little.
 */
static void note_missed(const struct vsx_segment *seg, double most,
			double target, struct vsx_job *job)
{
	job->note(
		job,
		"searches reach recall@10 %.4f at most, and the target is %g%s",
		most, target,
		vsx_codes_estimate(seg)
			? ": codes lose too much of these rows; try others, "
			  "or none"
			: "");
}

/* The greatest recall in the table for few distances. */
static double most_for_few(const struct vsx_measure *m)
{
	double most = 0.0;

	for (uint32_t i = 0; i < m->n_recalls; i++)
		if (m->recalls[i].distances <= FEW_DISTANCES &&
		    m->recalls[i].at_10 > most)
			most = m->recalls[i].at_10;
	return most;
}

/*
 * The row of the table that gives the defaults: the cheapest that reaches the
 * target, or all while that costs little.
 */
static uint32_t choose_row(const struct vsx_measure *m,
			   const struct vsx_segment *seg, double target,
			   uint32_t look_cost, struct vsx_job *job)
{
	uint32_t least = least_effort(m, seg), row = m->n_recalls - 1, all;

	cheapest(m, least, target, INFINITY, look_cost, &row);
	if (vsx_is_coded(seg) && m->recalls[row].at_10 < target) {
		note_knee(seg, m->recalls[row].at_10, target, job);
		cheapest(m, least, m->recalls[row].at_10 - KNEE, INFINITY,
			 look_cost, &row);
	} else if (m->recalls[row].at_10 < target) {
		note_missed(seg, m->recalls[row].at_10, target, job);
	}
	if (cheapest(m, least, most_for_few(m), FEW_DISTANCES, look_cost,
		     &all) &&
	    m->recalls[all].at_10 >= ENOUGH_AT_10)
		return all;
	return row;
}

/* Choose the defaults, and keep of the table what may be of use. */
static void choose(struct vsx_measure *m, const struct vsx_segment *seg,
		   double target, struct vsx_job *job)
{
	uint32_t look_cost = vsx_look_cost(seg);
	uint32_t at = choose_row(m, seg, target, look_cost, job);

	m->default_effort = m->recalls[at].effort;
	m->default_refine = vsx_refine_of(m->recalls[at].refine);
	m->recall_at_10 = m->recalls[at].at_10;
	m->n_recalls = vsx_front(m->recalls, m->n_recalls, at, look_cost);
}

enum vsx_status vsx_measure_truth(struct vsx_measure *m,
				  const struct vsx_segment *seg,
				  struct vsx_job *job, struct vsx_error *err)
{
	VSX_TRY(vsx_alloc_to(&m->test.truth,
			     (size_t)m->test.n_queries * m->test.truth_k,
			     sizeof(*m->test.truth), err));
	m->test.context = job;
	m->test.progress = exact_progress;
	return vsx_accept_truth(seg, 1, &m->test, job->n_threads, err);
}

enum vsx_status vsx_measure_run(struct vsx_measure *m,
				const struct vsx_segment *seg, double target,
				struct vsx_job *job, struct vsx_error *err)
{
	m->default_effort = unmeasured_effort(seg);
	if (m->test.n_queries == 0)
		return VSX_OK;
	if (m->draws && !m->as_given)
		VSX_TRY(take_rows(m, seg, err));
	if (!m->as_given)
		VSX_TRY(vsx_measure_truth(m, seg, job, err));
	VSX_TRY(climb_efforts(m, seg, job, err));
	if (vsx_codes_estimate(seg))
		VSX_TRY(climb_factors(m, seg, job, err));
	if (m->as_given)
		VSX_TRY(vsx_measure_again(m, seg, job, err));
	VSX_TRY(number_truth(m, seg, err));
	VSX_TRY(round_recalls(m, err));
	choose(m, seg, target, job);
	return VSX_OK;
}

static enum vsx_status write_whole(struct vsx_sink *sink,
				   enum vsx_section_slot slot, const void *data,
				   uint64_t bytes, struct vsx_error *err)
{
	VSX_TRY(vsx_sink_begin(sink, slot, VSX_WHOLE_INDEX, err));
	VSX_TRY(vsx_sink_write(sink, data, bytes, err));
	return vsx_sink_end(sink, err);
}

static enum vsx_status write_queries(const struct vsx_measure *m,
				     struct vsx_sink *sink,
				     struct vsx_error *err)
{
	uint64_t n = (uint64_t)m->test.n_queries * m->test.dim;
	enum vsx_status status;
	vsx_le32 *disk;

	VSX_TRY(vsx_alloc_to(&disk, n, sizeof(*disk), err));
	for (uint64_t i = 0; i < n; i++) {
		uint32_t bits;

		memcpy(&bits, &m->queries[i], sizeof(bits));
		vsx_put32(&disk[i], bits);
	}
	status = write_whole(sink, VSX_SEC_QRYS, disk, n * sizeof(*disk), err);
	free(disk);
	return status;
}

static enum vsx_status write_recalls(const struct vsx_measure *m,
				     struct vsx_sink *sink,
				     struct vsx_error *err)
{
	VSX_TRY(vsx_sink_begin(sink, VSX_SEC_RCLL, VSX_WHOLE_INDEX, err));
	for (uint32_t i = 0; i < m->n_recalls; i++) {
		struct vsx_disk_recall d;

		vsx_recall_encode(&d, &m->recalls[i]);
		VSX_TRY(vsx_sink_write(sink, &d, sizeof(d), err));
	}
	return vsx_sink_end(sink, err);
}

enum vsx_status vsx_measure_write(const struct vsx_measure *m,
				  struct vsx_sink *sink, struct vsx_error *err)
{
	const struct vsx_accept *t = &m->test;
	uint64_t n = t->n_queries;

	if (n == 0)
		return VSX_OK;
	if (!t->own || m->as_given)
		VSX_TRY(write_queries(m, sink, err));
	if (m->truth_rows)
		VSX_TRY(write_whole(sink, VSX_SEC_QTRU, m->truth_rows,
				    4 * n * t->truth_k, err));
	if (t->own)
		VSX_TRY(write_whole(sink, VSX_SEC_QSRC, m->own_rows, 4 * n,
				    err));
	return write_recalls(m, sink, err);
}

void vsx_measure_layout(uint32_t n_queries, uint64_t n_rows, uint32_t dim,
			uint32_t truth_k, bool own, bool given,
			struct vsx_layout *layout)
{
	uint64_t n = n_queries;

	if (n == 0)
		return;
	if (!own || given)
		vsx_layout_add(layout, n * dim * 4);
	if (given || !vsx_truth_is_cheap(n, n_rows, dim))
		vsx_layout_add(layout, n * truth_k * 4);
	if (own)
		vsx_layout_add(layout, n * 4);
	vsx_layout_add(layout, USUAL_RECALLS * sizeof(struct vsx_disk_recall));
}

void vsx_measure_release(struct vsx_measure *m)
{
	free(m->queries);
	free(m->own);
	free(m->own_rows);
	free(m->truth_rows);
	free(m->test.truth);
	free(m->recalls);
	memset(m, 0, sizeof(*m));
}
