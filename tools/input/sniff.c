#include "input/sniff.h"

#include <string.h>
#include <strings.h>

struct magic {
	const char *bytes;
	size_t len;
	const char *is;
};

#define MAGIC(bytes_, is_)                                                     \
	{                                                                      \
		(bytes_), sizeof(bytes_) - 1, (is_)                            \
	}

static const struct magic magics[] = {
	MAGIC("version https://git-lfs.github.com/spec/",
	      "a git-LFS pointer, not vectors (run 'git lfs pull')"),
	MAGIC("\x89HDF\r\n\x1a\n",
	      "an HDF5 file, which vsx-bench reads; save its datasets as .npy "
	      "(h5py, numpy.save)"),
	MAGIC("\x8eVSX\r\n\x1a\n", "a VSX index, not vectors"),
	MAGIC("\x1f\x8b", "gzip data; unpack it first (gzip -d)"),
	MAGIC("\x28\xb5\x2f\xfd", "zstd data; unpack it first (zstd -d)"),
	MAGIC("\xfd"
	      "7zXZ",
	      "xz data; unpack it first (xz -d)"),
	MAGIC("BZh", "bzip2 data; unpack it first (bzip2 -d)"),
	MAGIC("\x04\x22\x4d\x18", "LZ4 data; unpack it first (lz4 -d)"),
	MAGIC("PK\x03\x04", "a zip or .npz archive; unpack it first (unzip)"),
	MAGIC("PK\x05\x06", "an empty zip archive"),
	MAGIC("PAR1", "a Parquet file; save its vectors as .npy"),
	MAGIC("ARROW1", "an Arrow file; save its vectors as .npy"),
	MAGIC("\x80\x02", "a Python pickle, not vectors; use numpy.save"),
	MAGIC("\x80\x03", "a Python pickle, not vectors; use numpy.save"),
	MAGIC("\x80\x04\x95", "a Python pickle, not vectors; use numpy.save"),
	MAGIC("\x80\x05\x95", "a Python pickle, not vectors; use numpy.save"),
	MAGIC("SQLite format 3", "an SQLite database, not vectors"),
	MAGIC("\x7f"
	      "ELF",
	      "a program, not vectors"),
	MAGIC("\x93NUMPY", "a .npy file"),
};

/* A FAISS file starts with the four letters of its outermost index. */
static const char faiss_codes[][5] = {
	"IxF2", "IxFI", "IxFl", "IxMp", "IxM2", "IxPq", "IxPT", "IxSQ", "IxRF",
	"IwFl", "IwPQ", "IwSq", "IHNf", "IHNp", "IHNs", "IBxF", "IBwF", "IBHf",
};

static const char *sniff_faiss(const uint8_t *head, size_t len)
{
	for (size_t i = 0; i < sizeof(faiss_codes) / sizeof(*faiss_codes); i++)
		if (len >= 4 && memcmp(head, faiss_codes[i], 4) == 0)
			return "a FAISS index, not vectors; save them as .npy "
			       "(index.reconstruct_n, numpy.save)";
	return NULL;
}

/* Markup may start with blanks, and is written in either case. */
static const char *sniff_markup(const uint8_t *head, size_t len)
{
	static const struct magic starts[] = {
		MAGIC("<!doctype html", "an HTML page, not vectors (was the "
					"download refused?)"),
		MAGIC("<html", "an HTML page, not vectors (was the download "
			       "refused?)"),
		MAGIC("<?xml", "an XML document, not vectors (was the download "
			       "refused?)"),
	};
	size_t at = 0;

	if (len >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	while (at < len && head[at] && strchr(" \t\r\n", head[at]))
		at++;
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (len - at >= starts[i].len &&
		    strncasecmp((const char *)head + at, starts[i].bytes,
				starts[i].len) == 0)
			return starts[i].is;
	return NULL;
}

const char *sniff(const uint8_t *head, size_t len)
{
	const char *is;

	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (len >= magics[i].len &&
		    memcmp(head, magics[i].bytes, magics[i].len) == 0)
			return magics[i].is;
	is = sniff_faiss(head, len);
	return is ? is : sniff_markup(head, len);
}
