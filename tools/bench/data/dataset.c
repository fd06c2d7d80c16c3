#include "bench/data/dataset.h"

#include "bench/data/hdf5.h"
#include "bench/data/leave_out.h"
#include "bench/data/synthetic.h"
#include "bench/data/truth.h"
#include "bench/data/widen.h"
#include "cli/format_num.h"
#include "cli/say.h"
#include "input/ids.h"
#include "input/truth.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_QUERIES  1000
#define LEAST_PART 10 /* at most a tenth of the rows is held out */

/* The dataset in the making. */
struct making {
	const struct dataset_opts *opts;
	struct vectors rows, queries;
	uint64_t n_given; /* rows, before any are left out */
	uint64_t *ids;	  /* as in struct dataset */
	struct odd_rows odds;
	bool held_out;
	uint64_t n_asked;   /* queries of the file, before any are left out */
	enum vsx_metric of; /* what the truth is by; 0: not told */
	char distance[32];  /* the same in the file's words */
	enum vsx_metric metric;
	uint64_t *truth; /* [n_asked][truth_k] */
	uint32_t truth_k;
	char truth_name[TOOL_NAME_BYTES];
	struct synthetic synthetic;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static enum vsx_status make_synthetic(struct making *m, struct vsx_error *err)
{
	const struct dataset_opts *o = m->opts;
	struct synthetic *s = &m->synthetic;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	enum vsx_status status = synthetic_parse(s, o->synthetic, err);

	if (status != VSX_OK)
		return status;
	s->n_queries = o->n_queries ? o->n_queries : N_QUERIES;
	s->intrinsic_dim = o->intrinsic_dim;
	s->elem = o->elem ? o->elem : VSX_F32;
	s->seed = o->seed;
	s->threads = o->threads	      ? o->threads
		     : processors > 0 ? (unsigned int)processors
				      : 1;
	return synthetic_make(s, &m->rows, &m->queries, err);
}

static enum vsx_status read_hdf5(struct making *m, struct vsx_error *err)
{
	const struct dataset_opts *o = m->opts;
	char shown[TOOL_NAME_BYTES];
	enum vsx_status status;
	struct hdf5_data h;

	status = hdf5_read(&h, o->path, !o->queries, o->truth_k, err);
	if (status != VSX_OK)
		return status;
	m->rows = h.train;
	m->queries = h.test;
	m->truth = h.truth;
	m->truth_k = h.truth_k;
	m->of = h.metric;
	memcpy(m->distance, h.distance, sizeof(m->distance));
	snprintf(m->truth_name, sizeof(m->truth_name), "%.120s: neighbors",
		 tool_name(shown, base_name(o->path)));
	if (!h.metric && *h.distance && !o->metric)
		return tool_fail(err, VSX_EINVAL,
				 "%s: distance '%s' is not euclidean, angular "
				 "or dot; -m names another",
				 tool_name(shown, o->path), h.distance);
	return VSX_OK;
}

static enum vsx_status read_truth(struct making *m, struct vsx_error *err)
{
	const char *path = m->opts->ground_truth;
	enum vsx_status status;
	uint64_t n;

	free(m->truth);
	m->of = 0;
	m->distance[0] = '\0';
	status = input_truth(path, &m->truth, &n, &m->truth_k, err);
	if (status != VSX_OK)
		return status;
	tool_name(m->truth_name, path);
	if (n == m->n_asked)
		return VSX_OK;
	return tool_fail(err, VSX_EINVAL,
			 "%s: %" PRIu64 " row%s, %s has %" PRIu64 " quer%s",
			 m->truth_name, n, plural_s(n), m->queries.name,
			 m->n_asked, plural_ies(m->n_asked));
}

static enum vsx_status read_parts(struct making *m, struct vsx_error *err)
{
	const struct dataset_opts *o = m->opts;
	enum vsx_status status;

	if (o->synthetic)
		status = make_synthetic(m, err);
	else if (hdf5_is(o->path))
		status = read_hdf5(m, err);
	else
		status = vectors_read(&m->rows, o->path,
				      o->skip_bad ? &m->odds : NULL, err);
	if (status == VSX_OK && o->queries)
		status = vectors_read(&m->queries, o->queries, NULL, err);
	if (status != VSX_OK)
		return status;
	m->held_out = !m->queries.data;
	m->n_asked = m->queries.n;
	if (!m->held_out && m->queries.dim != m->rows.dim)
		return tool_fail(err, VSX_EINVAL,
				 "%s: queries of %" PRIu32
				 " component%s, %s has rows of %" PRIu32,
				 m->queries.name, m->queries.dim,
				 plural_s(m->queries.dim), m->rows.name,
				 m->rows.dim);
	if (!o->ground_truth)
		return VSX_OK;
	if (m->held_out)
		return tool_fail(err, VSX_EINVAL,
				 "%s: a ground truth without its queries",
				 o->ground_truth);
	return read_truth(m, err);
}

/* Neighbours by another measure are of no use. */
static void choose_metric(struct making *m)
{
	const struct dataset_opts *o = m->opts;
	char shown[TOOL_NAME_BYTES];

	m->metric = o->metric ? o->metric : m->of ? m->of : VSX_L2;
	if (!m->truth || !*m->distance || m->of == m->metric)
		return;
	if (!o->quiet)
		say("%s: its neighbours are for distance '%s' and are not used",
		    tool_name(shown, o->path), m->distance);
	free(m->truth);
	m->truth = NULL;
}

static enum vsx_status skip_bad(struct making *m, enum vsx_elem elem,
				struct vsx_error *err)
{
	const struct dataset_opts *o = m->opts;
	struct rejects rejects = {
		.path = o->rejects,
		.quiet = o->quiet,
	};
	struct leave_out how = {
		.metric = m->metric,
		.elem = elem,
		.folder = o->folder,
		.odds = &m->odds,
		.rejects = &rejects,
	};
	enum vsx_status status;

	status = rejects_open(&rejects, err);
	if (status == VSX_OK)
		status = leave_out(&m->rows, &m->ids, &how, err);
	return rejects_close(&rejects, status, err);
}

/*
 * Rows and queries get one type: what was asked for, that of the rows, or f32
 * where that would change the queries.
 */
static enum vsx_status choose_elem(struct making *m, struct vsx_error *err)
{
	enum vsx_elem elem = m->opts->elem ? m->opts->elem : m->rows.elem;
	enum vsx_status status = VSX_OK;
	bool fit = true;

	if (!m->opts->elem && !m->held_out && m->queries.elem != elem)
		status = vectors_fit(&m->queries, elem, &fit, err);
	if (status != VSX_OK)
		return status;
	if (!fit) {
		if (!m->opts->quiet)
			say("%s: holds values that are not %s, so everything "
			    "is f32",
			    m->queries.name, vsx_elem_text(elem));
		elem = VSX_F32;
	}
	m->n_given = m->rows.n;
	if (m->opts->skip_bad)
		status = skip_bad(m, elem, err);
	if (status == VSX_OK)
		status = vectors_convert(&m->rows, elem, err);
	if (status == VSX_OK && !m->held_out)
		status = vectors_convert(&m->queries, elem, err);
	return status;
}

static enum vsx_status hold_out(struct making *m, struct vsx_error *err)
{
	const struct dataset_opts *o = m->opts;
	uint64_t part = m->rows.n / LEAST_PART;
	uint64_t n = part < N_QUERIES ? part : N_QUERIES;
	enum vsx_status status;

	if (o->n_queries)
		n = o->n_queries;
	else if (n == 0)
		n = 1;
	if (n >= m->rows.n)
		return tool_fail(err, VSX_EINVAL,
				 "%s: %" PRIu64 " row%s, of which %" PRIu64
				 " cannot be held out as queries",
				 m->rows.name, m->rows.n, plural_s(m->rows.n),
				 n);
	status = vectors_hold_out(&m->rows, &m->queries, n, o->seed, err);
	m->n_asked = n;
	/* What is left is numbered anew. */
	free(m->ids);
	m->ids = NULL;
	return status;
}

static enum vsx_status choose_queries(struct making *m, struct vsx_error *err)
{
	uint64_t most = m->opts->n_queries;

	if (m->held_out)
		return hold_out(m, err);
	if (most && most < m->queries.n)
		m->queries.n = most;
	return VSX_OK;
}

static struct truth_plan plan_truth(const struct dataset_opts *o)
{
	return (struct truth_plan){.threads = o->threads, .folder = o->folder};
}

static enum vsx_status make_truth(struct making *m, struct vsx_error *err)
{
	struct truth_plan plan = plan_truth(m->opts);

	m->truth_k = m->opts->truth_k < m->rows.n ? m->opts->truth_k
						  : (uint32_t)m->rows.n;
	plan.queries = &m->queries;
	plan.rows = m->rows.data;
	plan.ids = m->ids;
	plan.n_rows = m->rows.n;
	plan.metric = m->metric;
	plan.k = m->truth_k;
	return truth_compute(&m->truth, &plan, err);
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Whether no neighbour of the file is a row that was left out. */
static bool is_known(const struct making *m)
{
	uint64_t n = m->n_asked * m->truth_k;

	for (uint64_t i = 0; m->ids && i < n; i++)
		if (m->truth[i] != TRUTH_END &&
		    !bsearch(&m->truth[i], m->ids, m->rows.n, sizeof(*m->ids),
			     by_number))
			return false;
	return true;
}

static enum vsx_status forget_truth(struct making *m, struct vsx_error *err)
{
	if (!m->opts->quiet)
		say("%s: names rows that are left out, so the neighbours are "
		    "computed",
		    m->truth_name);
	free(m->truth);
	m->truth = NULL;
	return make_truth(m, err);
}

/* Of a file: the first neighbours of the first queries. */
static enum vsx_status take_truth(struct making *m, struct vsx_error *err)
{
	uint32_t k = m->truth_k, most = m->opts->truth_k, shortest;
	enum vsx_status status;

	status = truth_check(m->truth, m->n_asked, k, m->n_given, m->truth_name,
			     m->rows.name, &shortest, err);
	if (status != VSX_OK)
		return status;
	if (shortest < most)
		most = shortest;
	if (!is_known(m))
		return forget_truth(m, err);
	for (uint64_t i = 0; i < m->queries.n; i++)
		memmove(m->truth + i * most, m->truth + i * k,
			most * sizeof(*m->truth));
	m->truth_k = most;
	return VSX_OK;
}

static void describe(struct dataset *d, const struct making *m)
{
	const struct dataset_opts *o = m->opts;
	char rows[NUM_BYTES], queries[NUM_BYTES];
	size_t room = sizeof(d->origin);
	int len;

	num_count(rows, m->rows.n);
	num_count(queries, m->queries.n);
	snprintf(d->name, sizeof(d->name), "%s",
		 o->synthetic ? "synthetic" : base_name(o->path));
	if (o->synthetic) {
		snprintf(d->name, sizeof(d->name), "synthetic %s x %" PRIu32,
			 rows, m->rows.dim);
		len = snprintf(d->origin, room,
			       "%s synthetic rows in %" PRIu32
			       " clusters of %" PRIu32
			       " dimension%s, %s queries of the same",
			       rows, m->synthetic.n_clusters,
			       m->synthetic.intrinsic_dim,
			       plural_s(m->synthetic.intrinsic_dim), queries);
	} else if (o->queries) {
		len = snprintf(d->origin, room,
			       "%s rows of %.60s, %s queries of %.60s", rows,
			       base_name(o->path), queries,
			       base_name(o->queries));
	} else {
		len = snprintf(d->origin, room,
			       m->held_out ? "%s rows of %.60s, %s queries "
					     "held out of them"
					   : "%s rows of %.60s, its %s queries",
			       rows, base_name(o->path), queries);
	}
	if (o->ground_truth && len > 0 && (size_t)len < room)
		snprintf(d->origin + len, room - (size_t)len,
			 ", true neighbours of %.60s",
			 base_name(o->ground_truth));
}

/* Everything changes hands. */
static enum vsx_status hand_over(struct dataset *d, struct making *m,
				 bool computed, struct vsx_error *err)
{
	size_t cells = m->queries.n * (size_t)m->queries.dim;

	describe(d, m);
	d->queries_f32 = m->queries.data;
	if (m->queries.elem != VSX_F32) {
		d->queries_f32 = reallocarray(NULL, cells, sizeof(float));
		if (!d->queries_f32)
			return tool_fail_memory(err, cells * sizeof(float));
		widen(d->queries_f32, m->queries.data, m->queries.elem, cells);
	}
	d->rows = m->rows.data;
	d->n_rows = m->rows.n;
	d->ids = m->ids;
	m->ids = NULL;
	d->queries = m->queries.data;
	d->n_queries = m->queries.n;
	d->dim = m->rows.dim;
	d->elem = m->rows.elem;
	d->metric = m->metric;
	d->truth = m->truth;
	d->truth_k = m->truth_k;
	d->truth_computed = computed;
	m->rows.data = m->queries.data = NULL;
	m->truth = NULL;
	return VSX_OK;
}

enum vsx_status dataset_load(struct dataset *d, const struct dataset_opts *opts,
			     struct vsx_error *err)
{
	struct making m = {.opts = opts};
	enum vsx_status status;
	bool computed = false;

	memset(d, 0, sizeof(*d));
	status = read_parts(&m, err);
	if (status == VSX_OK) {
		choose_metric(&m);
		status = choose_elem(&m, err);
	}
	/* Before rows are held out: their numbers are those of the file. */
	if (status == VSX_OK)
		status = vectors_check(&m.rows, m.metric, err);
	if (status == VSX_OK)
		status = choose_queries(&m, err);
	if (status == VSX_OK)
		status = vectors_check(&m.queries, m.metric, err);
	if (status == VSX_OK) {
		computed = !m.truth;
		status = computed ? make_truth(&m, err) : take_truth(&m, err);
	}
	if (status == VSX_OK)
		status = hand_over(d, &m, computed, err);
	vectors_release(&m.rows);
	vectors_release(&m.queries);
	free(m.ids);
	free(m.odds.items);
	free(m.truth);
	return status;
}

void dataset_release(struct dataset *d)
{
	if (d->queries_f32 != d->queries)
		free(d->queries_f32);
	free(d->rows);
	free(d->ids);
	free(d->queries);
	free(d->truth);
	memset(d, 0, sizeof(*d));
}

enum vsx_status dataset_truth(const struct dataset *d, uint64_t n_rows,
			      const struct dataset_opts *opts, uint64_t **truth,
			      struct vsx_error *err)
{
	struct vectors queries = {
		.data = d->queries,
		.n = d->n_queries,
		.dim = d->dim,
		.elem = d->elem,
	};
	struct truth_plan plan = plan_truth(opts);

	plan.queries = &queries;
	plan.rows = d->rows;
	plan.ids = d->ids;
	plan.n_rows = n_rows;
	plan.metric = d->metric;
	plan.k = d->truth_k;
	return truth_compute(truth, &plan, err);
}
