/*
 * Sums of sums of sums: what vsx_verify() tells of a section with several
 * levels of them. In a file that takes 1 GiB, so here pages have 64 bytes.
 */
#include <criterion/criterion.h>

#include "read/heard.h"
#include "read/verify.h"
#include "super.h"

TestSuite(levels, .timeout = 60);

/* 600 pages have 75 chunks of sums; those have 10, those 2, and those 1. */
enum { SHIFT = 6, PAGE = 1 << SHIFT, PAGES = 600, LEVELS = 4 };

static uint8_t file[65536], raw[1024], damaged[1];
static struct vsx_section_entry section;
static struct vsx_sums shape;
static struct vsx_verifier v;
static struct vsx_verify_result result;
static struct heard heard;

static uint8_t *sum_of(uint32_t level, uint64_t i)
{
	return file + section.sums_offset + shape.start[level] + i * 8;
}

static void make(void)
{
	struct vsx_manifest m = {.page_shift = SHIFT, .n_sections = 1};

	memset(file, 0, sizeof(file));
	memset(&section, 0, sizeof(section));
	cr_assert(vsx_sums_shape(&shape, PAGES * PAGE, SHIFT));
	cr_assert_eq(shape.n_levels, LEVELS);
	memcpy(&section.id, "VECS", 4);
	section.offset = vsx_data_start(SHIFT);
	section.bytes = section.raw_bytes = PAGES * PAGE;
	section.sums_offset = section.offset + section.bytes;
	section.sums_bytes = shape.bytes;
	for (size_t i = 0; i < PAGES * PAGE; i++)
		file[section.offset + i] = (uint8_t)(i * 7 + i / PAGE);
	for (uint32_t l = 0; l < LEVELS; l++)
		for (uint64_t i = 0; i < shape.count[l]; i++) {
			uint64_t n = l ? vsx_sums_chunk_bytes(&shape, l - 1, i)
				       : PAGE;
			const uint8_t *of =
				l ? sum_of(l - 1, i * PAGE / 8)
				  : file + section.offset + i * PAGE;
			vsx_le64 sum;

			vsx_put64(&sum, vsx_sum64(of, n));
			memcpy(sum_of(l, i), &sum, sizeof(sum));
		}
	section.root =
		vsx_hash128(sum_of(LEVELS - 1, 0), shape.count[LEVELS - 1] * 8);
	vsx_manifest_encode(raw, &m, NULL, &section, "");
	m.raw = raw;
	v = (struct vsx_verifier){
		.n_threads = 1,
		.report = hear,
		.context = &heard,
		.result = &result,
		.from = {.fd = -1, .memory = file, .bytes = sizeof(file)},
		.super = {.page_shift = SHIFT,
			  .generation = 2,
			  .manifest_offset = sizeof(file) - PAGE,
			  .committed_bytes = sizeof(file)},
		.manifest = m,
		.damaged = damaged,
	};
}

/* The findings, each a line, and how many pages are not known to be sound. */
static void tells(const char *due, unsigned int n_unknown)
{
	char notice[32];

	heard_reset(&heard);
	memset(&result, 0, sizeof(result));
	damaged[0] = 2;
	cr_assert_eq(vsx_verify_pages(&v, NULL), VSX_OK);
	cr_expect_eq(result.n_findings, *due != '\0');
	if (*due)
		cr_expect(heard_has(&heard, due), "no '%s' in '%s'", due,
			  heard.findings);
	snprintf(notice, sizeof(notice), "%u page%s cannot be ", n_unknown,
		 n_unknown == 1 ? "" : "s");
	cr_expect_eq(heard_has(&heard, notice), n_unknown > 0, "%s",
		     heard.notices);
	cr_expect_eq(heard_has(&heard, " cannot be checked"), n_unknown > 0);
}

Test(levels, of_a_sound_section_are_sound)
{
	make();
	tells("", 0);
	cr_expect_eq(damaged[0], 0);
}

Test(levels, a_damaged_page_is_told_once)
{
	make();
	for (uint64_t page = 0; page < PAGES; page++) {
		uint8_t *byte = file + section.offset + page * PAGE + page % 64;
		char due[64];

		*byte ^= 1;
		snprintf(due, sizeof(due), "page %u: checksum ",
			 (unsigned int)(section.offset / PAGE + page));
		tells(due, 0);
		cr_expect_eq(damaged[0], 1);
		*byte ^= 1;
	}
}

Test(levels, a_damaged_sum_is_told_once_with_the_page_that_it_lies_in)
{
	make();
	for (uint32_t l = 0; l < LEVELS; l++)
		for (uint64_t i = 0; i < shape.count[l]; i++) {
			uint64_t at = (uint64_t)(sum_of(l, i) - file);
			char due[64];

			file[at + i % 8] ^= 1;
			snprintf(due, sizeof(due), "page %u: checksum ",
				 (unsigned int)(at / PAGE));
			/* Its page, if it is that of a page. */
			tells(due, l == 0);
			cr_expect_eq(damaged[0], 1);
			cr_expect(heard_has(&heard, "(sums of section VECS)"));
			file[at + i % 8] ^= 1;
		}
}

Test(levels, bytes_between_tables_are_zero)
{
	make();
	for (uint32_t l = 0; l + 1 < LEVELS; l++)
		for (uint64_t at = shape.start[l] + shape.count[l] * 8;
		     at < shape.start[l + 1]; at++) {
			file[section.sums_offset + at] = 1;
			tells("(between the sums of section VECS)", 0);
			file[section.sums_offset + at] = 0;
		}
	file[section.sums_offset + shape.bytes] = 1; /* of nobody */
	tells("", 0);
}
