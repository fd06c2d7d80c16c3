/* A failure says in numbers what its text says of the place. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/build.h"
#include "support/where.h"
#include "vsx_write.h"
#include "write/scratch_folder.h"

TestSuite(where, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

static struct vsx_error err;

/* As after a failure elsewhere, of which nothing may stay. */
static void spoil(void)
{
	memset(&err, 0x11, sizeof(err));
}

/* Numbers that the text has, and none that it has not. */
static void expect(int64_t row, int64_t query, int64_t page, int64_t segment,
		   const char *section)
{
	cr_expect_eq(err.at.row, row, "%s", err.text);
	cr_expect_eq(err.at.query, query, "%s", err.text);
	cr_expect_eq(err.at.page, page, "%s", err.text);
	cr_expect_eq(err.at.segment, segment, "%s", err.text);
	cr_expect_str_eq(err.at.section, section, "%s", err.text);
	for (size_t i = 0; i < 2; i++)
		cr_expect_eq(err.at.reserved[i], -1);
	cr_expect_eq(err.reserved, 0);
	cr_expect_leq(err.why, strlen(err.text));
	cr_expect(support_where_agrees(err.text, &err.at));
}

#define FAILS(call, due)                                                       \
	do {                                                                   \
		spoil();                                                       \
		cr_assert_eq(call, due, "%s: %s", #call, err.text);            \
	} while (0)

Test(where, of_rows_that_are_handed_over)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	float rows[6] = {1, 2, 3, 4, NAN, 6};
	uint64_t ids[3] = {7, 8, 7};
	struct vsx_builder *b;

	opts.dim = 2;
	cr_assert(!vsx_builder_new(&b, scratch_path("a"), &opts, &err) &&
		  !vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, 2, ids), &err));
	FAILS(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, 3, ids), &err),
	      VSX_ENUMERIC);
	expect(4, -1, -1, -1, "");
	cr_expect_eq(strncmp(err.text, "row 4: ", 7), 0, "%s", err.text);
	cr_expect_eq(err.why, 7);
	FAILS(vsx_builder_queries(b, rows, VSX_F32, 3, &err), VSX_ENUMERIC);
	expect(-1, 2, -1, -1, "");
	cr_expect_eq(err.why, 9);
	rows[4] = 5;
	cr_assert(!vsx_builder_add(b, VSX_BATCH(rows + 4, VSX_F32, 1, ids + 2),
				   &err));
	FAILS(vsx_builder_finish(b, NULL, &err), VSX_EINVAL);
	cr_expect_eq(err.at.other, 0, "%s", err.text);
	expect(2, -1, -1, -1, "");
	cr_expect_eq(err.why, 7);
	vsx_builder_free(b);
	FAILS(vsx_builder_new(&b, scratch_path("a"), NULL, &err), VSX_EINVAL);
	expect(-1, -1, -1, -1, "");
}

/* The file at `path` with a bit of a section flipped; *page: that it is on. */
static const char *damaged(const char *path, const char *section, int64_t *page)
{
	const char *to = scratch_path("damaged");

	*page = (int64_t)(support_damage(path, to, section) / 4096);
	return to;
}

static struct vsx_where found;

static int keep(void *context, const struct vsx_verify_event *event)
{
	(void)context;
	if (event->what == VSX_FINDING) {
		cr_expect(support_where_agrees(event->text, &event->at));
		found = event->at;
	} else {
		cr_expect_eq(event->at.page, -1);
	}
	return 0;
}

Test(where, of_what_is_damaged_in_a_file)
{
	struct vsx_open_opts all = VSX_OPEN_OPTS_INIT;
	struct vsx_search_opts from = VSX_SEARCH_OPTS_INIT;
	const char *path = scratch_path("small"), *bad;
	float queries[16] = {1}, *q = queries;
	struct vsx_verify_result r;
	struct vsx_hit hits[2];
	struct vsx_searcher *s;
	struct vsx *index;
	size_t n_hits[2];
	int64_t page;
	uint64_t id;

	support_build(path,
		      (struct support_index){.spec = "HNSW8", .ids = true});
	bad = damaged(path, "LNK0", &page);
	cr_assert(!vsx_open(&index, bad, NULL, &err) &&
		  !vsx_searcher_new(&s, index, &err));
	FAILS(vsx_search(s, q, VSX_F32, 1, NULL, hits, n_hits, &err),
	      VSX_ECORRUPT);
	expect(-1, -1, page, 0, "LNK0");
	from.first_query = 100;
	FAILS(vsx_search_batch(index, q, VSX_F32, 2, 1, &from, 1, hits, n_hits,
			       NULL, &err),
	      VSX_ECORRUPT);
	expect(-1, 100, page, 0, "LNK0");
	q[9] = INFINITY;
	q[8] = NAN;
	from.exact = 1;
	FAILS(vsx_search_batch(index, q, VSX_F32, 2, 1, &from, 1, hits, n_hits,
			       NULL, &err),
	      VSX_ENUMERIC);
	expect(-1, 101, -1, -1, "");
	FAILS(vsx_id_at(index, 300, &id, &err), VSX_ENOTFOUND);
	cr_expect_eq(err.at.row, 300);
	FAILS(vsx_get_segment(index, 5, NULL, &err), VSX_EINVAL);
	expect(-1, -1, -1, 5, "");
	vsx_searcher_free(s);
	vsx_close(index);

	all.check = VSX_CHECK_ALL;
	FAILS(vsx_open(&index, bad, &all, &err), VSX_ECORRUPT);
	cr_expect_eq(err.at.page, page, "%s", err.text);
	cr_expect_str_eq(err.at.section, "LNK0");
	cr_assert_eq(vsx_verify(bad, NULL, keep, NULL, &r, &err), VSX_OK);
	cr_expect_eq(r.n_findings, 1);
	cr_expect_eq(found.page, page);
	cr_expect_str_eq(found.section, "LNK0");
	FAILS(vsx_backup_create(bad, scratch_path("repo"), NULL, NULL, &err),
	      VSX_ECORRUPT);
	cr_expect_eq(err.at.page, page, "%s", err.text);
	cr_expect_str_eq(err.at.section, "LNK0");
	bad = damaged(path, "VECS", &page);
	FAILS(vsx_compact(&bad, 1, scratch_path("none"), NULL, NULL, NULL,
			  &err),
	      VSX_ECORRUPT);
	cr_expect_eq(err.at.page, page, "%s", err.text);
}
