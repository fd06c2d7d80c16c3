/* Queries that were given to an index are its own, wherever its rows go. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "living/change.h"
#include "write/scratch_folder.h"

TestSuite(given, .init = scratch_make, .fini = scratch_drop, .timeout = 60);
/* An index with three queries that were given to it. */
static void build_with_queries(const char *path, const float *queries)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b = NULL;
	static float rows[200][4];

	for (size_t i = 0; i < 800; i++)
		rows[i / 4][i % 4] = (float)(i * 37 % 101);
	opts.dim = 4;
	opts.spec = "Flat";
	MUST(vsx_builder_new(&b, path, &opts, &err));
	MUST(vsx_builder_queries(b, queries, VSX_F32, 3, &err));
	MUST(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, 200, NULL), &err));
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
}

Test(given, queries_of_the_caller_go_on_to_a_compacted_index)
{
	static const float queries[12] = {1,  2,  3, 4, 50, 60,
					  70, 80, 9, 8, 7,  6};
	const char *path = scratch_path("given"), *to = scratch_path("again");
	uint64_t at, length;
	uint8_t *bytes;
	size_t n;

	build_with_queries(path, queries);
	MUST(vsx_compact(&path, 1, to, NULL, NULL, NULL, &err));
	bytes = support_read(to, &n);
	cr_assert(support_section(bytes, n, "QRYS", &at, &length));
	cr_expect_eq(length, sizeof(queries));
	cr_expect_eq(memcmp(bytes + at, queries, sizeof(queries)), 0);
	free(bytes);
	/* Damaged they are not: nor is there another index then. */
	unlink(to);
	support_damage(path, path, "QRYS");
	EXPECT_REFUSED(vsx_compact(&path, 1, to, NULL, NULL, NULL, &err),
		       VSX_ECORRUPT, "(section QRYS)");
	cr_expect_neq(access(to, F_OK), 0);
}
