/* Rows, their codes, and the numbers beside these. */
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

/* ---- the point of the grid ------------------------------------------------
 */

/* What is taken from a code: it stands for what is left. */
static double middle_of(uint32_t bits)
{
	return ((1u << bits) - 1) * 0.5;
}

/* Of r with the point that the codes are. */
static double product_of(const uint8_t *codes, uint32_t bits, const float *r,
			 uint32_t n)
{
	double lane[LANES] = {0}, middle = middle_of(bits);

	for (uint32_t i = 0; i < n; i += LANES)
		for (uint32_t j = 0; j < LANES; j++)
			lane[j] += (double)r[i + j] *
				   ((double)codes[i + j] - middle);
	return fold(lane);
}

/* Of the point; exact. */
static double length_of(const uint8_t *codes, uint32_t bits, uint32_t n)
{
	double sum = 0.0, middle = middle_of(bits);

	for (uint32_t i = 0; i < n; i++)
		sum += ((double)codes[i] - middle) *
		       ((double)codes[i] - middle);
	return sum;
}

static void take_signs(const float *r, uint32_t n, uint8_t *codes)
{
	for (uint32_t i = 0; i < n; i++)
		codes[i] = r[i] >= 0.0f;
}

/*
 * Cells of the grid are tried in widths, in parts of that with which the last
 * cell just holds the greatest component: wider ones waste bits, in narrower
 * ones more components are beyond the last. In whole numbers: all machines take
 * the same.
 */
#define PARTS	   32u
#define FIRST_PART 10u
#define LAST_PART  34u
#define PART_STEP  2u

/* Components of u16 times a factor give cells with so many bits behind. */
#define CELL_SHIFT 6u

static uint16_t factor_of(uint32_t half, uint32_t part)
{
	return (uint16_t)((half * PARTS << CELL_SHIFT) / part);
}

static inline int16_t cell_of(uint16_t size, uint16_t factor, int16_t last)
{
	int16_t cell = (int16_t)((uint16_t)((uint32_t)size * factor >> 16) >>
				 CELL_SHIFT);

	return cell < last ? cell : last;
}

/* Components whose products are summed up in 32 bits. */
#define TOGETHER 64u

/* How near the point of a grid leads to r, whose components have such sizes:
 * the square of <r, s> / |s|. */
static double nearness(const uint16_t *restrict size, uint32_t n,
		       uint16_t factor, int16_t last)
{
	uint64_t product = 0, square = 0;

	for (uint32_t first = 0; first < n; first += TOGETHER) {
		int32_t p = 0, s = 0;

		for (uint32_t i = first; i < first + TOGETHER; i++) {
			int16_t twice =
				(int16_t)(2 * cell_of(size[i], factor, last) +
					  1);

			p += (int16_t)(size[i] >> 1) * twice;
			s += twice * twice;
		}
		product += (uint32_t)p;
		square += (uint32_t)s;
	}
	return (double)product * (double)product / (double)square;
}

/* Sizes of r's components beside the greatest. */
static void take_sizes(const float *r, uint32_t n, uint16_t *size)
{
	float most = 0.0f;
	double by;

	for (uint32_t i = 0; i < n; i++)
		most = fabsf(r[i]) > most ? fabsf(r[i]) : most;
	by = most > 0.0f ? 65535.0 / (double)most : 0.0;
	for (uint32_t i = 0; i < n; i++) {
		double part = (double)fabsf(r[i]) * by;

		/* What is no number is of a row that is beyond f32. */
		size[i] = (uint16_t)(int32_t)(part < 65535.0 ? part : 65535.0);
	}
}

/* The point whose grid comes nearest. */
static void take_codes(const float *r, uint32_t n, uint32_t bits,
		       uint8_t *codes)
{
	uint32_t half = 1u << (bits - 1);
	uint16_t size[VSX_RABITQ_MOST_DIM], factor = 0;
	int16_t last = (int16_t)(half - 1);
	double best = -1.0;

	take_sizes(r, n, size);
	for (uint32_t i = FIRST_PART; i <= LAST_PART; i += PART_STEP) {
		double near = nearness(size, n, factor_of(half, i), last);

		if (near > best) {
			best = near;
			factor = factor_of(half, i);
		}
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t cell = (uint32_t)cell_of(size[i], factor, last);

		codes[i] =
			(uint8_t)(r[i] >= 0.0f ? half + cell : half - 1 - cell);
	}
}

/* ---- rows ---------------------------------------------------------------- */

/* out = rotated a - b, of which b may be NULL; n floats, a and b are shorter.
 */
static void turn(const struct vsx_code_form *f, const float *a, const float *b,
		 float *out)
{
	uint32_t n = vsx_rabitq_dim(f);

	for (uint32_t i = 0; i < f->coded; i++)
		out[i] = b ? a[i] - b[i] : a[i];
	memset(out + f->coded, 0, (n - f->coded) * sizeof(*out));
	vsx_rotate(out, n);
}

/* Rows of a list have the same centroid, which is turned once for all. */
struct rows {
	const struct vsx_code_form *f;
	const float *mean;
	const float *centroid; /* that `o` is of; NULL: none */
	float r[VSX_RABITQ_MOST_DIM], o[VSX_RABITQ_MOST_DIM];
};

static void begin(struct rows *rows, const struct vsx_code_form *f,
		  const uint8_t *params)
{
	rows->f = f;
	rows->mean = vsx_rabitq_mean(f, params);
	rows->centroid = NULL;
}

/* y of a row is less by the centroid of its list or, without lists, by
 * nothing. */
static void take_row(struct rows *rows, const float *y, const float *centroid)
{
	bool residual = rows->f->flags & VSX_CODES_RESIDUAL;

	turn(rows->f, y, residual ? NULL : rows->mean, rows->r);
	centroid = residual ? centroid : NULL;
	if (centroid && centroid != rows->centroid)
		turn(rows->f, centroid, rows->mean, rows->o);
	rows->centroid = centroid;
}

static struct vsx_rabitq_numbers numbers_of(const struct rows *rows,
					    const uint8_t *codes, uint32_t bits)
{
	uint32_t n = vsx_rabitq_dim(rows->f);
	double square = square_of(rows->r, n);
	double product = product_of(codes, bits, rows->r, n);
	double scale, along = 0.0, error;

	/* A row that is where its centroid is. */
	if (!(product > 0.0))
		return (struct vsx_rabitq_numbers){0.0f, 0.0f, 0.0f};
	scale = square / product;
	if (rows->centroid)
		along = product_of(codes, bits, rows->o, n);
	error = scale * scale * length_of(codes, bits, n) - square;
	return (struct vsx_rabitq_numbers){
		(float)(square + 2.0 * scale * along),
		(float)scale,
		(float)(error > 0.0 ? sqrt(error) : 0.0),
	};
}

/* ---- blocks -------------------------------------------------------------- */

static void put_signs(uint8_t *block, uint32_t row, const uint8_t *signs,
		      uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		block[i / 4 * 16 + row % 16] |=
			(uint8_t)(signs[i] << (row / 16 * 4 + i % 4));
}

static void put_factors(uint8_t *at, uint32_t row,
			struct vsx_rabitq_numbers numbers)
{
	at += row * sizeof(float);
	memcpy(at, &numbers.add, sizeof(float));
	at += VSX_SCAN_ROWS * sizeof(float);
	memcpy(at, &numbers.scale, sizeof(float));
	at += VSX_SCAN_ROWS * sizeof(float);
	memcpy(at, &numbers.error, sizeof(float));
}

static void encode_row(const struct rows *rows, uint32_t row, uint8_t *block)
{
	const struct vsx_code_form *f = rows->f;
	uint32_t n = vsx_rabitq_dim(f), rest = vsx_rabitq_rest_bytes(f);
	uint8_t codes[VSX_RABITQ_MOST_DIM];

	take_signs(rows->r, n, codes);
	put_signs(block, row, codes, n);
	block += vsx_rabitq_signs_bytes(f);
	put_factors(block, row, numbers_of(rows, codes, 1));
	if (f->size == 1)
		return;
	take_codes(rows->r, n, f->size, codes);
	block += sizeof(struct vsx_rabitq_factors);
	put_factors(block, row, numbers_of(rows, codes, f->size));
	block += sizeof(struct vsx_rabitq_factors);
	vsx_rabitq_pack(codes, n, f->size - 1, block + (size_t)row * rest);
}

void vsx_rabitq_encode(const struct vsx_code_form *f, const uint8_t *params,
		       const float *y, const float *const *centroids,
		       uint32_t n, uint8_t *block)
{
	struct rows rows;

	begin(&rows, f, params);
	for (uint32_t i = 0; i < n; i++) {
		take_row(&rows, y + (size_t)i * f->coded,
			 centroids ? centroids[i] : NULL);
		encode_row(&rows, i, block);
	}
}

/* The multiple of the point that comes nearest to what was coded: of a vector
 * as long as scale * s, less its part along e. */
static float nearest(float scale, float error, double length)
{
	double square = (double)scale * (double)scale * length;
	double less = (double)error * (double)error;

	return square > 0.0 ? (float)((double)scale * (1.0 - less / square))
			    : 0.0f;
}

static void decode(const struct vsx_code_form *f, const uint8_t *params,
		   const uint8_t *codes, float scale, float error, float *y)
{
	const float *mean = vsx_rabitq_mean(f, params);
	uint32_t n = vsx_rabitq_dim(f);
	float middle = (float)middle_of(f->size);
	float r[VSX_RABITQ_MOST_DIM];
	float by = nearest(scale, error, length_of(codes, f->size, n));

	for (uint32_t i = 0; i < n; i++)
		r[i] = by * ((float)codes[i] - middle);
	vsx_rotate_back(r, n);
	for (uint32_t i = 0; i < f->coded; i++)
		y[i] = f->flags & VSX_CODES_RESIDUAL ? r[i] : r[i] + mean[i];
}

void vsx_rabitq_decode(const struct vsx_code_form *f, const uint8_t *params,
		       const uint8_t *block, uint32_t row, float *y)
{
	uint8_t codes[VSX_RABITQ_MOST_DIM];
	struct vsx_rabitq_factors at;

	memcpy(&at, vsx_rabitq_of_all(f, block), sizeof(at));
	vsx_rabitq_gather(f, block, row, codes);
	decode(f, params, codes, at.scale[row], at.error[row], y);
}

/* ---- records ------------------------------------------------------------- */

void vsx_rabitq_encode_record(const struct vsx_code_form *f,
			      const uint8_t *params, const float *y,
			      const float *const *centroids, uint32_t n,
			      uint8_t *record)
{
	uint8_t codes[VSX_RABITQ_MOST_DIM];
	struct vsx_rabitq_numbers numbers;
	uint32_t dim = vsx_rabitq_dim(f);
	struct rows rows;

	(void)n; /* is 1 */
	begin(&rows, f, params);
	take_row(&rows, y, centroids ? centroids[0] : NULL);
	if (f->size == 1)
		take_signs(rows.r, dim, codes);
	else
		take_codes(rows.r, dim, f->size, codes);
	vsx_rabitq_pack(codes, dim, f->size, record);
	numbers = numbers_of(&rows, codes, f->size);
	memcpy(record + vsx_rabitq_codes_bytes(dim, f->size), &numbers,
	       sizeof(numbers));
}

void vsx_rabitq_decode_record(const struct vsx_code_form *f,
			      const uint8_t *params, const uint8_t *record,
			      uint32_t row, float *y)
{
	struct vsx_rabitq_numbers at = vsx_rabitq_numbers_of(f, record);
	uint8_t codes[VSX_RABITQ_MOST_DIM];

	(void)row;
	vsx_rabitq_unpack(record, vsx_rabitq_dim(f), f->size, codes);
	decode(f, params, codes, at.scale, at.error, y);
}
