/*
 * Which of many codes is nearest to each of some others, in tiles
 * (kernel/tile.h): what k-means spends its time with. Distances are squared
 * ones of codes u8[dim], exact.
 */
#ifndef VSX_NEAR_CODES_H
#define VSX_NEAR_CODES_H

#include "error.h"
#include "kernel/kernel.h"
#include "kernel/tile.h"

/* Packed codes, as many as there is room for. */
struct vsx_packed_codes {
	const struct vsx_tiles *tiles;
	vsx_int_kernel *product;
	uint8_t *ones; /* [dim] */
	uint32_t dim;
	uint32_t n, room;
	uint8_t *panels;
	uint32_t *add; /* [room] as in struct vsx_tile */
};

enum vsx_status vsx_packed_codes_init(struct vsx_packed_codes *p, uint32_t room,
				      uint32_t dim, struct vsx_error *err);
void vsx_packed_codes_release(struct vsx_packed_codes *p);

/*
 * Pack n codes, up to the room: number[i] of those at `codes`, or i when
 * number is NULL.
 */
void vsx_packed_codes_fill(struct vsx_packed_codes *p, const uint8_t *codes,
			   size_t stride, const uint32_t *number, uint32_t n);

/* Codes that look for near ones at the same time, and packed ones that they
 * look at in one step. */
#define VSX_SEEKERS	 64u
#define VSX_SEEKERS_STEP 256u

/* Codes that look for near ones. */
struct vsx_seekers {
	vsx_int_kernel *product;
	uint32_t dim;
	size_t stride;
	int8_t *s;		   /* [VSX_SEEKERS][stride] */
	uint32_t add[VSX_SEEKERS]; /* as in struct vsx_tile_queries */
	uint32_t n;
	uint32_t *keys; /* [VSX_TILE_QUERIES][VSX_SEEKERS_STEP] */
};

enum vsx_status vsx_seekers_init(struct vsx_seekers *s, uint32_t dim,
				 struct vsx_error *err);
void vsx_seekers_release(struct vsx_seekers *s);

/* Add a code; there must be room. s->n = 0 makes room. */
void vsx_seekers_add(struct vsx_seekers *s, const uint8_t *code);

/* Receives the distances of a seeker to the packed codes first .. first+n-1. */
typedef void vsx_seekers_take(void *context, uint32_t seeker, uint32_t first,
			      const uint32_t *keys, uint32_t n);

/* Tell all distances, for each seeker by rising `first`. */
void vsx_seekers_look(struct vsx_seekers *s, const struct vsx_packed_codes *p,
		      vsx_seekers_take *take, void *context);

/* best[i] = distance << 32 | number of the nearest, the first of equals. */
void vsx_seekers_nearest(struct vsx_seekers *s,
			 const struct vsx_packed_codes *p, uint64_t *best);

/*
 * The same for n codes, up to VSX_SEEKERS, that take the place of what is
 * there: of[i] is the nearest of code i, away[i] its distance, unless away is
 * NULL.
 */
void vsx_seekers_find(struct vsx_seekers *s, const struct vsx_packed_codes *p,
		      const uint8_t *codes, size_t stride, uint32_t n,
		      uint32_t *of, uint32_t *away);

/*
 * The `want` nearest of each seeker, or all if there are fewer: near is
 * uint32_t[s->n][want], each by rising number. Of
 * equals the first ones.
 */
enum vsx_status vsx_seekers_near(struct vsx_seekers *s,
				 const struct vsx_packed_codes *p,
				 uint32_t want, uint32_t *near,
				 struct vsx_error *err);

#endif
