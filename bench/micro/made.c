#include "made.h"

#include "row.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LATENT	   12
#define N_CLUSTERS 64

enum stream { MATRIX, CENTRES, ROWS };

/* SplitMix64; not the library's own, which another version may lack. */
static double unit_at(enum stream stream, uint64_t i)
{
	uint64_t x = ((uint64_t)stream << 40) + i;

	x = (x + 1) * UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (double)((x ^ x >> 31) >> 11) * 0x1p-53;
}

/* Nearly normal, of mean 0 and deviation 1. */
static double normal_at(enum stream stream, uint64_t i)
{
	double sum = 0;

	for (uint64_t j = 0; j < 12; j++)
		sum += unit_at(stream, i * 12 + j);
	return sum - 6;
}

static float whole_byte(double x)
{
	return (float)(x < 0 ? 0 : x > 255 ? 255 : floor(x + 0.5));
}

static void make_row(float *to, uint64_t i, const double *matrix)
{
	uint64_t cluster = i * UINT64_C(0x9e3779b97f4a7c15) >> 58;
	double latent[LATENT];

	for (unsigned int j = 0; j < LATENT; j++)
		latent[j] = normal_at(CENTRES, cluster * LATENT + j) +
			    0.6 * normal_at(ROWS, i * LATENT + j);
	for (unsigned int d = 0; d < MADE_DIM; d++) {
		double x = 128;

		for (unsigned int j = 0; j < LATENT; j++)
			x += 9 * latent[j] * matrix[d * LATENT + j];
		to[d] = whole_byte(x);
	}
}

/* Rows first .. first + n - 1 of all that there could be. */
static const float *make(uint64_t first, size_t n)
{
	static double matrix[MADE_DIM * LATENT];
	float *x = malloc(n * MADE_DIM * sizeof(*x));

	if (!x)
		die("out of memory");
	for (unsigned int i = 0; i < MADE_DIM * LATENT; i++)
		matrix[i] = normal_at(MATRIX, i);
	for (size_t i = 0; i < n; i++)
		make_row(x + i * MADE_DIM, first + i, matrix);
	return x;
}

const float *made_rows(size_t n)
{
	static const float *rows;

	if (n > MADE_ROWS)
		die("so many rows are not made");
	if (!rows)
		rows = make(0, MADE_ROWS);
	return rows;
}

const float *made_queries(void)
{
	static const float *queries;

	if (!queries)
		queries = make(MADE_ROWS, MADE_QUERIES);
	return queries;
}

void made_build(const char *path, const char *spec, enum vsx_elem elem,
		size_t n)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	struct vsx_error err;

	opts.dim = MADE_DIM;
	opts.elem = elem;
	opts.spec = spec;
	opts.ef_construction = 100;
	opts.n_threads = 1;
	opts.force = 1;
	opts.n_test_queries = UINT32_MAX;
	if (vsx_builder_new(&b, path, &opts, &err) ||
	    vsx_builder_add(b, VSX_BATCH(made_rows(n), VSX_F32, n, NULL),
			    &err) ||
	    vsx_builder_finish(b, NULL, &err))
		die(err.text);
	vsx_builder_free(b);
}

void made_index(char path[1024], const char *spec, enum vsx_elem elem)
{
	snprintf(path, 1024, "%s/%s-%s.vsx", rows_folder(), spec,
		 elem == VSX_U8 ? "u8" : "f32");
	if (access(path, R_OK) != 0)
		made_build(path, spec, elem, MADE_ROWS);
}
