/*
 * Where rows begin in a file: SPEC.md 5.1. Of rows that only codes lead to, in
 * kinds that scan, no page has a part that would fit into one; added rows are
 * laid by the same rule as those that were there.
 */
#include <criterion/criterion.h>

#include "living/change.h"
#include "write/scratch_folder.h"

TestSuite(alone, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

/* Rows of 960 bytes, four of which have room in a page of 4,096. */
enum { DIM = 240, N = 400, MORE = 120 };

static const struct {
	const char *spec;
	uint32_t due, added; /* strides */
} cases[] = {
	{"Flat", 960, 960},
	{"IVF4,Flat", 960, 960},
	{"HNSW8,SQ8", 960, 960},
	{"SQ8", 1024, 1024},
	{"RaBitQ", 1024, 1024},
	{"PQ60x4fs", 1024, 1024},
	{"IVF4,SQ8", 1024, 1024},
	{"IVF4,RaBitQ3", 1024, 1024},
	{"IVF4,PQ60x4fs", 1024, 1024},
	{"IVF4,RaBitQ8,NoRefine", 268, 268},
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

/* Rows that are not all whole numbers: they stay floats. */
static struct support_index rows_for(const char *spec)
{
	return support_defaults((struct support_index){
		.spec = spec, .dim = DIM, .n = N, .half = true});
}

static void expect_stride(const char *path, uint32_t segment, uint32_t due,
			  const char *spec)
{
	struct vsx *index = change_open(path);
	struct vsx_segment_facts facts;

	MUST(vsx_get_segment(index, segment, &facts, &err));
	cr_expect_eq(facts.row_stride, due, "%s, segment %u: %u bytes", spec,
		     segment, facts.row_stride);
	vsx_close(index);
}

Test(alone, rows_that_codes_lead_to_begin_with_pages)
{
	const char *path = scratch_path("x");

	for (size_t i = 0; i < N_CASES; i++) {
		support_build(path, rows_for(cases[i].spec));
		change_sound(path);
		expect_stride(path, 0, cases[i].due, cases[i].spec);
	}
}

/* As many as are worth codes, and a few, which are kept without. */
Test(alone, rows_that_are_added_lie_as_their_own_codes_want_it)
{
	const char *path = scratch_path("x");

	for (size_t i = 0; i < N_CASES; i++)
		for (int few = 0; few < 2; few++) {
			struct support_index what = rows_for(cases[i].spec);
			struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
			struct vsx_update *u;

			opts.flat_below = few ? MORE + 1 : 1;
			support_build(path, what);
			u = change_begin(path, &opts);
			change_add(u, &what, 0, MORE, NULL); /* the half, too */
			change_commit(u, path);
			change_sound(path);
			expect_stride(path, 1, few ? 960 : cases[i].added,
				      cases[i].spec);
		}
}
