/*
 * Random sequences of changes, with the file held against a model after each:
 * VSX_SEQUENCES of them (a few), from VSX_SEED (1).
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "living/model.h"
#include "write/scratch_folder.h"

TestSuite(model, .init = scratch_make, .fini = scratch_drop);

enum { FIRST_ROWS = 200, MOST_CHANGES = 8, MOST_ROWS = 60, QUERIES = 3, K = 7 };

static struct vsx_error err;

struct sequence {
	struct model model;
	struct vsx_rng rng;
	const char *spec;
	const char *path;
	uint64_t seed;
	struct vsx_fields *fields; /* of the row that is given next */
};

#define OK(s, call)                                                            \
	cr_assert((call) == VSX_OK, "seed %llu, %s: %s",                       \
		  (unsigned long long)(s)->seed, (s)->spec, err.text)

static uint32_t below(struct sequence *s, uint32_t n)
{
	return (uint32_t)vsx_rng_below(&s->rng, n);
}

/* What the row has as "x" and, as a word, "sign"; some ids have no fields. */
static int64_t x_of(const struct model *m, uint64_t id)
{
	return (int64_t)m->rows[id * m->dim + 1];
}

static const char *sign_of(const struct model *m, uint64_t id)
{
	return m->rows[id * m->dim + 2] < 0 ? "minus" : "plus";
}

static bool has_fields(uint64_t id)
{
	return id % 5 != 0;
}

/* The rows that this text selects. */
static const char filter[] = "x > 9 or sign = \"minus\"";

static bool passes(const struct model *m, uint64_t id)
{
	return has_fields(id) && (x_of(m, id) > 9 || sign_of(m, id)[0] == 'm');
}

static struct vsx_bytes fields_of(struct sequence *s, uint64_t id)
{
	const char *sign = sign_of(&s->model, id);
	struct vsx_value x = {.number = x_of(&s->model, id)},
			 word = {.string = {sign, strlen(sign)}};

	vsx_fields_clear(s->fields);
	OK(s, vsx_fields_put(s->fields, "x", VSX_INT, 0, &x, 1, &err));
	OK(s, vsx_fields_put(s->fields, "sign", VSX_STRING, 0, &word, 1, &err));
	return vsx_fields_bytes(s->fields);
}

/* A row, as its payload, of most, the same bytes, and fields that say some. */
static struct vsx_batch *batch_of(struct sequence *s, const uint64_t *id)
{
	static struct vsx_batch batch;
	static struct vsx_bytes payload, fields;
	const struct model *m = &s->model;

	payload.at = m->rows + *id * m->dim;
	payload.n = *id % 7 ? m->dim * sizeof(float) : 0;
	fields = (struct vsx_bytes){NULL, 0};
	if (has_fields(*id))
		fields = fields_of(s, *id);
	batch = *VSX_BATCH(payload.at, VSX_F32, 1, id);
	batch.payloads = &payload;
	batch.fields = &fields;
	return &batch;
}

static void build(struct sequence *s)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct model *m = &s->model;
	struct vsx_builder *b;

	opts.dim = m->dim;
	opts.metric = m->metric;
	opts.spec = s->spec;
	opts.force = 1;
	opts.n_threads = 1;
	opts.n_test_queries = 5;
	OK(s, vsx_builder_new(&b, s->path, &opts, &err));
	for (uint64_t id = 0; id < FIRST_ROWS; id++) {
		model_draw(m, (uint32_t)id, &s->rng);
		m->live[id] = true;
		OK(s, vsx_builder_add(b, batch_of(s, &id), &err));
	}
	m->n_live = FIRST_ROWS;
	OK(s, vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
}

/* Delete some, add some, replace some, in one commit. */
static void change(struct sequence *s)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_update_result result;
	struct model *m = &s->model;
	uint32_t n_gone = below(s, 3) ? below(s, MOST_ROWS) : 0;
	uint32_t n_added = below(s, 3) ? below(s, MOST_ROWS) : 0;
	uint64_t unknown = 0;
	bool *added = calloc(MODEL_ROWS, sizeof(*added));
	struct vsx_update *u;

	opts.flat_below = below(s, 2);
	opts.replace = 1;
	opts.n_threads = 1;
	opts.keep_segments = below(s, 3) == 0;
	OK(s, vsx_update_begin(&u, s->path, &opts, &err));
	for (uint32_t i = 0; i < n_gone; i++) {
		uint64_t id = below(s, 2 * FIRST_ROWS);

		OK(s, vsx_update_delete(u, &id, 1, &err));
		unknown += !m->live[id];
		m->n_live -= m->live[id];
		m->live[id] = false;
	}
	for (uint32_t i = 0; i < n_added; i++) {
		uint64_t id = below(s, 2 * FIRST_ROWS);

		if (added[id])
			continue;
		added[id] = true;
		model_draw(m, (uint32_t)id, &s->rng);
		m->n_live += !m->live[id];
		m->live[id] = true;
		OK(s, vsx_update_add(u, batch_of(s, &id), &err));
	}
	OK(s, vsx_update_commit(u, &result, &err));
	/* An id given twice is named once. */
	cr_assert(result.n_unknown <= unknown);
	cr_assert_eq(result.n_live, m->n_live);
	vsx_update_free(u);
	free(added);
}

static void compact(struct sequence *s)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	struct vsx_compact_result result;

	opts.n_threads = 1;
	OK(s, vsx_compact(&s->path, 1, NULL, &opts, &result, NULL, &err));
	cr_assert_eq(result.n_rows, s->model.n_live);
}

static void same_hits(const struct sequence *s, const struct vsx_hit *found,
		      size_t n_found, const struct vsx_hit *due, size_t n_due)
{
	cr_assert_eq(n_found, n_due, "seed %llu, %s: %zu hits, expected %zu",
		     (unsigned long long)s->seed, s->spec, n_found, n_due);
	for (size_t i = 0; i < n_due; i++) {
		if (s->model.metric == VSX_COSINE) {
			/* Sums in another order: the last bit may differ. */
			cr_assert(fabsf(found[i].distance - due[i].distance) <
				  1e-6f);
			continue;
		}
		cr_assert_eq(found[i].id, due[i].id,
			     "seed %llu, %s: hit %zu is id %llu, expected %llu",
			     (unsigned long long)s->seed, s->spec, i,
			     (unsigned long long)found[i].id,
			     (unsigned long long)due[i].id);
		cr_assert_eq(found[i].distance, due[i].distance);
	}
}

/* Approximate hits: of n_among rows, each once, in order, with their distance.
 */
static void sound_hits(const struct sequence *s, const bool *among,
		       uint64_t n_among, const float *query,
		       const struct vsx_hit *hits, size_t n)
{
	const struct model *m = &s->model;

	cr_assert_eq(n, n_among < K ? n_among : K,
		     "seed %llu, %s: %zu hits of %llu rows",
		     (unsigned long long)s->seed, s->spec, n,
		     (unsigned long long)n_among);
	for (size_t i = 0; i < n; i++) {
		double due;

		cr_assert_lt(hits[i].id, MODEL_ROWS);
		cr_assert(among[hits[i].id], "seed %llu, %s: id %llu is no hit",
			  (unsigned long long)s->seed, s->spec,
			  (unsigned long long)hits[i].id);
		due = model_distance(m, (uint32_t)hits[i].id, query);
		cr_assert(fabs((double)hits[i].distance - due) <=
			  1e-6 * fabs(due) + 1e-6);
		for (size_t j = 0; j < i; j++)
			cr_assert_neq(hits[i].id, hits[j].id);
	}
}

/* Of the live rows or of those that are selected, of which there are as many
 * as the index says. */
static void check_searches(struct sequence *s, struct vsx *index,
			   const struct vsx_selection *selection,
			   const bool *among, uint64_t n_among)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit found[K], due[K];
	struct vsx_searcher *searcher;
	size_t n;

	opts.among = selection;
	OK(s, vsx_searcher_new(&searcher, index, &err));
	for (int q = 0; q < QUERIES; q++) {
		/* Somewhere among the rows. */
		uint32_t id = MODEL_ROWS - 1;
		const float *query = s->model.rows + (size_t)id * s->model.dim;

		model_draw(&s->model, id, &s->rng);
		opts.exact = 1;
		OK(s, vsx_search(searcher, query, VSX_F32, K, &opts, found, &n,
				 &err));
		same_hits(s, found, n, due,
			  model_search(&s->model, among, query, K, due));
		opts.exact = 0;
		OK(s, vsx_search(searcher, query, VSX_F32, K, &opts, found, &n,
				 &err));
		sound_hits(s, among, n_among, query, found, n);
	}
	vsx_searcher_free(searcher);
}

static void check_filter(struct sequence *s, struct vsx *index)
{
	bool *among = calloc(MODEL_ROWS, sizeof(*among));
	struct vsx_selection *selection;
	struct vsx_filter *f;
	uint64_t n = 0;

	for (uint64_t id = 0; id < MODEL_ROWS; id++) {
		among[id] = s->model.live[id] && passes(&s->model, id);
		n += among[id];
	}
	OK(s, vsx_filter_parse(&f, filter, &err));
	OK(s, vsx_select(&selection, index, f, &err));
	cr_assert_eq(vsx_selection_count(selection), n,
		     "seed %llu, %s: %llu rows are selected, expected %llu",
		     (unsigned long long)s->seed, s->spec,
		     (unsigned long long)vsx_selection_count(selection),
		     (unsigned long long)n);
	check_searches(s, index, selection, among, n);
	vsx_selection_free(selection);
	vsx_filter_free(f);
	free(among);
}

static void check_payload(struct sequence *s, struct vsx *index, uint64_t id)
{
	const float *due = s->model.rows + id * s->model.dim;
	size_t bytes = s->model.dim * sizeof(*due), n;
	float *got = malloc(bytes);

	OK(s, vsx_payload(index, id, got, bytes, &n, &err));
	cr_assert_eq(n, id % 7 ? bytes : 0);
	cr_assert_eq(memcmp(got, due, n), 0);
	free(got);
}

static void check_gets(struct sequence *s, struct vsx *index)
{
	float *row = malloc(s->model.dim * sizeof(*row));

	for (int i = 0; i < 20; i++) {
		uint32_t id = below(s, 2 * FIRST_ROWS);
		enum vsx_status status = vsx_get(index, id, row, &err);

		cr_assert_eq(status, s->model.live[id] ? VSX_OK : VSX_ENOTFOUND,
			     "seed %llu, %s: id %u: %s",
			     (unsigned long long)s->seed, s->spec, id,
			     err.text);
		for (uint32_t d = 0; status == VSX_OK && d < s->model.dim; d++)
			cr_assert_eq(row[d],
				     s->model.rows[id * s->model.dim + d]);
		if (status == VSX_OK)
			check_payload(s, index, id);
	}
	free(row);
}

static int refuse_finding(void *context, const struct vsx_verify_event *event)
{
	const struct sequence *s = context;

	cr_assert(event->what != VSX_FINDING, "seed %llu, %s: %s",
		  (unsigned long long)s->seed, s->spec, event->text);
	return 0;
}

static void check(struct sequence *s, bool verify)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result;
	struct vsx_facts facts;
	struct vsx *index;

	OK(s, vsx_open(&index, s->path, NULL, &err));
	vsx_get_facts(index, &facts);
	cr_assert_eq(facts.n_live, s->model.n_live);
	check_searches(s, index, NULL, s->model.live, s->model.n_live);
	check_filter(s, index);
	check_gets(s, index);
	vsx_close(index);
	opts.n_threads = 1;
	if (verify)
		OK(s, vsx_verify(s->path, &opts, refuse_finding, s, &result,
				 &err));
}

static void run(uint64_t seed)
{
	static const char *const specs[] = {"Flat",	    "IVF4,Flat",
					    "HNSW4",	    "SQ8",
					    "IVF4,SQ8",	    "IVF4,SQ4",
					    "PQ3x4",	    "IVF4,PQ2",
					    "PCA3,Flat",    "OPQ2_4,IVF4,PQ2",
					    "HNSW4,SQ8",    "HNSW4,SQ4",
					    "HNSW4,SQ8,G4", "PQ4x4fs",
					    "IVF4,PQ4x4fs", "IVF4,RaBitQ",
					    "IVF4,RaBitQ3", "HNSW4,RaBitQ6"};
	static const enum vsx_metric metrics[] = {VSX_L2, VSX_IP, VSX_COSINE};
	struct sequence s = {.seed = seed, .rng = {seed}};
	enum vsx_metric metric;
	uint32_t changes;

	s.spec = specs[below(&s, 18)];
	s.path = scratch_path("index");
	/* Links have codes where distances are squares. */
	metric = strstr(s.spec, ",G") ? VSX_L2 : metrics[below(&s, 3)];
	model_init(&s.model, metric, 4 + below(&s, 20));
	OK(&s, vsx_fields_new(&s.fields, &err));
	build(&s);
	changes = 1 + below(&s, MOST_CHANGES);
	for (uint32_t i = 0; i < changes; i++) {
		if (below(&s, 8) == 0)
			compact(&s);
		else
			change(&s);
		check(&s, below(&s, 4) == 0);
	}
	vsx_fields_free(s.fields);
	model_release(&s.model);
}

static uint64_t number(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : other;
}

Test(model, random_sequences)
{
	uint64_t n = number("VSX_SEQUENCES", 60), first = number("VSX_SEED", 1);

	printf("%llu sequences from seed %llu\n", (unsigned long long)n,
	       (unsigned long long)first);
	for (uint64_t i = 0; i < n; i++)
		run(first + i);
}
