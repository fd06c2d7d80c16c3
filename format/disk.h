/*
 * Every structure of the file as it lies on disk. SPEC.md sections 4 to 6.
 *
 * Nothing here is read or written but by the encoders and decoders of this
 * folder. All structs are made of bytes: alignment 1, no padding.
 */
#ifndef VSX_DISK_H
#define VSX_DISK_H

#include <assert.h>
#include <stddef.h>

#include "bytes.h"
#include "vsx_types.h"

#define VSX_FORMAT_VERSION 1
#define VSX_MAGIC_BYTES	   8
#define VSX_MAGIC	   "\x8eVSX\r\n\x1a\n"

#define VSX_MIN_PAGE_SHIFT 12
#define VSX_MAX_PAGE_SHIFT 16

/* The slots lie at these bytes whatever the page size is. */
#define VSX_SLOT_BYTES	4096
#define VSX_SUPER_BYTES 512

/* Limits that keep a hostile manifest from asking for much. */
#define VSX_MAX_MANIFEST_BYTES (256u << 20)
/* Enough for VSX_MAX_ROWS in segments that are full. */
#define VSX_MAX_SEGMENTS (1u << 18)
/* As many as such a manifest has room for, whatever a segment has. */
#define VSX_MAX_SECTIONS                                                       \
	(VSX_MAX_MANIFEST_BYTES / sizeof(struct vsx_disk_section))
#define VSX_MAX_ROWS		(UINT64_C(1) << 48)
#define VSX_MAX_EF_CONSTRUCTION 65536u
/* Row numbers inside a segment are 31 bits: a search keeps a flag beside. */
#define VSX_MAX_SEGMENT_ROWS ((UINT64_C(1) << 31) - 1)

/* Exact neighbours of each test query, if there are as many rows. */
#define VSX_TRUTH_K 100
/* Queries that are rows take 4 bytes each in the file, and more in memory. */
#define VSX_MAX_OWN_QUERIES    (1u << 16)
#define VSX_MAX_OWN_COMPONENTS (1u << 23)
#define VSX_MAX_QUERIES	       (1u << 20)
#define VSX_MAX_RECALLS	       4096u
#define VSX_MAX_PROPERTIES     65536u

/* Rows that are looked at for each that is wanted, in thousandths: none, or
 * from 1 to 1000. */
#define VSX_REFINE_UNIT 1000u
#define VSX_MAX_REFINE	(1000u * VSX_REFINE_UNIT)

static inline bool vsx_refine_ok(uint32_t refine)
{
	return refine == 0 ||
	       (refine >= VSX_REFINE_UNIT && refine <= VSX_MAX_REFINE);
}

struct vsx_disk_super {
	uint8_t magic[VSX_MAGIC_BYTES]; /*   0 */
	vsx_le32 version;		/*   8  VSX_FORMAT_VERSION */
	vsx_le32 page_shift;		/*  12  log2 of the page size */
	vsx_le64 feature_incompat;	/*  16  unknown bit: refuse */
	vsx_le64 feature_compat;	/*  24  unknown bit: ignore */
	vsx_le64 generation;		/*  32  from 1; the higher slot wins */
	vsx_le64 committed_bytes;	/*  40  length of the file */
	vsx_le64 manifest_offset;	/*  48 */
	vsx_le64 manifest_bytes;	/*  56 */
	uint8_t manifest_hash[16];	/*  64  XXH3-128 of the manifest */
	uint8_t uuid[16];		/*  80 */
	vsx_le64 feature_write;		/*  96  unknown bit: read, not change */
	uint8_t zero[400];		/* 104 */
	vsx_le64 checksum;		/* 504  XXH3-64 of bytes 0..503 */
};

static_assert(sizeof(struct vsx_disk_super) == VSX_SUPER_BYTES, "SPEC.md 4.1");
static_assert(_Alignof(struct vsx_disk_super) == 1, "no padding possible");
static_assert(offsetof(struct vsx_disk_super, generation) == 32, "SPEC.md 4.1");
static_assert(offsetof(struct vsx_disk_super, uuid) == 80, "SPEC.md 4.1");
static_assert(offsetof(struct vsx_disk_super, checksum) == 504, "SPEC.md 4.1");

#define VSX_MANIFEST_TAG "MANI"

/* Of the text of a spec, its zero included. */
#define VSX_ASKED_BYTES 64

struct vsx_disk_manifest {
	uint8_t tag[4];		   /*   0  VSX_MANIFEST_TAG */
	vsx_le32 n_segments;	   /*   4 */
	vsx_le32 n_sections;	   /*   8 */
	vsx_le32 properties_bytes; /*  12 */
	vsx_le64 generation;	   /*  16  as in the superblock */
	vsx_le64 n_rows;	   /*  24  of all segments */
	vsx_le64 n_live;	   /*  32  without the deleted ones */
	vsx_le32 dim;		   /*  40 */
	vsx_le32 metric;	   /*  44  enum vsx_metric */
	vsx_le32 elem;		   /*  48  enum vsx_elem */
	vsx_le32 flags;		   /*  52  VSX_MANIFEST_* */
	vsx_le64 seed;		   /*  56 */
	vsx_le32 default_effort;   /*  64  ef or nprobe; 0 for Flat */
	vsx_le32 target_recall;	   /*  68  millionths */
	vsx_le32 n_queries;	   /*  72  of the acceptance test */
	vsx_le32 truth_k;	   /*  76  neighbours a query */
	vsx_le32 n_recalls;	   /*  80  rows of the recall table */
	/* What its owner asked for, beside what the rows allowed. */
	vsx_le32 asked_queries;		/*  84  0: by size; 2^32 - 1: none */
	vsx_le32 asked_ef_construction; /*  88 */
	uint8_t asked[VSX_ASKED_BYTES]; /*  92  a spec, and zeros */
	vsx_le32 default_refine; /* 156  thousandths; 0: none was measured */
	uint8_t zero[96];	 /* 160 */
};

static_assert(sizeof(struct vsx_disk_manifest) == 256, "SPEC.md 4.2");

#define VSX_MANIFEST_NORMALISED	 1u /* every row was scaled to length 1 */
#define VSX_MANIFEST_OWN_QUERIES 2u /* queries are rows; see section QSRC */
#define VSX_MANIFEST_TEST_GIVEN                                                \
	4u /* the test is of rows as they were given                           \
	    */
#define VSX_MANIFEST_FLAGS 7u

#define VSX_N_PARAMS 8

/* Those that are not the kind's. */
#define VSX_PARAM_SHARED 5 /* 0, or 1 + the segment whose CPAR it uses */
#define VSX_PARAM_ROWS	 6 /* code word of VECS; see vsx_word_elem() */
#define VSX_PARAM_CODES	 7 /* code word of CODE */

/* A code word: what codes are, and how many of what; SPEC.md 4.2.2. */
enum vsx_codec_id {
	VSX_CODEC_GRID,	  /* 8 bits; a segment without codes says it, too */
	VSX_CODEC_SQ8,	  /* 8 bits for each dimension; size: dimensions */
	VSX_CODEC_SQ4,	  /* 4 */
	VSX_CODEC_PQ8,	  /* 8 bits for a part of them; size: parts */
	VSX_CODEC_PQ4,	  /* 4 */
	VSX_CODEC_FLOATS, /* f32; size: dimensions */
	VSX_CODEC_PQ4FS,  /* as PQ4, in blocks of 32 rows; size: parts */
	VSX_CODEC_RABITQ, /* size: bits for each dimension */
	VSX_CODEC_RABITQ_RECORD, /* as RABITQ, a record for each row */
	VSX_N_CODECS
};

#define VSX_CODE_WORD(id, size) ((uint32_t)(id) | (uint32_t)(size) << 8)

static inline uint32_t vsx_code_word_id(uint32_t word)
{
	return word & 0xff;
}

static inline uint32_t vsx_code_word_size(uint32_t word)
{
	return word >> 8;
}

/* Of VECS a word of id 0 says that it holds rows, and of which type: a narrower
 * one than that of the index, or with size 0 that itself. */
static inline bool vsx_word_is_code(uint32_t word)
{
	return vsx_code_word_id(word) != 0;
}

static inline enum vsx_elem vsx_word_elem(uint32_t word, enum vsx_elem elem)
{
	return vsx_code_word_id(word) || !vsx_code_word_size(word)
		       ? elem
		       : (enum vsx_elem)vsx_code_word_size(word);
}

/* The head of section CPAR, but for the grid; SPEC.md 5.9. */
struct vsx_disk_codes {
	vsx_le32 dim;	      /*  0  of what is coded */
	vsx_le32 flags;	      /*  4  VSX_CODES_* */
	vsx_le32 n_centroids; /*  8  that lie in the section */
	vsx_le32 loss;	      /* 12  f32, of the rows it was learned from */
	uint8_t zero[48];     /* 16 */
};

static_assert(sizeof(struct vsx_disk_codes) == 64, "SPEC.md 5.9");

#define VSX_CODES_TRANSFORMED 1u /* rows were, before they were coded */
#define VSX_CODES_RESIDUAL    2u /* coded is what a centroid leaves of them */
#define VSX_CODES_FLAGS	      3u

struct vsx_disk_segment {
	vsx_le32 kind;		       /*  0  enum vsx_kind_code */
	vsx_le32 row_stride;	       /*  4  bytes from row to row in VECS */
	vsx_le64 n_rows;	       /*  8 */
	vsx_le64 generation;	       /* 16  that brought the segment */
	vsx_le32 params[VSX_N_PARAMS]; /* 24  SPEC.md 5, by kind */
	vsx_le64 n_dead;	       /* 56  rows that are deleted */
};

static_assert(sizeof(struct vsx_disk_segment) == 64, "SPEC.md 4.2");

/* A section that belongs to the index and not to one of its segments. */
#define VSX_WHOLE_INDEX 0xffffffffu

struct vsx_disk_section {
	vsx_le32 id;	      /*  0  four letters, enum vsx_section_id */
	vsx_le32 segment;     /*  4  number, or VSX_WHOLE_INDEX */
	vsx_le32 encoding;    /*  8  0 */
	uint8_t zero[4];      /* 12 */
	vsx_le64 offset;      /* 16  multiple of the page size */
	vsx_le64 bytes;	      /* 24  stored */
	vsx_le64 raw_bytes;   /* 32  equal to bytes */
	vsx_le64 sums_offset; /* 40  multiple of 8 */
	vsx_le64 sums_bytes;  /* 48 */
	uint8_t root[16];     /* 56  XXH3-128 of the topmost table of sums */
	uint8_t pad[8];	      /* 72  zero */
};

static_assert(sizeof(struct vsx_disk_section) == 80, "SPEC.md 4.2");

/* The head of section COLS, and an entry of it; SPEC.md 5.11. */
struct vsx_disk_columns {
	vsx_le32 n_fields; /* 0 */
	uint8_t zero[60];  /* 4 */
};

static_assert(sizeof(struct vsx_disk_columns) == 64, "SPEC.md 5.11");

struct vsx_disk_column {
	uint8_t name[64];    /*   0  and zeros */
	vsx_le32 type;	     /*  64  enum vsx_field_type, + VSX_COLUMN_LIST */
	vsx_le32 n_words;    /*  68  of the dictionary */
	vsx_le64 offset;     /*  72  of its parts, from the section's start */
	vsx_le64 bytes;	     /*  80  of them */
	vsx_le64 n_values;   /*  88  of all rows */
	vsx_le64 word_bytes; /*  96  of the dictionary's words */
	vsx_le32 n_lists;    /* 104  that have a range; 0: none has */
	uint8_t zero[20];    /* 108 */
};

static_assert(sizeof(struct vsx_disk_column) == 128, "SPEC.md 5.11");

#define VSX_COLUMN_LIST 16u

/* Of the values of 1,024 rows, or of those of a list. */
struct vsx_disk_range {
	vsx_le64 least;	   /*  0 */
	vsx_le64 greatest; /*  8 */
	vsx_le32 n_null;   /* 16  rows */
	uint8_t zero[4];   /* 20 */
};

static_assert(sizeof(struct vsx_disk_range) == 24, "SPEC.md 5.11");

#define VSX_COLUMN_BLOCK 1024u

/* The head of section LNKP; SPEC.md 5.5.1. */
struct vsx_disk_gates {
	vsx_le32 unit_a;  /*  0  f32, as the next two */
	vsx_le32 unit_b;  /*  4 */
	vsx_le32 spread;  /*  8 */
	vsx_le32 shift;	  /* 12 */
	uint8_t zero[48]; /* 16 */
};

static_assert(sizeof(struct vsx_disk_gates) == 64, "SPEC.md 5.5.1");

/* One row of the recall table, section RCLL; SPEC.md 5.6. */
struct vsx_disk_recall {
	vsx_le32 effort;    /*  0  ef or nprobe */
	vsx_le32 recall[3]; /*  4  at 1, 10, 100, in millionths */
	vsx_le64 distances; /* 16  mean a query, in thousandths */
	vsx_le32 refine;    /* 24  thousandths; 0: nothing is re-ranked */
	uint8_t zero[4];    /* 28 */
};

static_assert(sizeof(struct vsx_disk_recall) == 32, "SPEC.md 5.6");

/* One inverted list, section LIST; SPEC.md 5.4. */
struct vsx_disk_list {
	vsx_le64 first_row; /*  0 */
	vsx_le64 n_rows;    /*  8 */
	vsx_le64 offset;    /* 16  of its first row in VECS, bytes */
};

static_assert(sizeof(struct vsx_disk_list) == 24, "SPEC.md 5.4");

/* A block of byte strings, sections KDIR and PDIR; SPEC.md 5.12. */
struct vsx_disk_strings {
	vsx_le64 offset;    /*  0  in the section of blocks */
	vsx_le32 first_row; /*  8 */
	vsx_le32 raw_bytes; /* 12  decoded */
	vsx_le32 form;	    /* 16  VSX_STRINGS_* */
	vsx_le32 zero;	    /* 20 */
};

static_assert(sizeof(struct vsx_disk_strings) == 24, "SPEC.md 5.12");

#define VSX_STRINGS_PLAIN 0u
#define VSX_STRINGS_LZ4	  1u
#define VSX_STRINGS_UUID  2u /* keys alone: 36 characters as 16 bytes */
#define VSX_STRINGS_HEX	  3u /* keys alone: two digits as a byte */

/* Rows of a block at most, and raw bytes of one beside its last string. */
#define VSX_STRINGS_ROWS  1024u
#define VSX_STRINGS_BYTES 65536u

/* A bucket of section KTAB; SPEC.md 5.12. */
#define VSX_BUCKET_KEYS 12

struct vsx_disk_bucket {
	vsx_le32 row[VSX_BUCKET_KEYS]; /*  0 */
	uint8_t tag[VSX_BUCKET_KEYS];  /* 48  lowest byte of the key's hash */
	uint8_t n;		       /* 60  keys in it */
	uint8_t spilled; /* 61  1: keys that belong here may be further on */
	uint8_t zero[2]; /* 62 */
};

static_assert(sizeof(struct vsx_disk_bucket) == 64, "SPEC.md 5.12");

#endif
