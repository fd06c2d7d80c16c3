#include "input/convert.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum vsx_elem convert_elem(enum cell cell)
{
	switch (cell) {
	case CELL_F16:
		return VSX_F16;
	case CELL_BF16:
		return VSX_BF16;
	case CELL_I8:
		return VSX_I8;
	case CELL_U8:
		return VSX_U8;
	default:
		return VSX_F32;
	}
}

bool convert_is_same(enum cell cell)
{
	return cell == CELL_F32 || convert_elem(cell) != VSX_F32;
}

/*
 * Whether f32 holds the integer of this size: its bits from the highest to the
 * lowest set one fit into 24. Asked of the integer and not of the float,
 * because converting 2^63 - 1 back would be undefined.
 */
static bool is_exact(uint64_t size)
{
	return size == 0 ||
	       64 - __builtin_clzll(size) - __builtin_ctzll(size) <= 24;
}

static size_t from_f64(float *to, const double *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		to[i] = (float)from[i];
		if (isinf(to[i]) && !isinf(from[i]))
			return i;
	}
	return n;
}

#define FROM_SIGNED(type)                                                      \
	do {                                                                   \
		const type *cells = from;                                      \
		for (size_t i = 0; i < n; i++) {                               \
			int64_t value = cells[i];                              \
			uint64_t size = value < 0 ? -(uint64_t)value           \
						  : (uint64_t)value;           \
			if (!is_exact(size))                                   \
				return i;                                      \
			to[i] = (float)value;                                  \
		}                                                              \
		return n;                                                      \
	} while (0)

#define FROM_UNSIGNED(type)                                                    \
	do {                                                                   \
		const type *cells = from;                                      \
		for (size_t i = 0; i < n; i++) {                               \
			if (!is_exact(cells[i]))                               \
				return i;                                      \
			to[i] = (float)cells[i];                               \
		}                                                              \
		return n;                                                      \
	} while (0)

size_t convert_to_f32(float *to, const void *from, enum cell cell, size_t n)
{
	switch (cell) {
	case CELL_F64:
		return from_f64(to, from, n);
	case CELL_I16:
		FROM_SIGNED(int16_t);
	case CELL_I32:
		FROM_SIGNED(int32_t);
	case CELL_I64:
		FROM_SIGNED(int64_t);
	case CELL_U16:
		FROM_UNSIGNED(uint16_t);
	case CELL_U32:
		FROM_UNSIGNED(uint32_t);
	case CELL_U64:
		FROM_UNSIGNED(uint64_t);
	default:
		return 0;
	}
}

static bool is_signed(enum cell cell)
{
	return cell == CELL_I8 || cell == CELL_I16 || cell == CELL_I32 ||
	       cell == CELL_I64;
}

static int64_t signed_cell(const void *from, enum cell cell, size_t i)
{
	switch (cell) {
	case CELL_I8:
		return ((const int8_t *)from)[i];
	case CELL_I16:
		return ((const int16_t *)from)[i];
	case CELL_I32:
		return ((const int32_t *)from)[i];
	default:
		return ((const int64_t *)from)[i];
	}
}

static uint64_t unsigned_cell(const void *from, enum cell cell, size_t i)
{
	switch (cell) {
	case CELL_U8:
		return ((const uint8_t *)from)[i];
	case CELL_U16:
		return ((const uint16_t *)from)[i];
	case CELL_U32:
		return ((const uint32_t *)from)[i];
	default:
		return ((const uint64_t *)from)[i];
	}
}

void convert_text(char to[CONVERT_TEXT_BYTES], const void *from, enum cell cell,
		  size_t i)
{
	if (cell == CELL_F64)
		snprintf(to, CONVERT_TEXT_BYTES, "%.17g",
			 ((const double *)from)[i]);
	else if (is_signed(cell))
		snprintf(to, CONVERT_TEXT_BYTES, "%" PRId64,
			 signed_cell(from, cell, i));
	else
		snprintf(to, CONVERT_TEXT_BYTES, "%" PRIu64,
			 unsigned_cell(from, cell, i));
}

bool convert_is_id(enum cell cell)
{
	return cell == CELL_I32 || cell == CELL_U32 || cell == CELL_I64 ||
	       cell == CELL_U64;
}

/* To ids; `least` is the least that is taken. */
static size_t to_id(uint64_t *to, const void *from, enum cell cell, size_t n,
		    int64_t least)
{
	for (size_t i = 0; i < n; i++) {
		if (is_signed(cell)) {
			int64_t value = signed_cell(from, cell, i);

			if (value < least)
				return i;
			to[i] = (uint64_t)value;
		} else {
			to[i] = unsigned_cell(from, cell, i);
		}
	}
	return n;
}

size_t convert_to_id(uint64_t *to, const void *from, enum cell cell, size_t n)
{
	return to_id(to, from, cell, n, 0);
}

size_t convert_to_truth(uint64_t *to, const void *from, enum cell cell,
			size_t n)
{
	return to_id(to, from, cell, n, -1);
}
