#include "write/candidates.h"

#include <string.h>

#include "code/edge.h"
#include "kind/build_spec.h"
#include "plural.h"
#include "write/plan.h"

typedef unsigned long long ull;

struct finding {
	struct vsx_candidates *found;
	const struct vsx_build_opts *opts;
	uint64_t n;
	bool f16;
};

/* The options as such a spec takes them. */
static struct vsx_build_opts opts_of(const struct vsx_build_opts *opts,
				     const struct vsx_spec *spec)
{
	struct vsx_build_opts o = *opts;

	o.elem = vsx_spec_elem(spec, o.elem);
	return o;
}

/* ---- one layout -------------------------------------------------------- */

static bool same(const struct vsx_spec *a, const struct vsx_spec *b)
{
	return a->kind == b->kind && a->size == b->size &&
	       a->gates == b->gates && a->keep == b->keep &&
	       a->codes.build == b->codes.build;
}

static bool is_there(const struct vsx_candidates *c,
		     const struct vsx_spec *spec)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (same(&c->of[i].spec, spec))
			return true;
	return false;
}

/* Rows of 16 bits and less are no smaller as f16. */
static bool can_keep(const struct finding *f, const struct vsx_spec *spec)
{
	if (spec->keep == VSX_KEEP_UNSAID)
		return true;
	if (!spec->codes.build)
		return false;
	return spec->keep != VSX_KEEP_FP16 ||
	       (f->f16 && f->opts->elem == VSX_F32);
}

static bool has_memory(const struct finding *f, const struct vsx_contender *c)
{
	return !vsx_kind_build_find(c->spec.kind)->walks ||
	       c->file_bytes <= vsx_options_auto_memory(f->opts);
}

static bool is_allowed(const struct finding *f, const struct vsx_contender *c)
{
	uint64_t most = f->opts->max_bytes_per_row;

	return !most || vsx_contender_row_bytes(c, f->n) <= most;
}

/* With what is kept of rows as it says; false: not so, but perhaps with less.
 */
static bool take(struct finding *f, const struct vsx_spec *spec)
{
	struct vsx_candidates *to = f->found;
	struct vsx_build_opts opts = opts_of(f->opts, spec);
	struct vsx_contender c = {*spec,
				  vsx_plan_file_bytes(&opts, spec, f->n)};

	if (!has_memory(f, &c))
		return false;
	if (!to->least.file_bytes || c.file_bytes < to->least.file_bytes)
		to->least = c;
	if (!is_allowed(f, &c))
		return false;
	if (!is_there(to, spec) && to->n < VSX_MAX_CANDIDATES)
		to->of[to->n++] = c;
	return true;
}

static void offer(struct finding *f, struct vsx_spec spec)
{
	static const enum vsx_spec_keep keeps[] = {
		VSX_KEEP_UNSAID, VSX_KEEP_FP16, VSX_KEEP_SQ8, VSX_KEEP_NONE};
	uint32_t n = f->opts->max_bytes_per_row ? 4 : 1;
	char note[96];

	vsx_spec_drop_codes(&spec, f->opts->metric, f->opts->elem);
	vsx_spec_adjust(&spec, f->n, note, sizeof(note));
	if (f->opts->target_recall >= 1.0 && !vsx_spec_is_exact(&spec))
		return;
	for (uint32_t i = 0; i < n; i++) {
		struct vsx_build_opts opts;

		spec.keep = keeps[i];
		opts = opts_of(f->opts, &spec);
		if (can_keep(f, &spec) &&
		    vsx_options_suit(&opts, &spec, NULL) == VSX_OK &&
		    take(f, &spec))
			return;
	}
}

/* ---- all of them ------------------------------------------------------- */

static void offer_kind(struct finding *f, const struct vsx_kind_build *k)
{
	struct vsx_spec_need need = vsx_options_need(f->opts, f->n);
	struct vsx_spec specs[VSX_MAX_LAYOUTS] = {{0}};
	uint32_t n = k->layouts ? k->layouts(&need, specs) : 0;

	for (uint32_t i = 0; i < n; i++) {
		specs[i].kind = k->code;
		offer(f, specs[i]);
	}
}

void vsx_candidates_find(struct vsx_candidates *c,
			 const struct vsx_build_opts *opts,
			 const struct vsx_spec *rule, uint64_t n, bool f16)
{
	struct finding f = {c, opts, n, f16};
	const struct vsx_kind_build *first = vsx_kind_build_find(rule->kind);
	const struct vsx_kind_build *k;

	memset(c, 0, sizeof(*c));
	offer_kind(&f, first);
	for (uint32_t i = 0; (k = vsx_kind_build_at(i)); i++)
		if (k != first)
			offer_kind(&f, k);
}

enum vsx_status vsx_candidates_check(const struct vsx_candidates *c,
				     const struct vsx_build_opts *opts,
				     uint64_t n, struct vsx_error *err)
{
	uint64_t least = vsx_contender_row_bytes(&c->least, n);
	char text[64];

	if (c->n)
		return VSX_OK;
	vsx_spec_text(&c->least.spec, text, sizeof(text));
	return vsx_fail(err, VSX_EINVAL,
			"%u byte%s a row are allowed, but the least for %llu "
			"row%s of %u %s%s is %llu (%s)",
			opts->max_bytes_per_row, vsx_s(opts->max_bytes_per_row),
			(ull)n, vsx_s(n), opts->dim, vsx_elem_name(opts->elem),
			opts->target_recall >= 1.0 ? " and a recall of 1" : "",
			(ull)least, text);
}

/* ---- the trial --------------------------------------------------------- */

bool vsx_contenders_share(const struct vsx_contender *a,
			  const struct vsx_contender *b, uint32_t dim)
{
	return a->spec.kind == b->spec.kind && a->spec.size == b->spec.size &&
	       (a->spec.keep == VSX_KEEP_FP16) ==
		       (b->spec.keep == VSX_KEEP_FP16) &&
	       vsx_spec_kept_bytes(&a->spec, dim) ==
		       vsx_spec_kept_bytes(&b->spec, dim);
}

/* Whether nothing that was built for an earlier one serves it. */
static bool is_built(const struct vsx_candidates *c, uint32_t i, uint32_t dim)
{
	for (uint32_t j = 0; j < i; j++)
		if (vsx_contenders_share(&c->of[j], &c->of[i], dim))
			return false;
	return true;
}

/* How many graphs are built for them, which is what takes the time. */
static uint32_t n_graphs(const struct vsx_candidates *c, uint32_t dim)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n; i++)
		n += vsx_kind_build_find(c->of[i].spec.kind)->walks &&
		     is_built(c, i, dim);
	return n;
}

/* Where there is time for fewer there is no trial; but as fewer rows than some
   thousand say little of many, so many are tried then, or a third of all. */
#define LEAST_ROWS 2000
#define SOME_ROWS  10000
#define MOST_ROWS  20000

/* Components of all of them: so that they take no memory to speak of. */
#define MOST_COMPONENTS (UINT32_C(1) << 24)

uint32_t vsx_trial_rows(const struct vsx_candidates *c,
			const struct vsx_build_opts *opts, uint64_t n)
{
	uint32_t graphs = n_graphs(c, opts->dim);
	uint64_t rows = n / (4 * (graphs ? graphs : UINT64_C(1)));

	if (c->n < 2 || rows < LEAST_ROWS)
		return 0;
	if (rows < SOME_ROWS)
		rows = n / 3 < SOME_ROWS ? n / 3 : SOME_ROWS;
	if (rows > MOST_ROWS)
		rows = MOST_ROWS;
	if (rows > MOST_COMPONENTS / opts->dim)
		rows = MOST_COMPONENTS / opts->dim;
	return rows < LEAST_ROWS ? 0 : (uint32_t)rows;
}

bool vsx_candidates_tried(struct vsx_candidates *c,
			  const struct vsx_build_opts *opts, uint64_t n,
			  bool f16)
{
	struct vsx_spec_need need = vsx_options_need(opts, n);
	struct vsx_spec rule;
	char reason[160];

	if (!vsx_options_is_auto(opts) || n == 0)
		return false;
	vsx_spec_choose(&rule, &need, reason, sizeof(reason));
	if (vsx_spec_is_exact(&rule))
		return false;
	vsx_candidates_find(c, opts, &rule, n, f16);
	return vsx_trial_rows(c, opts, n) > 0;
}

/* Of what serves several the time counts once. */
double vsx_trial_seconds(const struct vsx_candidates *c,
			 const struct vsx_build_opts *opts, uint64_t n)
{
	uint32_t rows = vsx_trial_rows(c, opts, n);
	double sum = 0.0;

	for (uint32_t i = 0; rows && i < c->n; i++) {
		struct vsx_build_opts o = opts_of(opts, &c->of[i].spec);
		struct vsx_spec plain = c->of[i].spec;

		sum += vsx_plan_kind_seconds(&o, &plain, rows);
		plain.gates = 0;
		if (!is_built(c, i, opts->dim))
			sum -= vsx_plan_kind_seconds(&o, &plain, rows);
	}
	return sum;
}
