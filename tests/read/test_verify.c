/*
 * vsx_verify(): it tells all that is wrong, where, and no more than that. Every
 * bit, cut and tail of small files: test_damage.c.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

#include "disk.h"
#include "read/heard.h"
#include "super.h"
#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(verify, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

static struct vsx_error err;
static struct heard heard;
static struct vsx_verify_result result;

static const char *const specs[] = {"Flat", "IVF4,Flat", "HNSW4"};

static uint8_t *small(const char *spec, size_t *n)
{
	const char *path = scratch_path("small.vsx");

	support_build(path, (struct support_index){.spec = spec,
						   .n = 40,
						   .dim = 4,
						   .ids = true,
						   .n_test_queries = 5});
	return support_read(path, n);
}

static enum vsx_status check(const char *path, enum vsx_verify_level level,
			     unsigned int n_threads)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;

	opts.level = level;
	opts.n_threads = n_threads;
	heard_reset(&heard);
	return vsx_verify(path, &opts, hear, &heard, &result, &err);
}

static enum vsx_status check_bytes(const uint8_t *bytes, size_t n,
				   enum vsx_verify_level level)
{
	int fd = support_memory_file(bytes, n);
	enum vsx_status status = check(support_fd_path(fd), level, 1);

	close(fd);
	return status;
}

Test(verify, finds_nothing_wrong_with_a_new_file)
{
	static const enum vsx_metric metrics[] = {VSX_L2, VSX_IP, VSX_COSINE};

	for (size_t s = 0; s < 3; s++)
		for (size_t m = 0; m < 3; m++)
			for (int elem = VSX_F32; elem <= VSX_U8; elem++) {
				support_build(scratch_path("x"),
					      (struct support_index){
						      .spec = specs[s],
						      .metric = metrics[m],
						      .elem = elem,
						      .ids = elem & 1,
						      .n = 120,
						      .n_test_queries = 100});
				cr_assert_eq(check(scratch_path("x"),
						   VSX_VERIFY_FULL, 2),
					     VSX_OK, "%s", err.text);
				cr_assert_eq(result.n_findings, 0,
					     "%s %d %d: %s", specs[s],
					     (int)metrics[m], elem,
					     heard.findings);
				cr_assert_eq(result.n_notices, 0, "%s",
					     heard.notices);
				cr_assert(result.recall_measured);
			}
}

Test(verify, accepts_every_page_size)
{
	for (uint32_t page = 4096; page <= 65536; page *= 2) {
		support_build(scratch_path("x"),
			      (struct support_index){.page_bytes = page,
						     .spec = "HNSW8"});
		cr_assert_eq(check(scratch_path("x"), VSX_VERIFY_FULL, 2),
			     VSX_OK);
		cr_assert_eq(result.n_findings, 0, "%s", heard.findings);
	}
}

Test(verify, finds_flipped_bits_behind_the_slots_of_large_pages)
{
	static const size_t places[] = {512,  4095,  4608,  8191,
					8192, 12000, 40000, 65535};
	const char *path = scratch_path("x");
	uint8_t *bytes;
	size_t n;

	support_build(path, (struct support_index){.page_bytes = 65536});
	bytes = support_read(path, &n);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		bytes[places[i]] ^= 4;
		cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_QUICK), VSX_OK);
		cr_expect_eq(result.n_findings, 1);
		cr_expect(heard_has(&heard, "page 0: byte"), "%s",
			  heard.findings);
		bytes[places[i]] ^= 4;
	}
	free(bytes);
}

Test(verify, calls_an_empty_file_no_index)
{
	cr_assert_eq(check_bytes(NULL, 0, VSX_VERIFY_FULL), VSX_EFORMAT);
	cr_assert(strstr(err.text, "is empty"), "%s", err.text);
}

Test(verify, says_what_is_missing_of_a_cut_file)
{
	size_t n;
	uint8_t *bytes = small("HNSW4", &n);
	char due[64];

	cr_assert_eq(check_bytes(bytes, n - 4096, VSX_VERIFY_FULL), VSX_OK);
	snprintf(due, sizeof(due), "has %zu bytes, expected %zu", n - 4096, n);
	cr_expect(heard_has(&heard, due), "%s", heard.findings);
	cr_expect(heard_has(&heard, "the manifest is missing"));
	cr_expect_eq(result.n_findings, 1);
	free(bytes);
}

Test(verify, names_both_of_two_swapped_pages)
{
	uint8_t *bytes, page[4096];
	uint64_t at, length;
	char due[2][32];
	size_t n;

	support_build(scratch_path("x"), (struct support_index){.n = 1000});
	bytes = support_read(scratch_path("x"), &n);
	cr_assert(support_section(bytes, n, "VECS", &at, &length));
	cr_assert_geq(length, 3 * 4096);
	memcpy(page, bytes + at, 4096);
	memcpy(bytes + at, bytes + at + 8192, 4096);
	memcpy(bytes + at + 8192, page, 4096);
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_FULL), VSX_OK);
	cr_assert_eq(result.n_findings, 2, "%s", heard.findings);
	snprintf(due[0], 32, "page %zu: checksum", (size_t)at / 4096);
	snprintf(due[1], 32, "page %zu: checksum", (size_t)at / 4096 + 2);
	cr_assert(heard_has(&heard, due[0]) && heard_has(&heard, due[1]), "%s",
		  heard.findings);
	cr_assert(heard_has(&heard, "(section VECS)"));
	cr_assert(heard_has(&heard, "its structure was not checked"));
	free(bytes);
}

/* 200 damaged pages in one section, one elsewhere. */
static uint8_t *damaged(size_t *n)
{
	uint64_t vecs, ids, length;
	uint8_t *bytes;

	support_build(
		scratch_path("x"),
		(struct support_index){.n = 20000, .dim = 16, .ids = true});
	bytes = support_read(scratch_path("x"), n);
	cr_assert(support_section(bytes, *n, "ROID", &ids, &length));
	cr_assert(support_section(bytes, *n, "VECS", &vecs, &length));
	cr_assert_geq(length, 200 * 4096);
	for (size_t i = 0; i < 200; i++)
		bytes[vecs + i * 4096 + i] ^= 1;
	bytes[ids + 100] ^= 1;
	return bytes;
}

Test(verify, reports_all_findings_and_counts_what_is_too_much)
{
	size_t n;
	uint8_t *bytes = damaged(&n);

	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_FULL), VSX_OK);
	cr_assert_eq(result.n_findings, 201);
	cr_assert_eq(heard.n_findings, 101);
	cr_assert(heard_has(&heard, "100 more damaged pages (section VECS)"));
	cr_assert(heard_has(&heard, "(section ROID)"));
	free(bytes);
}

Test(verify, tells_the_same_with_any_number_of_threads)
{
	size_t n;
	uint8_t *bytes = damaged(&n);
	int fd = support_memory_file(bytes, n);
	char *first;

	check(support_fd_path(fd), VSX_VERIFY_FULL, 1);
	first = strdup(heard.findings);
	for (unsigned int threads = 2; threads <= 8; threads *= 2) {
		check(support_fd_path(fd), VSX_VERIFY_FULL, threads);
		cr_expect_str_eq(heard.findings, first);
		cr_expect_eq(result.n_findings, 201);
	}
	close(fd);
	free(first);
	free(bytes);
}

Test(verify, says_which_pages_a_damaged_table_of_sums_leaves_open)
{
	uint64_t at, length;
	size_t n;
	uint8_t *bytes;

	/* Two levels: a section of more than 512 pages. */
	support_build(scratch_path("x"),
		      (struct support_index){.n = 40000, .dim = 16});
	bytes = support_read(scratch_path("x"), &n);
	cr_assert(support_section(bytes, n, "VECS", &at, &length));
	cr_assert_gt(length, 513 * 4096);
	/* Its tables come first behind the sections, at a page. */
	for (size_t i = n - 4096; i > at + length; i -= 4096) {
		uint8_t old = bytes[i];

		bytes[i] ^= 1;
		cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_PAGES), VSX_OK);
		cr_assert_gt(result.n_findings, 0);
		if (heard_has(&heard, "(sums of section VECS)") &&
		    heard_has(&heard, "1 page cannot be checked")) {
			free(bytes);
			return;
		}
		bytes[i] = old;
	}
	cr_assert(false, "no table was found");
}

Test(verify, finds_an_empty_slot_and_slots_that_differ)
{
	size_t n;
	uint8_t *bytes = small("Flat", &n);

	memset(bytes + VSX_SLOT_BYTES, 0, VSX_SUPER_BYTES);
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_QUICK), VSX_OK);
	cr_assert_eq(result.n_findings, 1);
	cr_assert(heard_has(&heard, "page 1: superblock slot 1: the superblock "
				    "slot is empty"),
		  "%s", heard.findings);

	memcpy(bytes + VSX_SLOT_BYTES, bytes, VSX_SUPER_BYTES);
	bytes[VSX_SLOT_BYTES + 80] ^= 1; /* uuid */
	vsx_super_seal(bytes + VSX_SLOT_BYTES);
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_QUICK), VSX_OK);
	cr_assert_eq(result.n_findings, 1);
	cr_assert(heard_has(&heard,
			    "page 1: superblock slot 1 has "
			    "generation 1 like slot 0, but differs from it"),
		  "%s", heard.findings);
	free(bytes);
}

Test(verify, needs_no_index_that_opens)
{
	struct vsx *index;
	size_t n;
	uint8_t *bytes = small("Flat", &n);
	int fd;

	bytes[20] ^= 1;
	bytes[VSX_SLOT_BYTES + 30] ^= 1;
	fd = support_memory_file(bytes, n);
	cr_assert_eq(vsx_open(&index, support_fd_path(fd), NULL, &err),
		     VSX_ECORRUPT);
	cr_assert_eq(check(support_fd_path(fd), VSX_VERIFY_FULL, 1), VSX_OK);
	cr_assert_eq(result.n_findings, 2);
	cr_assert(heard_has(&heard, "page 0: superblock slot 0: checksum"));
	cr_assert(heard_has(&heard, "page 1: superblock slot 1: checksum"));
	close(fd);
	free(bytes);
}

Test(verify, refuses_what_a_newer_version_wrote)
{
	size_t n;
	uint8_t *bytes = small("Flat", &n);

	/* One slot is enough: the other one is older. */
	bytes[8] = 2;
	vsx_super_seal(bytes);
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_FULL), VSX_EVERSION);
	cr_assert(strstr(err.text, "format version 2, this library reads 1"),
		  "%s", err.text);
	free(bytes);
}

/* ---- later generations ---------------------------------------------- */

Test(verify, accepts_later_generations)
{
	const char *path = scratch_path("x");
	struct vsx_facts facts;
	struct vsx *index;

	support_build(path, (struct support_index){.spec = "HNSW8"});
	for (uint64_t generation = 2; generation < 5; generation++) {
		support_commit(path);
		cr_assert_eq(check(path, VSX_VERIFY_FULL, 1), VSX_OK, "%s",
			     err.text);
		cr_expect_eq(result.n_findings, 0, "%s", heard.findings);
		cr_expect_eq(result.n_notices, 3);
		cr_expect(heard_has(&heard, "too few to tell: expected"), "%s",
			  heard.notices);
		cr_expect(heard_has(&heard, "bytes of older generations"), "%s",
			  heard.notices);
		cr_expect(heard_has(&heard, "when the index was built"), "%s",
			  heard.notices);
		cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
			     err.text);
		vsx_get_facts(index, &facts);
		cr_expect_eq(facts.generation, generation);
		cr_expect_eq(facts.extra_bytes, 0);
		vsx_close(index);
	}
}

Test(verify, looks_at_the_newest_generation_only)
{
	const char *path = scratch_path("x");
	uint64_t at, length;
	uint8_t *bytes;
	size_t n, first;

	support_build(path, (struct support_index){.spec = "IVF4,Flat"});
	free(support_read(path, &first));
	support_commit(path);
	bytes = support_read(path, &n);
	bytes[8192] ^= 1; /* VECS of generation 1 */
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_FULL), VSX_OK);
	cr_expect_eq(result.n_findings, 0, "%s", heard.findings);
	cr_assert(support_section(bytes, n, "VECS", &at, &length));
	cr_assert_geq(at, first);
	bytes[at] ^= 1;
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_FULL), VSX_OK);
	cr_expect_eq(result.n_findings, 1, "%s", heard.findings);
	cr_expect(heard_has(&heard, "(section VECS)"));
	free(bytes);
}

Test(verify, finds_slots_that_do_not_follow_each_other)
{
	const char *path = scratch_path("x");
	uint8_t *bytes, slot[VSX_SUPER_BYTES];
	size_t n;

	support_build(path, (struct support_index){0});
	support_commit(path);
	bytes = support_read(path, &n);
	/* Generation 2 belongs into slot 0. */
	memcpy(slot, bytes, sizeof(slot));
	memcpy(bytes, bytes + VSX_SLOT_BYTES, sizeof(slot));
	memcpy(bytes + VSX_SLOT_BYTES, slot, sizeof(slot));
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_QUICK), VSX_OK);
	cr_expect_eq(result.n_findings, 1);
	cr_expect(heard_has(&heard, "page 1: superblock slot 1 has "
				    "generation 2, slot 0 1"),
		  "%s", heard.findings);
	memcpy(bytes + VSX_SLOT_BYTES, bytes, sizeof(slot));
	memcpy(bytes, slot, sizeof(slot));
	bytes[VSX_SLOT_BYTES + 80] ^= 1;
	vsx_super_seal(bytes + VSX_SLOT_BYTES);
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_QUICK), VSX_OK);
	cr_expect_eq(result.n_findings, 1);
	cr_expect(heard_has(&heard,
			    "page 1: superblock slot 1 has a different uuid "
			    "from slot 0"),
		  "%s", heard.findings);
	free(bytes);
}

Test(verify, finds_sums_that_lie_where_something_else_does)
{
	struct vsx_disk_super sb;
	struct vsx_disk_section *e;
	uint64_t at;
	uint8_t *bytes;
	size_t n;

	support_build(scratch_path("x"), (struct support_index){0});
	bytes = support_read(scratch_path("x"), &n);
	memcpy(&sb, bytes, sizeof(sb));
	at = vsx_get64(sb.manifest_offset);
	e = (void *)(bytes + at + sizeof(struct vsx_disk_manifest) +
		     sizeof(struct vsx_disk_segment));
	/* The second section's sums go where those of the first are. */
	e[1].sums_offset = e[0].sums_offset;
	support_reseal(bytes, n);
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_PAGES), VSX_OK);
	cr_expect(heard_has(&heard, "are used twice (section "), "%s",
		  heard.findings);
	free(bytes);
}

/* ---- rules that a checksum does not know ----------------------------- */

static void break_rule(const char *spec, const char *section, size_t at,
		       uint8_t value, const char *due)
{
	uint64_t offset, length;
	size_t n;
	uint8_t *bytes = small(spec, &n);

	cr_assert(support_section(bytes, n, section, &offset, &length));
	cr_assert_neq(bytes[offset + at], value);
	bytes[offset + at] = value;
	support_reseal(bytes, n);
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_PAGES), VSX_OK);
	cr_assert_eq(result.n_findings, 0, "%s", heard.findings);
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_FULL), VSX_OK, "%s",
		     err.text);
	cr_expect(heard_has(&heard, due), "%s in %s: %s", due, section,
		  heard.findings);
	free(bytes);
}

Test(verify, reseals_to_the_same_bytes)
{
	size_t n;
	uint8_t *bytes = small("HNSW4", &n), *old = malloc(n);

	memcpy(old, bytes, n);
	support_reseal(bytes, n);
	cr_assert_eq(memcmp(old, bytes, n), 0);
	free(old);
	free(bytes);
}

Test(verify, finds_rows_that_are_not_numbers)
{
	/* The exponent of component 0 of row 0 becomes that of infinity. */
	uint64_t at, length;
	size_t n;
	uint8_t *bytes = small("Flat", &n);

	cr_assert(support_section(bytes, n, "VECS", &at, &length));
	memcpy(bytes + at + 4, "\x00\x00\x80\x7f", 4);
	memcpy(bytes + at + 16, "\x01\x00\xc0\x7f", 4);
	support_reseal(bytes, n);
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_FULL), VSX_OK);
	cr_expect(heard_has(&heard, "row 0: component 1 is infinite"), "%s",
		  heard.findings);
	cr_expect(heard_has(&heard, "row 1: component 0 is NaN"), "%s",
		  heard.findings);
	free(bytes);
}

Test(verify, finds_padding_and_lengths_of_rows)
{
	uint64_t at, length;
	size_t n;
	uint8_t *bytes;

	support_build(scratch_path("x"),
		      (struct support_index){.metric = VSX_COSINE,
					     .elem = VSX_I8,
					     .spec = "HNSW4",
					     .n = 50,
					     .dim = 9});
	bytes = support_read(scratch_path("x"), &n);
	cr_assert(support_section(bytes, n, "VECS", &at, &length));
	bytes[at + 10] = 1;		   /* between components and length */
	bytes[at + length / 50 + 12] ^= 1; /* length of row 1 */
	support_reseal(bytes, n);
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_FULL), VSX_OK);
	cr_expect(heard_has(&heard, "row 0: the bytes after"), "%s",
		  heard.findings);
	cr_expect(heard_has(&heard, "row 1: the bytes after"), "%s",
		  heard.findings);
	free(bytes);
}

Test(verify, finds_links_that_lead_nowhere)
{
	break_rule("HNSW4", "LNK0", 3, 0x10, "links to row");
}

Test(verify, finds_lists_that_are_no_partition)
{
	break_rule("IVF4,Flat", "LIST", 24, 0x77, "list 1: ");
}

Test(verify, finds_ids_out_of_order)
{
	break_rule("HNSW4", "IDRO", 0, 39, "expected rising ids");
}

Test(verify, finds_neighbours_that_are_not_the_nearest)
{
	uint64_t at, length;
	size_t n;
	uint8_t *bytes, row[4];

	support_build(scratch_path("x"),
		      (struct support_index){.n = 12,
					     .n_test_queries = 2,
					     .keeps_truth = true});
	bytes = support_read(scratch_path("x"), &n);
	cr_assert(support_section(bytes, n, "QTRU", &at, &length));
	cr_assert_eq(length, 2 * 11 * 4);
	memcpy(row, bytes + at, 4);
	memcpy(bytes + at, bytes + at + 4, 4);
	memcpy(bytes + at + 4, row, 4);
	support_reseal(bytes, n);
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_FULL), VSX_OK);
	cr_assert_eq(result.n_findings, 1, "%s", heard.findings);
	cr_expect(heard_has(&heard, "test query 0: neighbour 1 is row"), "%s",
		  heard.findings);
	free(bytes);
}

/* [5.6-18] */
Test(verify, finds_recall_below_that_of_the_table)
{
	const char *path = scratch_path("x");
	struct vsx_disk_recall row;
	uint64_t at, length;
	uint8_t *bytes;
	size_t n;

	support_build(path,
		      (struct support_index){.spec = "IVF16,Flat", .n = 4000});
	bytes = support_read(path, &n);
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_FULL), VSX_OK);
	cr_assert_eq(result.n_findings, 0, "%s", heard.findings);
	cr_assert_lt(result.recall_at_10, 1.0);
	cr_assert(support_section(bytes, n, "RCLL", &at, &length));
	for (size_t i = 0; i < length; i += sizeof(row)) {
		memcpy(&row, bytes + at + i, sizeof(row));
		vsx_put32(&row.recall[1], 1000000);
		memcpy(bytes + at + i, &row, sizeof(row));
	}
	support_reseal(bytes, n);
	cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_FULL), VSX_OK);
	cr_assert_eq(result.n_findings, 1, "%s", heard.findings);
	cr_expect(heard_has(&heard, "recall@10 is 0."), "%s", heard.findings);
	free(bytes);
}

/* Neighbours of 120 queries are not the nearest: 100 of them are told. */
Test(verify, counts_the_queries_whose_neighbours_are_wrong)
{
	uint64_t at, length;
	uint8_t *bytes;
	size_t n;

	support_build(scratch_path("x"),
		      (struct support_index){.n_test_queries = 120,
					     .keeps_truth = true});
	bytes = support_read(scratch_path("x"), &n);
	cr_assert(support_section(bytes, n, "QTRU", &at, &length));
	for (uint64_t q = 0; q < 120; q++)
		memcpy(bytes + at + q * (length / 120) + 4,
		       bytes + at + q * (length / 120), 4);
	for (int wrong = 120; wrong >= 100; wrong -= 20) {
		support_reseal(bytes, n);
		cr_assert_eq(check_bytes(bytes, n, VSX_VERIFY_FULL), VSX_OK);
		cr_expect(heard_has(&heard, "test query 99: neighbour 2 is"));
		cr_expect_eq(heard_has(&heard, "test query 100: "), false);
		cr_expect_eq(heard_has(&heard, "20 more test queries like "),
			     wrong == 120);
		cr_expect_eq(heard_has(&heard, " more test queries like "),
			     wrong == 120);
		/* The last twenty are right after all. */
		for (uint64_t q = 100; q < 120; q++) {
			uint8_t *own;
			size_t m;

			own = support_read(scratch_path("x"), &m);
			memcpy(bytes + at + q * (length / 120),
			       own + at + q * (length / 120), length / 120);
			free(own);
		}
	}
	free(bytes);
}
