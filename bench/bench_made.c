/*
 * Rows for sizes beyond those of real sets: points around a few thousand
 * centres in 24 dimensions, pushed through a random network of two layers, and
 * a little noise.
 *
 * usage: bench_made ROWS DIM FOLDER >ROWS.f32
 *
 * Writes the rows to standard output, f32 without a head; 100 queries of the
 * same kind go to FOLDER/query.fvecs, and their 100 true neighbours by l2, as
 * the rows went by, to FOLDER/gt.ivecs.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define LATENT	  24
#define HIDDEN	  64
#define CENTRES	  4000
#define N_QUERIES 100
#define K	  100
#define BLOCK	  256

struct near {
	float away;
	int32_t id;
};

static size_t dim;
static float centre[CENTRES][LATENT], first[LATENT][HIDDEN];
static float *second; /* [HIDDEN][dim] */
static struct near near[N_QUERIES][K];

static uint64_t state = 1;

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t draw(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* About normal, with deviation 1: the sum of four 16-bit numbers. */
static float normal(void)
{
	uint64_t z = draw();
	float sum = (float)(z & 0xffff) + (float)(z >> 16 & 0xffff) +
		    (float)(z >> 32 & 0xffff) + (float)(z >> 48);

	return (sum / 65536.0f - 2.0f) * sqrtf(3.0f);
}

static void make_row(float *out)
{
	const float *c = centre[draw() % CENTRES];
	float hidden[HIDDEN] = {0};

	for (size_t i = 0; i < LATENT; i++) {
		float x = c[i] + 0.5f * normal();

		for (size_t h = 0; h < HIDDEN; h++)
			hidden[h] += x * first[i][h];
	}
	for (size_t d = 0; d < dim; d++)
		out[d] = 0.02f * normal();
	for (size_t h = 0; h < HIDDEN; h++) {
		float x = hidden[h] > 0 ? hidden[h] : 0.1f * hidden[h];

		for (size_t d = 0; d < dim; d++)
			out[d] += x * second[h * dim + d];
	}
}

static void make_network(void)
{
	second = malloc(HIDDEN * dim * sizeof(*second));
	if (!second)
		die("out of memory");
	for (size_t c = 0; c < CENTRES; c++)
		for (size_t i = 0; i < LATENT; i++)
			centre[c][i] = normal();
	for (size_t i = 0; i < LATENT; i++)
		for (size_t h = 0; h < HIDDEN; h++)
			first[i][h] = normal() / sqrtf(LATENT);
	for (size_t i = 0; i < HIDDEN * dim; i++)
		second[i] = normal() / sqrtf(HIDDEN);
}

static void compare(const float *query, const float *row, int32_t id,
		    struct near *best)
{
	float part[16] = {0}, away = 0;
	size_t d, i;

	for (d = 0; d + 16 <= dim; d += 16)
		for (i = 0; i < 16; i++) {
			float x = query[d + i] - row[d + i];

			part[i] += x * x;
		}
	for (; d < dim; d++)
		away += (query[d] - row[d]) * (query[d] - row[d]);
	for (i = 0; i < 16; i++)
		away += part[i];
	if (away >= best[K - 1].away)
		return;
	for (i = K - 1; i > 0 && best[i - 1].away > away; i--)
		best[i] = best[i - 1];
	best[i] = (struct near){away, id};
}

static FILE *create(const char *folder, const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wbe");
	if (!f)
		die(path);
	return f;
}

static void put(FILE *f, const void *data, size_t bytes)
{
	if (fwrite(data, 1, bytes, f) != bytes)
		die("cannot write");
}

static void write_queries(const char *folder, const float *queries)
{
	FILE *q = create(folder, "query.fvecs");
	FILE *gt = create(folder, "gt.ivecs");
	int32_t n = (int32_t)dim, k = K;

	for (size_t i = 0; i < N_QUERIES; i++) {
		put(q, &n, sizeof(n));
		put(q, queries + i * dim, dim * sizeof(float));
		put(gt, &k, sizeof(k));
		for (size_t j = 0; j < K; j++)
			put(gt, &near[i][j].id, sizeof(near[i][j].id));
	}
	if (fclose(q) || fclose(gt))
		die("cannot write");
}

int main(int argc, char **argv)
{
	float *queries, *rows;
	size_t n;

	if (argc != 4)
		die("ROWS DIM FOLDER");
	n = number_above_0(argv[1], "ROWS");
	dim = number_above_0(argv[2], "DIM");
	make_network();
	queries = malloc(N_QUERIES * dim * sizeof(*queries));
	rows = malloc(BLOCK * dim * sizeof(*rows));
	if (!queries || !rows || n < K || n > INT32_MAX)
		die("too few rows, or too many");
	for (size_t q = 0; q < N_QUERIES; q++) {
		make_row(queries + q * dim);
		for (size_t j = 0; j < K; j++)
			near[q][j].away = INFINITY;
	}
	for (size_t at = 0; at < n; at += BLOCK) {
		size_t some = n - at < BLOCK ? n - at : BLOCK;

		for (size_t i = 0; i < some; i++)
			make_row(rows + i * dim);
		for (size_t q = 0; q < N_QUERIES; q++)
			for (size_t i = 0; i < some; i++)
				compare(queries + q * dim, rows + i * dim,
					(int32_t)(at + i), near[q]);
		put(stdout, rows, some * dim * sizeof(*rows));
	}
	if (fflush(stdout))
		die("cannot write");
	write_queries(argv[3], queries);
	return 0;
}
