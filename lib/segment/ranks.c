#include "segment/ranks.h"

#include <stdlib.h>
#include <string.h>

/* Rows whose keys are taken together. */
#define STEP 1024u

enum vsx_status vsx_ranks_begin(struct vsx_ranks *r,
				const struct vsx_segment *seg,
				struct vsx_find *find, struct vsx_error *err)
{
	struct vsx_scratch *s = find->scratch;

	memset(r, 0, sizeof(*r));
	r->seg = seg;
	r->scratch = s;
	VSX_TRY(vsx_grow(&s->keys, &s->keys_cap, STEP, sizeof(*s->keys), err));
	VSX_TRY(vsx_segment_codes(seg, &r->codes, err));
	s->code.asked = find->query;
	return r->codes.codec->prepare(&r->codes, &s->code, err);
}

enum vsx_status vsx_ranks_list(struct vsx_ranks *r, uint32_t list,
			       struct vsx_error *err)
{
	const float *centroid;

	VSX_TRY(vsx_codes_centroid(&r->codes, list, &centroid, err));
	if (centroid)
		r->codes.codec->prepare_list(&r->codes, &r->scratch->code,
					     centroid);
	return VSX_OK;
}

static enum vsx_status take_keys(struct vsx_ranks *r, const struct vsx_run *run,
				 struct vsx_error *err)
{
	VSX_TRY(vsx_codes_touch(&r->codes, run, err));
	r->codes.codec->keys_of_run(&r->codes, &r->scratch->code, run,
				    r->scratch->keys);
	return VSX_OK;
}

/* n rows of a run from the one at `place` on. */
static struct vsx_run part_of(const struct vsx_ranks *r,
			      const struct vsx_run *run, uint32_t place,
			      uint32_t n)
{
	return (struct vsx_run){run->first_row + place, n,
				run->offset + (uint64_t)place *
						      vsx_vecs_stride(r->seg)};
}

enum vsx_status vsx_ranks_know(struct vsx_ranks *r, const struct vsx_run *run,
			       uint32_t place, uint32_t order, uint32_t name,
			       struct vsx_error *err)
{
	struct vsx_run one = part_of(r, run, place, 1);
	uint32_t at = r->n++;
	uint64_t entry;

	VSX_TRY(take_keys(r, &one, err));
	entry = (uint64_t)r->scratch->keys[0] << 32 | order;
	for (; at > 0 && r->entry[at - 1] > entry; at--) {
		r->entry[at] = r->entry[at - 1];
		r->name[at] = r->name[at - 1];
	}
	r->entry[at] = entry;
	r->name[at] = name;
	return VSX_OK;
}

/* Number of known entries up to this one. */
static uint32_t n_up_to(const struct vsx_ranks *r, uint64_t entry)
{
	uint32_t low = 0, high = r->n;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (r->entry[mid] <= entry)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

enum vsx_status vsx_ranks_pass(struct vsx_ranks *r, const struct vsx_run *run,
			       struct vsx_error *err)
{
	uint64_t last = r->n ? r->entry[r->n - 1] : 0;

	for (uint32_t done = 0, n; done < run->n_rows; done += n) {
		const uint32_t *keys = r->scratch->keys;
		struct vsx_run some;

		n = run->n_rows - done < STEP ? run->n_rows - done : STEP;
		some = part_of(r, run, done, n);
		VSX_TRY(take_keys(r, &some, err));
		for (uint32_t i = 0; i < n; i++) {
			uint64_t entry =
				(uint64_t)keys[i] << 32 | (r->n_passed + i);

			/* Most are behind all that are known. */
			if (entry < last)
				r->between[n_up_to(r, entry)]++;
		}
		r->n_passed += n;
	}
	return VSX_OK;
}

uint32_t vsx_ranks_found(const struct vsx_ranks *r, uint64_t want,
			 uint32_t depth)
{
	uint64_t before = 0;
	uint32_t found = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		before += r->between[i];
		found += r->name[i] < depth &&
			 (uint32_t)r->entry[i] < r->n_passed && before < want;
	}
	return found;
}
