/* A good manifest, to be broken. */
#ifndef FORMAT_GOOD_MANIFEST_H
#define FORMAT_GOOD_MANIFEST_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "manifest.h"
#include "names.h"
#include "sums.h"

/*
 * A good manifest: two segments with sections of one and of several tables of
 * sums, those of an acceptance test, one that is not known, and three
 * properties. Tests change the parts, or the encoded bytes.
 */
#define N_SEGMENTS 2
#define N_SECTIONS 8
#define LAST	   (N_SECTIONS - 1)
#define PROPERTIES "library=vsx 0.2.0\0model=\0spec=HNSW16"

#define PAGE   4096u
#define TABLES (8192u + 1002u * PAGE) /* behind the sections */
#define END    (TABLES + 8u * PAGE)   /* the manifest */

static struct vsx_super sb;
static struct vsx_manifest m;
static struct vsx_segment_entry seg[N_SEGMENTS];
static struct vsx_section_entry sec[N_SECTIONS];
static const char *properties;
static uint8_t raw[4096];
static uint64_t n_raw;
static struct vsx_error err;

static inline struct vsx_section_entry section(const char *id, uint32_t segment,
					       uint64_t page, uint64_t bytes,
					       uint64_t sums_offset)
{
	struct vsx_section_entry e = {
		.segment = segment,
		.offset = 8192 + page * PAGE,
		.bytes = bytes,
		.raw_bytes = bytes,
		.sums_offset = sums_offset,
	};
	struct vsx_sums shape;

	memcpy(&e.id, id, 4);
	vsx_sums_shape(&shape, bytes, 12);
	e.sums_bytes = shape.bytes;
	memset(e.root.b, 0x5a, 16);
	return e;
}

static inline void make_good(void)
{
	sb = (struct vsx_super){
		.page_shift = 12,
		.generation = 3,
		.committed_bytes = END + PAGE,
		.manifest_offset = END,
	};
	m = (struct vsx_manifest){
		.page_shift = 12,
		.generation = 3,
		.n_rows = 1100,
		.n_live = 1100,
		.dim = 16,
		.metric = VSX_COSINE,
		.elem = VSX_F32,
		.flags = VSX_MANIFEST_NORMALISED | VSX_MANIFEST_OWN_QUERIES,
		.seed = UINT64_C(0x123456789abcdef0),
		.default_effort = 40,
		.default_refine = 1500,
		.target_recall = 950000,
		.n_queries = 100,
		.truth_k = 10,
		.n_recalls = 1,
		.asked_queries = 500,
		.asked_ef_construction = 200,
		.asked = "HNSW32",
		.n_segments = N_SEGMENTS,
		.n_sections = N_SECTIONS,
		.properties_bytes = sizeof(PROPERTIES),
	};
	seg[0] = (struct vsx_segment_entry){VSX_HNSW, 72,	    1000,
					    1,	      {16, 200, 3}, 0};
	seg[1] = (struct vsx_segment_entry){VSX_IVF, 68, 100, 3, {12, 64}, 0};
	sec[0] = section("VECS", 0, 0, 600 * PAGE, TABLES);
	sec[1] = section("VECS", 1, 600, 2 * PAGE, TABLES + 4 * PAGE);
	sec[2] = section("LIST", 1, 602, 288, TABLES + 4 * PAGE + 16);
	sec[3] = section("QTRU", VSX_WHOLE_INDEX, 603, 4000,
			 TABLES + 4 * PAGE + 24);
	sec[4] = section("QSRC", VSX_WHOLE_INDEX, 605, 400,
			 TABLES + 4 * PAGE + 40);
	sec[5] = section("ZZ98", VSX_WHOLE_INDEX, 607, 800,
			 TABLES + 4 * PAGE + 56);
	sec[6] = section("RCLL", VSX_WHOLE_INDEX, 608, 32,
			 TABLES + 4 * PAGE + 64);
	sec[LAST] = section("ZZ99", 0, 1000, 1, TABLES + 4 * PAGE + 72);
	properties = PROPERTIES;
}

static inline void encode(void)
{
	n_raw = vsx_manifest_bytes(m.n_segments, m.n_sections,
				   m.properties_bytes);
	cr_assert(n_raw <= sizeof(raw));
	vsx_manifest_encode(raw, &m, seg, sec, properties);
}

/* From a block of exactly n bytes, so that a read beyond is seen. */
static inline enum vsx_status decode(uint64_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	struct vsx_manifest out;
	enum vsx_status status;

	memset(&err, 0, sizeof(err));
	memcpy(copy, raw, n);
	status = vsx_manifest_decode(&out, copy, n, &sb, &err);
	free(copy);
	return status;
}

static inline void prove_good(void)
{
	make_good();
	encode();
	cr_assert_eq(decode(n_raw), VSX_OK, "%s", err.text);
}

static inline void refused(enum vsx_status due, const char *words)
{
	enum vsx_status status = decode(n_raw);

	cr_expect_eq(status, due, "status %d, expected %d: %s", (int)status,
		     (int)due, err.text);
	cr_expect(strstr(err.text, words), "'%s' does not say '%s'", err.text,
		  words);
}

/* A rule: change the good one, encode, and it is refused for that. */
#define REFUSES(rule, due, words, ...)                                         \
	Test(manifest, refuses_##rule)                                         \
	{                                                                      \
		prove_good();                                                  \
		__VA_ARGS__;                                                   \
		encode();                                                      \
		refused(VSX_E##due, words);                                    \
	}

#define ACCEPTS(rule, ...)                                                     \
	Test(manifest, accepts_##rule)                                         \
	{                                                                      \
		prove_good();                                                  \
		__VA_ARGS__;                                                   \
		encode();                                                      \
		cr_expect_eq(decode(n_raw), VSX_OK, "%s", err.text);           \
	}

/* Places in the encoded bytes. */
#define SEGMENT(i) (256 + 64 * (i))
#define SECTION(i) (256 + 64 * N_SEGMENTS + 80 * (i))

static inline void byte_refused(size_t at, const char *words)
{
	prove_good();
	raw[at] ^= 1;
	refused(VSX_ECORRUPT, words);
}

#endif
