#include "bench/engine/existing.h"

#include "bench/data/widen.h"
#include "bench/engine/engine_vsx.h"
#include "cli/fail.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define SAMPLE	  2000 /* rows that are looked up */
#define TOLERANCE 0.02 /* of a component: bf16 rounds to 1/256 */

static bool is_same(const float *a, const float *b, uint32_t dim)
{
	double most = 0;

	for (uint32_t i = 0; i < dim; i++)
		if (fabs((double)a[i]) > most)
			most = fabs((double)a[i]);
	for (uint32_t i = 0; i < dim; i++)
		if (fabs((double)a[i] - (double)b[i]) > TOLERANCE * most)
			return false;
	return true;
}

static enum vsx_status check_row(const struct subject *s,
				 const struct dataset *d, uint64_t n_rows,
				 bool compare, uint64_t row, float *got,
				 float *due, struct vsx_error *err)
{
	const char *from =
		(const char *)d->rows + row * d->dim * vsx_elem_size(d->elem);
	uint64_t id = d->ids ? d->ids[row] : row;
	char name[TOOL_NAME_BYTES];
	enum vsx_status status =
		vsx_get(engine_vsx_index(s->engine), id, got, err);

	if (status == VSX_ENOTFOUND)
		return tool_fail(err, VSX_EINVAL,
				 "%s: has no id %" PRIu64
				 ": its ids must be the row numbers of the "
				 "data, 0 to %" PRIu64,
				 tool_name(name, s->path), id,
				 d->ids ? d->ids[n_rows - 1] : n_rows - 1);
	if (status != VSX_OK || !compare)
		return status;
	widen(due, from, d->elem, d->dim);
	if (is_same(due, got, d->dim))
		return VSX_OK;
	return tool_fail(err, VSX_EINVAL,
			 "%s: the vector with id %" PRIu64
			 " is not row %" PRIu64 " of %s: its ids must be row "
			 "numbers of the data",
			 tool_name(name, s->path), id, id, d->name);
}

static enum vsx_status check_rows(const struct subject *s,
				  const struct dataset *d, uint64_t n_rows,
				  const struct vsx_facts *facts,
				  struct vsx_error *err)
{
	uint64_t n = n_rows < SAMPLE ? n_rows : SAMPLE;
	float *both = calloc(2 * (size_t)d->dim, sizeof(*both));
	enum vsx_status status = VSX_OK;

	if (!both)
		return tool_fail_memory(err, 2 * d->dim * sizeof(*both));
	/* The first and the last are among them. */
	for (uint64_t i = 0; i < n && status == VSX_OK; i++)
		status = check_row(
			s, d, n_rows,
			!facts->normalised && !facts->kept_as_codes,
			n > 1 ? (uint64_t)((double)i / (double)(n - 1) *
					   (double)(n_rows - 1))
			      : 0,
			both, both + d->dim, err);
	free(both);
	return status;
}

enum vsx_status existing_check(const struct subject *s, const struct dataset *d,
			       uint64_t n_rows, struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES];
	struct vsx_facts facts;

	tool_name(name, s->path);
	vsx_get_facts(engine_vsx_index(s->engine), &facts);
	if (facts.dim != d->dim)
		return tool_fail(err, VSX_EINVAL,
				 "%s: has rows of %u component%s, %s of %u",
				 name, facts.dim, plural_s(facts.dim), d->name,
				 d->dim);
	if (facts.metric != d->metric)
		return tool_fail(err, VSX_EINVAL,
				 "%s: has metric %s, measured is %s", name,
				 vsx_metric_text(facts.metric),
				 vsx_metric_text(d->metric));
	if (facts.n_live != n_rows)
		return tool_fail(err, VSX_EINVAL,
				 "%s: has %" PRIu64 " row%s, but %" PRIu64
				 " of %s are measured",
				 name, facts.n_live, plural_s(facts.n_live),
				 n_rows, d->name);
	return check_rows(s, d, n_rows, &facts, err);
}
