/* Files that are something else are told what they are, in one line. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "disk.h"
#include "support/build.h"
#include "vsx.h"
#include "write/scratch_folder.h"

TestSuite(sniff, .init = scratch_make, .fini = scratch_drop, .timeout = 60);

static struct vsx_error err;

/* Both doors say the same. */
static void refuses(const char *path, enum vsx_status due, const char *text)
{
	struct vsx *index = (void *)&err;
	char whole[512];

	cr_expect_eq(vsx_open(&index, path, NULL, &err), due, "%s: %s", path,
		     err.text);
	cr_expect_null(index);
	snprintf(whole, sizeof(whole), "%s: %s", path, text);
	cr_expect_eq(strncmp(err.text, whole, strlen(whole)), 0,
		     "'%s', expected '%s'", err.text, whole);
	cr_expect_null(strchr(err.text, '\n'));
	cr_expect_eq(err.status, due);
	if (due == VSX_ETRUNCATED)
		return; /* a finding, for vsx_verify() */
	cr_expect_eq(vsx_verify(path, NULL, NULL, NULL, NULL, &err), due);
	cr_expect_eq(strncmp(err.text, whole, strlen(whole)), 0,
		     "'%s', expected '%s'", err.text, whole);
}

static void names(const void *bytes, size_t n, const char *what)
{
	const char *path = scratch_path("it");
	char text[256];

	scratch_write(path, bytes, n);
	snprintf(text, sizeof(text), "is %s, not a VSX index", what);
	refuses(path, VSX_EFORMAT, text);
}

#define NAMES(bytes, what) names(bytes, sizeof(bytes) - 1, what)

Test(sniff, names_files_by_their_magic)
{
	NAMES("\x93NUMPY\x01\x00v\x00{'descr': '<f4'", "a .npy file");
	NAMES("\x1f\x8b\x08\x00\x00", "gzip data (unpack it first)");
	NAMES("PK\x03\x04\x14\x00", "a zip or .npz file");
	NAMES("version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
	      "a git-LFS pointer (run 'git lfs pull')");
	NAMES("\x89HDF\r\n\x1a\n\x00\x00", "an HDF5 file");
	NAMES("SQLite format 3\x00\x10", "an SQLite database");
	NAMES("\x7f"
	      "ELF\x02\x01\x01",
	      "a program");
	NAMES("PAR1\x15\x04", "a Parquet file");
	NAMES("ARROW1\x00\x00", "an Arrow file");
	NAMES("\x80\x04\x95\x10\x00", "a Python pickle");
	NAMES("\x28\xb5\x2f\xfd\x24", "zstd data (unpack it first)");
	NAMES("\x04\x22\x4d\x18\x64", "LZ4 data (unpack it first)");
}

Test(sniff, names_faiss_indexes_with_their_code)
{
	static const char codes[][5] = {"IxFI", "IxF2", "IxFl", "IwFl", "IHNf",
					"IxPT", "IxMp", "IxM2", "IxRF", "IwPQ",
					"IxPq", "IxSQ", "IwSq", "IBxF"};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		uint8_t head[45] = {0};
		char due[64];

		memcpy(head, codes[i], 4);
		head[4] = 128;
		snprintf(due, sizeof(due), "a FAISS index (%.4s)", codes[i]);
		names(head, sizeof(head), due);
	}
}

Test(sniff, names_texts_by_what_they_hold)
{
	NAMES("<!DOCTYPE html>\n<html>",
	      "an HTML page (was the download refused?)");
	NAMES("  \n<HTML><body>", "an HTML page (was the download refused?)");
	NAMES("<?xml version='1.0'?>", "an XML document");
	NAMES("{\"id\": 1, \"vector\": [1, 2]}\n", "a JSON text");
	NAMES("[[1, 2], [3, 4]]", "a JSON text");
	NAMES("the quick brown fox\n", "a text");
}

Test(sniff, names_indexes_of_other_libraries)
{
	uint8_t hnsw[96 + 152] = {0}, usearch[80] = {0};
	uint64_t v;

	/* max 1, count 1, record 152, label 144, data 132, maxM0 32 */
	v = 1, memcpy(hnsw + 8, &v, 8), memcpy(hnsw + 16, &v, 8);
	v = 152, memcpy(hnsw + 24, &v, 8);
	v = 144, memcpy(hnsw + 32, &v, 8);
	v = 132, memcpy(hnsw + 40, &v, 8);
	v = 32, memcpy(hnsw + 64, &v, 8);
	names(hnsw, sizeof(hnsw), "an hnswlib index");
	/* 2 rows of 8 bytes, then the header. */
	usearch[0] = 2, usearch[4] = 8;
	memcpy(usearch + 24, "usearch", 7);
	names(usearch, sizeof(usearch), "a usearch index");
	NAMES("VOYA\x01\x00\x00\x00", "a Voyager index");
}

Test(sniff, names_vectors_without_a_magic)
{
	uint32_t fvecs[3][4] = {{3, 1, 2, 3}, {3, 1, 2, 3}, {3}};
	uint32_t fbin[8] = {2, 3, 1, 2, 3, 4, 5, 6};
	uint8_t bvecs[2][7] = {{3, 0, 0, 0, 1, 2, 3}, {3, 0, 0, 0, 4}};

	names(fvecs, sizeof(fvecs), "vectors in the .fvecs or .ivecs layout");
	names(fbin, sizeof(fbin), "vectors in the .fbin layout");
	names(bvecs, sizeof(bvecs), "vectors in the .bvecs layout");
}

Test(sniff, knows_an_index_that_a_transfer_has_changed)
{
	NAMES("\x8eVSX\n\x1a\n\x01\x00",
	      "a VSX index whose line endings were converted");
	NAMES("\x8eVSX\r\r\n\x1a\r\n",
	      "a VSX index whose line endings were converted");
	NAMES("\x0eVSX\r\n\x1a\n", "a VSX index that was stripped to 7 bits");
	NAMES("\xc2\x8eVSX\r\n\x1a\n",
	      "a VSX index that was converted to UTF-8");
}

Test(sniff, shows_how_an_unknown_file_begins)
{
	static const uint8_t zeros[9000],
		noise[] = {0xde, 0xad, 0xbe, 0xef, 0x00, 0x9f};
	const char *path = scratch_path("noise");

	names(zeros, sizeof(zeros), "a file that begins with zeros");
	scratch_write(path, noise, sizeof(noise));
	refuses(path, VSX_EFORMAT,
		"is not a VSX index: begins with deadbeef, expected 8e565358");
}

Test(sniff, refuses_what_is_no_file)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	scratch_write(scratch_path("empty"), "", 0);
	refuses(scratch_path("empty"), VSX_EFORMAT,
		"is empty, not a VSX index");
	refuses("/tmp", VSX_EFORMAT, "is a folder, not a VSX index");
	refuses("/dev/zero", VSX_EFORMAT, "is a device, not a VSX index");
	cr_assert_eq(mkfifo(scratch_path("pipe"), 0600), 0);
	refuses(scratch_path("pipe"), VSX_EFORMAT,
		"is a pipe, not a VSX index");
	refuses(scratch_path("missing"), VSX_EIO,
		"cannot open: No such file or directory");
	/* A socket cannot be opened at all. */
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		 scratch_path("socket"));
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	refuses(address.sun_path, VSX_EIO, "cannot open: ");
	close(fd);
}

Test(sniff, knows_the_first_bytes_of_a_cut_index)
{
	for (size_t n = 1; n < VSX_SUPER_BYTES; n++) {
		uint8_t head[VSX_SUPER_BYTES] = VSX_MAGIC;
		char due[64];

		head[8] = 1;
		scratch_write(scratch_path("cut"), head, n);
		snprintf(due, sizeof(due), "has %zu byte%s, expected 8192", n,
			 n == 1 ? "" : "s");
		refuses(scratch_path("cut"), VSX_ETRUNCATED, due);
	}
}

Test(sniff, keeps_messages_on_one_line_whatever_the_path)
{
	char path[400];
	struct vsx *index;

	cr_expect_eq(vsx_open(&index, "/missing\n\x1b[31m/x", NULL, &err),
		     VSX_EIO);
	cr_expect_eq(strncmp(err.text, "/missing??[31m/x: cannot open", 29), 0,
		     "%s", err.text);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	memcpy(path + 390, "end.vsx", 8);
	cr_expect_eq(vsx_open(&index, path, NULL, &err), VSX_EIO);
	cr_expect(strstr(err.text, "aaaend.vsx: cannot open: "), "%s",
		  err.text);
	cr_expect_eq(strncmp(err.text, "...aaa", 6), 0);
}
