#include "query/told.h"

#include <stdio.h>

#include "cli/format_num.h"
#include "cli/say.h"

/* How it was searched: "nprobe 8, refine 4", or "" with nothing to turn. */
static const char *setting(const struct told *t, char *to, size_t n)
{
	const struct vsx_search_stats *s = t->stats;
	char effort[NUM_BYTES];
	int at = 0;

	to[0] = '\0';
	if (*t->facts->effort_name && s->effort)
		at = snprintf(to, n, "%s %s", t->facts->effort_name,
			      num_count(effort, s->effort));
	if (s->refine > 0.0)
		snprintf(to + at, n - (size_t)at, "%srefine %g", at ? ", " : "",
			 s->refine);
	return to;
}

/* What --recall came to: what was measured when the index was built. */
static void print_promise(const struct told *t, const char *setting)
{
	int at = t->k <= 1 ? 1 : t->k <= 10 ? 10 : 100;
	struct vsx_recall row;

	for (uint32_t i = 0; vsx_get_recall(t->index, i, &row, NULL) == VSX_OK;
	     i++)
		if (row.effort == t->stats->effort &&
		    row.refine == t->stats->refine)
			say("recall@%d %.4f%s%s when the index was built", at,
			    at == 1    ? row.at_1
			    : at == 10 ? row.at_10
				       : row.at_100,
			    *setting ? " at " : "", setting);
}

void tell_stats(const struct told *t)
{
	char a[NUM_BYTES], b[NUM_OF_BYTES], c[NUM_BYTES], d[NUM_BYTES];
	char how[64], refused[NUM_BYTES + 16] = "";
	double n = (double)t->stats->n_queries;

	if (n <= 0)
		return;
	if (t->stats->n_refused > 0)
		snprintf(refused, sizeof(refused), ", %s links refused",
			 num_mean(a, (double)t->stats->n_refused / n));
	say("opened in %s, %s in %s: %s per second",
	    num_duration(a, t->seconds_open),
	    num_of(b, t->stats->n_queries, "query"),
	    num_duration(c, t->seconds_search),
	    num_mean(d, n / t->seconds_search));
	if (t->among)
		say("among %s of %s", num_count(a, t->stats->n_eligible),
		    num_of(b, t->facts->n_live, "row"));
	say("%s of %s complete: no eligible row was left out",
	    num_count(a, t->stats->n_complete),
	    num_of(b, t->stats->n_queries, "answer"));
	setting(t, how, sizeof(how));
	if (t->recall > 0.0)
		print_promise(t, how);
	else if (*how)
		say("searched with %s", how);
	say("%s distances and %s %s per query%s, %s checked, kernels %s",
	    num_mean(a, (double)t->stats->n_distances / n),
	    num_mean(c, (double)t->stats->n_hops / n), t->facts->hops_name,
	    refused, num_of(b, t->stats->n_pages_checked, "page"), vsx_isa());
}
