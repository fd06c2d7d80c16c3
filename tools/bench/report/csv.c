/*
 * A line for each point, after a line of names, as RFC 4180 has it but for the
 * line ends, which are those of the system. What was not measured is empty.
 */
#include "bench/report/report.h"
#include "cli/format_num.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void put_text(FILE *to, const char *text)
{
	bool quoted = strpbrk(text, ",\"\r\n") != NULL;

	if (quoted)
		fputc('"', to);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', to);
		fputc(*text, to);
	}
	fputs(quoted ? "\"," : ",", to);
}

static void put_count(FILE *to, uint64_t n)
{
	fprintf(to, "%" PRIu64 ",", n);
}

static void put_bytes(FILE *to, uint64_t bytes)
{
	if (bytes)
		put_count(to, bytes);
	else
		fputc(',', to);
}

static void put_number(FILE *to, double value, char end)
{
	char text[NUM_BYTES];

	fprintf(to, "%s%c", isfinite(value) ? num_exact(text, value) : "", end);
}

static void put_line(FILE *to, const struct report *r, const struct series *s,
		     const struct point *p)
{
	put_text(to, r->name);
	put_text(to, s->engine);
	put_text(to, s->spec);
	put_count(to, s->n_rows);
	put_count(to, r->dim);
	put_count(to, r->k);
	put_text(to, s->effort_name);
	put_count(to, p->effort);
	put_number(to, p->refine, ',');
	put_number(to, p->recall[0], ',');
	put_number(to, p->recall[1], ',');
	put_number(to, p->recall[2], ',');
	put_number(to, p->recall_k, ',');
	put_number(to, p->mean_ms, ',');
	put_number(to, p->sd_ms, ',');
	put_number(to, p->p50_ms, ',');
	put_number(to, p->p95_ms, ',');
	put_number(to, p->p99_ms, ',');
	put_number(to, p->p999_ms, ',');
	put_number(to, p->qps_1.median, ',');
	put_number(to, p->qps_1.relative, ',');
	put_count(to, r->threads);
	put_number(to, p->qps_n.median, ',');
	put_number(to, p->qps_n.relative, ',');
	put_number(to, p->distances, ',');
	put_count(to, p->repeats);
	put_number(to, s->build_seconds, ',');
	put_bytes(to, s->disk_bytes);
	put_bytes(to, s->resident_bytes);
	put_number(to, s->first_answer_ms, ',');
	put_number(to, p->cold_ms, ',');
	put_number(to, p->cold_faults, ',');
	put_number(to, p->cold_bytes, ',');
	fprintf(to, "%d,%d\n", p->pareto, p->shown);
}

void report_csv(const struct report *r, FILE *to)
{
	fputs("data,engine,spec,rows,dim,k,effort_name,effort,refine,recall_at_1,"
	      "recall_at_10,recall_at_100,recall_at_k,mean_ms,mean_ms_sd,"
	      "p50_ms,p95_ms,p99_ms,p999_ms,qps,qps_spread,threads,"
	      "qps_threads,qps_threads_spread,distances,repeats,build_seconds,"
	      "disk_bytes,resident_bytes,first_answer_ms,cold_ms,cold_faults,"
	      "cold_bytes,pareto,shown\n",
	      to);
	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *s = &r->series[i];

		for (uint32_t k = 0; k < s->n_points; k++)
			put_line(to, r, s, &s->points[k]);
	}
}
