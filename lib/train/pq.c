#include "train/pq.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "kernel/codes.h"
#include "train/tally.h"

#define ITERATIONS 25

/* Iterations end when less than one vector in this many has moved. */
#define SETTLED 1000

/* The first codewords are drawn from so many vectors for each of them. */
#define DRAWN_FROM 16u

/* What a thread works on one part in. */
struct part {
	uint32_t number, dim;
	uint32_t k;	/* codewords that can be told apart */
	float *x;	/* [n][dim] the part of each vector */
	float *book;	/* [dim][ksub] of the whole book */
	uint8_t *of;	/* [n] its codeword */
	float *away;	/* [n] and its squared distance */
	double *sum;	/* [ksub][dim] */
	uint32_t *of_n; /* [ksub] vectors of a codeword */
	double *far;	/* [ksub * DRAWN_FROM] */
};

struct training {
	const struct vsx_pq *pq;
	const struct vsx_code_kernels *kernels;
	const float *x;
	uint32_t n;
	uint32_t iterations;
	bool warm;
	float *book;
	uint64_t seed;
	struct part *parts; /* [threads] */
	struct vsx_tally tally;
};

static void put_codeword(const struct training *t, struct part *p, uint32_t c,
			 const float *x)
{
	for (uint32_t i = 0; i < p->dim; i++)
		p->book[(size_t)i * t->pq->ksub + c] = x[i];
}

/* Codeword c is the first once more, which no vector is ever given. */
static void copy_first(const struct training *t, struct part *p, uint32_t c)
{
	for (uint32_t i = 0; i < p->dim; i++) {
		float *word = p->book + (size_t)i * t->pq->ksub;

		word[c] = word[0];
	}
}

/* ---- the first codewords ---------------------------------------------- */

static double distance(const float *a, const float *b, uint32_t dim)
{
	double sum = 0.0;

	for (uint32_t i = 0; i < dim; i++) {
		double d = (double)a[i] - (double)b[i];

		sum += d * d;
	}
	return sum;
}

/* Of n vectors, each as likely as it is far from those drawn before. n if all
 * lie on these. */
static uint32_t draw(const double *far, uint32_t n, double unit)
{
	double total = 0.0, below = 0.0;

	for (uint32_t i = 0; i < n; i++)
		total += far[i];
	if (!(total > 0.0))
		return n;
	for (uint32_t i = 0; i < n; i++) {
		below += far[i];
		if (below > unit * total)
			return i;
	}
	return n - 1; /* never: unit < 1 */
}

/*
 * Codewords that lie far from each other (Arthur, Vassilvitskii, "k-means++",
 * SODA 2007), of vectors that are spread evenly over all.
 */
static void draw_codewords(const struct training *t, struct part *p)
{
	uint32_t ksub = t->pq->ksub, n = ksub * DRAWN_FROM, c, at;

	if (n > t->n)
		n = t->n;
	for (uint32_t i = 0; i < n; i++)
		p->far[i] = 1.0;
	for (c = 0; c < ksub; c++) {
		uint64_t random = vsx_random_at(t->seed, VSX_RANDOM_CODEWORDS,
						(uint64_t)p->number * ksub + c);
		const float *x;

		at = draw(p->far, n, vsx_to_unit(random));
		if (at == n)
			break;
		x = p->x + (uint64_t)at * t->n / n * p->dim;
		put_codeword(t, p, c, x);
		for (uint32_t i = 0; i < n; i++) {
			const float *y = p->x + (uint64_t)i * t->n / n * p->dim;
			double far = distance(x, y, p->dim);

			if (c == 0 || far < p->far[i])
				p->far[i] = far;
		}
	}
	for (; c < ksub; c++)
		copy_first(t, p, c);
}

/* ---- Lloyd's iterations ----------------------------------------------- */

/* Returns how many vectors have another codeword than before. */
static uint32_t find_nearest(const struct training *t, struct part *p)
{
	uint32_t moved = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t c =
			t->kernels->nearest(p->x + (size_t)i * p->dim, p->book,
					    p->dim, t->pq->ksub, &p->away[i]);

		moved += c != p->of[i];
		p->of[i] = (uint8_t)c;
	}
	return moved;
}

/* A codeword without vectors becomes the vector that is farthest from its own,
 * the first of equals. False if none is off its codeword. */
static bool move_to_farthest(const struct training *t, struct part *p,
			     uint32_t c)
{
	uint32_t far = 0;

	for (uint32_t i = 1; i < t->n; i++)
		if (p->away[i] > p->away[far])
			far = i;
	if (!(p->away[far] > 0.0f))
		return false;
	p->away[far] = 0.0f;
	put_codeword(t, p, c, p->x + (size_t)far * p->dim);
	return true;
}

static void take_means(const struct training *t, struct part *p)
{
	bool far = true;

	memset(p->sum, 0, (size_t)t->pq->ksub * p->dim * sizeof(*p->sum));
	memset(p->of_n, 0, t->pq->ksub * sizeof(*p->of_n));
	for (uint32_t i = 0; i < t->n; i++) {
		double *sum = p->sum + (size_t)p->of[i] * p->dim;
		const float *x = p->x + (size_t)i * p->dim;

		p->of_n[p->of[i]]++;
		for (uint32_t d = 0; d < p->dim; d++)
			sum[d] += (double)x[d];
	}
	for (uint32_t c = 0; c < t->pq->ksub; c++) {
		if (p->of_n[c] == 0) {
			far = far && move_to_farthest(t, p, c);
			if (!far)
				copy_first(t, p, c);
			continue;
		}
		for (uint32_t d = 0; d < p->dim; d++)
			p->book[(size_t)d * t->pq->ksub + c] =
				(float)(p->sum[(size_t)c * p->dim + d] /
					p->of_n[c]);
	}
}

static void learn_part(const struct training *t, struct part *p)
{
	p->dim = vsx_pq_components(t->pq, p->number);
	p->book = t->book + vsx_pq_book(t->pq, p->number);
	for (uint32_t i = 0; i < t->n; i++)
		memcpy(p->x + (size_t)i * p->dim,
		       t->x + (size_t)i * t->pq->dim +
			       vsx_pq_first(t->pq, p->number),
		       p->dim * sizeof(float));
	if (!t->warm)
		draw_codewords(t, p);
	for (uint32_t i = 0; i < t->iterations; i++) {
		uint32_t moved = find_nearest(t, p);

		if (i > 0 && moved <= t->n / SETTLED)
			break;
		take_means(t, p);
	}
}

static enum vsx_status work(void *context, unsigned int thread, uint64_t first,
			    uint64_t last, struct vsx_error *err)
{
	struct training *t = context;
	struct part *p = &t->parts[thread];

	for (uint64_t j = first; j < last; j++) {
		p->number = (uint32_t)j;
		learn_part(t, p);
	}
	return vsx_tally_add(&t->tally, thread, (last - first) * t->n, err);
}

/* ---- memory ------------------------------------------------------------ */

static enum vsx_status alloc_parts(struct training *t, unsigned int threads,
				   struct vsx_error *err)
{
	size_t ksub = t->pq->ksub, dim = t->pq->dim / t->pq->m + 1;

	VSX_TRY(vsx_alloc_to(&t->parts, threads, sizeof(*t->parts), err));
	for (unsigned int i = 0; i < threads; i++) {
		struct part *p = &t->parts[i];

		VSX_TRY(vsx_alloc_to(&p->x, t->n, dim * sizeof(*p->x), err));
		VSX_TRY(vsx_alloc_to(&p->of, t->n, sizeof(*p->of), err));
		VSX_TRY(vsx_alloc_to(&p->away, t->n, sizeof(*p->away), err));
		VSX_TRY(vsx_alloc_to(&p->sum, ksub, dim * sizeof(*p->sum),
				     err));
		VSX_TRY(vsx_alloc_to(&p->of_n, ksub, sizeof(*p->of_n), err));
		VSX_TRY(vsx_alloc_to(&p->far, ksub * DRAWN_FROM,
				     sizeof(*p->far), err));
	}
	return VSX_OK;
}

static void free_parts(struct training *t, unsigned int threads)
{
	for (unsigned int i = 0; t->parts && i < threads; i++) {
		struct part *p = &t->parts[i];

		free(p->x);
		free(p->of);
		free(p->away);
		free(p->sum);
		free(p->of_n);
		free(p->far);
	}
	free(t->parts);
}

uint64_t vsx_pq_train_bytes(const struct vsx_pq *pq, uint32_t n,
			    unsigned int threads)
{
	uint64_t dim = pq->dim / pq->m + 1, ksub = pq->ksub;
	const struct part *p;

	return (threads < pq->m ? threads : pq->m) *
	       (n * (dim * sizeof(*p->x) + sizeof(*p->of) + sizeof(*p->away)) +
		ksub * (dim * sizeof(*p->sum) + sizeof(*p->of_n) +
			DRAWN_FROM * sizeof(*p->far)));
}

enum vsx_status vsx_pq_train(struct vsx_job *job, const struct vsx_pq *pq,
			     const float *x, uint32_t n, uint32_t iterations,
			     bool warm, float *book, struct vsx_error *err)
{
	struct training t = {.pq = pq,
			     .kernels = vsx_code_kernels(),
			     .x = x,
			     .n = n,
			     .iterations = iterations ? iterations : ITERATIONS,
			     .warm = warm,
			     .book = book,
			     .seed = job->seed};
	unsigned int threads = job->n_threads ? job->n_threads : 1;
	enum vsx_status status;

	if (threads > pq->m)
		threads = pq->m;
	if (threads > VSX_MAX_THREADS)
		threads = VSX_MAX_THREADS;
	status = alloc_parts(&t, threads, err);
	if (status == VSX_OK)
		status = vsx_tally_begin(&t.tally, job, &vsx_phase_codes,
					 (uint64_t)pq->m * n, err);
	if (status == VSX_OK)
		status = vsx_parallel(threads, pq->m, 1, work, &t, err);
	free_parts(&t, threads);
	return status;
}
