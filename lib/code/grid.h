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

#include <string.h>

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

/* lo[i], which lies anywhere. */
static inline float vsx_grid_lo_at(const uint8_t *params, uint32_t i)
{
	float lo;

	memcpy(&lo, vsx_grid_lo(params) + (size_t)i * 4, 4);
	return lo;
}

struct vsx_grid_header vsx_grid_header(const uint8_t *params);

/*
 * A block is a panel (kernel/tile.h) of VSX_PANEL rows, so that one query is
 * compared with 16 rows at a time and many queries without packing any; behind
 * it u32 term[VSX_PANEL], the sum of (c - 128)^2 of each row's code, which
 * makes a product the distance, and f32 eps[VSX_PANEL].
 */
#define VSX_GRID_SHIFT 4
#define VSX_GRID_LINE  (4 * VSX_PANEL) /* bytes of four components */

/* Bytes of a block that are before what is told of each row. */
static inline uint32_t vsx_grid_term_at(uint32_t dim)
{
	return (dim + 3) / 4 * VSX_GRID_LINE;
}

static inline uint32_t vsx_grid_eps_at(uint32_t dim)
{
	return vsx_grid_term_at(dim) + 4 * VSX_PANEL;
}

/*
 * The distance from a row (under cosine: scaled to length 1) to its code,
 * rounded up. lo is f32[dim] at any alignment; the code is that of place 0 of a
 * block from `code` on, or of another when it begins four bytes later for each.
 */
float vsx_grid_loss(const struct vsx_space *rows, float delta,
		    const uint8_t *lo, const uint8_t *row, const uint8_t *code);

/* The sum of (c - 128)^2 of a code of a block, likewise. */
uint32_t vsx_grid_term(const uint8_t *code, uint32_t dim);

/* Members of vsx_codec_grid, see codec.h. */
enum vsx_status vsx_grid_prepare(const struct vsx_codes *c,
				 struct vsx_code_query *q,
				 struct vsx_error *err);
struct vsx_tile vsx_grid_tile(const struct vsx_codes *c, uint32_t first_block,
			      uint32_t n);
void vsx_grid_keys_of_run(const struct vsx_codes *c, struct vsx_code_query *q,
			  const struct vsx_run *run, uint32_t *keys);
void vsx_grid_keys_of_rows(const struct vsx_codes *c, struct vsx_code_query *q,
			   const uint32_t *rows, size_t n, uint32_t *keys);

/*
 * vsx_grid_loss() of n rows, 1 to VSX_GRID_ROWS: of that many faster than one
 * by one. step is as for vsx_grid_encode_at().
 */
#define VSX_GRID_ROWS 4
void vsx_grid_losses(const struct vsx_space *rows, float delta,
		     const uint8_t *lo, const uint8_t *const *row,
		     const uint8_t *const *code, size_t step, uint32_t n,
		     float *loss);

#endif
