#include "bench/measure/histogram.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Values below 2048 have a bucket each. From there on every power of two is
 * cut into 1024 buckets, so that none is wider than 1/1024 of what it holds.
 */
#define SUB_BITS 10
#define SUBS	 (1u << SUB_BITS)
#define MOST	 UINT64_C(3600000000000) /* an hour; more counts as one */
#define TOP_BIT	 41			 /* of MOST */
#define BUCKETS	 ((TOP_BIT - SUB_BITS + 2) * SUBS)

struct histogram {
	uint64_t n;
	uint64_t least, most; /* exactly */
	double mean, square;  /* sum of squared deviations from the mean */
	uint64_t count[BUCKETS];
};

static uint32_t bucket_of(uint64_t v)
{
	uint32_t shift;

	if (v > MOST)
		v = MOST;
	if (v < 2 * SUBS)
		return (uint32_t)v;
	shift = 63 - (uint32_t)__builtin_clzll(v) - SUB_BITS;
	return shift * SUBS + (uint32_t)(v >> shift);
}

/* The greatest value that falls into a bucket. */
static uint64_t top_of(uint32_t bucket)
{
	uint32_t shift;

	if (bucket < 2 * SUBS)
		return bucket;
	shift = bucket / SUBS - 1;
	return ((uint64_t)(bucket - shift * SUBS + 1) << shift) - 1;
}

/*
 * The memory is shared with children after fork(): what they add is seen by
 * their parent.
 */
struct histogram *histogram_new(void)
{
	void *h = mmap(NULL, sizeof(struct histogram), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return h == MAP_FAILED ? NULL : h;
}

void histogram_free(struct histogram *h)
{
	if (h)
		munmap(h, sizeof(*h));
}

/* Welford, "Note on a method for calculating corrected sums of squares and
   products", Technometrics 4(3), 1962. */
void histogram_add(struct histogram *h, uint64_t ns)
{
	double off = (double)ns - h->mean;

	h->count[bucket_of(ns)]++;
	if (h->n == 0 || ns < h->least)
		h->least = ns;
	if (ns > h->most)
		h->most = ns;
	h->n++;
	h->mean += off / (double)h->n;
	h->square += off * ((double)ns - h->mean);
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	double a = (double)to->n, b = (double)from->n;
	double off = from->mean - to->mean;

	if (from->n == 0)
		return;
	for (uint32_t i = 0; i < BUCKETS; i++)
		to->count[i] += from->count[i];
	if (to->n == 0 || from->least < to->least)
		to->least = from->least;
	if (from->most > to->most)
		to->most = from->most;
	to->n += from->n;
	to->mean += off * b / (a + b);
	to->square += from->square + off * off * a * b / (a + b);
}

void histogram_clear(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
}

uint64_t histogram_count(const struct histogram *h)
{
	return h->n;
}

/* A hair less than the product, lest 0.07 * 100 be a little over 7. */
static uint64_t rank_of(double share, uint64_t n)
{
	double rank = ceil(share * (double)n * (1.0 - 1e-12));

	if (!(rank >= 1.0))
		return 1;
	return rank >= (double)n ? n : (uint64_t)rank;
}

uint64_t histogram_at(const struct histogram *h, double share)
{
	uint64_t rank = rank_of(share, h->n), seen = 0, v;

	if (h->n == 0)
		return 0;
	if (rank == 1)
		return h->least;
	if (rank == h->n)
		return h->most;
	for (uint32_t i = 0; i < BUCKETS; i++) {
		seen += h->count[i];
		if (seen < rank)
			continue;
		v = top_of(i);
		return v < h->most ? v : h->most;
	}
	return h->most;
}

uint64_t histogram_max(const struct histogram *h)
{
	return h->most;
}

double histogram_mean(const struct histogram *h)
{
	return h->mean;
}

double histogram_deviation(const struct histogram *h)
{
	return h->n > 1 ? sqrt(h->square / (double)(h->n - 1)) : 0.0;
}
