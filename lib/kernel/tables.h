/*
 * The kernel tables that this build holds. Only kernel.c chooses among them;
 * a table whose instructions the processor lacks must not be called.
 */
#ifndef VSX_KERNEL_TABLES_H
#define VSX_KERNEL_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"

extern const struct vsx_kernels vsx_kernels_scalar;
#if defined(__x86_64__)
extern const struct vsx_kernels vsx_kernels_avx2;
extern const struct vsx_kernels vsx_kernels_avx512;
#elif defined(__aarch64__)
extern const struct vsx_kernels vsx_kernels_neon;
#endif

/*
 * Defines a table, for a file that has written the loops once, as functions
 * forced inline:
 *
 *	floats(q, base, stride, rows, n, dim, out, elem, metric)
 *	ints(q, base, stride, rows, n, dim, out, elem, metric)
 *	to_f32s(out, x, n, elem)
 *
 * Here elem and metric become constants: 16 loops without a branch on the type.
 * The file includes exact_loops.h and grid_query.h besides.
 */
#define VSX_KERNEL_TABLE(table, isa, floats, ints)                             \
	VSX_FLOAT_KERNEL(floats, l2_f32, VSX_F32, VSX_L2)                      \
	VSX_FLOAT_KERNEL(floats, l2_f16, VSX_F16, VSX_L2)                      \
	VSX_FLOAT_KERNEL(floats, l2_bf16, VSX_BF16, VSX_L2)                    \
	VSX_FLOAT_KERNEL(floats, l2_i8, VSX_I8, VSX_L2)                        \
	VSX_FLOAT_KERNEL(floats, l2_u8, VSX_U8, VSX_L2)                        \
	VSX_FLOAT_KERNEL(floats, ip_f32, VSX_F32, VSX_IP)                      \
	VSX_FLOAT_KERNEL(floats, ip_f16, VSX_F16, VSX_IP)                      \
	VSX_FLOAT_KERNEL(floats, ip_bf16, VSX_BF16, VSX_IP)                    \
	VSX_FLOAT_KERNEL(floats, ip_i8, VSX_I8, VSX_IP)                        \
	VSX_FLOAT_KERNEL(floats, ip_u8, VSX_U8, VSX_IP)                        \
	VSX_INT_KERNEL(ints, l2_int_i8, VSX_I8, VSX_L2)                        \
	VSX_INT_KERNEL(ints, l2_int_u8, VSX_U8, VSX_L2)                        \
	VSX_INT_KERNEL(ints, ip_int_i8, VSX_I8, VSX_IP)                        \
	VSX_INT_KERNEL(ints, ip_int_u8, VSX_U8, VSX_IP)                        \
	VSX_WIDEN_KERNEL(widen_f16, VSX_F16)                                   \
	VSX_WIDEN_KERNEL(widen_bf16, VSX_BF16)                                 \
	VSX_WIDEN_KERNEL(widen_i8, VSX_I8)                                     \
	VSX_WIDEN_KERNEL(widen_u8, VSX_U8)                                     \
                                                                               \
	const struct vsx_kernels table = {                                     \
		.name = isa,                                                   \
		.l2 = {[VSX_F32] = l2_f32,                                     \
		       [VSX_F16] = l2_f16,                                     \
		       [VSX_BF16] = l2_bf16,                                   \
		       [VSX_I8] = l2_i8,                                       \
		       [VSX_U8] = l2_u8},                                      \
		.ip = {[VSX_F32] = ip_f32,                                     \
		       [VSX_F16] = ip_f16,                                     \
		       [VSX_BF16] = ip_bf16,                                   \
		       [VSX_I8] = ip_i8,                                       \
		       [VSX_U8] = ip_u8},                                      \
		.l2_int = {[VSX_I8] = l2_int_i8, [VSX_U8] = l2_int_u8},        \
		.ip_int = {[VSX_I8] = ip_int_i8, [VSX_U8] = ip_int_u8},        \
		.exact_squares = exact_squares,                                \
		.exact_products = exact_products,                              \
		.exact_own = exact_own,                                        \
		.exact_take = exact_take,                                      \
		.widen = {[VSX_F16] = widen_f16,                               \
			  [VSX_BF16] = widen_bf16,                             \
			  [VSX_I8] = widen_i8,                                 \
			  [VSX_U8] = widen_u8},                                \
		.grid_codes = grid_codes,                                      \
		.grid_terms = grid_terms,                                      \
		.grid_range = grid_range,                                      \
		.grid_steps = grid_steps,                                      \
		.grid_digits = grid_digits,                                    \
		.grid_offset = grid_offset,                                    \
	};

#define VSX_FLOAT_KERNEL(loop, name, elem, metric)                             \
	static void name(const float *q, const uint8_t *base, size_t stride,   \
			 const uint32_t *rows, size_t n, uint32_t dim,         \
			 float *out)                                           \
	{                                                                      \
		loop(q, base, stride, rows, n, dim, out, elem, metric);        \
	}

#define VSX_WIDEN_KERNEL(name, elem)                                           \
	static void name(float *out, const uint8_t *x, size_t n)               \
	{                                                                      \
		to_f32s(out, x, n, elem);                                      \
	}

#define VSX_INT_KERNEL(loop, name, elem, metric)                               \
	static void name(const void *q, const uint8_t *base, size_t stride,    \
			 const uint32_t *rows, size_t n, uint32_t dim,         \
			 uint32_t *out)                                        \
	{                                                                      \
		loop(q, base, stride, rows, n, dim, out, elem, metric);        \
	}

#endif
