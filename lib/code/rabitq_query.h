/* A query beside codes of RaBitQ, in blocks or in records. */
#ifndef VSX_CODE_RABITQ_QUERY_H
#define VSX_CODE_RABITQ_QUERY_H

#include "code/rabitq.h"
#include "code/scan.h"

struct vsx_rabitq_query {
	float base;  /* what all rows of a list have */
	float reach; /* how far a row's value may be off for each unit of its
			error, nearly always; of estimates of signs */

	/* Of <q, s> what some bits of s have: unit * (twice the sum of weights
	   times these, less `middle`). */
	float unit;
	int64_t middle;

	struct vsx_scan_scale signs; /* of sums of table entries */
	float *y;		     /* [coded] what the query comes to */
	float *turned;		     /* [padded] rotated, less the mean */
	int16_t *weights;	     /* [padded] the same in whole numbers */
	float *tables;		     /* [parts][16] of what signs say */
	uint8_t *entries;	     /* [parts][16] the same, in units */
};

static inline struct vsx_rabitq_query *vsx_rabitq_query_of(
	const struct vsx_code_query *q)
{
	return q->room;
}

/* prepare() of a codec, with tables where it has blocks, and weights for so
 * many bits of a row at once; 0: without. */
enum vsx_status vsx_rabitq_prepare(const struct vsx_codes *c,
				   struct vsx_code_query *q, bool tables,
				   uint32_t bits, struct vsx_error *err);

void vsx_rabitq_prepare_list(const struct vsx_codes *c,
			     struct vsx_code_query *q, const float *centroid);

/*
 * Sums of weights times codes, of so many bits as the query was prepared for:
 * of number rows[i] of those that begin at `base`, `stride` bytes apart, or of
 * row i. int32_t out[n].
 */
void vsx_rabitq_sums(const struct vsx_rabitq_query *t,
		     const struct vsx_code_form *f, const uint8_t *base,
		     size_t stride, uint32_t bits, const uint32_t *rows,
		     size_t n, int32_t *out);

/* What these bits have of <q, s>. */
static inline float vsx_rabitq_product(const struct vsx_rabitq_query *t,
				       int32_t sum)
{
	return t->unit * (float)(2 * (int64_t)sum - t->middle);
}

/* A row's key by <q, s>. */
static inline uint32_t vsx_rabitq_key(const struct vsx_codes *c,
				      const struct vsx_rabitq_query *t,
				      float add, float scale, float product)
{
	float value;
	uint32_t key;

	product *= scale;
	if (vsx_codes_product(c))
		return vsx_key_of_product(t->base + product);
	value = (t->base + add) - 2.0f * product;
	/* A hostile file may have made it no number. */
	value = value > 0.0f ? value : 0.0f;
	memcpy(&key, &value, sizeof(key));
	return key;
}

/* Rules of the parameters. */
enum vsx_status vsx_rabitq_check(const struct vsx_codes *c,
				 struct vsx_error *err);

uint64_t vsx_rabitq_params_bytes(const struct vsx_code_form *f);
bool vsx_rabitq_suits(enum vsx_elem elem);
bool vsx_rabitq_fits(const struct vsx_code_form *f);

#endif
