#include "train/lloyd.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/sample.h"

#define CHUNK	   VSX_LLOYD_CHUNK
#define NEAR_CHUNK 512 /* points, by centroid, that look at near ones */

/* ---- nearest centroids ---------------------------------------------- */

static enum vsx_status full_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct vsx_lloyd *l = context;

	vsx_seekers_find(&l->desks[thread].seekers, &l->packed,
			 l->codes + first * l->stride, l->stride,
			 (uint32_t)(last - first), l->of + first,
			 l->away + first);
	return vsx_tally_add(l->tally, thread, last - first, err);
}

static void pack(struct vsx_lloyd *l)
{
	vsx_packed_codes_fill(&l->packed, l->cents, l->stride, NULL, l->k);
}

enum vsx_status vsx_lloyd_look(struct vsx_lloyd *l, struct vsx_error *err)
{
	pack(l);
	return vsx_parallel(l->threads, l->n, CHUNK, full_work, l, err);
}

/* Points by centroid lie anywhere: the code of the one that comes a few later
 * is asked for. */
#define LATER 16

static const uint8_t *code_of_member(const struct vsx_lloyd *l, uint64_t i)
{
	size_t stride = l->stride;
	const uint8_t *later =
		l->codes +
		l->member[i + LATER < l->n ? i + LATER : l->n - 1] * stride;

	for (size_t b = 0; b < stride; b += 64)
		__builtin_prefetch(later + b);
	return l->codes + l->member[i] * stride;
}

/* n points of one centroid look at those that are near it. Returns how many
 * moved. */
static uint32_t look_near(struct vsx_lloyd *l, struct vsx_desk *d,
			  uint64_t first, uint32_t n)
{
	const uint32_t *member = l->member + first;
	const uint32_t *near = l->near + (size_t)l->of[member[0]] * l->n_near;
	uint64_t best[CHUNK];
	uint32_t moved = 0;

	d->seekers.n = 0;
	for (uint32_t i = 0; i < n; i++)
		vsx_seekers_add(&d->seekers, code_of_member(l, first + i));
	vsx_seekers_nearest(&d->seekers, &d->near, best);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t centroid = near[(uint32_t)best[i]];

		moved += centroid != l->of[member[i]];
		l->of[member[i]] = centroid;
		l->away[member[i]] = (uint32_t)(best[i] >> 32);
	}
	return moved;
}

/* Points by centroid, from member[first] on: those of one centroid look at the
 * same ones. */
static enum vsx_status near_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct vsx_lloyd *l = context;
	struct vsx_desk *d = &l->desks[thread];
	uint64_t moved = 0, i = first, end;

	while (i < last) {
		uint32_t own = l->of[l->member[i]];

		for (end = i; end < last && l->of[l->member[end]] == own;)
			end++;
		vsx_packed_codes_fill(&d->near, l->cents, l->stride,
				      l->near + (size_t)own * l->n_near,
				      l->n_near);
		for (uint32_t n; i < end; i += n) {
			n = end - i < CHUNK ? (uint32_t)(end - i) : CHUNK;
			moved += look_near(l, d, i, n);
		}
	}
	atomic_fetch_add(&l->n_moved, moved);
	return vsx_tally_add(l->tally, thread, last - first, err);
}

/* For each centroid those that are nearest to it. */
static enum vsx_status neighbours_work(void *context, unsigned int thread,
				       uint64_t first, uint64_t last,
				       struct vsx_error *err)
{
	struct vsx_lloyd *l = context;
	struct vsx_desk *d = &l->desks[thread];

	d->seekers.n = 0;
	for (uint64_t c = first; c < last; c++)
		vsx_seekers_add(&d->seekers, l->cents + c * l->stride);
	return vsx_seekers_near(&d->seekers, &l->packed, l->n_near,
				l->near + first * l->n_near, err);
}

enum vsx_status vsx_lloyd_look_near(struct vsx_lloyd *l, struct vsx_error *err)
{
	pack(l);
	VSX_TRY(vsx_parallel(l->threads, l->k, CHUNK, neighbours_work, l, err));
	atomic_store(&l->n_moved, 0);
	return vsx_parallel(l->threads, l->n, NEAR_CHUNK, near_work, l, err);
}

/* ---- clusters and their means --------------------------------------- */

void vsx_lloyd_group(struct vsx_lloyd *l)
{
	uint32_t k = l->k;

	memset(l->start, 0, ((size_t)k + 1) * sizeof(*l->start));
	for (uint32_t i = 0; i < l->n; i++)
		l->start[l->of[i] + 1]++;
	for (uint32_t c = 0; c < k; c++)
		l->start[c + 1] += l->start[c];
	for (uint32_t i = 0; i < l->n; i++)
		l->member[l->start[l->of[i]]++] = i;
	memmove(l->start + 1, l->start, (size_t)k * sizeof(*l->start));
	l->start[0] = 0;
}

/* How far the points of a cluster lie from its centroid. */
struct spread {
	uint64_t sum;
	uint32_t cluster;
};

/* The greatest first, of equals the first. */
static int by_spread(const void *a, const void *b)
{
	const struct spread *x = a, *y = b;

	if (x->sum != y->sum)
		return x->sum > y->sum ? -1 : 1;
	return x->cluster < y->cluster ? -1 : x->cluster > y->cluster;
}

static bool has_empty(const struct vsx_lloyd *l)
{
	for (uint32_t c = 0; c < l->k; c++)
		if (l->start[c] == l->start[c + 1])
			return true;
	return false;
}

/*
 * Empty clusters get a half each of those that are spread most: the points with
 * odd numbers in it. The means of the two halves drift apart from there. (Of
 * the most spread, not of the largest: that may be copies of one row.)
 */
enum vsx_status vsx_lloyd_repair(struct vsx_lloyd *l, struct vsx_error *err)
{
	struct spread *spread;
	uint32_t next = 0;

	l->n_filled = 0;
	if (!has_empty(l))
		return VSX_OK;
	VSX_TRY(vsx_alloc_to(&spread, l->k, sizeof(*spread), err));
	for (uint32_t c = 0; c < l->k; c++)
		spread[c].cluster = c;
	for (uint32_t i = 0; i < l->n; i++)
		spread[l->of[i]].sum += l->away[i];
	for (uint32_t c = 0; c < l->k; c++)
		if (l->start[c + 1] - l->start[c] < 2)
			spread[c].sum = 0;
	qsort(spread, l->k, sizeof(*spread), by_spread);
	for (uint32_t c = 0; c < l->k; c++) {
		uint32_t from;

		if (l->start[c + 1] > l->start[c])
			continue;
		if (next == l->k || spread[next].sum == 0)
			break;
		from = spread[next++].cluster; /* once in an iteration */
		memcpy(l->cents + c * l->stride, l->cents + from * l->stride,
		       l->dim);
		for (uint32_t i = l->start[from] + 1; i < l->start[from + 1];
		     i += 2)
			l->of[l->member[i]] = c;
		l->n_filled++;
	}
	free(spread);
	vsx_lloyd_group(l);
	return VSX_OK;
}

/* Sums of so many codes fit a u32. */
#define FOLD (1u << 24)

/* Codes that are summed up before they are added to sums of 32 bits. */
#define TOGETHER 8

/* Sixteen at a time, so that compilers see what they can do at once; codes
 * end in zeros. */
static void add_codes(uint32_t *part, const uint8_t *const *code,
		      uint32_t stride)
{
	const uint8_t *a = code[0], *b = code[1], *c = code[2], *d = code[3];
	const uint8_t *e = code[4], *f = code[5], *g = code[6], *h = code[7];

	for (uint32_t i = 0; i < stride; i += 16) {
		uint16_t sum[16];

		for (uint32_t j = 0; j < 16; j++)
			sum[j] = (uint16_t)(a[i + j] + b[i + j] + c[i + j] +
					    d[i + j] + e[i + j] + f[i + j] +
					    g[i + j] + h[i + j]);
		for (uint32_t j = 0; j < 16; j++)
			part[i + j] += sum[j];
	}
}

static void fold(uint64_t *sum, uint32_t *part, uint32_t stride)
{
	for (uint32_t d = 0; d < stride; d++) {
		sum[d] += part[d];
		part[d] = 0;
	}
}

/* n codes of a cluster, from member[first] on. */
static void sum_up(const struct vsx_lloyd *l, unsigned int thread,
		   uint32_t first, uint32_t n)
{
	uint32_t stride = (uint32_t)l->stride;
	uint64_t *sum = l->sums + (size_t)thread * stride;
	uint32_t *part = l->parts + (size_t)thread * stride;
	const uint8_t *code[TOGETHER];

	memset(sum, 0, stride * sizeof(*sum));
	for (uint32_t i = 0; i < n; i += TOGETHER) {
		for (uint32_t j = 0; j < TOGETHER; j++)
			code[j] = i + j < n ? code_of_member(l, first + i + j)
					    : l->zeros;
		add_codes(part, code, stride);
		if (i % FOLD == FOLD - TOGETHER)
			fold(sum, part, stride);
	}
	fold(sum, part, stride);
}

/* The code nearest to the mean, or to 4/5 of the way from the old one to it
 * beyond it. */
static uint8_t mean_of(uint64_t sum, uint32_t n, uint8_t old, bool beyond)
{
	uint64_t back = beyond ? (uint64_t)n * old * 4 : 0, code;
	uint64_t over = beyond ? (uint64_t)n * 5 : n;

	if (beyond)
		sum *= 9;
	if (sum < back)
		return 0;
	code = ((sum - back) * 2 + over) / (over * 2);
	return code < 255 ? (uint8_t)code : 255;
}

static enum vsx_status mean_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct vsx_lloyd *l = context;
	const uint64_t *sum = l->sums + thread * l->stride;

	(void)err;
	for (uint64_t c = first; c < last; c++) {
		uint8_t *code = l->cents + c * l->stride;
		uint32_t n = l->start[c + 1] - l->start[c];

		if (n == 0)
			continue;
		sum_up(l, thread, l->start[c], n);
		for (uint32_t d = 0; d < l->dim; d++)
			code[d] = mean_of(sum[d], n, code[d], l->beyond);
	}
	return VSX_OK;
}

enum vsx_status vsx_lloyd_move(struct vsx_lloyd *l, bool beyond,
			       struct vsx_error *err)
{
	l->beyond = beyond;
	return vsx_parallel(l->threads, l->k, 8, mean_work, l, err);
}

/* ---- beginning and end ---------------------------------------------- */

void vsx_lloyd_begin(struct vsx_lloyd *l, uint64_t seed,
		     enum vsx_random_stream stream)
{
	struct vsx_rng rng = {vsx_random_at(seed, stream, 0)};
	uint32_t *deck = l->member;

	for (uint32_t i = 0; i < l->n; i++)
		deck[i] = i;
	vsx_shuffle_some(deck, l->n, l->k, &rng);
	for (uint32_t c = 0; c < l->k; c++)
		memcpy(l->cents + c * l->stride, l->codes + deck[c] * l->stride,
		       l->dim);
}

struct vsx_lloyd vsx_lloyd_part(const struct vsx_lloyd *l, uint32_t centroid,
				uint32_t k, uint32_t point, uint32_t n)
{
	return (struct vsx_lloyd){.k = k,
				  .dim = l->dim,
				  .stride = l->stride,
				  .cents = l->cents + centroid * l->stride,
				  .n = n,
				  .codes = l->codes + point * l->stride,
				  .of = l->of + point,
				  .away = l->away + point,
				  .start = l->start + centroid,
				  .member = l->member + point,
				  .n_near = k,
				  .threads = l->threads,
				  .packed = l->packed,
				  .desks = l->desks,
				  .zeros = l->zeros,
				  .sums = l->sums,
				  .parts = l->parts,
				  .tally = l->tally};
}

enum vsx_status vsx_lloyd_alloc(struct vsx_lloyd *l, struct vsx_error *err)
{
	size_t n = l->n, k = l->k, t = l->threads;

	VSX_TRY(vsx_alloc_to(&l->codes, n, l->stride, err));
	VSX_TRY(vsx_alloc_to(&l->of, n, sizeof(*l->of), err));
	VSX_TRY(vsx_alloc_to(&l->away, n, sizeof(*l->away), err));
	VSX_TRY(vsx_alloc_to(&l->start, k + 1, sizeof(*l->start), err));
	VSX_TRY(vsx_alloc_to(&l->member, n, sizeof(*l->member), err));
	if (l->n_near < k)
		VSX_TRY(vsx_alloc_to(&l->near, k * l->n_near, sizeof(*l->near),
				     err));
	VSX_TRY(vsx_packed_codes_init(&l->packed, l->k, l->dim, err));
	VSX_TRY(vsx_alloc_to(&l->desks, t, sizeof(*l->desks), err));
	for (size_t i = 0; i < t; i++) {
		struct vsx_desk *d = &l->desks[i];

		VSX_TRY(vsx_seekers_init(&d->seekers, l->dim, err));
		if (l->near)
			VSX_TRY(vsx_packed_codes_init(&d->near, l->n_near,
						      l->dim, err));
	}
	VSX_TRY(vsx_alloc_to(&l->zeros, l->stride, 1, err));
	VSX_TRY(vsx_alloc_to(&l->sums, t * l->stride, sizeof(*l->sums), err));
	return vsx_alloc_to(&l->parts, t * l->stride, sizeof(*l->parts), err);
}

void vsx_lloyd_release(struct vsx_lloyd *l)
{
	free(l->codes);
	free(l->of);
	free(l->away);
	free(l->start);
	free(l->member);
	free(l->near);
	for (unsigned int i = 0; l->desks && i < l->threads; i++) {
		vsx_seekers_release(&l->desks[i].seekers);
		vsx_packed_codes_release(&l->desks[i].near);
	}
	free(l->desks);
	vsx_packed_codes_release(&l->packed);
	free(l->zeros);
	free(l->sums);
	free(l->parts);
}
