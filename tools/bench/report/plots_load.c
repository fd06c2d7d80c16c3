#include "bench/report/plots.h"

#include "bench/report/words.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static bool is_clients(const struct load *l)
{
	return strcmp(l->what, "clients") == 0;
}

/* ---- clients: the whole distribution of each load --------------------- */

static void clients_line(struct plots *all, struct plot *p,
			 const struct report *r, const struct load *l)
{
	const double ms[] = {l->p50_ms, l->p95_ms, l->p99_ms, l->p999_ms,
			     l->max_ms};
	char index[WORDS_CELL], rate[WORDS_CELL], label[208];
	char value[WORDS_CELL];
	struct plot_line *line;

	words_label(index, r, l->engine, l->spec);
	words_qps(rate, l->rate);
	snprintf(label, sizeof(label), "%s, %s%s", index,
		 *rate ? rate : "unpaced", *rate ? "/s" : "");
	line = plots_line(all, p, label, p->n_lines);
	for (unsigned i = 0; i < p->n_names; i++) {
		struct plot_mark *mark = plots_mark(all, line, i, ms[i]);

		if (mark)
			snprintf(mark->text, sizeof(mark->text),
				 "%s\n%" PRIu32 " clients\n%s: %s ms", label,
				 l->n, p->names[i], words_ms(value, ms[i]));
	}
}

static void add_clients(struct plots *all, const struct report *r)
{
	static const char *const names[] = {"p50", "p95", "p99", "p99.9",
					    "max"};
	struct plot *p = plots_next(all, PLOTS_LOAD, "load-latency");

	p->x_scale = PLOT_NAMES;
	p->y_scale = PLOT_LOG;
	p->n_names = sizeof(names) / sizeof(*names);
	for (unsigned i = 0; i < p->n_names; i++)
		snprintf(p->names[i], AXIS_TEXT, "%s", names[i]);
	snprintf(p->title, sizeof(p->title), "Latency under load");
	snprintf(p->about, sizeof(p->about),
		 "Percentiles of the time from a query's arrival to its "
		 "answer, waiting included, at each rate of arrivals.");
	snprintf(p->x_name, sizeof(p->x_name), "share of the queries");
	snprintf(p->y_name, sizeof(p->y_name), "ms from arrival");
	for (uint32_t i = 0; i < r->n_loads; i++) {
		if (is_clients(&r->loads[i]))
			clients_line(all, p, r, &r->loads[i]);
	}
	plots_keep(all);
}

/* ---- threads, processes, beside a writer ------------------------------ */

static bool same_line(const struct load *a, const struct load *b)
{
	return strcmp(a->what, b->what) == 0 &&
	       strcmp(a->engine, b->engine) == 0 &&
	       strcmp(a->spec, b->spec) == 0;
}

/* The place of the number n among those that were run; names them. */
static unsigned place_of(struct plot *p, uint32_t n)
{
	char text[AXIS_TEXT];
	unsigned i = 0;

	snprintf(text, sizeof(text), "%" PRIu32, n);
	while (i < p->n_names && strcmp(p->names[i], text) != 0)
		i++;
	return i;
}

static void name_numbers(struct plot *p, const struct report *r)
{
	const unsigned room = sizeof(p->names) / sizeof(*p->names);
	uint32_t last = 0;

	while (p->n_names < room) {
		uint32_t next = UINT32_MAX;

		for (uint32_t i = 0; i < r->n_loads; i++) {
			const struct load *l = &r->loads[i];

			if (!is_clients(l) && l->n > last && l->n < next)
				next = l->n;
		}
		if (next == UINT32_MAX)
			return;
		snprintf(p->names[p->n_names++], AXIS_TEXT, "%" PRIu32, next);
		last = next;
	}
}

static void many_line(struct plots *all, struct plot *p, const struct report *r,
		      const struct load *first, bool latency)
{
	bool writer = strcmp(first->what, "writer") == 0;
	char index[WORDS_CELL], label[208], qps[WORDS_CELL], p99[WORDS_CELL];
	struct plot_line *line;

	words_label(index, r, first->engine, first->spec);
	snprintf(label, sizeof(label), "%s, %s", index,
		 writer ? "beside a writer" : first->what);
	line = plots_line(all, p, label, p->n_lines);
	for (uint32_t i = 0; i < r->n_loads; i++) {
		const struct load *l = &r->loads[i];
		unsigned place = place_of(p, l->n);
		struct plot_mark *mark;

		if (!same_line(l, first) || place == p->n_names)
			continue;
		mark = plots_mark(all, line, place,
				  latency ? l->p99_ms : l->qps);
		if (mark)
			snprintf(mark->text, sizeof(mark->text),
				 "%s: %" PRIu32 "\n%s queries/s\np99 %s ms",
				 label, l->n, words_qps(qps, l->qps),
				 words_ms(p99, l->p99_ms));
	}
	if (line)
		plot_sort(line);
}

static void add_many(struct plots *all, const struct report *r, bool latency)
{
	struct plot *p =
		plots_next(all, PLOTS_LOAD, latency ? "many-p99" : "many-qps");

	p->x_scale = PLOT_NAMES;
	p->y_scale = latency ? PLOT_LOG : PLOT_LINEAR;
	p->from_zero = true;
	name_numbers(p, r);
	snprintf(p->title, sizeof(p->title), "%s",
		 latency ? "99th percentile of latency when many search"
			 : "Queries per second when many search");
	snprintf(p->about, sizeof(p->about),
		 "Threads of one process, processes that share the file, and "
		 "threads while a writer is at work. The machine has %" PRIu32
		 " processor%s.",
		 r->n_processors, plural_s(r->n_processors));
	snprintf(p->x_name, sizeof(p->x_name), "threads or processes");
	snprintf(p->y_name, sizeof(p->y_name), "%s",
		 latency ? "ms" : "queries/s");
	for (uint32_t i = 0; i < r->n_loads; i++) {
		const struct load *l = &r->loads[i];
		bool seen = is_clients(l);

		for (uint32_t k = 0; k < i; k++)
			seen |= same_line(l, &r->loads[k]);
		if (!seen)
			many_line(all, p, r, l, latency);
	}
	plots_keep(all);
}

void plots_add_loads(struct plots *all, const struct report *r)
{
	add_clients(all, r);
	add_many(all, r, false);
	add_many(all, r, true);
}
