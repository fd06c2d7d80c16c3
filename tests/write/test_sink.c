#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "io/advice.h"
#include "io/sink.h"
#include "io/view.h"
#include "scratch_folder.h"
#include "write/layout.h"

TestSuite(sink, .init = scratch_make, .fini = scratch_drop);

static struct vsx_error err;

/* Sections of these lengths, with bytes that tell where they should be. */
static uint64_t lengths[] = {
	4, 4096, 4097, 0, 2097152, 2097153, 3000000, 65536, 1,
};
#define N_LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

static uint8_t byte_at(size_t section, uint64_t i)
{
	return (uint8_t)((i * 2654435761u >> 13) + section);
}

static void write_section(struct vsx_sink *s, size_t section)
{
	uint64_t at = 0, n = 1;
	static uint8_t part[300000];

	cr_assert_eq(vsx_sink_begin(s, (enum vsx_section_slot)section, 0, &err),
		     VSX_OK);
	for (; at < lengths[section]; at += n, n = n * 5 % 299993 + 1) {
		if (n > lengths[section] - at)
			n = lengths[section] - at;
		for (uint64_t i = 0; i < n; i++)
			part[i] = byte_at(section, at + i);
		cr_assert_eq(vsx_sink_write(s, part, n, &err), VSX_OK);
	}
	cr_expect_eq(vsx_sink_bytes(s), lengths[section]);
	cr_assert_eq(vsx_sink_end(s, &err), VSX_OK);
}

static const struct vsx_file_ops *ops = &vsx_system_files;

static enum vsx_status try_make(const char *path, uint32_t page_shift,
				uint64_t n_live)
{
	static const char properties[] = "spec=Flat";
	struct vsx_segment_entry entry = {VSX_FLAT, 4, 1, 1, {0}, 0};
	struct vsx_manifest m = {.generation = 1,
				 .n_rows = 1,
				 .n_live = n_live,
				 .dim = 1,
				 .metric = VSX_L2,
				 .elem = VSX_F32,
				 .asked = "Flat",
				 .n_segments = 1,
				 .properties_bytes = sizeof(properties)};
	struct vsx_file file = {ops, -1, path};
	struct vsx_super super;
	enum vsx_status status;
	struct vsx_sink sink;

	file.fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	cr_assert_geq(file.fd, 0);
	cr_assert_eq(vsx_sink_init(&sink, &file, page_shift,
				   vsx_data_start(page_shift), &err),
		     VSX_OK);
	for (size_t i = 0; i < N_LENGTHS; i++)
		write_section(&sink, i);
	status = vsx_sink_commit(&sink, &m, &entry, properties, &super, &err);
	if (status == VSX_OK)
		status = vsx_sink_first_super(&file, &super, &err);
	vsx_sink_release(&sink);
	cr_assert_eq(vsx_file_close(&file, NULL), VSX_OK);
	return status;
}

static void make(const char *path, uint32_t page_shift)
{
	cr_assert_eq(try_make(path, page_shift, 1), VSX_OK, "%s", err.text);
}

/* All pages of a section through the guard that readers use. */
static void check_section(const uint8_t *base,
			  const struct vsx_section_entry *e,
			  uint32_t page_shift)
{
	struct vsx_guard g = {.data = base + e->offset,
			      .sums = base + e->sums_offset,
			      .first_page = e->offset >> page_shift,
			      .sums_offset = e->sums_offset};
	_Atomic uint64_t checked = 0;
	uint64_t words, last;

	cr_assert(vsx_sums_shape(&g.shape, e->bytes, page_shift));
	memcpy(g.root, e->root.b, 16);
	words = vsx_guard_words(&g.shape);
	g.seen = calloc(words, 8);
	g.seen_sums = g.seen + g.shape.count[0] / 64 + 1;
	g.n_checked = &checked;
	last = (e->bytes - 1) >> page_shift;
	cr_assert_eq(vsx_guard_check(&g, 0, last, &err), VSX_OK, "%s",
		     err.text);
	cr_expect_eq(checked, last + 1);
	free((void *)g.seen);
}

static void check_bytes(const uint8_t *base, const struct vsx_section_entry *e,
			size_t section, uint32_t page_shift)
{
	cr_expect(vsx_section_fits(e->offset, e->bytes, page_shift));
	cr_assert_eq(e->bytes, lengths[section]);
	for (uint64_t i = 0; i < e->bytes; i++)
		cr_assert_eq(base[e->offset + i], byte_at(section, i));
}

static void check_file(uint32_t page_shift)
{
	const char *path = scratch_path("f");
	struct vsx_slot slots[2];
	struct vsx_super *sb;
	struct vsx_manifest m;
	struct vsx_layout layout;
	size_t n = 0, section = 0;
	uint8_t *base;
	int chosen;

	make(path, page_shift);
	base = scratch_read(path, &n);
	cr_assert_eq(vsx_super_choose(slots, &chosen, base, n, &err), VSX_OK,
		     "%s", err.text);
	cr_expect_eq(slots[0].state, VSX_SLOT_VALID);
	cr_expect_eq(slots[1].state, VSX_SLOT_VALID);
	cr_expect_arr_eq(base, base + VSX_SLOT_BYTES, VSX_SUPER_BYTES);
	sb = &slots[chosen].super;
	cr_expect_eq(sb->committed_bytes, n);
	cr_expect_eq(sb->generation, 1);
	cr_expect_eq(sb->uuid[6] >> 4, 8);
	cr_expect_eq(sb->uuid[8] >> 6, 2);
	cr_assert_eq(vsx_manifest_decode(&m, base + sb->manifest_offset,
					 sb->manifest_bytes, sb, &err),
		     VSX_OK, "%s", err.text);
	vsx_layout_init(&layout, page_shift);
	for (uint32_t i = 0; i < m.n_sections; i++, section++) {
		struct vsx_section_entry e = vsx_manifest_section(&m, i);

		section += lengths[section] == 0; /* it is left out */
		cr_expect_eq(vsx_section_slot(e.id), section);
		check_bytes(base, &e, section, page_shift);
		check_section(base, &e, page_shift);
		vsx_layout_add(&layout, e.bytes);
	}
	cr_expect_eq(section, N_LENGTHS);
	cr_expect_eq(vsx_layout_file_bytes(&layout, m.properties_bytes), n);
	free(base);
}

Test(sink, writes_what_readers_check)
{
	for (uint32_t shift = VSX_MIN_PAGE_SHIFT; shift <= VSX_MAX_PAGE_SHIFT;
	     shift++)
		check_file(shift);
}

/* A generation that no reader takes is none. */
Test(sink, refuses_facts_that_readers_refuse)
{
	cr_expect_eq(try_make(scratch_path("x"), 12, 2), VSX_EINVAL);
	cr_expect(strstr(err.text, "would not open: "), "%s", err.text);
}

Test(sink, writes_the_same_bytes_again)
{
	make(scratch_path("a"), 12);
	make(scratch_path("b"), 12);
	cr_expect(scratch_same(scratch_path("a"), scratch_path("b")));
}

/* Short sections may have to move to the next page, and a multiple of a large
 * page may lie before them, behind them or in them. */
Test(sink, writes_what_readers_check_around_large_pages)
{
	for (uint32_t shift = VSX_MIN_PAGE_SHIFT; shift <= VSX_MAX_PAGE_SHIFT;
	     shift += 4) {
		uint64_t page = UINT64_C(1) << shift;

		for (uint64_t rest = 0; rest < page; rest += page / 8) {
			lengths[0] =
				VSX_LARGE_PAGE - vsx_data_start(shift) - rest;
			lengths[1] = page / 8 + 1;
			lengths[2] = page - 1;
			lengths[3] = page / 2 + 100;
			lengths[4] = VSX_LARGE_PAGE - 3 * page;
			lengths[5] = page - 64;
			check_file(shift);
		}
	}
}

static uint32_t n_across;

/* Pieces are whole large pages, but for the first and the last. */
static ssize_t watch(void *context, int fd, const void *p, size_t n,
		     uint64_t at)
{
	n_across += at / VSX_LARGE_PAGE != (at + n - 1) / VSX_LARGE_PAGE;
	return vsx_system_files.write(context, fd, p, n, at);
}

Test(sink, writes_large_pages_in_one_piece)
{
	struct vsx_file_ops watched = vsx_system_files;

	watched.write = watch;
	ops = &watched;
	lengths[0] = 5 * VSX_LARGE_PAGE + 4096;
	for (size_t i = 1; i < N_LENGTHS; i++)
		lengths[i] = 0;
	make(scratch_path("f"), 12);
	cr_expect_eq(n_across, 0);
}
