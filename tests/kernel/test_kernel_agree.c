/*
 * Every table of kernels gives the bits that kernel.h promises: the f32 sums
 * those of the fixed order written out here once more, the integer sums the
 * exact ones. Rows and queries end where a page without access begins, so that
 * a kernel that reads one byte too much crashes.
 */
#include <criterion/criterion.h>

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/rng.h"
#include "kernel/half.h"
#include "kernel/kernel.h"

#define MAX_ROWS 9
#define CANARY	 0xa5a5a5a5u

static const enum vsx_elem elems[] = {VSX_F32, VSX_F16, VSX_BF16, VSX_I8,
				      VSX_U8};
#define N_ELEMS (sizeof(elems) / sizeof(elems[0]))

static const enum vsx_metric metrics[] = {VSX_L2, VSX_IP};
#define N_METRICS 2

/* Strides larger than a row by so much; odd ones give every alignment. */
static const size_t gaps[] = {0, 1, 7};
#define N_GAPS (sizeof(gaps) / sizeof(gaps[0]))

static size_t elem_bytes(enum vsx_elem elem)
{
	return elem == VSX_F32 ? 4 : elem == VSX_I8 || elem == VSX_U8 ? 1 : 2;
}

/* Memory with no access right behind it. */
struct guarded {
	uint8_t *start, *end;
};

static struct guarded guard(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (bytes + page - 1) / page * page;
	struct guarded g;

	g.start = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(g.start, MAP_FAILED);
	g.end = g.start + room;
	cr_assert_eq(mprotect(g.end, page, PROT_NONE), 0);
	return g;
}

/* About -8 to 8, with all bits of the fraction in use. */
static float random_float(struct vsx_rng *rng)
{
	return ((float)(vsx_rng_next(rng) >> 40) / 8388608.0f - 1.0f) * 8.0f;
}

static void fill(struct vsx_rng *rng, uint8_t *x, size_t n, enum vsx_elem elem)
{
	for (size_t i = 0; i < n; i++) {
		float f = random_float(rng);
		uint16_t h = elem == VSX_F16 ? vsx_f32_to_f16(f)
					     : vsx_f32_to_bf16(f);

		if (elem == VSX_F32)
			memcpy(x + 4 * i, &f, 4);
		else if (elem == VSX_F16 || elem == VSX_BF16)
			memcpy(x + 2 * i, &h, 2);
		else
			x[i] = (uint8_t)vsx_rng_next(rng);
	}
}

static float component(const uint8_t *x, size_t i, enum vsx_elem elem)
{
	uint16_t h;
	float f;

	if (elem == VSX_I8)
		return (float)(int8_t)x[i];
	if (elem == VSX_U8)
		return (float)x[i];
	if (elem == VSX_F32) {
		memcpy(&f, x + 4 * i, 4);
		return f;
	}
	memcpy(&h, x + 2 * i, 2);
	return elem == VSX_F16 ? vsx_f16_to_f32(h) : vsx_bf16_to_f32(h);
}

/*
 * The order of kernel.h in the fewest words. Volatile, so that no compiler
 * fuses or reorders anything.
 */
static float contract(const float *q, const uint8_t *row, size_t dim,
		      enum vsx_elem elem, enum vsx_metric metric)
{
	volatile float lane[32] = {0};

	for (size_t i = 0; i < dim; i++) {
		volatile float a = q[i], b = component(row, i, elem);
		volatile float d = a - b;
		volatile float t = metric == VSX_L2 ? d * d : a * b;

		lane[i % 32] = lane[i % 32] + t;
	}
	for (size_t half = 16; half > 0; half /= 2)
		for (size_t i = 0; i < half; i++)
			lane[i] = lane[i] + lane[i + half];
	return lane[0];
}

static uint32_t exact(const uint8_t *q, const uint8_t *row, size_t dim,
		      enum vsx_elem elem, enum vsx_metric metric)
{
	int64_t sum = 0;

	for (size_t i = 0; i < dim; i++) {
		int64_t a = elem == VSX_I8 ? (int8_t)q[i] : q[i];
		int64_t b = elem == VSX_I8 ? (int8_t)row[i] : row[i];

		sum += metric == VSX_IP ? a * b : (a - b) * (a - b);
	}
	if (elem == VSX_I8 && metric == VSX_IP)
		cr_assert(sum >= INT32_MIN && sum <= INT32_MAX);
	else
		cr_assert(sum >= 0 && sum <= UINT32_MAX);
	return (uint32_t)sum;
}

/* Rows 0 .. MAX_ROWS-1, the last of which ends at the guard, and a query. */
struct field {
	struct guarded rows, query;
	uint8_t *base, *q;
	size_t stride;
	uint32_t dim;
	enum vsx_elem elem;
	float want_float[N_METRICS][MAX_ROWS];
	uint32_t want_int[N_METRICS][MAX_ROWS];
};

/* Row numbers that are out of order and come again; the last is among them. */
static const uint32_t numbers[MAX_ROWS] = {8, 3, 3, 0, 7, 8, 1, 5, 2};

static void float_field(struct field *f, struct vsx_rng *rng)
{
	f->q = f->query.end - f->dim * sizeof(float);
	fill(rng, f->q, f->dim, VSX_F32);
	for (size_t m = 0; m < N_METRICS; m++)
		for (size_t r = 0; r < MAX_ROWS; r++)
			f->want_float[m][r] =
				contract((const float *)(const void *)f->q,
					 f->base + r * f->stride, f->dim,
					 f->elem, metrics[m]);
}

static void int_field(struct field *f, struct vsx_rng *rng)
{
	f->q = f->query.end - f->dim;
	fill(rng, f->q, f->dim, f->elem);
	for (size_t m = 0; m < N_METRICS; m++)
		for (size_t r = 0; r < MAX_ROWS; r++)
			f->want_int[m][r] = exact(f->q, f->base + r * f->stride,
						  f->dim, f->elem, metrics[m]);
}

static void check_floats(const struct vsx_kernels *k, const struct field *f,
			 size_t m, const uint32_t *rows, size_t n)
{
	vsx_float_kernel *kernel = m == 0 ? k->l2[f->elem] : k->ip[f->elem];
	float out[MAX_ROWS + 1];
	uint32_t canary = CANARY;

	memcpy(out + n, &canary, 4);
	kernel((const float *)(const void *)f->q, f->base, f->stride, rows, n,
	       f->dim, out);
	cr_assert_eq(memcmp(out + n, &canary, 4), 0, "wrote past the end");
	for (size_t r = 0; r < n; r++) {
		float want = f->want_float[m][rows ? rows[r] : r];

		cr_assert_eq(memcmp(&out[r], &want, 4), 0,
			     "%s metric %zu elem %d dim %u stride %zu row %zu "
			     "of %zu: %.9g, expected %.9g",
			     k->name, m, (int)f->elem, f->dim, f->stride, r, n,
			     (double)out[r], (double)want);
	}
}

static void check_ints(const struct vsx_kernels *k, const struct field *f,
		       size_t m, const uint32_t *rows, size_t n)
{
	vsx_int_kernel *kernel =
		m == 0 ? k->l2_int[f->elem] : k->ip_int[f->elem];
	uint32_t out[MAX_ROWS + 1];

	out[n] = CANARY;
	kernel(f->q, f->base, f->stride, rows, n, f->dim, out);
	cr_assert_eq(out[n], CANARY, "wrote past the end");
	for (size_t r = 0; r < n; r++) {
		uint32_t want = f->want_int[m][rows ? rows[r] : r];

		cr_assert_eq(out[r], want,
			     "%s metric %zu elem %d dim %u stride %zu row %zu "
			     "of %zu: %u, expected %u",
			     k->name, m, (int)f->elem, f->dim, f->stride, r, n,
			     out[r], want);
	}
}

static void check_tables(const struct field *f, bool ints)
{
	const struct vsx_kernels *k;

	for (unsigned int t = 0; (k = vsx_kernels_at(t)) != NULL; t++)
		for (size_t m = 0; m < N_METRICS; m++)
			for (size_t n = 0; n <= MAX_ROWS; n++) {
				if (ints) {
					check_ints(k, f, m, NULL, n);
					check_ints(k, f, m, numbers, n);
				} else {
					check_floats(k, f, m, NULL, n);
					check_floats(k, f, m, numbers, n);
				}
			}
}

/* One dimension, every stride, one element type. */
static void check_dim(struct field *f, struct vsx_rng *rng, bool ints)
{
	size_t bytes = f->dim * elem_bytes(f->elem);

	for (size_t g = 0; g < N_GAPS; g++) {
		f->stride = bytes + gaps[g];
		f->base = f->rows.end - bytes - (MAX_ROWS - 1) * f->stride;
		for (size_t r = 0; r < MAX_ROWS; r++)
			fill(rng, f->base + r * f->stride, f->dim, f->elem);
		if (ints)
			int_field(f, rng);
		else
			float_field(f, rng);
		check_tables(f, ints);
	}
}

static void check_dims(enum vsx_elem elem, bool ints, uint32_t first,
		       uint32_t last)
{
	struct vsx_rng rng = {.state = 1};
	struct field f = {.elem = elem};

	f.rows = guard(MAX_ROWS * (last * elem_bytes(elem) + 8));
	f.query = guard(last * sizeof(float));
	for (f.dim = first; f.dim <= last; f.dim++)
		check_dim(&f, &rng, ints);
	munmap(f.rows.start, (size_t)(f.rows.end - f.rows.start));
	munmap(f.query.start, (size_t)(f.query.end - f.query.start));
}

Test(kernel, has_scalar_first_and_an_end)
{
	unsigned int n = 0;

	cr_assert_str_eq(vsx_kernels_at(0)->name, "scalar");
	while (vsx_kernels_at(n))
		n++;
	cr_assert(n >= 1 && n <= 4);
	cr_assert_null(vsx_kernels_at(n + 100));
}

Test(kernel, floats_add_in_the_order_of_the_contract, .timeout = 300)
{
	for (size_t e = 0; e < N_ELEMS; e++)
		check_dims(elems[e], false, 1, 260);
}

Test(kernel, floats_agree_in_large_dimensions)
{
	static const uint32_t dims[] = {768, 784, 960, 1536, 4099};

	for (size_t e = 0; e < N_ELEMS; e++)
		for (size_t d = 0; d < sizeof(dims) / sizeof(dims[0]); d++)
			check_dims(elems[e], false, dims[d], dims[d]);
}

Test(kernel, integers_are_exact, .timeout = 300)
{
	check_dims(VSX_I8, true, 1, 260);
	check_dims(VSX_U8, true, 1, 260);
}

Test(kernel, integers_are_exact_in_large_dimensions)
{
	static const uint32_t dims[] = {784, 1536, 65535, 65536};

	for (size_t d = 0; d < sizeof(dims) / sizeof(dims[0]); d++) {
		check_dims(VSX_I8, true, dims[d], dims[d]);
		check_dims(VSX_U8, true, dims[d], dims[d]);
	}
}

/* Every pair of extreme bytes, alone and in the longest vector. */
static void check_extremes(enum vsx_elem elem, uint32_t dim)
{
	static const uint8_t extremes[] = {0, 1, 127, 128, 129, 255};
	const size_t n = sizeof(extremes);
	struct vsx_rng rng = {.state = 1};
	struct field f = {.elem = elem, .dim = dim, .stride = dim};

	f.rows = guard(MAX_ROWS * dim);
	f.query = guard(dim);
	f.base = f.rows.end - MAX_ROWS * dim;
	for (size_t r = 0; r < MAX_ROWS; r++)
		memset(f.base + r * dim, extremes[r % n], dim);
	for (size_t i = 0; i < n; i++) {
		int_field(&f, &rng);
		memset(f.q, extremes[i], dim);
		for (size_t m = 0; m < N_METRICS; m++)
			for (size_t r = 0; r < MAX_ROWS; r++)
				f.want_int[m][r] = exact(f.q, f.base + r * dim,
							 dim, elem, metrics[m]);
		check_tables(&f, true);
	}
}

Test(kernel, integer_extremes_do_not_overflow)
{
	static const uint32_t dims[] = {1, 31, 63, 64, 65, 784, 65535, 65536};

	for (size_t d = 0; d < sizeof(dims) / sizeof(dims[0]); d++) {
		check_extremes(VSX_I8, dims[d]);
		check_extremes(VSX_U8, dims[d]);
	}
}

/* An absolute bound on the error: dim roundings of each term and sum. */
Test(kernel, floats_are_near_the_double_sum)
{
	enum { DIM = 784 };
	struct vsx_rng rng = {.state = 3};
	uint8_t q[DIM * 4], row[DIM * 4];
	const struct vsx_kernels *k;

	fill(&rng, q, DIM, VSX_F32);
	for (size_t e = 0; e < N_ELEMS; e++) {
		double l2 = 0, ip = 0, size = 0;
		float got;

		fill(&rng, row, DIM, elems[e]);
		for (size_t i = 0; i < DIM; i++) {
			double a = component(q, i, VSX_F32);
			double b = component(row, i, elems[e]);

			l2 += (a - b) * (a - b);
			ip += a * b;
			size += fabs(a * b);
		}
		for (unsigned int t = 0; (k = vsx_kernels_at(t)) != NULL; t++) {
			const float *qf = (const float *)(const void *)q;

			k->l2[elems[e]](qf, row, 0, NULL, 1, DIM, &got);
			cr_expect(fabs((double)got - l2) < l2 * 4e-6);
			k->ip[elems[e]](qf, row, 0, NULL, 1, DIM, &got);
			cr_expect(fabs((double)got - ip) < size * 4e-6);
		}
	}
}

/* Times one, every value comes back as it is; 0 for both zeros. */
static void check_conversion(enum vsx_elem elem, uint32_t n_values)
{
	uint8_t *x = malloc((size_t)n_values * 2);
	float *out = malloc(n_values * sizeof(*out));
	const float one = 1;
	const struct vsx_kernels *k;
	size_t each = elem_bytes(elem);

	cr_assert(x && out);
	for (uint32_t v = 0; v < n_values; v++) {
		uint16_t half = (uint16_t)v;

		if (each == 2)
			memcpy(x + 2 * (size_t)v, &half, 2);
		else
			x[v] = (uint8_t)v;
	}
	for (unsigned int t = 0; (k = vsx_kernels_at(t)) != NULL; t++) {
		k->ip[elem](&one, x, each, NULL, n_values, 1, out);
		for (uint32_t v = 0; v < n_values; v++) {
			float want = component(x, v, elem) + 0.0f;

			if (isnan(want))
				cr_assert(isnan(out[v]));
			else
				cr_assert_eq(memcmp(&out[v], &want, 4), 0,
					     "%s elem %d value %#x", k->name,
					     (int)elem, v);
		}
	}
	free(x);
	free(out);
}

/* The same in pieces of all lengths, at odd addresses; nothing is written
 * behind them. */
static void check_widening(enum vsx_elem elem)
{
	static uint8_t x[1 + 65536 * 2];
	static float out[65536 + 1];
	const struct vsx_kernels *k;
	size_t each = elem_bytes(elem);

	for (uint32_t v = 0; v < 65536; v++)
		memcpy(x + 1 + 2 * (size_t)v, &(uint16_t){(uint16_t)v}, 2);
	for (unsigned int t = 0; (k = vsx_kernels_at(t)) != NULL; t++) {
		for (uint32_t v = 0, n = 0; v < 65536; v += n) {
			n = v % 37 + 1 < 65536 - v ? v % 37 + 1 : 65536 - v;
			out[v + n] = 7.0f;
			k->widen[elem](out + v, x + 1 + each * v, n);
			cr_assert_eq(out[v + n], 7.0f, "%s, %u", k->name, n);
		}
		for (uint32_t v = 0; v < 65536; v++) {
			float want = component(x + 1, v, elem);

			cr_assert(memcmp(&out[v], &want, 4) == 0 ||
					  (isnan(want) && isnan(out[v])),
				  "%s elem %d value %#x", k->name, (int)elem,
				  v);
		}
	}
}

Test(kernel, widens_every_value_exactly)
{
	check_widening(VSX_F16);
	check_widening(VSX_BF16);
	check_widening(VSX_I8);
	check_widening(VSX_U8);
}

Test(kernel, converts_every_value_exactly)
{
	check_conversion(VSX_F16, 65536);
	check_conversion(VSX_BF16, 65536);
	check_conversion(VSX_I8, 256);
	check_conversion(VSX_U8, 256);
}

/* Each test is a process, so the choice has not yet been made. */
Test(kernel, environment_forces_a_table)
{
	setenv("VSX_ISA", "scalar", 1);
	cr_assert_str_eq(vsx_kernels()->name, "scalar");
	setenv("VSX_ISA", "none", 1);
	cr_assert_str_eq(vsx_kernels()->name, "scalar", "chosen once");
}

Test(kernel, environment_cannot_force_what_is_not_there)
{
	unsigned int n = 0;

	setenv("VSX_ISA", "vax", 1);
	while (vsx_kernels_at(n))
		n++;
	cr_assert_eq(vsx_kernels(), vsx_kernels_at(n - 1));
}
