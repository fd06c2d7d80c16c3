#include "kind/build_spec_foreign.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* A word begins so and has that behind it; the first of the table counts. */
static const struct foreign {
	const char *begins, *has, *hint;
} foreign[] = {
	{"IVF", "_HNSW",
	 "the nearest lists are found without a graph: write "
	 "IVF<nlist>"},
	{"IVF", "(",
	 "the nearest lists are found without an index of their "
	 "own: write IVF<nlist>"},
	{"IMI", "", "lists are those of IVF<nlist>"},
	{"HNSW", "_", "what links lead to is behind a comma, as in HNSW32,SQ8"},
	{"PCAR", "",
	 "principal directions are not rotated after: write "
	 "PCA<d>, or OPQ<m>_<d> before PQ<m>"},
	{"PCAW", "", "principal directions are not scaled: write PCA<d>"},
	{"RR", "", "rows are rotated by OPQ<m>, before PQ<m>, and by RaBitQ"},
	{"ITQ", "", "codes of one bit for each component are RaBitQ"},
	{"LSH", "", "codes of one bit for each component are RaBitQ"},
	{"RaBitQ", "fs",
	 "it is scanned in blocks as it is: write RaBitQ<bits>"},
	{"L2norm", "",
	 "leave it out: lengths do not count with the metric "
	 "cosine"},
	{"IDMap", "", "leave it out: every index has ids"},
	{"Pad", "", "leave it out: any number of components will do"},
	{"SQfp16", "", "rows are f16 by their element type"},
	{"SQbf16", "", "rows are bf16 by their element type"},
	{"SQ8_direct", "",
	 "rows of whole numbers are bytes by their element "
	 "type"},
	{"SQ", "", "codes of each component have 8 or 4 bits: SQ8, SQ4"},
	{"PQ", "fs_", "blocks have 32 rows: write PQ<m>x4fs"},
	{"PQ", "np",
	 "codes are not sorted for distances of their bits: write "
	 "PQ<m>"},
	{"PQ", "+", "to look at more, write PQ<m> with ,RFlat behind it"},
	{"PQ", "x", "parts have 8 or 4 bits: write PQ<m> or PQ<m>x4"},
	{"Refine(", "",
	 "what is kept is RFlat, Refine(FP16), Refine(SQ8) or "
	 "NoRefine"},
};

static bool begins(const char *at, size_t n, const char *word)
{
	size_t m = strlen(word);

	return n >= m && strncasecmp(at, word, m) == 0;
}

static bool has(const char *at, size_t n, const char *word)
{
	for (; n; at++, n--)
		if (begins(at, n, word))
			return true;
	return *word == '\0';
}

const char *vsx_spec_foreign(const char *part, size_t n)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		const struct foreign *f = &foreign[i];
		size_t m = strlen(f->begins);

		if (begins(part, n, f->begins) && has(part + m, n - m, f->has))
			return f->hint;
	}
	return NULL;
}
