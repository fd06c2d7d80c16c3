/*
 * 8-bit codes of float rows, with what was lost. SPEC.md 5.7.
 *
 * Component d of a row is near lo[d] + delta * c[d]; the step delta is one for
 * all dimensions, so that the distance of two codes is an integer sum. Beside
 * its code each row keeps eps, an upper bound of the distance from the row to
 * the decoded code. Under cosine the code is that of the row scaled to length
 * 1.
 *
 * With eps a distance to the code bounds the distance to the row (triangle
 * inequality), so that most rows can be left out by a look at a quarter of
 * their bytes, provably.
 */
#ifndef VSX_CODE_GRID_H
#define VSX_CODE_GRID_H

#include "code/codec.h"

/* Section CPAR: this header, then f32 lo[dim]. */
struct vsx_grid_header {
	float delta;   /* > 0 */
	float eps_cap; /* >= eps of every row, but for the wild ones */
	uint32_t wild; /* 1: there may be rows whose eps is above eps_cap */
	uint32_t zero;
};

/* Of codes that were opened. */
static inline const uint8_t *vsx_grid_lo(const uint8_t *params)
{
	return params + sizeof(struct vsx_grid_header); /* f32[dim] */
}

struct vsx_grid_header vsx_grid_header(const uint8_t *params);

/* Record of a row: u8 code[dim], zeros to a multiple of 4, f32 eps, zeros. */
static inline uint32_t vsx_grid_eps_at(uint32_t dim)
{
	return (dim + 3) & ~3u;
}

/*
 * The distance from a row (under cosine: scaled to length 1) to its code,
 * rounded up. lo is f32[dim] at any alignment, code u8[dim].
 */
float vsx_grid_loss(const struct vsx_space *rows, float delta,
		    const uint8_t *lo, const uint8_t *row, const uint8_t *code);

#endif
