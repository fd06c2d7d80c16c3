/*
 * The table of matmul.h for one instruction set, which defines BYTES (of a
 * register), ROWS, VECTORS and TABLE and includes this.
 */
#include <string.h>

#include "kernel/matmul_tables.h"

#define REAL	float
#define NAME(x) f32_##x
#include "kernel/matmul_loop.h"
#undef REAL
#undef NAME

#define REAL	double
#define NAME(x) f64_##x
#include "kernel/matmul_loop.h"

static void turns(const struct vsx_turn *t, size_t n, uint32_t d, double *rows,
		  size_t stride)
{
	const uint32_t lanes = BYTES / sizeof(double);

	for (size_t e = 0; e < n; e++) {
		const double cosine = t[e].c, sine = t[e].s;
		double *x = rows + t[e].i * stride, *y = x + stride;
		uint32_t j = 0;

		for (; j + lanes <= d; j += lanes) {
			f64_vector a = *(f64_vector *)(x + j);
			f64_vector b = *(f64_vector *)(y + j);

			*(f64_vector *)(x + j) = cosine * a - sine * b;
			*(f64_vector *)(y + j) = sine * a + cosine * b;
		}
		for (; j < d; j++) {
			double a = x[j], b = y[j];

			x[j] = cosine * a - sine * b;
			y[j] = sine * a + cosine * b;
		}
	}
}

const struct vsx_matmuls TABLE = {
	.name = ISA,
	.f32 = f32_matmul,
	.f64 = f64_matmul,
	.turns = turns,
};
