#include "kernel/whole.h"

#include <string.h>

/* What is none is found out so many components at a time. */
#define PIECE 64u

typedef float fours __attribute__((vector_size(16)));
typedef int32_t whole_fours __attribute__((vector_size(16)));

/* What was seen, in each of four lanes: all zeros where there was none. */
struct seen {
	whole_fours unlike; /* some are no whole numbers, or far off */
	whole_fours signs;  /* some are -0 */
	whole_fours u8, i8; /* bits above the lowest 8: not of that type */
};

/* The greater and the lesser; of what is no number, the limit. */
static inline fours at_least(fours x, float limit)
{
	whole_fours take = x > limit;
	fours other = limit - (fours){0};

	return (fours)(((whole_fours)x & take) | ((whole_fours)other & ~take));
}

static inline fours at_most(fours x, float limit)
{
	return -at_least(-x, -limit);
}

static inline void look_at_four(struct seen *s, const float *x)
{
	whole_fours bits, whole;
	fours f;

	memcpy(&f, x, sizeof(f));
	memcpy(&bits, x, sizeof(bits));
	whole = __builtin_convertvector(at_most(at_least(f, -128.0f), 255.0f),
					whole_fours);
	s->unlike |= __builtin_convertvector(whole, fours) != f;
	s->signs |= bits == INT32_MIN;
	s->u8 |= whole;
	s->i8 |= whole + 128;
}

static void look(struct seen *s, const float *x, uint32_t n)
{
	float last[4] = {0};
	uint32_t i = 0;

	for (; i + 4 <= n; i += 4)
		look_at_four(s, x + i);
	memcpy(last, x + i, (n - i) * sizeof(*x));
	look_at_four(s, last);
}

static int32_t any(whole_fours x)
{
	return x[0] | x[1] | x[2] | x[3];
}

uint32_t vsx_whole_types(const float *x, uint32_t n, bool *signs)
{
	struct seen s = {0};
	uint32_t types = 0;

	for (uint32_t i = 0; i < n; i += PIECE) {
		look(&s, x + i, n - i < PIECE ? n - i : PIECE);
		if (any(s.unlike))
			return 0;
	}
	if (!(any(s.u8) & ~0xff))
		types |= VSX_WHOLE_TYPE(VSX_U8);
	if (!(any(s.i8) & ~0xff))
		types |= VSX_WHOLE_TYPE(VSX_I8);
	*signs = *signs || any(s.signs);
	return types;
}

void vsx_whole_put(uint8_t *out, const float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		out[i] = (uint8_t)(int32_t)x[i];
}
