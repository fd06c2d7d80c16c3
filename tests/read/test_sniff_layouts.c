/* What a file is taken for, at the edges of each layout that is known. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "read/sniff.h"

TestSuite(layouts, .timeout = 60);

/* The first n bytes of a file of `bytes` bytes; NULL: nothing that is known. */
static const char *what(const void *p, size_t n, uint64_t bytes)
{
	static char text[VSX_SNIFF_TEXT];

	const struct vsx_origin from = {.fd = -1, .bytes = bytes};

	return vsx_sniff(text, p, n, &from) ? text : NULL;
}

static void is(const void *p, size_t n, uint64_t bytes, const char *due)
{
	const char *found = what(p, n, bytes);

	cr_expect(found && strcmp(found, due) == 0,
		  "%zu of %llu bytes: '%s', "
		  "expected '%s'",
		  n, (unsigned long long)bytes, found ? found : "nothing", due);
}

static void is_not(const void *p, size_t n, uint64_t bytes, const char *what_)
{
	const char *found = what(p, n, bytes);

	cr_expect(!found || strcmp(found, what_) != 0,
		  "%zu of %llu bytes: '%s'", n, (unsigned long long)bytes,
		  what_);
}

/* A text, of which only the first n bytes are the file's. */
#define TEXT(text, n, due) is(text, n, n, due)

Test(layouts, a_magic_is_there_to_its_last_byte)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *is;
	} magics[] = {
		{"\x93NUMPY", 6, "a .npy file"},
		{"version https://git-lfs", 23,
		 "a git-LFS pointer (run 'git lfs pull')"},
		{"\x1f\x8b", 2, "gzip data (unpack it first)"},
		{"\x28\xb5\x2f\xfd", 4, "zstd data (unpack it first)"},
		{"\x04\x22\x4d\x18", 4, "LZ4 data (unpack it first)"},
		{"\xfd\x37zXZ", 5, "xz data (unpack it first)"},
		{"BZh", 3, "bzip2 data (unpack it first)"},
		{"PK\x03\x04", 4, "a zip or .npz file"},
		{"PK\x05\x06", 4, "an empty zip file"},
		{"\x89HDF\r\n\x1a\n", 8, "an HDF5 file"},
		{"SQLite format 3", 15, "an SQLite database"},
		{"PAR1", 4, "a Parquet file"},
		{"ARROW1", 6, "an Arrow file"},
		{"\x7f\x45LF", 4, "a program"},
		{"\x80\x02", 2, "a Python pickle"},
		{"\x80\x03", 2, "a Python pickle"},
		{"\x80\x04\x95", 3, "a Python pickle"},
		{"\x80\x05\x95", 3, "a Python pickle"},
		{"VOYA\x01", 5, "a Voyager index"},
		{"usearch", 7, "a usearch index"},
		{"\x8eVSX\n\x1a\n", 7,
		 "a VSX index whose line endings were converted"},
		{"\x8eVSX\r\r\n", 7,
		 "a VSX index whose line endings were converted"},
		{"\x8eVSX\r\n\x1a\r\n", 9,
		 "a VSX index whose line endings were converted"},
		{"\x0eVSX", 4, "a VSX index that was stripped to 7 bits"},
		{"\xc2\x8eVSX", 5, "a VSX index that was converted to UTF-8"},
		{"\xef\xbf\xbdVSX", 6,
		 "a VSX index that was converted to UTF-8"},
		{"IxF2", 4, "a FAISS index (IxF2)"},
		{"IvSQ", 4, "a FAISS index (IvSQ)"},
	};

	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++) {
		char other[32];

		is(magics[i].bytes, magics[i].n, 1000, magics[i].is);
		/* The byte behind the end is the right one. */
		is_not(magics[i].bytes, magics[i].n - 1, 1000, magics[i].is);
		memcpy(other, magics[i].bytes, magics[i].n);
		other[magics[i].n - 1] ^= 0x41;
		is_not(other, magics[i].n, 1000, magics[i].is);
	}
}

Test(layouts, a_text_is_told_by_its_first_word)
{
	const char html[] = "an HTML page (was the download refused?)";

	TEXT("<html", 5, html);
	TEXT("<htm", 4, "a text");
	TEXT("<html", 4, "a text");
	TEXT(" \t\r\n<!DocType HTML", 18, html);
	TEXT("<!doctype html", 13, "a text");
	TEXT("\xef\xbb\xbf<html", 8, html);
	TEXT("<?xml", 5, "an XML document");
	TEXT("<?xml", 4, "a text");
	TEXT("\xef\xbb\xbf{}", 5, "a JSON text");
	TEXT("{\"id\": 1}", 9, "a JSON text");
	TEXT("\n\n[1]", 5, "a JSON text");
	TEXT("]", 1, "a text");
	TEXT("x", 1, "a text");
	TEXT("-{}", 3, "a text");
	/* What follows in memory is not of the file. */
	TEXT("  {", 2, "a text");
	TEXT("   <html", 2, "a text");
	TEXT("\xef\xbb\xbf", 3, "a text");
	TEXT("\xef\xbb\xbf{", 2, "a text");
}

Test(layouts, a_text_has_no_control_characters_in_its_first_512_bytes)
{
	static const char bad[] = "\x00\x01\x07\x08\x0b\x0e\x1b\x1f\x7f";
	char text[600];

	memset(text, 'a', sizeof(text));
	memcpy(text, " ~\t\n\r\f\x80\xff", 8);
	TEXT(text, sizeof(text), "a text");
	for (size_t i = 0; i < sizeof(bad) - 1; i++) {
		text[511] = bad[i];
		is_not(text, sizeof(text), sizeof(text), "a text");
		TEXT(text, 511, "a text");
		text[511] = 'a';
		text[512] = bad[i];
		TEXT(text, sizeof(text), "a text");
		text[512] = 'a';
	}
}

/* ---- an index of hnswlib: offset 0, most, count, record, label, data --- */

enum {
	ZERO = 0,
	MOST = 8,
	COUNT = 16,
	RECORD = 24,
	LABEL = 32,
	DATA = 40,
	MAX_M0 = 64
};

static uint8_t header[97];

static void put(size_t at, uint64_t v)
{
	vsx_le64 raw;

	vsx_put64(&raw, v);
	memcpy(header + at, &raw, sizeof(raw));
}

static void put_hnswlib(uint64_t most, uint64_t count, uint64_t vector,
			uint64_t max_m0)
{
	uint64_t data = 4 + 4 * max_m0;

	memset(header, 0, sizeof(header));
	put(MOST, most);
	put(COUNT, count);
	put(RECORD, data + vector + 8);
	put(LABEL, data + vector);
	put(DATA, data);
	put(MAX_M0, max_m0);
}

#define HNSWLIB "an hnswlib index"

Test(layouts, hnswlib_has_numbers_that_agree)
{
	static const struct {
		size_t at;
		int add;
	} wrong[] = {{ZERO, 1},	  {COUNT, 1},  {RECORD, 1}, {RECORD, -1},
		     {LABEL, 1},  {LABEL, -1}, {DATA, 1},   {DATA, -1},
		     {MAX_M0, 1}, {MAX_M0, -1}};
	uint64_t bytes = 3 * 152;

	put_hnswlib(3, 3, 12, 32);
	is(header, 96, bytes, HNSWLIB);
	is_not(header, 95, bytes, HNSWLIB);
	is_not(header, 96, bytes - 1, HNSWLIB); /* not room for all */
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		uint64_t v = vsx_load64(header + wrong[i].at);

		put(wrong[i].at, v + (uint64_t)(int64_t)wrong[i].add);
		is_not(header, 96, bytes * 2, HNSWLIB);
		put(wrong[i].at, v);
	}
	put_hnswlib(3, 2, 12, 32);
	is(header, 96, bytes, HNSWLIB);
	put_hnswlib(3, 3, 0, 32); /* vectors of nothing */
	is_not(header, 96, bytes, HNSWLIB);
	put_hnswlib(3, 3, 1, 32);
	is(header, 96, bytes, HNSWLIB);
	put_hnswlib(3, 0, 4, 32);
	is(header, 96, 137, HNSWLIB);
	is_not(header, 96, 136, HNSWLIB); /* as many bytes as before a label */
	put_hnswlib(1, 1, 4, (1 << 20) - 1);
	is(header, 96, 1 << 23, HNSWLIB);
	put_hnswlib(1, 1, 4, 1 << 20);
	is_not(header, 96, 1 << 23, HNSWLIB);
}

/* ---- an index of usearch ---------------------------------------------- */

/* A file with the magic, or something else, behind a header of two numbers. */
static const char *of_file(size_t at, const char *word)
{
	static char text[VSX_SNIFF_TEXT];
	char name[] = "/tmp/vsx-sniff-XXXXXX";
	size_t n = at + strlen(word);
	uint8_t all[256] = {0};
	struct vsx_origin from = {.fd = mkstemp(name), .bytes = n};
	struct vsx_origin memory = {.fd = -1, .memory = all, .bytes = n};
	bool known;

	cr_assert(from.fd >= 0);
	unlink(name);
	memcpy(all, header, 16);
	memcpy(all + at, word, strlen(word));
	cr_assert_eq(write(from.fd, all, n), (ssize_t)n);
	known = vsx_sniff(text, all, n, &memory);
	cr_expect_eq(vsx_sniff(text, all, n, &from), known);
	close(from.fd);
	return known ? text : "nothing";
}

#define USEARCH "a usearch index"

Test(layouts, usearch_has_its_magic_behind_the_rows)
{
	put(0, 3 | UINT64_C(8) << 32);
	cr_expect_str_eq(of_file(32, "usearch"), USEARCH);
	cr_expect_str_neq(of_file(32, "usearcx"), USEARCH);
	cr_expect_str_neq(of_file(32, "usearc"), USEARCH);
	cr_expect_str_neq(of_file(31, "usearch"), USEARCH);
	cr_expect_str_neq(of_file(33, "usearch"), USEARCH);
	put(0, 1 | UINT64_C(1) << 32);
	cr_expect_str_eq(of_file(9, "usearch"), USEARCH);
	put(0, 3);
	put(8, 8);
	cr_expect_str_eq(of_file(40, "usearch"), USEARCH);
	cr_expect_str_neq(of_file(40, "usearcx"), USEARCH);
	cr_expect_str_neq(of_file(40, "usearc"), USEARCH);
	cr_expect_str_neq(of_file(39, "usearch"), USEARCH);
	cr_expect_str_neq(of_file(41, "usearch"), USEARCH);
	/* Less than its header has. */
	cr_expect_str_neq(of_file(8, "usearch"), USEARCH);
	/* 2^66 bytes are not 0. */
	put(0, UINT64_C(1) << 33);
	put(8, UINT64_C(1) << 33);
	cr_expect_str_neq(of_file(16, "usearch"), USEARCH);
}

/* ---- vectors ---------------------------------------------------------- */

static uint8_t vectors[300];

static void put32(size_t at, uint32_t v)
{
	vsx_le32 raw;

	vsx_put32(&raw, v);
	memcpy(vectors + at, &raw, sizeof(raw));
}

/* The file is of `bytes` bytes; NULL: it is nothing. */
static void rows_are(uint32_t first, uint32_t second, size_t n, uint64_t bytes,
		     const char *due)
{
	const char *found;

	put32(0, first);
	put32(4, second);
	found = what(vectors, n, bytes);
	cr_expect(due ? found && strcmp(found, due) == 0 : !found,
		  "%u, %u: '%s', expected '%s'", first, second,
		  found ? found : "nothing", due ? due : "nothing");
}

Test(layouts, a_bin_file_has_the_length_that_it_says)
{
	memset(vectors, 0xee, sizeof(vectors));
	rows_are(2, 3, 32, 32, "vectors in the .fbin layout");
	rows_are(2, 3, 20, 20, "vectors in the .f16bin layout");
	rows_are(2, 3, 14, 14, "vectors in the .u8bin or .i8bin layout");
	for (size_t n = 8; n < 40; n++)
		if (n != 32 && n != 20 && n != 14)
			rows_are(2, 3, n, n, NULL);
	rows_are(1, 1, 8, 12, "vectors in the .fbin layout");
	rows_are(1, 1, 7, 12, NULL);
	rows_are(0, 5, 8, 8, NULL);
	rows_are(5, 0, 8, 8, NULL);
	rows_are(1, 65536, 64, 8 + 4 * 65536, "vectors in the .fbin layout");
	rows_are(1, 65537, 64, 8 + 4 * 65537, NULL);
}

Test(layouts, rows_begin_with_their_dimension)
{
	const char fvecs[] = "vectors in the .fvecs or .ivecs layout";
	const char bvecs[] = "vectors in the .bvecs layout";

	memset(vectors, 0xee, sizeof(vectors));
	put32(16, 3);
	rows_are(3, 1, 20, 32, fvecs);
	rows_are(3, 1, 19, 32, NULL);
	rows_are(3, 1, 20, 33, NULL);
	put32(16, 4);
	rows_are(3, 1, 20, 32, NULL);
	memset(vectors, 0xee, sizeof(vectors));
	put32(7, 3);
	put32(0, 3);
	is(vectors, 11, 14, bvecs);
	is_not(vectors, 10, 14, bvecs);
	is_not(vectors, 11, 15, bvecs);
	put32(7, 4);
	is_not(vectors, 11, 14, bvecs);
	/* Rows without components are none. */
	memset(vectors, 0xee, sizeof(vectors));
	rows_are(0, 0, 12, 12, NULL);
}
