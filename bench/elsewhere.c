/*
 * Queries of another kind than the rows, as texts that look for pictures are:
 * points of clusters in a latent space of few dimensions go through one layer
 * of tanh and become rows of length 1; queries are other points of the same
 * clusters through another layer, beside an offset that all share, and noise.
 * usage: bench_elsewhere ROWS QUERIES DIM LATENT CENTRES NOISE SEED BASE.fbin
 * QUERIES.fbin LIKE.fbin
 *
 * LIKE gets as many queries through the layer of the rows. The same arguments
 * give the same values, but for what tanh() rounds.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "normal.h"

static uint64_t state;

static float *normals(size_t n, double scale)
{
	float *x = calloc(n, sizeof(*x));

	if (!x)
		exit(3);
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(scale * bench_normal(&state));
	return x;
}

static void to_length_1(float *x, size_t n)
{
	double sum = 0.0;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i] * x[i];
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(x[i] / sqrt(sum));
}

static size_t dim, latent, n_centres;
static float *centres;

static void point(float *z)
{
	size_t c = (size_t)(bench_uniform(&state) * (double)n_centres) * latent;

	for (size_t i = 0; i < latent; i++)
		z[i] = centres[c + i] + (float)(0.5 * bench_normal(&state));
}

static void through(const float *layer, const float *z, float *out)
{
	for (size_t d = 0; d < dim; d++)
		out[d] = 0.0f;
	for (size_t i = 0; i < latent; i++)
		for (size_t d = 0; d < dim; d++)
			out[d] += z[i] * layer[i * dim + d];
	for (size_t d = 0; d < dim; d++)
		out[d] = (float)tanh(out[d]);
	to_length_1(out, dim);
}

static void make(const char *path, size_t n, const float *layer,
		 const float *offset, double noise)
{
	uint32_t head[2] = {(uint32_t)n, (uint32_t)dim};
	float *z = calloc(latent, sizeof(*z)), *x = calloc(dim, sizeof(*x));
	FILE *f = fopen(path, "wb");

	if (!f || !z || !x || fwrite(head, sizeof(head), 1, f) != 1)
		exit(3);
	for (size_t i = 0; i < n; i++) {
		point(z);
		through(layer, z, x);
		for (size_t d = 0; d < dim && offset; d++)
			x[d] += offset[d] + (float)(noise / sqrt((double)dim) *
						    bench_normal(&state));
		if (fwrite(x, sizeof(*x), dim, f) != dim)
			exit(3);
	}
	free(z);
	free(x);
	if (fclose(f))
		exit(3);
}

int main(int argc, char **argv)
{
	float *rows, *others, *offset;
	size_t n, n_queries;
	double noise;

	if (argc != 11) {
		fprintf(stderr,
			"usage: bench_elsewhere ROWS QUERIES DIM LATENT "
			"CENTRES NOISE SEED BASE.fbin QUERIES.fbin "
			"LIKE.fbin\n");
		return 2;
	}
	n = strtoull(argv[1], NULL, 10);
	n_queries = strtoull(argv[2], NULL, 10);
	dim = strtoull(argv[3], NULL, 10);
	latent = strtoull(argv[4], NULL, 10);
	n_centres = strtoull(argv[5], NULL, 10);
	noise = strtod(argv[6], NULL);
	state = strtoull(argv[7], NULL, 10);
	centres = normals(n_centres * latent, 1.0);
	rows = normals(latent * dim, 1.0 / sqrt((double)latent));
	others = normals(latent * dim, 1.0 / sqrt((double)latent));
	offset = normals(dim, 1.0);
	to_length_1(offset, dim);
	make(argv[8], n, rows, NULL, 0.0);
	make(argv[9], n_queries, others, offset, noise);
	make(argv[10], n_queries, rows, NULL, 0.0);
	free(centres);
	free(rows);
	free(others);
	free(offset);
	return 0;
}
