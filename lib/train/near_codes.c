#include "train/near_codes.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/select.h"

/* The sum of the squares of a code: its product with itself. */
static uint32_t sum_of_squares(vsx_int_kernel *product, const uint8_t *code,
			       uint32_t dim)
{
	uint32_t sum;

	product(code, code, dim, NULL, 1, dim, &sum);
	return sum;
}

enum vsx_status vsx_packed_codes_init(struct vsx_packed_codes *p, uint32_t room,
				      uint32_t dim, struct vsx_error *err)
{
	uint32_t panels = room / VSX_PANEL + (room % VSX_PANEL > 0);

	memset(p, 0, sizeof(*p));
	p->tiles = vsx_tiles();
	p->product = vsx_kernels()->ip_int[VSX_U8];
	p->dim = dim;
	p->room = room;
	VSX_TRY(vsx_alloc_to(&p->ones, dim, 1, err));
	memset(p->ones, 1, dim);
	VSX_TRY(vsx_alloc_to(&p->panels, panels, vsx_panel_bytes(dim), err));
	return vsx_alloc_to(&p->add, (size_t)panels * VSX_PANEL,
			    sizeof(*p->add), err);
}

void vsx_packed_codes_release(struct vsx_packed_codes *p)
{
	free(p->ones);
	free(p->panels);
	free(p->add);
	memset(p, 0, sizeof(*p));
}

void vsx_packed_codes_fill(struct vsx_packed_codes *p, const uint8_t *codes,
			   size_t stride, const uint32_t *number, uint32_t n)
{
	size_t panel_bytes = vsx_panel_bytes(p->dim);

	p->n = n;
	p->product(p->ones, codes, stride, number, n, p->dim, p->add);
	for (uint32_t first = 0; first < n; first += VSX_PANEL) {
		uint32_t some = n - first < VSX_PANEL ? n - first : VSX_PANEL;
		const uint8_t *row[VSX_PANEL];

		for (uint32_t i = 0; i < some; i++) {
			uint32_t at = first + i;

			row[i] = codes + stride * (number ? number[at] : at);
			p->add[at] =
				sum_of_squares(p->product, row[i], p->dim) -
				256 * p->add[at];
		}
		vsx_panel_pack(p->panels + first / VSX_PANEL * panel_bytes, row,
			       some, p->dim, 0);
	}
}

enum vsx_status vsx_seekers_init(struct vsx_seekers *s, uint32_t dim,
				 struct vsx_error *err)
{
	memset(s, 0, sizeof(*s));
	s->product = vsx_kernels()->ip_int[VSX_U8];
	s->dim = dim;
	s->stride = vsx_tile_stride(dim);
	VSX_TRY(vsx_alloc_to(&s->s, VSX_SEEKERS, s->stride, err));
	return vsx_alloc_to(&s->keys, VSX_TILE_QUERIES * VSX_SEEKERS_STEP,
			    sizeof(*s->keys), err);
}

void vsx_seekers_release(struct vsx_seekers *s)
{
	free(s->s);
	free(s->keys);
	memset(s, 0, sizeof(*s));
}

void vsx_seekers_add(struct vsx_seekers *s, const uint8_t *code)
{
	vsx_tile_query(s->s + s->n * s->stride, code, s->dim, 0x80);
	s->add[s->n++] = sum_of_squares(s->product, code, s->dim);
}

/* The sum of (a - b)^2 by tile.h: a^2 + b^2 - 256 * b - 2 * sum of b * as. */
void vsx_seekers_look(struct vsx_seekers *s, const struct vsx_packed_codes *p,
		      vsx_seekers_take *take, void *context)
{
	struct vsx_tile tile = vsx_tile_packed(p->panels, p->add, 0, p->dim);

	tile.shift = 1;
	for (uint32_t first = 0, n; first < p->n; first += n) {
		n = p->n - first < VSX_SEEKERS_STEP ? p->n - first
						    : VSX_SEEKERS_STEP;
		tile.panels = p->panels + first / VSX_PANEL * tile.panel_stride;
		tile.add = p->add + first;
		tile.n_panels = (n + VSX_PANEL - 1) / VSX_PANEL;
		for (uint32_t i = 0; i < s->n; i += VSX_TILE_QUERIES) {
			struct vsx_tile_queries q = {s->s + i * s->stride,
						     s->stride, s->add + i,
						     s->n - i};

			if (q.n > VSX_TILE_QUERIES)
				q.n = VSX_TILE_QUERIES;
			p->tiles->keys(&tile, &q, s->keys, VSX_SEEKERS_STEP);
			for (uint32_t j = 0; j < q.n; j++)
				take(context, i + j, first,
				     s->keys + (size_t)j * VSX_SEEKERS_STEP, n);
		}
	}
}

struct least {
	const struct vsx_tiles *tiles;
	uint64_t *best;
};

static void take_least(void *context, uint32_t seeker, uint32_t first,
		       const uint32_t *keys, uint32_t n)
{
	struct least *l = context;

	l->best[seeker] = l->tiles->least(keys, n, first, l->best[seeker]);
}

void vsx_seekers_nearest(struct vsx_seekers *s,
			 const struct vsx_packed_codes *p, uint64_t *best)
{
	struct least l = {p->tiles, best};

	for (uint32_t i = 0; i < s->n; i++)
		best[i] = UINT64_MAX;
	vsx_seekers_look(s, p, take_least, &l);
}

void vsx_seekers_find(struct vsx_seekers *s, const struct vsx_packed_codes *p,
		      const uint8_t *codes, size_t stride, uint32_t n,
		      uint32_t *of, uint32_t *away)
{
	uint64_t best[VSX_SEEKERS];

	s->n = 0;
	for (uint32_t i = 0; i < n; i++)
		vsx_seekers_add(s, codes + i * stride);
	vsx_seekers_nearest(s, p, best);
	for (uint32_t i = 0; i < n; i++) {
		of[i] = (uint32_t)best[i];
		if (away)
			away[i] = (uint32_t)(best[i] >> 32);
	}
}

/* ---- some nearest --------------------------------------------------- */

/* The nearest so far of each seeker, and a step more. */
struct pools {
	const struct vsx_tiles *tiles;
	uint32_t want, room;
	uint64_t *entries; /* [VSX_SEEKERS][room] distance << 32 | number */
	uint32_t n[VSX_SEEKERS];
	uint32_t cut[VSX_SEEKERS]; /* what is farther is not among them */
	uint32_t places[VSX_SEEKERS_STEP];
};

static uint64_t *pool_of(const struct pools *p, uint32_t seeker)
{
	return p->entries + (size_t)seeker * p->room;
}

static void thin_out(struct pools *p, uint32_t seeker)
{
	uint64_t *pool = pool_of(p, seeker);
	uint32_t farthest = 0;

	if (p->n[seeker] <= p->want)
		return;
	vsx_least(pool, p->n[seeker], p->want, false);
	p->n[seeker] = p->want;
	for (uint32_t i = 0; i < p->want; i++)
		if ((uint32_t)(pool[i] >> 32) > farthest)
			farthest = (uint32_t)(pool[i] >> 32);
	p->cut[seeker] = farthest;
}

static void take_near(void *context, uint32_t seeker, uint32_t first,
		      const uint32_t *keys, uint32_t n)
{
	struct pools *p = context;
	uint64_t *pool = pool_of(p, seeker);
	uint32_t found = p->tiles->up_to(keys, n, p->cut[seeker], p->places);

	for (uint32_t i = 0; i < found; i++)
		pool[p->n[seeker]++] = (uint64_t)keys[p->places[i]] << 32 |
				       (first + p->places[i]);
	if (p->n[seeker] + VSX_SEEKERS_STEP > p->room)
		thin_out(p, seeker);
}

enum vsx_status vsx_seekers_near(struct vsx_seekers *s,
				 const struct vsx_packed_codes *packed,
				 uint32_t want, uint32_t *near,
				 struct vsx_error *err)
{
	struct pools p = {.tiles = packed->tiles,
			  .want = want,
			  .room = 2 * want + VSX_SEEKERS_STEP};

	VSX_TRY(vsx_alloc_to(&p.entries, (size_t)VSX_SEEKERS * p.room,
			     sizeof(*p.entries), err));
	for (uint32_t i = 0; i < s->n; i++)
		p.cut[i] = UINT32_MAX;
	vsx_seekers_look(s, packed, take_near, &p);
	for (uint32_t i = 0; i < s->n; i++) {
		uint64_t *pool = pool_of(&p, i);

		thin_out(&p, i);
		for (uint32_t j = 0; j < p.n[i]; j++)
			pool[j] = (uint32_t)pool[j];
		vsx_least(pool, p.n[i], p.n[i], true);
		for (uint32_t j = 0; j < p.n[i]; j++)
			near[(size_t)i * want + j] = (uint32_t)pool[j];
	}
	free(p.entries);
	return VSX_OK;
}
