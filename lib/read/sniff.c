#include "read/sniff.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bytes.h"
#include "io/map.h"

struct magic {
	const char *bytes;
	size_t n;
	const char *is;
};

#define MAGIC(bytes_, is_)                                                     \
	{                                                                      \
		(bytes_), sizeof(bytes_) - 1, (is_)                            \
	}

static const struct magic magics[] = {
	MAGIC("\x93NUMPY", "a .npy file"),
	MAGIC("version https://git-lfs",
	      "a git-LFS pointer (run 'git lfs pull')"),
	MAGIC("\x1f\x8b", "gzip data (unpack it first)"),
	MAGIC("\x28\xb5\x2f\xfd", "zstd data (unpack it first)"),
	MAGIC("\x04\x22\x4d\x18", "LZ4 data (unpack it first)"),
	MAGIC("\xfd"
	      "7zXZ",
	      "xz data (unpack it first)"),
	MAGIC("BZh", "bzip2 data (unpack it first)"),
	MAGIC("PK\x03\x04", "a zip or .npz file"),
	MAGIC("PK\x05\x06", "an empty zip file"),
	MAGIC("\x89HDF\r\n\x1a\n", "an HDF5 file"),
	MAGIC("SQLite format 3", "an SQLite database"),
	MAGIC("PAR1", "a Parquet file"),
	MAGIC("ARROW1", "an Arrow file"),
	MAGIC("\x7f"
	      "ELF",
	      "a program"),
	MAGIC("\x80\x02", "a Python pickle"),
	MAGIC("\x80\x03", "a Python pickle"),
	MAGIC("\x80\x04\x95", "a Python pickle"),
	MAGIC("\x80\x05\x95", "a Python pickle"),
	MAGIC("VOYA\x01", "a Voyager index"),
	MAGIC("usearch", "a usearch index"),
	/* Ours, after a transfer that took it for text. */
	MAGIC("\x8eVSX\n\x1a\n",
	      "a VSX index whose line endings were converted"),
	MAGIC("\x8eVSX\r\r\n", "a VSX index whose line endings were converted"),
	MAGIC("\x8eVSX\r\n\x1a\r\n",
	      "a VSX index whose line endings were converted"),
	MAGIC("\x0eVSX", "a VSX index that was stripped to 7 bits"),
	MAGIC("\xc2\x8eVSX", "a VSX index that was converted to UTF-8"),
	MAGIC("\xef\xbf\xbdVSX", "a VSX index that was converted to UTF-8"),
};

/* The four letters that a FAISS file begins with: its outermost index. */
static const char faiss_codes[][5] = {
	"IxF2", "IxFI", "IxFl", "IxFP", "IxFp", "IxMp", "IxM2", "IxPq", "IxPQ",
	"IxPo", "IxSQ", "IxPT", "IxRF", "Ixrq", "Ixrr", "IxEe", "IxHE", "IxHe",
	"IwFl", "IwFd", "IwPQ", "IwQR", "IwSq", "IwSQ", "IwIQ", "Iwrq", "Iwrr",
	"IwEe", "IwPf", "IPfs", "Irfs", "Iwrf", "Irfn", "Iwrn", "IHNf", "IHNp",
	"IHNs", "IHN2", "IHNc", "IHc2", "IHfP", "IH00", "IBxF", "IBMp", "IBM2",
	"IBwF", "IBHf", "IBHc", "ISVD", "ILVQ", "ISVL", "ISV2", "IvFl", "IvFL",
	"IvPQ", "IvQR", "IvSQ",
};

static bool is_faiss(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < sizeof(faiss_codes) / sizeof(*faiss_codes); i++)
		if (n >= 4 && memcmp(p, faiss_codes[i], 4) == 0)
			return true;
	return false;
}

static bool begins(const uint8_t *p, size_t n, const char *word)
{
	return n >= strlen(word) &&
	       strncasecmp((const char *)p, word, strlen(word)) == 0;
}

static size_t skip_blanks(const uint8_t *p, size_t n)
{
	size_t i = begins(p, n, "\xef\xbb\xbf") ? 3 : 0;

	while (i < n && p[i] && strchr(" \t\r\n", p[i]))
		i++;
	return i;
}

static bool is_text(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n && i < 512; i++)
		if (p[i] == 0x7f ||
		    (p[i] < 0x20 && (!p[i] || !strchr("\t\n\r\f", p[i]))))
			return false;
	return true;
}

static const char *text_name(const uint8_t *p, size_t n)
{
	size_t i = skip_blanks(p, n);

	if (begins(p + i, n - i, "<!doctype html") ||
	    begins(p + i, n - i, "<html"))
		return "an HTML page (was the download refused?)";
	if (begins(p + i, n - i, "<?xml"))
		return "an XML document";
	if (!is_text(p, n))
		return NULL;
	if (i < n && (p[i] == '{' || p[i] == '['))
		return "a JSON text";
	return "a text";
}

/* hnswlib has no magic, but a header whose numbers depend on each other. */
static bool is_hnswlib(const uint8_t *p, size_t n, uint64_t bytes)
{
	uint64_t most, count, record, label, data, max_m0;

	if (n < 96)
		return false;
	most = vsx_load64(p + 8);
	count = vsx_load64(p + 16);
	record = vsx_load64(p + 24);
	label = vsx_load64(p + 32);
	data = vsx_load64(p + 40);
	max_m0 = vsx_load64(p + 64);
	return vsx_load64(p) == 0 && count <= most && record == label + 8 &&
	       max_m0 < 1u << 20 && data == 4 + 4 * max_m0 && data < label &&
	       label < bytes && count <= bytes / record;
}

static bool says_usearch(const struct vsx_origin *from, uint64_t at)
{
	char word[7];

	return vsx_origin_read(from, word, sizeof(word), at) == 0 &&
	       memcmp(word, "usearch", sizeof(word)) == 0;
}

/* usearch puts its vectors first: [rows][bytes], then its magic. */
static bool is_usearch(const uint8_t *p, size_t n,
		       const struct vsx_origin *from)
{
	uint64_t wide;

	if (n < 16)
		return false;
	if (says_usearch(from, 8 + (uint64_t)vsx_load32(p) * vsx_load32(p + 4)))
		return true;
	return vsx_mul(&wide, vsx_load64(p), vsx_load64(p + 8)) &&
	       vsx_add(&wide, wide, 16) && says_usearch(from, wide);
}

/* Vectors: every row begins with its dimension, or the file with two numbers
 * that say its length. */
static const char *vectors_name(const uint8_t *p, size_t n, uint64_t bytes)
{
	uint64_t first, second, rest;

	if (n < 8)
		return NULL;
	first = vsx_load32(p);
	second = vsx_load32(p + 4);
	rest = bytes - 8;
	if (first && second && second <= 65536) {
		uint64_t components = first * second;

		if (rest == components * 4)
			return "vectors in the .fbin layout";
		if (rest == components * 2)
			return "vectors in the .f16bin layout";
		if (rest == components)
			return "vectors in the .u8bin or .i8bin layout";
	}
	if (!first)
		return NULL;
	if (bytes % (4 + 4 * first) == 0 && n >= 8 + 4 * first &&
	    vsx_load32(p + 4 + 4 * first) == first)
		return "vectors in the .fvecs or .ivecs layout";
	if (bytes % (4 + first) == 0 && n >= 8 + first &&
	    vsx_load32(p + 4 + first) == first)
		return "vectors in the .bvecs layout";
	return NULL;
}

static const char *binary_name(const uint8_t *p, size_t n,
			       const struct vsx_origin *from)
{
	if (is_hnswlib(p, n, from->bytes))
		return "an hnswlib index";
	if (is_usearch(p, n, from))
		return "a usearch index";
	if (vsx_is_zero(p, n))
		return "a file that begins with zeros";
	return vectors_name(p, n, from->bytes);
}

bool vsx_sniff(char out[VSX_SNIFF_TEXT], const uint8_t *p, size_t n,
	       const struct vsx_origin *from)
{
	const char *is = NULL;

	for (size_t i = 0; !is && i < sizeof(magics) / sizeof(*magics); i++)
		if (n >= magics[i].n &&
		    memcmp(p, magics[i].bytes, magics[i].n) == 0)
			is = magics[i].is;
	if (!is && is_faiss(p, n)) {
		snprintf(out, VSX_SNIFF_TEXT, "a FAISS index (%.4s)",
			 (const char *)p);
		return true;
	}
	if (!is)
		is = text_name(p, n);
	if (!is)
		is = binary_name(p, n, from);
	if (is)
		snprintf(out, VSX_SNIFF_TEXT, "%s", is);
	return is != NULL;
}
