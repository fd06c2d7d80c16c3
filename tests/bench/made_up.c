#include "made_up.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 60000

/* Of a thing that gets better by rule as effort rises. */
struct shape {
	const char *engine, *spec, *effort_name;
	double miss;  /* share missing at effort 1 */
	double slope; /* the share falls as effort to this power */
	double ms;    /* of a query at effort 1 */
	double build_seconds;
	uint64_t disk_bytes;
	uint64_t resident_bytes;
};

static void fill(struct point *p, const struct shape *shape, uint32_t effort,
		 double ms)
{
	double missing = shape->miss * pow(effort, -shape->slope);

	p->effort = *shape->effort_name ? effort : 0;
	missing = missing < 2e-5 ? 0 : missing;
	p->recall[0] = 1 - missing / 2;
	p->recall[1] = p->recall_k = 1 - missing;
	p->recall[2] = missing < 0.3 ? 1 - 3 * missing : 0.1;
	p->mean_ms = ms;
	p->sd_ms = ms * 0.31;
	p->p50_ms = ms * 0.95;
	p->p95_ms = ms * 1.6;
	p->p99_ms = ms * 2.3;
	p->p999_ms = ms * 7;
	p->qps_1 = (struct spread){1e3 / ms, 0.02};
	p->qps_n = (struct spread){1.9e3 / ms, 0.004};
	p->distances = 20.0 * effort;
	p->repeats = 3;
}

static struct series *add(struct report *r, const struct shape *shape,
			  uint64_t n_rows)
{
	struct series *s = report_add_series(r);
	double share = (double)n_rows / ROWS;

	if (!s)
		abort();
	snprintf(s->engine, sizeof(s->engine), "%s", shape->engine);
	snprintf(s->spec, sizeof(s->spec), "%s", shape->spec);
	snprintf(s->effort_name, sizeof(s->effort_name), "%s",
		 shape->effort_name);
	s->n_rows = n_rows;
	s->build_seconds = shape->build_seconds * pow(share, 1.1);
	s->disk_bytes = (uint64_t)((double)shape->disk_bytes * share);
	s->resident_bytes = (uint64_t)((double)shape->resident_bytes * share);
	s->first_answer_ms = s->disk_bytes ? 0.06 : NAN;
	for (uint32_t effort = 1; effort <= 256; effort *= 2) {
		struct point *p = series_add_point(s);
		double ms = shape->ms * pow(share, 0.2);

		if (!p)
			abort();
		if (!*shape->effort_name) {
			fill(p, shape, effort, ms);
			break;
		}
		/* One point is slow by chance: it is not on the front. */
		ms *= pow(effort + 4, 0.9) / 4 * (effort == 16 ? 2.2 : 1);
		fill(p, shape, effort, ms);
	}
	return s;
}

static const struct shape flat = {"VSX", "Flat", "",	   0,	    1,
				  1.9,	 0.17,	 59 << 20, 47 << 20};
static const struct shape hnsw = {"VSX", "HNSW16", "ef",      0.6,     1.5,
				  0.011, 8.41,	   193 << 20, 81 << 20};
static const struct shape ivf = {"VSX", "IVF244,Flat", "nprobe",  0.5,	   0.4,
				 0.028, 1.21,	       181 << 20, 95 << 20};

void made_up(struct report *r)
{
	static const struct shape faiss_hnsw = {
		"FAISS", "HNSW16", "ef", 0.62, 1.5, 0.017, 12.3, 0, 201 << 20};
	static const struct shape faiss_ivf = {
		"FAISS", "IVF1024,Flat", "nprobe", 0.7, 1.1, 0.031,
		3.9,	 186 << 20,	 190 << 20};
	static const struct shape hnswlib = {"hnswlib", "HNSW16",  "ef",
					     0.6,	1.52,	   0.0145,
					     13.1,	192 << 20, 195 << 20};
	struct shape small = ivf;
	struct series *s;

	*r = (struct report){
		.command = "vsx-bench base.npy --queries query.npy -i Flat "
			   "-i HNSW16 -i 'faiss:HNSW16'",
		.version = "0.2.0",
		.commit = "4d63a9f",
		.date = "2026-11-21",
		.cpu = "Intel(R) Xeon(R) Processor @ 2.10GHz",
		.isa = "avx512",
		.system = "Linux 6.1.0-18-amd64",
		.n_processors = 2,
		.memory_bytes = (uint64_t)24 << 30,
		.seed = 42,
		.name = MADE_UP_NAME,
		.origin = "60,000 rows of base.npy, 1,000 queries of query.npy",
		.n_rows = ROWS,
		.n_queries = 1000,
		.dim = 784,
		.k = 10,
		.truth_k = 100,
		.metric = VSX_L2,
		.elem = VSX_U8,
		.target = 0.95,
		.threads = 2,
	};
	add(r, &flat, ROWS);
	add(r, &hnsw, ROWS / 100);
	add(r, &hnsw, ROWS / 10);
	add(r, &hnsw, ROWS);
	small.spec = "IVF24,Flat";
	add(r, &small, ROWS / 100);
	small.spec = "IVF77,Flat";
	add(r, &small, ROWS / 10);
	s = add(r, &ivf, ROWS);
	snprintf(s->note, sizeof(s->note),
		 "256 lists lowered to 244: <b>too few</b> rows & \"more\"");
	add(r, &faiss_hnsw, ROWS);
	add(r, &faiss_ivf, ROWS);
	add(r, &hnswlib, ROWS);
	report_choose(r);
}

static void add_load(struct report *r, const struct shape *shape,
		     const char *what, uint32_t n, double rate, double ms)
{
	struct load *l = report_add_load(r);

	if (!l)
		abort();
	snprintf(l->what, sizeof(l->what), "%s", what);
	snprintf(l->engine, sizeof(l->engine), "%s", shape->engine);
	snprintf(l->spec, sizeof(l->spec), "%s", shape->spec);
	l->effort = 32;
	l->n = n;
	l->rate = rate;
	l->seconds = 10;
	l->qps = isnan(rate) ? n / (1 + 0.1 * n) * 1e3 / ms : rate * 0.98;
	l->n_done = (uint64_t)(l->qps * l->seconds);
	l->n_sent = isnan(rate) ? l->n_done : (uint64_t)(rate * l->seconds);
	l->p50_ms = ms;
	l->p95_ms = ms * 2;
	l->p99_ms = ms * 4;
	l->p999_ms = ms * 15;
	l->max_ms = ms * 60;
}

void made_up_loads(struct report *r)
{
	for (int i = 1; i <= 3; i++)
		add_load(r, &hnsw, "clients", 8, 1000 * i * i, 0.09 * i);
	add_load(r, &ivf, "clients", 8, 1000, 0.3);
	for (uint32_t n = 1; n <= 16; n *= 2) {
		add_load(r, &hnsw, "threads", n, NAN, 0.1);
		add_load(r, &hnsw, "processes", n, NAN, 0.11);
		add_load(r, &hnsw, "writer", n, NAN, 0.14);
	}
}
