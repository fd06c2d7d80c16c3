#include "bench/measure/timing.h"

#include "bench/base/crew.h"
#include "bench/measure/spread.h"
#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/progress.h"

#include <math.h>
#include <stdlib.h>

#define LEAST_REPEATS 3
#define SETTLED	      0.025 /* half range of the middle repeats */
#define MOST_SECONDS  0.3   /* of a block */
#define WARM	      0.15  /* of a block, untimed, before it */
#define WARM_SECONDS  0.05  /* at least, where another index ran before */
#define SHARE	      0.6   /* of the budget that nine repeats may take */

/* Time that the cell at the target gets for each part of one beside it. */
#define MAIN_WEIGHT 4.0

struct block {
	const struct subject *subject;
	uint32_t effort;
	uint64_t warm_ns, seconds_ns;
	uint64_t at;		     /* the next query */
	struct histogram *latencies; /* or NULL */
	double rate;
};

/*
 * One clock reading a query: the end of one is the beginning of the next, and
 * what is between them is a few nanoseconds. Runs for the time of the block
 * and for one query at least.
 */
static enum vsx_status run_for(struct block *b, struct engine_session *session,
			       uint64_t *ids, uint64_t ns,
			       struct histogram *latencies, double *rate,
			       struct vsx_error *err)
{
	const struct workload *w = b->subject->work;
	uint64_t start = clock_ns(), last = start, now, n = 0;

	do {
		size_t found;
		enum vsx_status status = b->subject->ops->search(
			session, workload_query(w, b->at), w->k, b->effort, ids,
			&found, err);

		if (status != VSX_OK)
			return status;
		now = clock_ns();
		if (latencies)
			histogram_add(latencies, now - last);
		last = now;
		b->at = workload_next(w, b->at);
		n++;
	} while (now - start < ns && !interrupted());
	*rate = (double)n / clock_seconds(start, now);
	return interrupted() ? crew_interrupted(err) : VSX_OK;
}

/* Warm caches first: others have run since. */
static enum vsx_status run_block(struct block *b,
				 struct engine_session *session,
				 struct vsx_error *err)
{
	uint64_t *ids = calloc(b->subject->work->k, sizeof(*ids));
	enum vsx_status status;

	if (!ids)
		return tool_fail_memory(err,
					b->subject->work->k * sizeof(*ids));
	status = run_for(b, session, ids, b->warm_ns, NULL, &b->rate, err);
	if (status == VSX_OK)
		status = run_for(b, session, ids, b->seconds_ns, b->latencies,
				 &b->rate, err);
	free(ids);
	return status;
}

static struct block block_of(const struct cell *c, bool cold)
{
	double warm = WARM * c->block_seconds;

	if (cold && warm < WARM_SECONDS)
		warm = WARM_SECONDS;
	return (struct block){
		.subject = c->subject,
		.effort = c->point.effort,
		.warm_ns = (uint64_t)(warm * NS_PER_SECOND),
		.seconds_ns = (uint64_t)(c->block_seconds * NS_PER_SECOND),
	};
}

static enum vsx_status time_one(struct cell *c, bool cold,
				struct vsx_error *err)
{
	struct block b = block_of(c, cold);
	enum vsx_status status;

	b.at = c->at_1;
	b.latencies = c->latencies;
	status = run_block(&b, c->subject->sessions[0], err);
	c->at_1 = b.at;
	c->rate_1[c->point.repeats] = b.rate;
	return status;
}

static enum vsx_status work(struct crew *crew, void *context, unsigned int i,
			    struct vsx_error *err)
{
	struct block *blocks = context;

	(void)crew;
	return run_block(&blocks[i], blocks[i].subject->sessions[i], err);
}

/*
 * The rates of the threads are added up: each ran for the whole time, so
 * that nothing waits for the last one.
 */
static enum vsx_status time_many(struct cell *c, struct vsx_error *err)
{
	unsigned int n = c->subject->threads;
	struct block *blocks = calloc(n, sizeof(*blocks));
	struct crew_job job = {work, blocks, n, NULL, 0, NULL};
	uint64_t n_queries = c->subject->work->n;
	enum vsx_status status;
	double rate = 0;

	if (!blocks)
		return tool_fail_memory(err, n * sizeof(*blocks));
	for (unsigned int i = 0; i < n; i++) {
		blocks[i] = block_of(c, false);
		blocks[i].at = (c->at_n + n_queries * i / n) % n_queries;
	}
	status = crew_run(&job, err);
	for (unsigned int i = 0; i < n; i++)
		rate += blocks[i].rate;
	c->at_n = blocks[0].at;
	c->rate_n[c->point.repeats] = rate;
	free(blocks);
	return status;
}

static double middle(const double *rates, uint32_t n)
{
	double copy[CELL_REPEATS];

	for (uint32_t i = 0; i < n; i++)
		copy[i] = rates[i];
	return spread_middle(copy, n);
}

static bool is_settled(const struct cell *c)
{
	return c->point.repeats >= SPREAD_REPEATS &&
	       middle(c->rate_1, c->point.repeats) < SETTLED &&
	       middle(c->rate_n, c->point.repeats) < SETTLED;
}

/* Once more, and how long it took is added to *spent. */
static enum vsx_status repeat(struct cell *c, bool cold, double *spent,
			      double seconds, struct vsx_error *err)
{
	uint64_t start = clock_ns();
	enum vsx_status status = time_one(c, cold, err);

	if (status == VSX_OK && c->subject->threads > 1)
		status = time_many(c, err);
	else
		c->rate_n[c->point.repeats] = c->rate_1[c->point.repeats];
	if (status != VSX_OK)
		return status;
	c->point.repeats++;
	*spent += clock_seconds(start, clock_ns());
	c->settled = c->point.repeats == CELL_REPEATS || is_settled(c) ||
		     (c->point.repeats >= LEAST_REPEATS && *spent >= seconds);
	return VSX_OK;
}

static double weight(const struct cells *cells, const struct cell *c)
{
	bool alone = true;

	for (size_t i = 0; i < cells->n; i++)
		if (cells->items[i].subject == c->subject &&
		    !cells->items[i].main)
			alone = false;
	return c->main && !alone ? MAIN_WEIGHT : 1.0;
}

/* So that nine repeats of all cells of a subject fit well into its time. */
static void choose_blocks(struct cells *cells, double seconds)
{
	for (size_t i = 0; i < cells->n; i++) {
		struct cell *c = &cells->items[i];
		unsigned int blocks = c->subject->threads > 1 ? 2 : 1;
		double all = 0;

		for (size_t k = 0; k < cells->n; k++)
			if (cells->items[k].subject == c->subject)
				all += weight(cells, &cells->items[k]);
		c->block_seconds = SHARE * seconds * weight(cells, c) / all /
				   (1 + WARM) / blocks / SPREAD_REPEATS;
		if (c->block_seconds > MOST_SECONDS)
			c->block_seconds = MOST_SECONDS;
	}
}

/* The time that is spent on a subject is kept at its first cell. */
static size_t first_of(const struct cells *cells, size_t i)
{
	size_t k = 0;

	while (cells->items[k].subject != cells->items[i].subject)
		k++;
	return k;
}

/*
 * Every cell that is not done, once; forwards and backwards in turns, so that
 * none always comes behind the same one.
 */
static enum vsx_status run_round(struct cells *cells, uint64_t round,
				 double seconds, double *spent, bool *again,
				 struct vsx_error *err)
{
	uint64_t steps = SPREAD_REPEATS * cells->n;
	const struct subject *last = NULL;

	*again = false;
	for (size_t n = 0; n < cells->n; n++) {
		size_t i = round % 2 ? cells->n - 1 - n : n;
		struct cell *c = &cells->items[i];
		uint64_t step = round * cells->n + n;
		enum vsx_status status;

		if (c->settled)
			continue;
		progress_update("timing in turns", "repeats",
				step < steps ? step : steps, steps);
		status = repeat(c, c->subject != last,
				&spent[first_of(cells, i)], seconds, err);
		if (status != VSX_OK)
			return status;
		last = c->subject;
		*again |= !c->settled;
	}
	return VSX_OK;
}

enum vsx_status timing_run(struct cells *cells, double seconds,
			   struct vsx_error *err)
{
	double *spent = calloc(cells->n, sizeof(*spent));
	enum vsx_status status = VSX_OK;
	bool again = true;

	if (!spent)
		return tool_fail_memory(err, cells->n * sizeof(*spent));
	choose_blocks(cells, seconds);
	for (uint64_t round = 0; again && status == VSX_OK; round++)
		status = run_round(cells, round, seconds, spent, &again, err);
	free(spent);
	return status;
}

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

void timing_result(struct cell *c)
{
	const struct histogram *h = c->latencies;
	struct point *p = &c->point;

	if (p->repeats == 0)
		return;
	p->mean_ms = histogram_mean(h) / 1e6;
	p->sd_ms = histogram_deviation(h) / 1e6;
	p->p50_ms = ms(histogram_at(h, 0.5));
	p->p95_ms = ms(histogram_at(h, 0.95));
	p->p99_ms = ms(histogram_at(h, 0.99));
	p->p999_ms = ms(histogram_at(h, 0.999));
	p->qps_1 = spread_of(c->rate_1, p->repeats);
	p->qps_n = spread_of(c->rate_n, p->repeats);
}

#define REOPENS	       5
#define REOPEN_SECONDS 2.0 /* in all; one is made whatever it takes */

enum vsx_status timing_reopen(const struct subject *s, double *seconds,
			      uint64_t *resident, struct vsx_error *err)
{
	double tries[REOPENS], sum = 0;
	uint64_t at = 0;
	size_t n = 0;

	*seconds = NAN;
	*resident = 0;
	if (!s->ops->reopen)
		return VSX_OK;
	while (n < REOPENS && sum < REOPEN_SECONDS) {
		enum vsx_status status =
			s->ops->reopen(s->engine, workload_query(s->work, at),
				       s->work->k, &tries[n], resident, err);

		if (status != VSX_OK)
			return status;
		if (isnan(tries[n]))
			return VSX_OK;
		sum += tries[n++];
		at = workload_next(s->work, at);
	}
	*seconds = spread_median(tries, n);
	return VSX_OK;
}
