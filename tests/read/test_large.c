/* Files beyond 4 GiB: offsets are 64 bits, and opening costs the same. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/sparse.h"
#include "vsx.h"

#define DIM    64
#define N_ROWS (UINT64_C(6) * 1024 * 1024 * 1024 / (DIM * 4) + 3)

static char folder[] = "/tmp/vsx-large-XXXXXX";
static char path[64];

static void setup(void)
{
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x.vsx", folder);
	cr_assert_eq(sparse_index(path, N_ROWS, DIM, 7.0f), 0);
}

static void teardown(void)
{
	unlink(path);
	rmdir(folder);
}

TestSuite(large, .init = setup, .fini = teardown);

Test(large, opens_with_little_heap)
{
	struct vsx_facts facts;
	struct vsx_error err;
	struct vsx *index;

	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
		     err.text);
	vsx_get_facts(index, &facts);
	cr_expect_eq(facts.n_rows, N_ROWS);
	cr_expect_gt(facts.file_bytes, UINT64_C(6) << 30);
	cr_expect_lt(facts.heap_bytes, 64 << 10);
	vsx_close(index);
}

Test(large, reads_rows_on_both_sides_of_4_gib)
{
	static const uint64_t at[] = {0, (UINT64_C(1) << 32) / (DIM * 4) - 1,
				      (UINT64_C(1) << 32) / (DIM * 4),
				      N_ROWS - 2, N_ROWS - 1};
	struct vsx_error err;
	struct vsx *index;
	float row[DIM];

	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
		     err.text);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		cr_assert_eq(vsx_get(index, at[i], row, &err), VSX_OK, "%s",
			     err.text);
		for (int d = 0; d < DIM; d++)
			cr_expect_eq(row[d], at[i] + 1 == N_ROWS ? 7.0f : 0);
	}
	cr_expect_eq(vsx_get(index, N_ROWS, row, &err), VSX_ENOTFOUND);
	vsx_close(index);
}

Test(large, names_the_page_of_damage_behind_4_gib)
{
	uint64_t at = UINT64_C(5) << 30;
	struct vsx_error err;
	struct vsx *index;
	float row[DIM];
	char due[64];
	FILE *f = fopen(path, "r+b");

	cr_assert(f && fseeko(f, (off_t)at, SEEK_SET) == 0);
	fputc(1, f);
	fclose(f);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	cr_expect_eq(vsx_get(index, (at - 8192) / (DIM * 4), row, &err),
		     VSX_ECORRUPT);
	snprintf(due, sizeof(due),
		 "page %llu: ", (unsigned long long)(at / 4096));
	cr_expect(strstr(err.text, due), "%s", err.text);
	vsx_close(index);
}
