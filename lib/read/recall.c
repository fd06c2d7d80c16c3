#include "read/recall.h"

#include <string.h>

#include "code/codec.h"
#include "read/opts.h"
#include "segment/codes.h"

/* Costs in bytes of codes that are read one after the other: of a row that lies
 * somewhere, and of a code besides its bytes. Measured: bench/NOTES.md. */
#define LOOK_BYTES  2048
#define LOOK_FACTOR 4
#define CODE_BYTES  64

enum vsx_status vsx_recall_decode(struct vsx_recall *row,
				  const struct vsx_disk_recall *d, uint32_t i,
				  struct vsx_error *err)
{
	double found[3];

	for (int at = 0; at < 3; at++) {
		uint32_t millionths = vsx_get32(d->recall[at]);

		if (millionths > 1000000)
			return vsx_fail(err, VSX_ECORRUPT,
					"recall table, row %u: %u millionths",
					i, millionths);
		found[at] = millionths / 1e6;
	}
	if (!vsx_refine_ok(vsx_get32(d->refine)))
		return vsx_fail(err, VSX_ECORRUPT,
				"recall table, row %u: refine factor of %u "
				"thousandths, expected 0 or %u to %u",
				i, vsx_get32(d->refine), VSX_REFINE_UNIT,
				VSX_MAX_REFINE);
	*row = (struct vsx_recall){
		.effort = vsx_get32(d->effort),
		.at_1 = found[0],
		.at_10 = found[1],
		.at_100 = found[2],
		.distances = (double)vsx_get64(d->distances) / 1e3,
		.refine = (double)vsx_get32(d->refine) / VSX_REFINE_UNIT,
	};
	return VSX_OK;
}

void vsx_recall_encode(struct vsx_disk_recall *d, const struct vsx_recall *row)
{
	const double found[3] = {row->at_1, row->at_10, row->at_100};

	memset(d, 0, sizeof(*d));
	vsx_put32(&d->effort, row->effort);
	for (int at = 0; at < 3; at++)
		vsx_put32(&d->recall[at], (uint32_t)(found[at] * 1e6 + 0.5));
	vsx_put64(&d->distances, (uint64_t)(row->distances * 1e3 + 0.5));
	vsx_put32(&d->refine, vsx_refine_of(row->refine));
}

uint32_t vsx_look_cost(const struct vsx_segment *seg)
{
	uint64_t row = seg->space.vector_bytes, code;

	if (vsx_codes_present(seg))
		code = seg->codec->block_bytes(&seg->form) >>
		       seg->codec->block_shift;
	else
		code = vsx_vecs_stride(seg);
	row = LOOK_BYTES + LOOK_FACTOR * row;
	code += CODE_BYTES;
	return (uint32_t)((row + code - 1) / code);
}

double vsx_recall_found(const struct vsx_recall *row, uint32_t k)
{
	double least = row->at_10 < row->at_100 ? row->at_10 : row->at_100;

	/* Between 10 and 100 both must say so: a search for 11 rows looks at
	   few that codes have found, one for 99 has little effort for each. */
	return k <= 1	 ? row->at_1
	       : k <= 10 ? row->at_10
	       : k < 100 ? least
			 : row->at_100;
}

double vsx_recall_cost(const struct vsx_recall *row, uint32_t k,
		       uint32_t look_cost)
{
	uint64_t looks =
		vsx_refine_rows(k <= 10 ? 10 : 100, vsx_refine_of(row->refine));

	return row->distances + (double)(looks * look_cost);
}

/* What counts: to find what is wanted, then the cost, then to find more. */
static bool is_better(const struct vsx_recall_choice *c,
		      const struct vsx_recall *a, const struct vsx_recall *b)
{
	double found_a = vsx_recall_found(a, c->k);
	double found_b = vsx_recall_found(b, c->k);
	double cost_a = vsx_recall_cost(a, c->k, c->look_cost);
	double cost_b = vsx_recall_cost(b, c->k, c->look_cost);

	if (found_a < c->recall || found_b < c->recall)
		return found_a > found_b ||
		       (found_a == found_b && cost_a < cost_b);
	return cost_a < cost_b || (cost_a == cost_b && found_a > found_b);
}

bool vsx_recall_offer(struct vsx_recall_choice *c, const struct vsx_recall *row)
{
	if (c->n++ && !is_better(c, row, &c->best))
		return false;
	c->best = *row;
	return true;
}

/* Row i of the table that is in the file. */
static enum vsx_status read_row(const struct vsx *index, uint32_t i,
				struct vsx_recall *row, struct vsx_error *err)
{
	const struct vsx_view *view = &index->whole[VSX_SEC_RCLL];
	struct vsx_disk_recall d;

	VSX_TRY(vsx_touch(view, (uint64_t)i * sizeof(d), sizeof(d), err));
	memcpy(&d, view->base + (size_t)i * sizeof(d), sizeof(d));
	return vsx_recall_decode(row, &d, i, err);
}

enum vsx_status vsx_get_recall_sized(const struct vsx *index, uint32_t i,
				     struct vsx_recall *out, size_t size,
				     struct vsx_error *err)
{
	uint32_t n = index->manifest.n_recalls;
	struct vsx_error why = {0};
	struct vsx_recall row;
	enum vsx_status status;

	if (i >= n)
		return vsx_fail(err, VSX_EINVAL,
				"row %u of a recall table of %u", i, n);
	status = read_row(index, i, &row, &why);
	if (status != VSX_OK)
		return vsx_settle(index,
				  vsx_with_path(index, status, &why, err), err);
	vsx_give(out, size, &row, sizeof(row));
	return vsx_settle(index, VSX_OK, err);
}

static enum vsx_status choose(const struct vsx *index,
			      struct vsx_recall_choice *c,
			      struct vsx_error *err)
{
	struct vsx_recall row;

	for (uint32_t i = 0; i < index->manifest.n_recalls; i++) {
		VSX_TRY(read_row(index, i, &row, err));
		vsx_recall_offer(c, &row);
	}
	return VSX_OK;
}

enum vsx_status vsx_setting_for(const struct vsx *index, double recall,
				uint32_t k, uint32_t *effort, uint32_t *refine,
				struct vsx_error *err)
{
	struct vsx_recall_choice c = {.k = k, .recall = recall};
	struct vsx_error why = {0};
	enum vsx_status status;
	double found;

	*effort = index->manifest.default_effort;
	*refine = index->manifest.default_refine;
	if (index->manifest.n_recalls == 0)
		return vsx_fail(err, VSX_ENOTFOUND,
				"%s: no recall was measured when it was built",
				index->name);
	c.look_cost = vsx_look_cost(&index->segments[0]);
	status = choose(index, &c, &why);
	if (status != VSX_OK)
		return vsx_settle(index,
				  vsx_with_path(index, status, &why, err), err);
	*effort = c.best.effort;
	*refine = vsx_refine_of(c.best.refine);
	found = vsx_recall_found(&c.best, k);
	if (found >= recall)
		return vsx_settle(index, VSX_OK, err);
	return vsx_fail(err, VSX_ENOTFOUND,
			"%s: recall@%d %.4f was not reached, the best measured "
			"is %.4f",
			index->name,
			k <= 1						? 1
			: k <= 10 || (k < 100 && found == c.best.at_10) ? 10
									: 100,
			recall, found);
}

/*
 * The greatest refine factor of the rows up to an effort; 0: there is no such
 * row. That of the last one alone would make a search with more effort find
 * less, where an entry with a lesser factor follows. Rows rise by effort: in a
 * table that does not, any will do.
 */
static enum vsx_status refine_up_to(const struct vsx *index, uint32_t effort,
				    double *refine, struct vsx_error *err)
{
	struct vsx_recall row;

	*refine = 0.0;
	for (uint32_t i = 0; i < index->manifest.n_recalls; i++) {
		VSX_TRY(read_row(index, i, &row, err));
		if (row.effort > effort)
			break;
		if (row.refine > *refine)
			*refine = row.refine;
	}
	return VSX_OK;
}

enum vsx_status vsx_setting_fill(const struct vsx *index, uint32_t *effort,
				 uint32_t *refine, struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;
	struct vsx_error why = {0};
	enum vsx_status status;
	double factor;

	if (*effort && *refine == 0 && m->default_refine && m->n_recalls) {
		status = refine_up_to(index, *effort, &factor, &why);
		if (status != VSX_OK)
			return vsx_settle(
				index, vsx_with_path(index, status, &why, err),
				err);
		*refine = vsx_refine_of(factor);
	}
	if (*effort == 0)
		*effort = m->default_effort;
	if (*refine == 0)
		*refine = m->default_refine;
	for (uint32_t i = 0; *refine == 0 && i < m->n_segments; i++)
		if (vsx_codes_estimate(&index->segments[i]))
			*refine =
				vsx_refine_of(index->segments[i].codec->refine);
	return VSX_OK;
}

enum vsx_status vsx_effort_for(const struct vsx *index, double recall,
			       uint32_t k, uint32_t *effort, double *refine,
			       struct vsx_error *err)
{
	uint32_t found, factor;

	VSX_TRY(vsx_setting_for(index, recall, k, &found, &factor, err));
	if (k > VSX_TRUTH_K && found < k &&
	    index->segments[0].kind->effort_is_rows)
		found = k;
	*effort = found;
	if (refine)
		*refine = (double)factor / VSX_REFINE_UNIT;
	return VSX_OK;
}
