/* What is told of long work: phases in their order, each counted to its end. */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/build.h"
#include "write/scratch_folder.h"
#include "write/update.h"

TestSuite(phases, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

enum { N = 4000, DIM = 16, MOST = 64 };

static struct {
	struct told {
		char text[32], unit[16];
		uint64_t done, total;
	} phase[MOST];
	size_t n;
} told;

/* Each is what its name says once more, after other phases. */
static bool may_come_again(const char *text)
{
	static const char *const texts[] = {
		"training ranges", /* of codes too, after those of lists */
		"choosing efforts",
		"measuring further",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcmp(text, texts[i]) == 0)
			return true;
	return false;
}

static int hear(void *context, const struct vsx_build_event *event)
{
	struct told *last = told.n ? &told.phase[told.n - 1] : NULL;

	(void)context;
	if (event->what != VSX_BUILD_PROGRESS)
		return 0;
	cr_assert_not_null(event->unit, "%s", event->text);
	cr_expect(event->total == 0 || event->done <= event->total,
		  "%s: %llu of %llu", event->text,
		  (unsigned long long)event->done,
		  (unsigned long long)event->total);
	if (!last || strcmp(last->text, event->text) != 0) {
		cr_assert_lt(told.n, MOST);
		/* Whichever thread gets the first of the work; a graph begins
		 * with a row. */
		cr_expect_leq(event->done, 1, "%s", event->text);
		last = &told.phase[told.n++];
		snprintf(last->text, sizeof(last->text), "%s", event->text);
		snprintf(last->unit, sizeof(last->unit), "%s", event->unit);
	} else {
		/* Otherwise a bar would jump back, and what is left climb. */
		cr_expect(event->done >= last->done ||
				  may_come_again(event->text),
			  "%s", event->text);
		cr_expect(last->total == 0 || event->total == last->total, "%s",
			  event->text);
		cr_expect_str_eq(event->unit, last->unit);
	}
	last->done = event->done;
	last->total = event->total;
	return 0;
}

static const struct told *find(const char *text)
{
	for (size_t i = 0; i < told.n; i++)
		if (strcmp(told.phase[i].text, text) == 0)
			return &told.phase[i];
	return NULL;
}

static void build(const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct support_index what =
		support_defaults((struct support_index){.n = N, .dim = DIM});
	struct vsx_builder *b;
	struct vsx_error err;
	float row[DIM];

	memset(&told, 0, sizeof(told));
	opts.dim = DIM;
	opts.spec = spec;
	opts.n_threads = 2;
	opts.n_test_queries = 300;
	opts.force = 1;
	opts.report = hear;
	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &opts, &err),
		     VSX_OK, "%s", err.text);
	for (size_t i = 0; i < N; i++) {
		support_row(&what, i, row);
		row[0] += (float)i;
		cr_assert_eq(vsx_builder_add(
				     b, VSX_BATCH(row, VSX_F32, 1, NULL), &err),
			     VSX_OK, "%s", err.text);
	}
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
}

static void is_once(const char *spec)
{
	build(spec);
	for (size_t i = 0; i < told.n; i++)
		for (size_t j = 0; j < i; j++)
			cr_expect(strcmp(told.phase[i].text,
					 told.phase[j].text) != 0 ||
					  may_come_again(told.phase[i].text),
				  "%s: %s", spec, told.phase[i].text);
}

Test(phases, come_once_and_never_fall_back)
{
	static const char *const specs[] = {"Flat", "IVF32,Flat", "HNSW8",
					    "IVF32,SQ4"};

	for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++)
		is_once(specs[i]);
}

Test(phases, count_what_their_unit_says)
{
	build("IVF32,Flat");
	cr_assert_not_null(find("assigning"));
	cr_expect_str_eq(find("assigning")->unit, "rows");
	cr_expect_eq(find("assigning")->total, N);
	/* All of the segment, not its rows alone. */
	cr_assert_not_null(find("writing"));
	cr_expect_str_eq(find("writing")->unit, "bytes");
	cr_expect_gt(find("writing")->total, N * DIM * 5);
	cr_expect_str_eq(find("checking pages")->unit, "bytes");
	cr_expect_str_eq(find("finding neighbours")->unit, "queries");
	cr_expect_eq(find("finding neighbours")->total, 300);
	cr_expect_eq(find("measuring recall")->total, 300);
	cr_expect_str_eq(find("syncing")->unit, "");

	build("HNSW8");
	cr_expect_eq(find("linking")->total, N);
	cr_expect_str_eq(find("linking")->unit, "rows");
	cr_expect_eq(find("connecting")->total, N);
}

static int hear_check(void *context, const struct vsx_verify_event *event)
{
	static const char *const known[][2] = {
		{"checking pages", "bytes"},
		{"checking rows", "rows"},
		{"checking structure", "segments"},
		{"measuring recall", "queries"},
		{NULL, NULL},
	};
	size_t i, *n = context;

	if (event->what != VSX_PROGRESS)
		return 0;
	for (i = 0; known[i][0] && strcmp(known[i][0], event->text) != 0; i++)
		;
	cr_assert_not_null(known[i][0], "%s", event->text);
	cr_expect_str_eq(event->unit, known[i][1], "%s", event->text);
	n[i]++;
	return 0;
}

Test(phases, of_a_check_count_what_their_unit_says)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result;
	struct vsx_error err;
	size_t n[4] = {0};

	build("IVF32,Flat");
	cr_assert_eq(vsx_verify(scratch_path("x"), &opts, hear_check, n,
				&result, &err),
		     VSX_OK, "%s", err.text);
	for (size_t i = 0; i < 4; i++)
		cr_expect_gt(n[i], 0, "%zu", i);
}
