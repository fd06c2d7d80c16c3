#include "bench/data/synthetic.h"

#include "bench/base/crew.h"
#include "bench/base/draw.h"
#include "bench/data/narrow.h"
#include "cli/plural.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTRINSIC    16
#define MAX_CLUSTERS 4096

/*
 * Deviations of a component. With centres no wider than this, an index needs
 * about the effort that images and their descriptors take.
 */
#define CENTRE_SCALE 0.5f
#define LOCAL_SCALE  1.0f
#define NOISE	     0.01f
#define WHOLE_SCALE  32.0f /* of i8 and u8: few lie beyond their ends */

/* What draws are for. */
enum { DRAW_SPACE = 1, DRAW_CENTRE, DRAW_BASIS, DRAW_CLUSTER, DRAW_ROW };
#define OF_QUERIES 16 /* added for queries */

struct maker {
	const struct synthetic *s;
	struct vectors *to;
	unsigned int kind;  /* 0, or OF_QUERIES */
	float *space;	    /* [intrinsic][dim]: the centres' */
	double *weights;    /* [n_clusters], added up */
	uint64_t *rows;	    /* by cluster */
	uint64_t *begin;    /* [n_clusters + 1]: in rows */
	unsigned int crews; /* threads */
};

/* A thread's. */
struct scratch {
	float *basis; /* [intrinsic][dim] */
	float *centre, *row;
};

enum vsx_status synthetic_parse(struct synthetic *s, const char *text,
				struct vsx_error *err)
{
	unsigned long long rows = 0, dim = 0;
	char *end = NULL;

	errno = 0;
	if (*text >= '0' && *text <= '9')
		rows = strtoull(text, &end, 10);
	if (end && *end == 'x' && end[1] >= '0' && end[1] <= '9')
		dim = strtoull(end + 1, &end, 10);
	if (!end || *end || errno || rows < 1 || dim < 1 || dim > VSX_MAX_DIM)
		return tool_fail(err, VSX_EINVAL,
				 "--synthetic '%.60s' is not ROWSxDIM, such as "
				 "100000x128, with DIM from 1 to %d",
				 text, VSX_MAX_DIM);
	s->n_rows = rows;
	s->dim = (uint32_t)dim;
	return VSX_OK;
}

static void fill_normal(float *to, size_t n, struct draw *d, float scale)
{
	for (size_t i = 0; i < n; i++)
		to[i] = scale * draw_normal(d);
}

/* A random point of the subspace, added to `to`. */
static void add_point(float *to, const float *basis, struct draw *d,
		      const struct synthetic *s)
{
	for (uint32_t i = 0; i < s->intrinsic_dim; i++) {
		float along = draw_normal(d);

		for (uint32_t j = 0; j < s->dim; j++)
			to[j] += along * basis[(size_t)i * s->dim + j];
	}
}

static void make_cluster(const struct maker *m, struct scratch *to,
			 unsigned int cluster)
{
	const struct synthetic *s = m->s;
	struct draw centre = draw_for(s->seed, DRAW_CENTRE, cluster);
	struct draw basis = draw_for(s->seed, DRAW_BASIS, cluster);
	float scale = LOCAL_SCALE / sqrtf((float)s->intrinsic_dim);

	memset(to->centre, 0, s->dim * sizeof(*to->centre));
	add_point(to->centre, m->space, &centre, s);
	fill_normal(to->basis, (size_t)s->intrinsic_dim * s->dim, &basis,
		    scale);
}

/* What i8 and u8 hold, near what the row is. */
static void make_whole(float *row, uint32_t dim, enum vsx_elem elem)
{
	float middle = elem == VSX_U8 ? 128 : 0;
	float least = elem == VSX_U8 ? 0 : -128;
	float most = elem == VSX_U8 ? 255 : 127;

	for (uint32_t j = 0; j < dim; j++)
		row[j] = fminf(most, fmaxf(least, rintf(middle +
							WHOLE_SCALE * row[j])));
}

static void make_row(const struct maker *m, struct scratch *t, uint64_t i)
{
	const struct synthetic *s = m->s;
	struct draw d = draw_for(s->seed, DRAW_ROW + m->kind, i);
	char *to = (char *)m->to->data + i * vectors_row_bytes(m->to);

	memcpy(t->row, t->centre, s->dim * sizeof(*t->row));
	add_point(t->row, t->basis, &d, s);
	for (uint32_t j = 0; j < s->dim; j++)
		t->row[j] += NOISE * draw_normal(&d);
	if (s->elem == VSX_I8 || s->elem == VSX_U8)
		make_whole(t->row, s->dim, s->elem);
	narrow(to, t->row, s->elem, s->dim);
}

static enum vsx_status make_share(struct crew *crew, void *context,
				  unsigned int i, struct vsx_error *err)
{
	const struct maker *m = context;
	size_t dim = m->s->dim, basis = m->s->intrinsic_dim * dim;
	struct scratch t;

	t.basis = reallocarray(NULL, basis + 2 * dim, sizeof(float));
	if (!t.basis)
		return tool_fail_memory(err, basis * sizeof(float));
	t.centre = t.basis + basis;
	t.row = t.centre + dim;
	for (uint32_t c = i; c < m->s->n_clusters; c += m->crews) {
		if (crew_stops(crew))
			break;
		make_cluster(m, &t, c);
		for (uint64_t r = m->begin[c]; r < m->begin[c + 1]; r++)
			make_row(m, &t, m->rows[r]);
		crew->done += m->begin[c + 1] - m->begin[c];
	}
	free(t.basis);
	return VSX_OK;
}

static uint32_t cluster_of(const struct maker *m, uint64_t row)
{
	struct draw d = draw_for(m->s->seed, DRAW_CLUSTER + m->kind, row);
	double at = draw_unit(&d) * m->weights[m->s->n_clusters - 1];
	uint32_t low = 0, high = m->s->n_clusters - 1;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (m->weights[middle] > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* The rows by cluster: each cluster is then made once. */
static void sort_rows(struct maker *m)
{
	uint32_t n = m->s->n_clusters;

	memset(m->begin, 0, (n + 1) * sizeof(*m->begin));
	for (uint64_t i = 0; i < m->to->n; i++)
		m->begin[cluster_of(m, i) + 1]++;
	for (uint32_t c = 0; c < n; c++)
		m->begin[c + 1] += m->begin[c];
	for (uint64_t i = 0; i < m->to->n; i++)
		m->rows[m->begin[cluster_of(m, i)]++] = i;
	/* Each begin is now where the next one was. */
	memmove(m->begin + 1, m->begin, n * sizeof(*m->begin));
	m->begin[0] = 0;
}

/* First of all: whether there is room is then soon known. */
static enum vsx_status make_room(const struct synthetic *s, struct vectors *to,
				 const char *name, uint64_t n,
				 struct vsx_error *err)
{
	snprintf(to->name, sizeof(to->name), "%s", name);
	to->n = n;
	to->dim = s->dim;
	to->elem = s->elem;
	return vectors_room(to, err);
}

static enum vsx_status make_vectors(struct maker *m, struct vectors *to,
				    struct vsx_error *err)
{
	struct crew_job job = {
		.work = make_share,
		.context = m,
		.n = m->crews,
		.phase = "making rows",
		.total = to->n,
		.unit = "rows",
	};

	m->to = to;
	sort_rows(m);
	return crew_run(&job, err);
}

/* The k-th heaviest cluster has a share of about 1 / sqrt(k). */
static void make_weights(struct maker *m)
{
	double sum = 0;

	for (uint32_t c = 0; c < m->s->n_clusters; c++) {
		sum += 1 / sqrt(c + 1.0);
		m->weights[c] = sum;
	}
}

static enum vsx_status make_all(struct maker *m, struct vectors *rows,
				struct vectors *queries, struct vsx_error *err)
{
	const struct synthetic *s = m->s;
	uint64_t most = s->n_rows > s->n_queries ? s->n_rows : s->n_queries;
	struct draw d = draw_for(s->seed, DRAW_SPACE, 0);
	size_t cells = (size_t)s->intrinsic_dim * s->dim;
	enum vsx_status status;

	status = make_room(s, rows, "synthetic rows", s->n_rows, err);
	if (status == VSX_OK)
		status = make_room(s, queries, "synthetic queries",
				   s->n_queries, err);
	if (status != VSX_OK)
		return status;
	m->space = reallocarray(NULL, cells, sizeof(*m->space));
	m->weights = calloc(s->n_clusters, sizeof(*m->weights));
	m->begin = calloc(s->n_clusters + 1, sizeof(*m->begin));
	m->rows = reallocarray(NULL, most, sizeof(*m->rows));
	if (!m->space || !m->weights || !m->begin || !m->rows)
		return tool_fail_memory(err, most * sizeof(*m->rows));
	fill_normal(m->space, cells, &d,
		    CENTRE_SCALE / sqrtf((float)s->intrinsic_dim));
	make_weights(m);
	status = make_vectors(m, rows, err);
	m->kind = OF_QUERIES;
	if (status == VSX_OK)
		status = make_vectors(m, queries, err);
	return status;
}

enum vsx_status synthetic_make(struct synthetic *s, struct vectors *rows,
			       struct vectors *queries, struct vsx_error *err)
{
	struct maker m = {.s = s, .crews = s->threads ? s->threads : 1};
	double clusters = sqrt((double)s->n_rows);
	enum vsx_status status;

	if (s->intrinsic_dim > s->dim)
		return tool_fail(err, VSX_EINVAL,
				 "intrinsic dimension %u of rows of %u "
				 "component%s",
				 s->intrinsic_dim, s->dim, plural_s(s->dim));
	if (!s->intrinsic_dim)
		s->intrinsic_dim = s->dim < INTRINSIC ? s->dim : INTRINSIC;
	if (!s->n_clusters)
		s->n_clusters = clusters < MAX_CLUSTERS ? (uint32_t)clusters
							: MAX_CLUSTERS;
	status = make_all(&m, rows, queries, err);
	free(m.space);
	free(m.weights);
	free(m.begin);
	free(m.rows);
	if (status != VSX_OK) {
		vectors_release(rows);
		vectors_release(queries);
	}
	return status;
}
