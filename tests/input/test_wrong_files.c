#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "input/input.h"

TestSuite(wrong_files, .init = files_begin, .fini = files_end);

Test(wrong_files, are_named)
{
	static const struct {
		const char *head;
		const char *is;
	} cases[] = {
		{"version https://git-lfs.github.com/spec/v1\noid sha256:4d",
		 "is a git-LFS pointer, not vectors (run 'git lfs pull')"},
		{"\x89HDF\r\n\x1a\n....",
		 "is an HDF5 file, which vsx-bench reads; save its datasets "
		 "as .npy (h5py, numpy.save)"},
		{"\x8eVSX\r\n\x1a\n....", "is a VSX index, not vectors"},
		{"\x1f\x8b\x08....", "is gzip data; unpack it first (gzip -d)"},
		{"PK\x03\x04....",
		 "is a zip or .npz archive; unpack it first (unzip)"},
		{"\x80\x04\x95....",
		 "is a Python pickle, not vectors; use numpy.save"},
		{"PAR1....", "is a Parquet file; save its vectors as .npy"},
		{"IxF2....", "is a FAISS index, not vectors; save them as .npy "
			     "(index.reconstruct_n, numpy.save)"},
		{"\xef\xbb\xbf \r\n<!DOCTYPE HTML><html>",
		 "is an HTML page, not vectors (was the download refused?)"},
		{"<html><body>",
		 "is an HTML page, not vectors (was the download refused?)"},
		{"<?xml version='1.0'?><Error>",
		 "is an XML document, not vectors (was the download refused?)"},
	};
	static const char *const names[] = {"a.npy", "a.fvecs", "a.fbin",
					    "a.dat", "a"};
	char due[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (size_t j = 0; j < sizeof(names) / sizeof(*names); j++) {
			files_put_text(names[j], cases[i].head);
			snprintf(due, sizeof(due), "%s: %s", names[j],
				 cases[i].is);
			files_refused(names[j], due);
		}
	}
}

Test(wrong_files, are_not_seen_in_good_ones)
{
	/* A dimension of 640 is 80 02 00 00, like a pickle. */
	static const uint8_t fvecs[4 + 4 * 640] = {0x80, 0x02};
	/* 2651935 rows would be 1f 77 28 00; take 35615: 1f 8b 00 00. */
	static uint8_t fbin[8 + 35615] = {0x1f, 0x8b, 0, 0, 1};

	files_put("a.fvecs", fvecs, sizeof(fvecs));
	cr_assert_eq(files_read_all("a.fvecs"), VSX_OK);
	files_put("a.u8bin", fbin, sizeof(fbin));
	cr_assert_eq(files_read_all("a.u8bin"), VSX_OK);
}

Test(wrong_files, of_no_known_suffix_are_refused)
{
	files_put_text("a.dat", "12345678");
	files_refused("a.dat", "a.dat: suffix '.dat' is not one of .npy .fvecs "
			       ".bvecs .ivecs .fbin .f16bin .u8bin .i8bin "
			       ".ibin");
	files_put_text("a", "12345678");
	files_refused("a", "a: has no suffix that says what it holds, such as "
			   ".npy or .fvecs");
	cr_assert(mkdir("b.npy", 0777) == 0);
	files_put_text("b.npy/a", "12345678");
	files_refused("b.npy/a", "b.npy/a: has no suffix that says what it "
				 "holds, such as .npy or .fvecs");
	files_put_text("a.npy", "12345678");
	files_refused("a.npy", "a.npy: is not a .npy file: the first 6 bytes "
			       "are not 93 4e 55 4d 50 59");
}

Test(wrong_files, that_are_no_files_are_refused)
{
	cr_assert(mkdir("folder.npy", 0777) == 0);
	files_refused("folder.npy", "folder.npy: is a folder, not a file");
	cr_assert(mkfifo("pipe.npy", 0666) == 0);
	files_refused("pipe.npy",
		      "pipe.npy: is a pipe (name '-' to read raw rows from "
		      "one), not a file");
	files_refused("/dev/null", "/dev/null: is a device, not a file");
	files_put("empty.npy", "", 0);
	files_refused("empty.npy", "empty.npy: is empty");
	files_refused("none.npy", "none.npy: No such file or directory");
	files_put_text("file", "x");
	files_refused("file/a.npy", "file/a.npy: Not a directory");
}

Test(wrong_files, keep_their_story_behind_a_long_name)
{
	char name[251];

	memset(name, 'x', 250);
	memcpy(name + 246, ".npy", 5);
	files_put_text(name, "12345678");
	cr_assert_eq(files_read_all(name), VSX_EINVAL);
	cr_assert(strncmp(files_error.text, "...xxx", 6) == 0);
	cr_assert(strstr(files_error.text, "x.npy: is not a .npy file"));
}

Test(wrong_files, cannot_break_the_line)
{
	files_put_text("a\n\x1b[2J.npy", "12345678");
	files_refused("a\n\x1b[2J.npy",
		      "a??[2J.npy: is not a .npy file: the first 6 bytes are "
		      "not 93 4e 55 4d 50 59");
}

Test(wrong_files, that_shrink_while_read_are_noticed)
{
	static const uint8_t file[8 + 4096] = {0, 16, 0, 0, 1};
	struct vsx_error err;
	uint8_t row[16];
	struct input *in;
	size_t got;

	files_put("a.u8bin", file, sizeof(file));
	cr_assert_eq(input_open(&in, "a.u8bin", NULL, &err), VSX_OK);
	/* The first block is in memory; what is read again is not. */
	cr_assert(truncate("a.u8bin", 10) == 0);
	cr_assert_eq(input_rewind(in, &err), VSX_OK);
	cr_assert_eq(input_read(in, row, 16, &got, &err), VSX_EINVAL);
	cr_assert_str_eq(err.text, "a.u8bin: ends at byte 10, expected 16 "
				   "bytes from byte 8 on");
	input_close(in);
}
