/*
 * No touch reaches a byte that its section does not have, whatever the caller
 * believes: the last line behind every count that comes from a file.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "io/view.h"

TestSuite(view, .timeout = 60);

enum { PAGE = 4096, BYTES = 2 * PAGE + 100, PAGES = 3 };

static uint8_t data[PAGES * PAGE];
static vsx_le64 sums[PAGES];
static _Atomic uint64_t seen[1], seen_sums[1], n_checked;
static struct vsx_guard guard;
static struct vsx_error err;

static struct vsx_view make(void)
{
	struct vsx_hash root;

	guard = (struct vsx_guard){.data = data,
				   .sums = (const uint8_t *)sums,
				   .name = "ROID",
				   .seen = seen,
				   .seen_sums = seen_sums,
				   .n_checked = &n_checked};
	cr_assert(vsx_sums_shape(&guard.shape, BYTES, 12));
	for (int i = 0; i < PAGES; i++)
		vsx_put64(&sums[i],
			  vsx_sum64(data + i * PAGE,
				    i + 1 < PAGES ? PAGE : BYTES % PAGE));
	root = vsx_hash128(sums, sizeof(sums));
	memcpy(guard.root, root.b, 16);
	return (struct vsx_view){data, BYTES, &guard};
}

/* Offset and length, and whether they lie in BYTES bytes. */
static const struct {
	uint64_t offset, len;
	bool there;
} ranges[] = {
	{0, 1, true},
	{0, BYTES, true},
	{BYTES - 1, 1, true},
	{PAGE - 1, 2, true},
	{0, 0, true},
	{BYTES, 0, true},
	{0, BYTES + 1, false},
	{BYTES, 1, false},
	{BYTES - 1, 2, false},
	/* Still in the last page, and in the last word of the bitmap. */
	{BYTES + 8, 4, false},
	{3 * PAGE, 4, false},
	{63 * PAGE, 4, false},
	{64 * PAGE, 4, false},
	{BYTES + 1, 0, false},
	{UINT64_C(1) << 40, 4, false},
	{UINT64_MAX, 1, false},
	{UINT64_MAX, 0, false},
	{1, UINT64_MAX, false},
	{UINT64_MAX, UINT64_MAX, false},
	{0, UINT64_MAX, false},
	{UINT64_MAX - 3, 8, false},
};

Test(view, nothing_beyond_a_section_is_touched)
{
	for (int guarded = 0; guarded < 2; guarded++) {
		for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
			struct vsx_view v = make();

			seen[0] = seen_sums[0] = 0;
			v.guard = guarded ? &guard : NULL;
			cr_expect_eq(vsx_touch(&v, ranges[i].offset,
					       ranges[i].len, &err),
				     ranges[i].there ? VSX_OK : VSX_ECORRUPT,
				     "range %zu, guarded %d", i, guarded);
		}
	}
	cr_expect(strstr(err.text, "8 bytes at byte 18446744073709551612 of "
				   "section ROID, which has 8292"),
		  "%s", err.text);
}

/* Not even when all bits say that its page was checked. */
Test(view, a_section_that_is_not_there_has_no_bytes)
{
	struct vsx_view none = {NULL, 0, NULL};

	cr_expect_eq(vsx_touch(&none, 0, 1, &err), VSX_ECORRUPT);
	cr_expect_eq(vsx_touch(&none, 4096, UINT64_MAX, &err), VSX_ECORRUPT);
	cr_expect_eq(vsx_touch(&none, 0, 0, &err), VSX_OK);
}

Test(view, a_guard_knows_its_last_page)
{
	static const struct {
		uint64_t first, last;
		enum vsx_status due;
	} pages[] = {
		{0, 2, VSX_OK},
		{2, 2, VSX_OK},
		{2, 3, VSX_ECORRUPT},
		{3, 3, VSX_ECORRUPT},
		{64, 64, VSX_ECORRUPT},
		{2, 1, VSX_ECORRUPT},
		{0, UINT64_MAX, VSX_ECORRUPT},
	};

	make();
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++)
		cr_expect_eq(vsx_guard_check(&guard, pages[i].first,
					     pages[i].last, &err),
			     pages[i].due, "%zu: %s", i, err.text);
	cr_expect_eq(n_checked, PAGES);
}

/* ---- several levels of sums -------------------------------------------- */

/* Pages of 64 bytes have four levels at 600: 75 chunks of sums, 10, 2 and 1. */
enum { SHIFT = 6, SMALL = 1 << SHIFT, MANY = 600, LEVELS = 4 };

static uint8_t small_data[MANY * SMALL], tables[(75 + 10 + 2 + 1) * SMALL];
static _Atomic uint64_t marks[64];

static struct vsx_view make_levels(void)
{
	struct vsx_hash root;
	uint64_t words;

	for (size_t i = 0; i < sizeof(small_data); i++)
		small_data[i] = (uint8_t)(i * 7 + i / SMALL);
	memset(tables, 0, sizeof(tables));
	memset(marks, 0, sizeof(marks));
	guard = (struct vsx_guard){.data = small_data,
				   .sums = tables,
				   .name = "VECS",
				   .first_page = 1000,
				   .seen = marks,
				   .n_checked = &n_checked};
	cr_assert(vsx_sums_shape(&guard.shape, sizeof(small_data), SHIFT));
	cr_assert_eq(guard.shape.n_levels, LEVELS);
	cr_assert_leq(guard.shape.bytes, sizeof(tables));
	words = vsx_guard_words(&guard.shape);
	cr_assert_leq(words, 64);
	guard.seen_sums = marks + guard.shape.count[0] / 64 + 1;
	for (uint32_t l = 0; l < LEVELS; l++)
		for (uint64_t i = 0; i < guard.shape.count[l]; i++) {
			const uint8_t *of =
				l ? tables + guard.shape.start[l - 1] +
						i * SMALL
				  : small_data + i * SMALL;
			uint64_t n =
				l ? vsx_sums_chunk_bytes(&guard.shape, l - 1, i)
				  : SMALL;
			vsx_le64 sum;

			vsx_put64(&sum, vsx_sum64(of, n));
			memcpy(tables + guard.shape.start[l] + i * 8, &sum, 8);
		}
	root = vsx_hash128(tables + guard.shape.start[LEVELS - 1],
			   guard.shape.count[LEVELS - 1] * 8);
	memcpy(guard.root, root.b, 16);
	n_checked = 0;
	return (struct vsx_view){small_data, sizeof(small_data), &guard};
}

Test(view, every_page_of_many_levels_is_sound_and_checked_once)
{
	struct vsx_view v = make_levels();

	for (int again = 0; again < 2; again++)
		for (uint64_t page = MANY; page-- > 0;)
			cr_assert_eq(vsx_touch(&v, page * SMALL + 5, 1, &err),
				     VSX_OK, "%s", err.text);
	cr_expect_eq(n_checked, MANY);
}

/*
 * Whatever was touched before: a damaged sum is told by the first page that
 * hangs on it, and never used.
 */
Test(view, a_damaged_sum_of_any_level_is_found)
{
	static const uint64_t firsts[] = {0, 7, 8, 64, 511, 512, 599};

	for (uint32_t l = 0; l < LEVELS; l++)
		for (size_t f = 0; f < sizeof(firsts) / sizeof(*firsts); f++) {
			struct vsx_view v = make_levels();
			/* Pages below one chunk of this level. */
			uint64_t below = SMALL / 8, chunk, last;

			for (uint32_t up = 0; up < l; up++)
				below *= SMALL / 8;
			chunk = MANY / below;
			if (chunk * below == MANY)
				chunk--;
			/* What hangs on others is touched, if there is any. */
			if (firsts[f] < chunk * below)
				cr_assert_eq(vsx_touch(&v, firsts[f] * SMALL, 1,
						       &err),
					     VSX_OK);
			last = guard.shape.count[l] - 1;
			tables[guard.shape.start[l] + last * 8 + 3] ^= 1;
			for (int end = 0; end < 2; end++) {
				uint64_t page = end ? MANY - 1 : chunk * below;

				cr_expect_eq(
					vsx_touch(&v, page * SMALL, 1, &err),
					VSX_ECORRUPT, "level %u", l);
				cr_expect(strstr(err.text,
						 "(sums of section VECS)"),
					  "%s", err.text);
			}
		}
}
