/* Rows as callers of this version, an older and a newer one hand them over. */
#include <criterion/criterion.h>
#include <string.h>

#include "scratch_folder.h"
#include "vsx_write.h"

enum { DIM = 2 };

static const float rows[][DIM] = {{1, 2}, {3, 4}};
static const uint64_t ids[] = {70, 71};
static struct vsx_error err;

TestSuite(batch, .init = scratch_make, .fini = scratch_drop);

/* A batch of a later version, which may say more of each row. */
struct later {
	struct vsx_batch now;
	const void *more;
};

static enum vsx_status add(const void *batch)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	const char *path = scratch_path("x.vsx");
	enum vsx_status status;
	struct vsx_builder *b;
	struct vsx_update *u;

	opts.dim = DIM;
	opts.force = 1;
	cr_assert_eq(vsx_builder_new(&b, path, &opts, &err), VSX_OK);
	status = vsx_builder_add(b, batch, &err);
	if (status == VSX_OK)
		cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s",
			     err.text);
	vsx_builder_free(b);

	/* An update takes what a build takes. */
	cr_assert_eq(vsx_builder_new(&b, path, &opts, &err), VSX_OK);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK);
	vsx_builder_free(b);
	cr_assert_eq(vsx_update_begin(&u, path, NULL, &err), VSX_OK);
	cr_expect_eq(vsx_update_add(u, batch, &err), status, "%s", err.text);
	cr_expect_eq(vsx_update_commit(u, NULL, &err), VSX_OK, "%s", err.text);
	vsx_update_free(u);
	return status;
}

static void expect_rows(const uint64_t *due, size_t n)
{
	struct vsx_facts facts;
	struct vsx *index;
	float got[DIM];

	cr_assert_eq(vsx_open(&index, scratch_path("x.vsx"), NULL, &err),
		     VSX_OK);
	vsx_get_facts(index, &facts);
	cr_expect_eq(facts.n_live, n);
	for (size_t i = 0; i < n; i++) {
		cr_expect_eq(vsx_get(index, due[i], got, &err), VSX_OK, "%s",
			     err.text);
		cr_expect_arr_eq(got, rows[i], sizeof(got));
	}
	vsx_close(index);
}

static void expect_refused(const void *batch, const char *words)
{
	cr_expect_eq(add(batch), VSX_EINVAL);
	cr_expect(strstr(err.text, words), "%s", err.text);
	expect_rows(NULL, 0);
}

Test(batch, is_taken_as_it_says)
{
	struct vsx_batch batch = VSX_BATCH_INIT;
	struct later later = {
		{sizeof(later), 2, rows, VSX_F32, ids, NULL, NULL, NULL}, NULL};

	cr_expect_eq(add(VSX_BATCH(rows, VSX_F32, 2, ids)), VSX_OK);
	expect_rows(ids, 2);
	batch.n = 2;
	batch.vectors = rows;
	batch.elem = 0;
	batch.ids = ids;
	cr_expect_eq(add(&batch), VSX_OK);
	expect_rows(ids, 2);
	cr_expect_eq(add(&later), VSX_OK);
	expect_rows(ids, 2);
	cr_expect_eq(add(VSX_BATCH(NULL, VSX_F32, 0, NULL)), VSX_OK);
	expect_rows(NULL, 0);
}

Test(batch, may_end_before_what_its_version_lacks)
{
	struct vsx_batch batch = *VSX_BATCH(rows, VSX_F32, 1, (void *)1);

	batch.struct_size = offsetof(struct vsx_batch, ids);
	cr_expect_eq(add(&batch), VSX_OK, "%s", err.text);
	expect_rows(&(uint64_t){1}, 1);
}

Test(batch, is_refused_where_it_says_what_is_not_known)
{
	struct later later = {
		{sizeof(later), 2, rows, VSX_F32, ids, NULL, NULL, NULL}, rows};
	struct vsx_batch none = {0};

	expect_refused(&later, "struct vsx_batch has ");
	expect_refused(&none, "struct_size of struct vsx_batch is 0");
	expect_refused(NULL, "no batch");
	expect_refused(VSX_BATCH(rows, 17, 2, ids), "element type 17");
	expect_refused(VSX_BATCH(NULL, VSX_F32, 2, ids), "2 rows, but no ");
}
