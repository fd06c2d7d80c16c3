/* Bytes that must be zero: a finding for each page where they are not. */
#include <criterion/criterion.h>
#include <errno.h>

#include "read/heard.h"
#include "read/verify.h"

TestSuite(zeros, .timeout = 60);

enum { PAGE = 4096, READ = 16 * PAGE, PAGES = 200 };

static uint8_t file[PAGES * PAGE];
static struct heard heard;
static struct vsx_verify_result result;

static enum vsx_status look(uint64_t from, uint64_t to, uint64_t file_bytes)
{
	struct vsx_verifier v = {.report = hear,
				 .context = &heard,
				 .result = &result,
				 .from = {.memory = file, .bytes = file_bytes},
				 .super = {.page_shift = 12}};

	heard_reset(&heard);
	memset(&result, 0, sizeof(result));
	return vsx_verify_zeros(&v, from, to, "here", "");
}

/* Page by page, byte by byte. */
static void expect(uint64_t from, uint64_t to)
{
	uint64_t n = 0;

	cr_assert_eq(look(from, to, sizeof(file)), VSX_OK);
	cr_expect_eq(result.bytes_read, to - from);
	for (uint64_t page = from / PAGE; page * PAGE < to; page++)
		for (uint64_t at = page * PAGE; at < (page + 1) * PAGE; at++) {
			char due[100];

			if (at < from || at >= to || !file[at])
				continue;
			snprintf(due, sizeof(due),
				 "page %u: byte %u is 0x%02x, expected 0 "
				 "(here)\n",
				 (unsigned int)page, (unsigned int)at,
				 file[at]);
			cr_expect(heard_has(&heard, due), "%u to %u: no '%s'",
				  (unsigned int)from, (unsigned int)to, due);
			n++;
			break;
		}
	cr_expect_eq(result.n_findings, n, "%u to %u: %u found of %u",
		     (unsigned int)from, (unsigned int)to,
		     (unsigned int)result.n_findings, (unsigned int)n);
	cr_expect_eq(heard.n_findings, n);
	cr_expect_eq(heard.n_notices, 0);
}

Test(zeros, are_looked_at_from_the_first_byte_to_the_last)
{
	static const uint64_t edges[] = {0,    1,	 2,	      PAGE - 1,
					 PAGE, PAGE + 1, 2 * PAGE,    READ - 1,
					 READ, READ + 1, READ + PAGE, 2 * READ};
	static const uint64_t set[] = {0,	    PAGE - 1, PAGE,
				       READ - 1,    READ,     READ + 1,
				       READ + PAGE, 2 * READ, 2 * READ - 1};
	size_t n_edges = sizeof(edges) / sizeof(*edges);
	size_t n_set = sizeof(set) / sizeof(*set);

	for (size_t s = 0; s <= n_set + 1; s++) {
		memset(file, 0, sizeof(file));
		/* One of them, then all, then none. */
		for (size_t i = 0; i < n_set; i++)
			file[set[i]] =
				i == s || s == n_set ? (uint8_t)(0x80 + i) : 0;
		for (size_t i = 0; i < n_edges; i++)
			for (size_t j = i; j < n_edges; j++)
				expect(edges[i], edges[j]);
	}
}

Test(zeros, end_where_the_file_ends)
{
	file[100] = 1;
	cr_expect_eq(look(0, 1000, 100), VSX_OK);
	cr_expect_eq(result.n_findings, 0);
	cr_expect_eq(result.bytes_read, 100);
	cr_expect_eq(look(0, 1000, 101), VSX_OK);
	cr_expect_eq(result.n_findings, 1);
	cr_expect_eq(look(200, 1000, 101), VSX_OK);
	cr_expect_eq(result.bytes_read, 0);
}

Test(zeros, are_given_up_after_a_hundred_pages)
{
	for (uint64_t page = 0; page < 99; page++)
		file[page * PAGE] = 1;
	cr_expect_eq(look(0, sizeof(file), sizeof(file)), VSX_OK);
	cr_expect(result.n_findings == 99 && heard.n_notices == 0);
	cr_expect_eq(result.bytes_read, sizeof(file));
	file[150 * PAGE] = 1;
	cr_expect_eq(look(0, sizeof(file), sizeof(file)), VSX_OK);
	cr_expect(result.n_findings == 100 && heard.n_notices == 1);
	cr_expect(heard_has(&heard, "more like these were not looked for "
				    "(here)"));
	/* A read at a time. */
	cr_expect_eq(result.bytes_read, 160 * PAGE);
}

Test(zeros, that_cannot_be_read_are_one_finding_a_read)
{
	struct vsx_verifier v = {.report = hear,
				 .context = &heard,
				 .result = &result,
				 .from = {.fd = -1, .bytes = sizeof(file)},
				 .super = {.page_shift = 12}};

	cr_expect_eq(vsx_verify_zeros(&v, PAGE, 2 * READ, "here", ""), VSX_OK);
	cr_expect_eq(result.n_findings, 2, "%s", heard.findings);
	cr_expect(heard_has(&heard, "page 1: cannot be read: Bad file "));
	cr_expect(heard_has(&heard, "page 17: cannot be read: Bad file "));
}
