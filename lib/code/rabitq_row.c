/* Rows and their signs. */
#include <math.h>
#include <string.h>

#include "code/rabitq.h"

/* Sums run in 8 lanes, as those of exact values do. */
#define LANES 8u

static double fold(const double l[LANES])
{
	return ((l[0] + l[4]) + (l[2] + l[6])) +
	       ((l[1] + l[5]) + (l[3] + l[7]));
}

static double square_of(const float *r, uint32_t n)
{
	double lane[LANES] = {0};

	for (uint32_t i = 0; i < n; i += LANES)
		for (uint32_t j = 0; j < LANES; j++)
			lane[j] += (double)r[i + j] * (double)r[i + j];
	return fold(lane);
}

/* Of r with the signs of a row, 1/2 or -1/2 each. */
static double with_signs(const uint8_t *block, uint32_t row, const float *r,
			 uint32_t n)
{
	double lane[LANES] = {0};

	for (uint32_t i = 0; i < n; i++) {
		double half = 0.5 * (double)r[i];

		lane[i % LANES] +=
			vsx_rabitq_sign(block, row, i) ? half : -half;
	}
	return fold(lane);
}

static void put_signs(uint8_t *block, uint32_t row, const float *r, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		block[i / 4 * 16 + row % 16] |=
			(uint8_t)((r[i] >= 0.0f) << (row / 16 * 4 + i % 4));
}

/* out = rotated a - b, of which b may be NULL; n floats, a and b are shorter.
 */
static void turn(const struct vsx_code_form *f, const float *a, const float *b,
		 float *out)
{
	uint32_t n = vsx_rotate_dim(f->coded);

	for (uint32_t i = 0; i < f->coded; i++)
		out[i] = b ? a[i] - b[i] : a[i];
	memset(out + f->coded, 0, (n - f->coded) * sizeof(*out));
	vsx_rotate(out, n);
}

static float *factor(uint8_t *block, const struct vsx_code_form *f,
		     size_t which)
{
	return (float *)(void *)(block + vsx_rabitq_parts(f) * 16) +
	       which * VSX_SCAN_ROWS;
}

enum { ADD, SCALE, ERROR };

static void put_factor(uint8_t *block, const struct vsx_code_form *f,
		       size_t which, uint32_t row, double x)
{
	float value = (float)x;

	memcpy(factor(block, f, which) + row, &value, sizeof(value));
}

/* y of a row is less by the centroid of its list or, without lists, by
 * nothing. */
static void encode_row(const struct vsx_code_form *f, const uint8_t *params,
		       const float *y, const float *centroid, uint32_t row,
		       uint8_t *block)
{
	bool residual = f->flags & VSX_CODES_RESIDUAL;
	const float *mean = vsx_rabitq_mean(f, params);
	uint32_t n = vsx_rotate_dim(f->coded);
	float r[VSX_RABITQ_MOST_DIM];
	double square, product, scale, along = 0.0, error;

	turn(f, y, residual ? NULL : mean, r);
	put_signs(block, row, r, n);
	square = square_of(r, n);
	product = with_signs(block, row, r, n);
	/* A row that is where its centroid is: all else is 0. */
	if (!(product > 0.0))
		return;
	scale = square / product;
	if (residual && centroid) {
		turn(f, centroid, mean, r);
		along = with_signs(block, row, r, n);
	}
	error = scale * scale * (n / 4.0) - square;
	put_factor(block, f, ADD, row, square + 2.0 * scale * along);
	put_factor(block, f, SCALE, row, scale);
	put_factor(block, f, ERROR, row, error > 0.0 ? sqrt(error) : 0.0);
}

void vsx_rabitq_encode(const struct vsx_code_form *f, const uint8_t *params,
		       const float *y, const float *const *centroids,
		       uint32_t n, uint8_t *block)
{
	for (uint32_t i = 0; i < n; i++)
		encode_row(f, params, y + (size_t)i * f->coded,
			   centroids ? centroids[i] : NULL, i, block);
}

/* The multiple of the signs that comes nearest to what was coded: of a vector
 * as long as scale * s, less its part along e. */
static double nearest(float scale, float error, uint32_t n)
{
	double square = (double)scale * (double)scale * (n / 4.0);
	double less = (double)error * (double)error;

	return square > 0.0 ? (double)scale * (1.0 - less / square) : 0.0;
}

void vsx_rabitq_decode(const struct vsx_code_form *f, const uint8_t *params,
		       const uint8_t *block, uint32_t row, float *y)
{
	const float *mean = vsx_rabitq_mean(f, params);
	uint32_t n = vsx_rotate_dim(f->coded);
	struct vsx_rabitq_factors at;
	float r[VSX_RABITQ_MOST_DIM], half;

	memcpy(&at, block + vsx_rabitq_parts(f) * 16, sizeof(at));
	half = (float)(nearest(at.scale[row], at.error[row], n) * 0.5);
	for (uint32_t i = 0; i < n; i++)
		r[i] = vsx_rabitq_sign(block, row, i) ? half : -half;
	vsx_rotate_back(r, n);
	for (uint32_t i = 0; i < f->coded; i++)
		y[i] = f->flags & VSX_CODES_RESIDUAL ? r[i] : r[i] + mean[i];
}
