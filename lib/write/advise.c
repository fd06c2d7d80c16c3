/* When an update says that a compaction, or a build, is due. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "kind/build_spec.h"
#include "segment/kept.h"
#include "write/measure.h"
#include "write/options.h"
#include "write/update.h"
#include "plural.h"

/* Recall that is lost before it is said. */
#define RECALL_LOST 0.02

/* Growth of what was learned from, or measured on, before it is said. */
#define GROWN	  4
#define FEW_ASKED 2

/* Queries that say enough of a recall. */
#define ENOUGH_QUERIES 100

/*
 * What a compaction frees before it is said: half of a file of some size, or,
 * since searches walk over deleted rows, a fifth of what rows take.
 */
#define LEAST_FREED  (UINT64_C(1) << 20)
#define MUCH_DELETED 5

/* An index begun with few rows is not what was asked for. */
static bool differs(struct vsx_update_result *result, const struct vsx *index,
		    const struct vsx_spec *asked)
{
	const struct vsx_segment *base = index->segments;
	char wanted[64], built[64];
	struct vsx_spec is, due = *asked, *wish = &due;

	if (index->manifest.n_segments == 0 ||
	    result->n_live < FEW_ASKED * (uint64_t)base->n_rows)
		return false;
	is = vsx_spec_of_segment(base);
	vsx_spec_drop_codes(&due, index->manifest.metric, base->space.elem);
	if (wish->kind == is.kind && wish->size <= is.size &&
	    vsx_spec_same_codes(wish, &is))
		return false;
	vsx_spec_text(wish, wanted, sizeof(wanted));
	vsx_spec_text(&is, built, sizeof(built));
	snprintf(result->advice, sizeof(result->advice),
		 "started as %.30s with %u row%s, but %.40s was asked for: "
		 "compacting builds %.30s",
		 built, base->n_rows, vsx_s(base->n_rows),
		 index->manifest.asked, wanted);
	return true;
}

/*
 * What a few queries, or none, say of the recall of many rows is little. Worth
 * a word where compacting draws enough of them, or all that were asked for.
 */
static bool few_queries(struct vsx_update_result *result,
			const struct vsx *index, const struct vsx_spec *wish)
{
	const struct vsx_manifest *m = &index->manifest;
	bool given = m->n_queries && !(m->flags & VSX_MANIFEST_OWN_QUERIES);
	uint32_t full =
		vsx_measure_count(m->asked_queries, result->n_live, m->dim);

	if (vsx_spec_is_exact(wish) || given || full == 0 ||
	    m->n_queries >= ENOUGH_QUERIES ||
	    full < FEW_ASKED * (uint64_t)m->n_queries ||
	    (full < ENOUGH_QUERIES && full != m->asked_queries))
		return false;
	snprintf(result->advice, sizeof(result->advice),
		 "the acceptance test has %u quer%s: compacting draws %u",
		 m->n_queries, vsx_ies(m->n_queries), full);
	return true;
}

/* The segment that most rows share what was learned with; NULL: nothing was. */
static const struct vsx_segment *find_learned(const struct vsx *index)
{
	const struct vsx_segment *best = NULL;

	for (uint32_t i = 0; i < index->manifest.n_segments; i++) {
		const struct vsx_segment *seg = &index->segments[i];

		if (vsx_segment_lends(seg) &&
		    (!best || seg->n_rows > best->n_rows))
			best = seg;
	}
	return best;
}

static bool keeps_codes(const struct vsx *index)
{
	for (uint32_t i = 0; i < index->manifest.n_segments; i++)
		if (vsx_is_coded(&index->segments[i]))
			return true;
	return false;
}

/* Rows that are kept as codes share them, whatever they lose. Nothing but a
 * build from the rows themselves mends that: it is said before all else. */
static bool lost_too_much(struct vsx_update_result *result,
			  const struct vsx *index,
			  const struct vsx_code_drift *drift)
{
	if (drift->times <= VSX_FAR_OFF || !keeps_codes(index))
		return false;
	result->build_anew = 1;
	vsx_code_drift_text(drift, "the added rows", result->advice,
			    sizeof(result->advice));
	return true;
}

/* Whether what was learned suits the rows no more. */
static bool learned_too_little(struct vsx_update_result *result,
			       const struct vsx *index,
			       const struct vsx_code_drift *drift)
{
	const struct vsx_segment *seg = find_learned(index);
	const char *what;

	if (isinf(result->code_shift)) {
		snprintf(result->advice, sizeof(result->advice),
			 "codes as they were trained were exact, but not for "
			 "the added rows, which have codes of their own");
		return true;
	}
	if (drift->alike) {
		snprintf(result->advice, sizeof(result->advice),
			 "codes as they were trained would lose all that the "
			 "added rows differ by, which have codes of their own");
		return true;
	}
	if (result->code_shift > VSX_FAR_OFF) {
		snprintf(
			result->advice, sizeof(result->advice),
			"codes as they were trained would be %.2f times as far "
			"off for the added rows, which have codes of their own",
			result->code_shift);
		return true;
	}
	if (!seg)
		return false;
	what = vsx_kind_build_find(seg->kind->code)->learned;
	if (result->shift > VSX_FAR_OFF)
		snprintf(result->advice, sizeof(result->advice),
			 "the added rows lie %.2f times as far from their "
			 "centroids as the rows that the %s were trained on",
			 result->shift, what);
	else if (result->n_live > (uint64_t)GROWN * seg->n_rows)
		snprintf(result->advice, sizeof(result->advice),
			 "%" PRIu64 " row%s in %s that were trained on %u",
			 result->n_live, result->n_live == 1 ? " is" : "s are",
			 what, seg->n_rows);
	else
		return false;
	return true;
}

static void much_is_dead(struct vsx_update_result *result,
			 const struct vsx_usage *usage)
{
	uint64_t freed = usage->deleted + usage->superseded;
	uint64_t rows = usage->live + usage->deleted;

	if (usage->deleted <= rows / MUCH_DELETED &&
	    (freed < LEAST_FREED || freed <= result->file_bytes / 2))
		return;
	snprintf(result->advice, sizeof(result->advice),
		 "%" PRIu64 " of %" PRIu64
		 " bytes belong to deleted rows and older generations: "
		 "compacting frees them",
		 freed, result->file_bytes);
}

/* What the rows that are live say. */
static bool fits_no_more(struct vsx_update_result *result,
			 const struct vsx *index,
			 const struct vsx_code_drift *drift,
			 const struct vsx_spec *wish)
{
	if (lost_too_much(result, index, drift))
		return true;
	if (differs(result, index, wish) || few_queries(result, index, wish))
		return true;
	if (result->recall_at_10 > 0.0 &&
	    result->recall_at_10 < result->recall_built - RECALL_LOST)
		snprintf(result->advice, sizeof(result->advice),
			 "recall@10 of the acceptance test is %.4f, it was "
			 "%.4f when the index was built",
			 result->recall_at_10, result->recall_built);
	else
		return learned_too_little(result, index, drift);
	return true;
}

void vsx_update_advise(struct vsx_update_result *result,
		       const struct vsx_update *u,
		       const struct vsx_code_drift *drift,
		       const struct vsx_usage *usage)
{
	struct vsx_choice choice;

	/* Of a form that is not known nothing is said, nor over no rows. */
	if (result->n_live > 0 &&
	    vsx_options_choose(&choice, &u->build, result->n_live, false,
			       NULL) == VSX_OK) {
		vsx_options_follow(&choice, &u->build, result->n_live,
				   u->index->segments,
				   u->index->manifest.n_segments);
		if (fits_no_more(result, u->index, drift, &choice.spec))
			return;
	}
	much_is_dead(result, usage);
}
