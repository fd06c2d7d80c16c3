/* Links are chosen as comparing each candidate with every link would, whatever
 * is remembered or reckoned on the way. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/select.h"
#include "kind/hnsw/build_links.h"
#include "kind/seeded.h"

static struct vsx_error err;

enum { ROWS = 200, DIM = 21, DEGREE = 12, CANDIDATES = 60 };

static enum vsx_status no_progress(struct vsx_job *job,
				   const struct vsx_phase *phase, uint64_t done,
				   uint64_t total, struct vsx_error *e)
{
	(void)job, (void)phase, (void)done, (void)total, (void)e;
	return VSX_OK;
}

static uint32_t key_of(const struct vsx_rows *rows, uint32_t a, uint32_t b)
{
	const struct vsx_space *space = rows->space;
	struct vsx_query query;
	uint32_t key;

	cr_assert_eq(vsx_query_alloc(&query, space->dim, &err), VSX_OK);
	vsx_space_row_query(space, &query,
			    rows->base + (size_t)a * space->stride);
	vsx_space_keys(space, &query, rows->base, &b, 1, &key);
	vsx_query_release(&query);
	return key;
}

static bool passes(const struct vsx_rows *rows, uint64_t candidate,
		   const uint64_t *kept, uint32_t n, uint64_t num, uint64_t den)
{
	for (uint32_t i = 0; i < n; i++)
		if (key_of(rows, (uint32_t)candidate, (uint32_t)kept[i]) * num <
		    (candidate >> 32) * den)
			return false;
	return true;
}

/* Chosen in two rounds, or one of products: how many. The rest is moved to
 * `others`, the chosen ones are sorted. */
static uint32_t choose(const struct vsx_rows *rows, uint64_t *candidates,
		       uint32_t n, uint64_t *others)
{
	uint64_t kept[DEGREE];
	uint32_t n_kept = 0, n_rounds = rows->space->metric == VSX_IP ? 1 : 2;

	memcpy(others, candidates, n * sizeof(*others));
	for (uint32_t round = 0; round < n_rounds; round++) {
		uint32_t left = 0;

		for (uint32_t i = 0; i < n; i++) {
			uint64_t c = others[i];

			if (n_kept < DEGREE &&
			    passes(rows, c, kept, n_kept, round ? 6 : 1,
				   round ? 5 : 1))
				kept[n_kept++] = c;
			else
				others[left++] = c;
		}
		n = left;
	}
	vsx_least(kept, n_kept, n_kept, true);
	memcpy(candidates, kept, n_kept * sizeof(*kept));
	return n_kept;
}

static void expect_choice(struct vsx_links *l, uint32_t row, const char *what)
{
	const struct vsx_rows *rows = l->graph->rows;
	struct vsx_links_worker *w = &l->workers[0];
	uint64_t all[ROWS], others[ROWS];
	uint32_t n = 0, n_kept, n_others;

	for (uint32_t i = 0; i < ROWS; i++)
		if (i != row)
			all[n++] = (uint64_t)key_of(rows, row, i) << 32 | i;
	vsx_least(all, n, CANDIDATES, true);
	n = row % CANDIDATES + 1;
	memcpy(w->candidates, all, n * sizeof(*all));
	n_kept = choose(rows, all, n, others);
	cr_assert_eq(vsx_links_choose(l, w, n, &n_others), n_kept, "%s, row %u",
		     what, row);
	cr_assert_eq(n_others, n - n_kept);
	cr_expect_arr_eq(w->candidates, all, n_kept * sizeof(*all),
			 "%s, row %u", what, row);
	cr_expect_arr_eq(w->others, others, n_others * sizeof(*others),
			 "%s, row %u", what, row);
}

Test(choose, is_as_by_comparing_with_every_link)
{
	static const struct {
		const char *what;
		enum vsx_metric metric;
		enum vsx_elem elem;
		bool squares;
	} cases[] = {
		{"products of bytes", VSX_L2, VSX_U8, true},
		{"bytes", VSX_L2, VSX_U8, false},
		{"floats", VSX_L2, VSX_F32, false},
		{"angles", VSX_COSINE, VSX_F32, false},
		{"products", VSX_IP, VSX_F32, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vsx_job job = {.progress = no_progress};
		struct vsx_linking told = {.job = &job, .row_steps = 1};
		struct vsx_graph g = {0};
		struct vsx_links l;
		struct seeded s;

		seeded_init(&s, cases[i].metric, cases[i].elem, ROWS, DIM);
		g.rows = &s.rows;
		g.level[0].degree = DEGREE;
		cr_assert_eq(vsx_links_init(&l, &g, CANDIDATES, 1, &told, &err),
			     VSX_OK);
		if (cases[i].squares)
			cr_assert_eq(vsx_links_square(&l, &err), VSX_OK);
		for (uint32_t row = 0; row < ROWS; row++)
			expect_choice(&l, row, cases[i].what);
		vsx_links_release(&l);
		seeded_release(&s);
	}
}
