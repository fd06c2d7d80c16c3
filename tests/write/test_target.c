/* A build says when no effort that it measures reaches the recall asked for. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "vsx_write.h"
#include "write/scratch_folder.h"

TestSuite(target, .init = scratch_make, .fini = scratch_drop, .timeout = 60);

static struct vsx_error err;

enum { DIM = 16, N = 1500 };

static int hear(void *context, const struct vsx_build_event *event)
{
	if (event->what == VSX_BUILD_NOTE && strstr(event->text, "target"))
		snprintf(context, 256, "%s", event->text);
	return 0;
}

/* Rows whose lengths differ as e^spread does; what is said of the target. */
static struct vsx_build_result build(const char *spec, float spread,
				     char said[256])
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_build_result result;
	struct vsx_rng rng = {7};
	struct vsx_builder *b;

	*said = '\0';
	opts.dim = DIM;
	opts.spec = spec;
	opts.n_test_queries = 200;
	opts.force = 1;
	opts.report = hear;
	opts.context = said;
	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &opts, &err),
		     VSX_OK, "%s", err.text);
	for (int i = 0; i < N; i++) {
		float length = expf(spread * (float)vsx_rng_below(&rng, 100));
		float row[DIM];

		for (int d = 0; d < DIM; d++)
			row[d] = length *
				 ((float)vsx_rng_below(&rng, 2001) - 1000.0f);
		cr_assert_eq(vsx_builder_add(
				     b, VSX_BATCH(row, VSX_F32, 1, NULL), &err),
			     VSX_OK);
	}
	cr_assert_eq(vsx_builder_finish(b, &result, &err), VSX_OK, "%s",
		     err.text);
	vsx_builder_free(b);
	return result;
}

/* The long rows leave the short ones few steps of a code. */
Test(target, that_codes_keep_searches_from_is_told)
{
	static const char *const specs[] = {"SQ4", "IVF8,SQ4", "HNSW8,SQ4"};
	char said[256], due[256];

	for (size_t i = 0; i < 3; i++) {
		struct vsx_build_result r = build(specs[i], 0.1f, said);

		snprintf(due, sizeof(due),
			 "searches reach recall@10 %.4f at most, and the "
			 "target is 0.95: codes lose too much of these rows; "
			 "try others, or none",
			 r.recall_at_10);
		cr_expect_lt(r.recall_at_10, 0.95, "%s", specs[i]);
		cr_expect_str_eq(said, due, "%s", specs[i]);
		build(specs[i], 0.0f, said);
		cr_expect_str_empty(said, "%s", specs[i]);
	}
}

Test(target, that_is_reached_without_codes_is_no_news)
{
	char said[256];

	cr_expect_geq(build("HNSW8", 0.1f, said).recall_at_10, 0.95);
	cr_expect_str_empty(said);
}
