#include "verify/against.h"

#include "cli/format_num.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void check_text(struct gate *g, const char *name, const char *old,
		       const char *now)
{
	struct check *check = checks_add(g->checks, name);

	cell_text(&check->old, "%s", old);
	cell_text(&check->now, "%s", now);
	cell_text(&check->limit, "the same");
	check_decide(g->checks, check, strcmp(old, now) == 0,
		     "%s is %.120s, %s has %.120s", name, now, g->old.name,
		     old);
}

/* "" : none */
static const char *text_of(const struct release *r, const char *key)
{
	const char *text = vsx_property(r->index, key);

	return text ? text : "";
}

/* Whether one of the two takes vectors of the other for its own. */
static bool same_model(const struct release *a, const struct release *b,
		       struct vsx_error *err)
{
	return vsx_check_model(a->index, text_of(b, "model"),
			       text_of(b, "model_hash"), NULL, err) == VSX_OK;
}

static void check_model(struct gate *g)
{
	const char *old = text_of(&g->old, "model");
	const char *now = text_of(&g->now, "model");
	struct check *check = checks_add(g->checks, "model");
	struct vsx_error why = {0};
	bool same = !*old == !*now && (same_model(&g->old, &g->now, &why) ||
				       same_model(&g->now, &g->old, &why));

	cell_text(&check->old, "%s", *old ? old : "(none)");
	cell_text(&check->now, "%s", *now ? now : "(none)");
	cell_text(&check->limit, "the same");
	if (*why.text && strcmp(old, now) == 0)
		check_decide(g->checks, check, same, "%s", why.text);
	else
		check_decide(g->checks, check, same,
			     "model is %.120s, %s has %.120s",
			     *now ? now : "(none)", g->old.name,
			     *old ? old : "(none)");
}

static void check_dim(struct gate *g)
{
	struct check *check = checks_add(g->checks, "dim");
	uint32_t old = g->old.facts.dim, now = g->now.facts.dim;

	cell_number(&check->old, old, "%" PRIu32, old);
	cell_number(&check->now, now, "%" PRIu32, now);
	cell_text(&check->limit, "the same");
	check_decide(g->checks, check, old == now,
		     "dimension is %" PRIu32 ", %s has %" PRIu32, now,
		     g->old.name, old);
}

static void check_rows(struct gate *g)
{
	struct check *check = checks_add(g->checks, "rows");
	uint64_t old = g->old.facts.n_live, now = g->now.facts.n_live;
	double least = (double)old * (1.0 - g->limits.max_missing);
	char a[NUM_BYTES], b[NUM_BYTES], c[NUM_BYTES];

	cell_number(&check->old, (double)old, "%s", num_count(a, old));
	cell_number(&check->now, (double)now, "%s", num_count(a, now));
	cell_number(&check->limit, least, ">= %s",
		    num_count(c, (uint64_t)ceil(least)));
	check_decide(g->checks, check, (double)now >= least,
		     "%s rows, %s has %s: %.1f %% fewer, the limit is %.1f %%",
		     num_count(a, now), g->old.name, num_count(b, old),
		     100.0 * (1.0 - (double)now / (double)old),
		     100.0 * g->limits.max_missing);
}

void against_facts(struct gate *g)
{
	check_model(g);
	check_text(g, "metric", vsx_metric_text(g->old.facts.metric),
		   vsx_metric_text(g->now.facts.metric));
	check_dim(g);
	check_text(g, "elem", vsx_elem_text(g->old.facts.elem),
		   vsx_elem_text(g->now.facts.elem));
	check_rows(g);
}
