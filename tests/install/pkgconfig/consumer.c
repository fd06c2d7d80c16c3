/*
 * What a service does, from installed headers and libraries alone: build a
 * small index, open it, ask it, check it. The other consumers compile this
 * file too.
 */
#include <stdio.h>
#include <string.h>

#include <vsx.h>
#include <vsx_write.h>

static int fail(const char *what, const struct vsx_error *err)
{
	fprintf(stderr, "%s: %s\n", what, err->text);
	return 1;
}

int main(int argc, char **argv)
{
	static const float rows[] = {0, 0, 1, 0, 2, 0, 2, 2};
	static const uint64_t ids[] = {10, 11, 12, 13};
	static const float query[] = {0.9f, 0};
	struct vsx_build_opts build = VSX_BUILD_OPTS_INIT;
	struct vsx_open_opts open = VSX_OPEN_OPTS_INIT;
	struct vsx_search_opts search = VSX_SEARCH_OPTS_INIT;
	struct vsx_verify_result result;
	struct vsx_searcher *searcher;
	struct vsx_builder *builder;
	struct vsx_error err;
	struct vsx_hit hits[3];
	struct vsx_facts facts;
	struct vsx *index;
	size_t n;

	if (argc != 2)
		return 2;
	if (strcmp(vsx_version(), VSX_VERSION) != 0)
		return 3;
	build.dim = 2;
	build.spec = "Flat";
	build.force = 1;
	if (vsx_builder_new(&builder, argv[1], &build, &err))
		return fail("new", &err);
	if (vsx_builder_add(builder, VSX_BATCH(rows, VSX_F32, 4, ids), &err) ||
	    vsx_builder_finish(builder, NULL, &err))
		return fail("build", &err);
	vsx_builder_free(builder);

	if (vsx_open(&index, argv[1], &open, &err) ||
	    vsx_searcher_new(&searcher, index, &err))
		return fail("open", &err);
	vsx_get_facts(index, &facts);
	if (facts.n_rows != 4 || facts.dim != 2)
		return 4;
	if (vsx_search(searcher, query, VSX_F32, 3, &search, hits, &n, &err))
		return fail("search", &err);
	if (n != 3 || hits[0].id != 11 || hits[1].id != 10 || hits[2].id != 12)
		return 5;
	vsx_searcher_free(searcher);
	vsx_close(index);
	if (vsx_verify(argv[1], NULL, NULL, NULL, &result, &err))
		return fail("verify", &err);
	if (result.n_findings)
		return 6;
	puts("consumer: ok");
	return 0;
}
