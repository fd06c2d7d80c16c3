/*
 * Rows like embeddings of a model: points of clusters in a latent space of few
 * dimensions, pushed through a random network of two layers, and a little
 * noise. usage: bench_latent ROWS DIM LATENT CLUSTERS SEED BASE.fbin
 * QUERIES.fbin
 *
 * Queries are 1,000 other points of the same clusters. The same arguments give
 * the same values, but for what tanh() rounds.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "normal.h"

enum { HIDDEN = 512, QUERIES = 1000, STEP = 16 };

static uint64_t state;

static float *normals(size_t n, float scale)
{
	float *x = calloc(n, sizeof(*x));

	if (!x)
		exit(3);
	for (size_t i = 0; i < n; i++)
		x[i] = scale * (float)bench_normal(&state);
	return x;
}

/* out[n] += in[m] times weights[m][n], of STEP rows each. */
static void layer(const float *in, size_t m, const float *weights, size_t n,
		  float *out)
{
	for (size_t i = 0; i < m; i++)
		for (size_t r = 0; r < STEP; r++) {
			float x = in[r * m + i];

			for (size_t j = 0; j < n; j++)
				out[r * n + j] += x * weights[i * n + j];
		}
}

struct network {
	size_t dim, latent, clusters;
	float *centres, *first, *second;
};

static void make(const struct network *w, size_t n, const char *path)
{
	float *z = calloc(STEP * w->latent, sizeof(*z));
	float *h = calloc(STEP * HIDDEN, sizeof(*h));
	float *x = calloc(STEP * w->dim, sizeof(*x));
	uint32_t head[2] = {(uint32_t)n, (uint32_t)w->dim};
	FILE *f = fopen(path, "wb");

	if (!z || !h || !x || !f || fwrite(head, sizeof(head), 1, f) != 1)
		exit(3);
	for (size_t at = 0; at < n; at += STEP) {
		size_t some = n - at < STEP ? n - at : STEP;

		for (size_t r = 0; r < STEP; r++) {
			size_t c = (size_t)(bench_uniform(&state) *
					    (double)w->clusters);

			for (size_t i = 0; i < w->latent; i++)
				z[r * w->latent + i] =
					w->centres[c * w->latent + i] +
					0.5f * (float)bench_normal(&state);
		}
		for (size_t i = 0; i < STEP * HIDDEN; i++)
			h[i] = 0.0f;
		layer(z, w->latent, w->first, HIDDEN, h);
		for (size_t i = 0; i < STEP * HIDDEN; i++)
			h[i] = tanhf(h[i]);
		for (size_t i = 0; i < STEP * w->dim; i++)
			x[i] = 0.02f * (float)bench_normal(&state);
		layer(h, HIDDEN, w->second, w->dim, x);
		if (fwrite(x, w->dim * sizeof(*x), some, f) != some)
			exit(3);
	}
	if (fclose(f))
		exit(3);
	free(z);
	free(h);
	free(x);
}

int main(int argc, char **argv)
{
	struct network w;

	if (argc != 8) {
		fprintf(stderr, "usage: bench_latent ROWS DIM LATENT CLUSTERS "
				"SEED BASE.fbin QUERIES.fbin\n");
		return 2;
	}
	w.dim = strtoul(argv[2], NULL, 10);
	w.latent = strtoul(argv[3], NULL, 10);
	w.clusters = strtoul(argv[4], NULL, 10);
	state = strtoull(argv[5], NULL, 10);
	w.centres = normals(w.clusters * w.latent, 1.0f);
	w.first = normals(w.latent * HIDDEN, 1.0f / sqrtf((float)w.latent));
	w.second = normals(HIDDEN * w.dim, 1.0f / sqrtf((float)HIDDEN));
	make(&w, strtoul(argv[1], NULL, 10), argv[6]);
	make(&w, QUERIES, argv[7]);
	return 0;
}
