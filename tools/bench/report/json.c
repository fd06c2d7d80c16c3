/*
 * The report as JSON: one object. Numbers have all their digits; what was not
 * measured is null. Milliseconds end in _ms, seconds in _seconds, bytes in
 * _bytes; _sd is a standard deviation; _spread is within what share
 * of it the next run should lie (spread.h).
 *
 *   command, version, commit, date
 *   machine: cpu, isa, system, processors, memory_bytes
 *   data: name, origin, rows, queries, dim, metric, elem, truth_k
 *   k, target_recall, threads, seed
 *   series[]: one for each index
 *     engine, spec, label, note, rows, build_seconds, disk_bytes,
 *     resident_bytes, first_answer_ms, effort_name, reached (the target)
 *     points[]: by rising effort
 *       effort, refine (0: none), shown (in the table), pareto,
 *       recall_at_1, recall_at_10, recall_at_100, recall_at_k,
 *       mean_ms, mean_ms_sd, p50_ms, p95_ms, p99_ms, p999_ms,
 *       qps, qps_spread (one thread), qps_threads, qps_threads_spread
 *       (`threads` threads), distances (mean a query), repeats,
 *       cold_ms, cold_faults, cold_bytes (means a query)
 *   filtered[]: searches where only some rows may be hits
 *   loads[]: searching under load
 *     what ("clients", "threads", "processes", "writer"), engine, spec,
 *     effort, n (clients, threads or processes), rate (asked for, a second),
 *     seconds, sent, done, failed, qps, p50_ms, p95_ms, p99_ms, p999_ms,
 *     max_ms (from the arrival of a query)
 */
#include "bench/report/report.h"
#include "bench/report/words.h"
#include "cli/json.h"

static void write_machine(struct json *j, const struct report *r)
{
	json_put_object(j, "machine");
	json_put_string(j, "cpu", r->cpu);
	json_put_string(j, "isa", r->isa);
	json_put_string(j, "system", r->system);
	json_put_u64(j, "processors", r->n_processors);
	json_put_u64(j, "memory_bytes", r->memory_bytes);
	json_close(j);
}

static void write_data(struct json *j, const struct report *r)
{
	json_put_object(j, "data");
	json_put_string(j, "name", r->name);
	json_put_string(j, "origin", r->origin);
	json_put_u64(j, "rows", r->n_rows);
	json_put_u64(j, "queries", r->n_queries);
	json_put_u64(j, "dim", r->dim);
	json_put_string(j, "metric", vsx_metric_text(r->metric));
	json_put_string(j, "elem", vsx_elem_text(r->elem));
	json_put_u64(j, "truth_k", r->truth_k);
	json_close(j);
}

static void write_point(struct json *j, const struct point *p)
{
	json_put_object(j, NULL);
	json_put_u64(j, "effort", p->effort);
	json_put_double(j, "refine", p->refine);
	json_put_bool(j, "shown", p->shown);
	json_put_bool(j, "pareto", p->pareto);
	json_put_double(j, "recall_at_1", p->recall[0]);
	json_put_double(j, "recall_at_10", p->recall[1]);
	json_put_double(j, "recall_at_100", p->recall[2]);
	json_put_double(j, "recall_at_k", p->recall_k);
	json_put_double(j, "mean_ms", p->mean_ms);
	json_put_double(j, "mean_ms_sd", p->sd_ms);
	json_put_double(j, "p50_ms", p->p50_ms);
	json_put_double(j, "p95_ms", p->p95_ms);
	json_put_double(j, "p99_ms", p->p99_ms);
	json_put_double(j, "p999_ms", p->p999_ms);
	json_put_double(j, "qps", p->qps_1.median);
	json_put_double(j, "qps_spread", p->qps_1.relative);
	json_put_double(j, "qps_threads", p->qps_n.median);
	json_put_double(j, "qps_threads_spread", p->qps_n.relative);
	json_put_double(j, "distances", p->distances);
	json_put_u64(j, "repeats", p->repeats);
	json_put_double(j, "cold_ms", p->cold_ms);
	json_put_double(j, "cold_faults", p->cold_faults);
	json_put_double(j, "cold_bytes", p->cold_bytes);
	json_close(j);
}

/* Bytes that an engine does not have are no 0. */
static void write_bytes(struct json *j, const char *key, uint64_t bytes)
{
	if (bytes)
		json_put_u64(j, key, bytes);
	else
		json_put_null(j, key);
}

static void write_series(struct json *j, const struct report *r,
			 const struct series *s)
{
	char label[WORDS_CELL];

	json_put_object(j, NULL);
	json_put_string(j, "engine", s->engine);
	json_put_string(j, "spec", s->spec);
	json_put_string(j, "label", words_label(label, r, s->engine, s->spec));
	json_put_string(j, "note", s->note);
	json_put_u64(j, "rows", s->n_rows);
	json_put_double(j, "build_seconds", s->build_seconds);
	write_bytes(j, "disk_bytes", s->disk_bytes);
	write_bytes(j, "resident_bytes", s->resident_bytes);
	json_put_double(j, "first_answer_ms", s->first_answer_ms);
	json_put_string(j, "effort_name", s->effort_name);
	json_put_bool(j, "reached", words_reached(r, s));
	json_put_array(j, "points");
	for (uint32_t i = 0; i < s->n_points; i++)
		write_point(j, &s->points[i]);
	json_close(j);
	json_close(j);
}

static void write_load(struct json *j, const struct load *l)
{
	json_put_object(j, NULL);
	json_put_string(j, "what", l->what);
	json_put_string(j, "engine", l->engine);
	json_put_string(j, "spec", l->spec);
	json_put_u64(j, "effort", l->effort);
	json_put_double(j, "refine", l->refine);
	json_put_u64(j, "n", l->n);
	json_put_double(j, "rate", l->rate);
	json_put_double(j, "seconds", l->seconds);
	json_put_u64(j, "sent", l->n_sent);
	json_put_u64(j, "done", l->n_done);
	json_put_u64(j, "failed", l->n_failed);
	json_put_double(j, "qps", l->qps);
	json_put_double(j, "p50_ms", l->p50_ms);
	json_put_double(j, "p95_ms", l->p95_ms);
	json_put_double(j, "p99_ms", l->p99_ms);
	json_put_double(j, "p999_ms", l->p999_ms);
	json_put_double(j, "max_ms", l->max_ms);
	json_close(j);
}

static void write_filtered(struct json *j, const struct filtered *f)
{
	const struct point *p = &f->point;

	json_put_object(j, NULL);
	json_put_string(j, "engine", f->of.engine);
	json_put_string(j, "spec", f->of.spec);
	json_put_double(j, "percent", f->percent);
	json_put_u64(j, "pass", f->n_pass);
	json_put_string(j, "effort_name", f->of.effort_name);
	json_put_u64(j, "effort", p->effort);
	json_put_double(j, "refine", p->refine);
	json_put_double(j, "recall_at_k", p->recall_k);
	json_put_double(j, "p50_ms", p->p50_ms);
	json_put_double(j, "p99_ms", p->p99_ms);
	json_put_double(j, "qps", p->qps_1.median);
	json_put_double(j, "qps_spread", p->qps_1.relative);
	json_put_double(j, "distances", p->distances);
	json_close(j);
}

void report_json(const struct report *r, FILE *to)
{
	struct json j;

	json_begin(&j, to, true);
	json_put_object(&j, NULL);
	json_put_string(&j, "command", r->command);
	json_put_string(&j, "version", r->version);
	json_put_string(&j, "commit", r->commit);
	json_put_string(&j, "date", r->date);
	write_machine(&j, r);
	write_data(&j, r);
	json_put_u64(&j, "k", r->k);
	json_put_double(&j, "target_recall", r->target);
	json_put_u64(&j, "threads", r->threads);
	json_put_u64(&j, "seed", r->seed);
	json_put_array(&j, "series");
	for (uint32_t i = 0; i < r->n_series; i++)
		write_series(&j, r, &r->series[i]);
	json_close(&j);
	json_put_array(&j, "filtered");
	for (uint32_t i = 0; i < r->n_filtered; i++)
		write_filtered(&j, &r->filtered[i]);
	json_close(&j);
	json_put_array(&j, "loads");
	for (uint32_t i = 0; i < r->n_loads; i++)
		write_load(&j, &r->loads[i]);
	json_close(&j);
	json_close(&j);
	json_end(&j);
}
