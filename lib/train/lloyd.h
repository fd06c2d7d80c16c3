/*
 * One clustering under way: points as codes, and the passes of Lloyd's
 * iterations over them. See kmeans.h; kmeans.c puts the passes together.
 */
#ifndef VSX_LLOYD_H
#define VSX_LLOYD_H

#include <stdatomic.h>

#include "base/rng.h"
#include "train/kmeans.h"
#include "train/near_codes.h"
#include "train/tally.h"

/* Points that go over all centroids together. */
#define VSX_LLOYD_CHUNK VSX_SEEKERS

/* What a thread looks for near centroids with. */
struct vsx_desk {
	struct vsx_seekers seekers;
	struct vsx_packed_codes near; /* n_near centroids */
};

struct vsx_lloyd {
	uint32_t k, dim;
	size_t stride;	  /* of codes */
	uint8_t *cents;	  /* [k][stride], codes of the centroids; borrowed */
	uint32_t n;	  /* points */
	uint8_t *codes;	  /* [n][stride], of the points */
	uint32_t *of;	  /* [n] centroid of each point */
	uint32_t *away;	  /* [n] and its distance */
	uint32_t *start;  /* [k + 1] */
	uint32_t *member; /* [n] points by centroid, rising */
	uint32_t n_near;  /* centroids that a point looks at; k: all */
	uint32_t *near;	  /* [k][n_near]; NULL when they are all */
	unsigned int threads;
	struct vsx_packed_codes packed; /* the centroids */
	struct vsx_desk *desks;		/* [threads] */
	uint8_t *zeros;			/* [stride] */
	uint64_t *sums;			/* [threads][stride] */
	uint32_t *parts;		/* [threads][stride], all 0 */
	bool beyond;			/* see vsx_lloyd_move() */
	_Atomic uint64_t n_moved;
	uint32_t n_filled;	 /* clusters that were empty */
	struct vsx_tally *tally; /* of points that have looked */
};

/*
 * Room for n points and k centroids, l->codes to be filled by the caller. l is
 * zeros but for k, dim, stride, cents, n, n_near, threads and tally, which are
 * set.
 */
enum vsx_status vsx_lloyd_alloc(struct vsx_lloyd *l, struct vsx_error *err);
void vsx_lloyd_release(struct vsx_lloyd *l);

/* The clustering of some points to some centroids by itself, numbers of both
 * from 0. Borrows all of l, which must rest meanwhile. */
struct vsx_lloyd vsx_lloyd_part(const struct vsx_lloyd *l, uint32_t centroid,
				uint32_t k, uint32_t point, uint32_t n);

/* The first centroids: random points, all different ones. */
void vsx_lloyd_begin(struct vsx_lloyd *l, uint64_t seed,
		     enum vsx_random_stream stream);

/* All points look at all centroids. */
enum vsx_status vsx_lloyd_look(struct vsx_lloyd *l, struct vsx_error *err);

/* Points look at the n_near centroids that are nearest to their own. Sets
 * n_moved. */
enum vsx_status vsx_lloyd_look_near(struct vsx_lloyd *l, struct vsx_error *err);

/* Set start and member by `of`. */
void vsx_lloyd_group(struct vsx_lloyd *l);

/* Give empty clusters a part of others, and their centroid; they are grouped
 * before and after. Sets n_filled. */
enum vsx_status vsx_lloyd_repair(struct vsx_lloyd *l, struct vsx_error *err);

/*
 * Centroids become the codes nearest to the means of their points' codes, or go
 * on `beyond` these by 4/5 of the way: where each step is a part of what is
 * left, two such lead farther than three.
 */
enum vsx_status vsx_lloyd_move(struct vsx_lloyd *l, bool beyond,
			       struct vsx_error *err);

#endif
