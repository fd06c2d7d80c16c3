/*
 * A sieve keeps, of all rows that pass over it, those which may be among the
 * best, judging by keys that say a row's value only within bounds (struct
 * vsx_bounds); then it looks at those few rows themselves.
 *
 * Bounds: a row is dropped when the least value that its key allows is above
 * the greatest value that the keys of k other rows allow: so no row is lost,
 * and none whose value equals that of the last.
 *
 * Estimates: the k times find->refine rows with the least keys are looked at,
 * earlier ones first where keys are equal. Rows may be lost.
 */
#ifndef VSX_SIEVE_H
#define VSX_SIEVE_H

#include "segment/codes.h"
#include "segment/scratch.h"

struct vsx_sieve {
	const struct vsx_segment *seg;
	struct vsx_find *find;
	struct vsx_codes codes; /* of the rows, or the rows themselves */
	struct vsx_code_query *query;
	double error;	 /* of the bounds, when the cut was set */
	size_t base;	 /* entries begin here in scratch->pool: key << 32 and
			    the row's number in `passed` */
	size_t n, limit; /* how many; when to thin them out */
	uint32_t n_gathered; /* rows in scratch->gathered */
	uint64_t n_kept; /* of rows that passed, for a while at least; but for
			    those of vsx_sieve_keep() */
	size_t want;
	bool estimates;
	bool few;     /* rows are eligible: these are looked for, the others are
			 not passed over */
	bool decodes; /* rows, which are kept as codes */
	struct vsx_kept *kept;	   /* by this: the scratch's, or that of the
				      other sieve */
	struct vsx_passed *passed; /* the scratch's, or that of another sieve
				      which sees the same rows before */
	double bound;		   /* of the values of the best `want` */
	uint32_t cut;		   /* so keys above are dropped */
};

/* Rows that a search by estimates looks at in a segment; one by bounds keeps as
 * many in any case. */
size_t vsx_sieve_want(const struct vsx_segment *seg,
		      const struct vsx_find *find, bool estimates);

/*
 * Begin for find->query and find->k. The entries of scratch->pool below `base`
 * stay the caller's. may_miss: by estimates, where these are what there is.
 */
enum vsx_status vsx_sieve_begin(struct vsx_sieve *s,
				const struct vsx_segment *seg,
				struct vsx_find *find, size_t base,
				bool may_miss, struct vsx_error *err);

/* Before rows of a list pass, whose codes may be of what its centroid leaves of
 * them. */
enum vsx_status vsx_sieve_list(struct vsx_sieve *s, uint32_t list,
			       struct vsx_error *err);

/*
 * The buffers of a scratch for a sieve that is to keep `want` rows: for a
 * search that may come to need one, so that it grows nothing then.
 */
enum vsx_status vsx_sieve_reserve(struct vsx_scratch *scratch, size_t base,
				  size_t want, struct vsx_error *err);

/* Rows that are taken at once, so that they stay in the cache. */
uint32_t vsx_sieve_step(const struct vsx_sieve *s);

/*
 * Let n rows (up to vsx_sieve_step(), or any number of which few are eligible)
 * pass: rows first .. first+n-1, at `offset` in VECS. Touches what it reads. No
 * more rows pass than the segment has.
 */
enum vsx_status vsx_sieve_rows(struct vsx_sieve *s, uint32_t first, uint32_t n,
			       uint64_t offset, struct vsx_error *err);

/*
 * The same where keys were computed, and compared with s->cut, by the caller:
 * keys[places[i]] of row rows[places[i]], before which before[places[i]]
 * passed, as vsx_passed_add() was told. They are touched, and none says too
 * little.
 */
enum vsx_status vsx_sieve_keep(struct vsx_sieve *s, const uint32_t *keys,
			       const uint32_t *rows, const uint32_t *before,
			       const uint32_t *places, uint32_t n,
			       struct vsx_error *err);

/* Both let the same rows pass, each time `first` before s: it keeps where they
 * lie for both. Until both have finished. */
void vsx_sieve_join(struct vsx_sieve *s, const struct vsx_sieve *first);

/* Whether none of the rows that have passed is lost. */
static inline bool vsx_sieve_covers(const struct vsx_sieve *s)
{
	return !s->estimates || s->want >= s->find->eligible.n;
}

/* Soon the rows of this run will pass: begin to fetch them. */
void vsx_sieve_expect(const struct vsx_sieve *s, const struct vsx_run *run);

/* The same from the disk. */
void vsx_sieve_ask(const struct vsx_sieve *s, const struct vsx_run *run);

/* Offer what is left to find->top. */
enum vsx_status vsx_sieve_finish(struct vsx_sieve *s, struct vsx_error *err);

#endif
