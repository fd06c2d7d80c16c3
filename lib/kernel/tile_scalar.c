/* Tiles in plain C: what tile.h says, word for word. */
#include "kernel/tile_tables.h"

static void panel_keys(const uint8_t *panel, const int8_t *q, uint32_t n_fours,
		       int32_t *sum)
{
	for (uint32_t r = 0; r < VSX_PANEL; r++)
		sum[r] = 0;
	for (uint32_t g = 0; g < n_fours; g++, panel += 4 * VSX_PANEL, q += 4)
		for (uint32_t r = 0; r < VSX_PANEL; r++)
			sum[r] += panel[4 * r] * q[0] +
				  panel[4 * r + 1] * q[1] +
				  panel[4 * r + 2] * q[2] +
				  panel[4 * r + 3] * q[3];
}

static void keys(const struct vsx_tile *t, const struct vsx_tile_queries *q,
		 uint32_t *out, size_t room)
{
	int32_t sum[VSX_PANEL];

	for (uint32_t p = 0; p < t->n_panels; p++) {
		const uint32_t *add = t->add + p * t->add_stride;

		for (uint32_t i = 0; i < q->n; i++) {
			uint32_t *key = out + i * room + (size_t)p * VSX_PANEL;

			panel_keys(t->panels + p * t->panel_stride,
				   q->s + i * q->stride, t->n_fours, sum);
			for (uint32_t r = 0; r < VSX_PANEL; r++)
				key[r] = add[r] + q->add[i] -
					 ((uint32_t)sum[r] << t->shift);
		}
	}
}

uint32_t vsx_up_to_scalar(const uint32_t *keys, uint32_t n, uint32_t cut,
			  uint32_t *at)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < n; i++) {
		at[found] = i;
		found += keys[i] <= cut;
	}
	return found;
}

uint64_t vsx_least_scalar(const uint32_t *keys, uint32_t n, uint32_t first,
			  uint64_t best)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t b = (uint64_t)keys[i] << 32 | (first + i);

		best = b < best ? b : best;
	}
	return best;
}

const struct vsx_tiles vsx_tiles_scalar = {
	.name = "scalar",
	.keys = keys,
	.up_to = vsx_up_to_scalar,
	.least = vsx_least_scalar,
};
