#include "bench/measure/effort.h"

#include <math.h>
#include <stdbool.h>

/* Doublings in a row that may bring next to nothing. */
#define IDLE_DOUBLINGS 2

struct trial {
	uint32_t effort;
	double recall;
};

static enum vsx_status probe(const struct effort_search *search,
			     uint32_t effort, struct trial *t,
			     struct vsx_error *err)
{
	t->effort = effort;
	return search->measure(search->context, effort, &t->recall, err);
}

static bool reaches(const struct effort_search *search, const struct trial *t)
{
	return t->recall >= search->target;
}

/*
 * Less than an eighth of what is missing, and less than the doubling before:
 * it will not get there.
 */
static bool is_idle(const struct effort_search *search,
		    const struct trial *before, const struct trial *after,
		    double *gain)
{
	double last = *gain;

	*gain = after->recall - before->recall;
	return *gain < (search->target - before->recall) / 8 && *gain <= last;
}

static uint32_t double_of(const struct effort_search *search, uint32_t effort)
{
	return effort > search->most / 2 ? search->most : 2 * effort;
}

/*
 * From *low, which misses, up to *high, which reaches; *found tells whether
 * one did. *low is then the greatest that missed, else the best.
 */
static enum vsx_status climb(const struct effort_search *search, uint32_t step,
			     struct trial *low, struct trial *high, bool *found,
			     struct vsx_error *err)
{
	struct trial best = *low;
	double gain = INFINITY;
	int idle = 0;

	*found = false;
	while (low->effort < search->most && idle < IDLE_DOUBLINGS) {
		uint32_t room = search->most - low->effort;
		uint32_t next = low->effort + (step < room ? step : room);
		bool doubled = next >= double_of(search, low->effort);
		enum vsx_status status = probe(search, next, high, err);

		if (status != VSX_OK)
			return status;
		if (reaches(search, high)) {
			*found = true;
			return VSX_OK;
		}
		/* Small steps say nothing yet. */
		if (doubled)
			idle = is_idle(search, low, high, &gain) ? idle + 1 : 0;
		if (high->recall > best.recall)
			best = *high;
		*low = *high;
		step = step < UINT32_MAX / 2 ? 2 * step : UINT32_MAX;
		if (step > low->effort)
			step = low->effort;
	}
	*low = best;
	return VSX_OK;
}

/* From *high, which reaches, down to *low, which misses, if there is one. */
static enum vsx_status descend(const struct effort_search *search,
			       uint32_t step, struct trial *low,
			       struct trial *high, bool *found,
			       struct vsx_error *err)
{
	*found = false;
	while (high->effort > search->least) {
		uint32_t room = high->effort - search->least;
		enum vsx_status status = probe(
			search, high->effort - (step < room ? step : room), low,
			err);

		if (status != VSX_OK)
			return status;
		if (!reaches(search, low)) {
			*found = true;
			return VSX_OK;
		}
		*high = *low;
		step = step < UINT32_MAX / 2 ? 2 * step : UINT32_MAX;
	}
	return VSX_OK;
}

static enum vsx_status bisect(const struct effort_search *search,
			      struct trial *low, struct trial *high,
			      struct vsx_error *err)
{
	while (high->effort - low->effort > 1 + low->effort / 128) {
		struct trial middle;
		enum vsx_status status = probe(
			search, low->effort + (high->effort - low->effort) / 2,
			&middle, err);

		if (status != VSX_OK)
			return status;
		if (reaches(search, &middle))
			*high = middle;
		else
			*low = middle;
	}
	return VSX_OK;
}

enum vsx_status effort_least(const struct effort_search *search,
			     uint32_t *effort, double *recall,
			     struct vsx_error *err)
{
	uint32_t first = search->guess ? search->guess : search->least;
	/* A guess is near: the first steps from it are small. */
	uint32_t step = search->guess ? 1 + search->guess / 16 : first;
	struct trial low, high;
	enum vsx_status status = probe(search, first, &high, err);
	bool found;

	if (status != VSX_OK)
		return status;
	if (reaches(search, &high)) {
		status = descend(search, step, &low, &high, &found, err);
		if (status == VSX_OK && found)
			status = bisect(search, &low, &high, err);
	} else {
		low = high;
		status = climb(search, step, &low, &high, &found, err);
		if (status == VSX_OK && found)
			status = bisect(search, &low, &high, err);
		else
			high = low;
	}
	*effort = high.effort;
	*recall = high.recall;
	return status;
}

size_t effort_spread(uint32_t least, uint32_t most, uint32_t *efforts, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		double part = n > 1 ? (double)i / (double)(n - 1) : 0.0;
		double e =
			(double)least * pow((double)most / (double)least, part);
		uint32_t effort = i == n - 1 ? most : (uint32_t)lround(e);

		if (kept == 0 || effort > efforts[kept - 1])
			efforts[kept++] = effort;
	}
	return kept;
}
