/*
 * The manifest: the facts of the index and the tables of its segments and
 * sections. SPEC.md section 4.2.
 *
 * Decoding checks every rule once and keeps a pointer to the bytes; the rows of
 * the tables are decoded when they are asked for. No heap.
 */
#ifndef VSX_MANIFEST_H
#define VSX_MANIFEST_H

#include "super.h"
#include "vsx_types.h"

struct vsx_manifest {
	uint32_t page_shift;
	uint64_t generation;
	uint64_t n_rows;
	uint64_t n_live;
	uint32_t dim;
	enum vsx_metric metric;
	enum vsx_elem elem;
	uint32_t flags;
	uint64_t seed;
	uint32_t default_effort;
	uint32_t default_refine; /* thousandths */
	uint32_t target_recall;
	uint32_t n_queries;
	uint32_t truth_k;
	uint32_t n_recalls;
	uint32_t asked_queries;
	uint32_t asked_ef_construction;
	char asked[VSX_ASKED_BYTES];

	uint32_t n_segments;
	uint32_t n_sections;
	uint32_t properties_bytes;
	const uint8_t *raw; /* borrowed; the whole manifest */
};

struct vsx_segment_entry {
	uint32_t kind;
	uint32_t row_stride;
	uint64_t n_rows;
	uint64_t generation;
	uint32_t params[VSX_N_PARAMS];
	uint64_t n_dead;
};

struct vsx_section_entry {
	uint32_t id;
	uint32_t segment;
	uint32_t encoding;
	uint64_t offset;
	uint64_t bytes;
	uint64_t raw_bytes;
	uint64_t sums_offset;
	uint64_t sums_bytes;
	struct vsx_hash root;
};

/* Bytes of the row itself plus the tail that its metric needs. */
uint32_t vsx_row_bytes(uint32_t dim, enum vsx_elem elem,
		       enum vsx_metric metric);
/* The stride that a writer chooses for it; SPEC.md 5.1. */
uint32_t vsx_row_stride(uint32_t row_bytes);

/* The same of rows that are looked at one by one: those that fill pages, or a
 * half or quarter of one, but for an eighth lie in no more than they must. */
uint32_t vsx_row_stride_alone(uint32_t row_bytes);

/*
 * raw    n bytes whose hash the caller has checked; must outlive *m
 * sb     the superblock that named them
 *
 * VSX_ECORRUPT for a broken rule, VSX_EVERSION for a kind, metric or type that
 * a newer writer may have meant.
 */
enum vsx_status vsx_manifest_decode(struct vsx_manifest *m, const uint8_t *raw,
				    uint64_t n, const struct vsx_super *sb,
				    struct vsx_error *err);

struct vsx_segment_entry vsx_manifest_segment(const struct vsx_manifest *m,
					      uint32_t i);
struct vsx_section_entry vsx_manifest_section(const struct vsx_manifest *m,
					      uint32_t i);

/*
 * Whether the file has the bytes that the counts speak of: those of rows, and
 * of the acceptance test. Part of decoding.
 */
enum vsx_status vsx_manifest_backed(const struct vsx_manifest *m,
				    struct vsx_error *err);

/* Whether the queries of the test are stored: they are no rows, or what the
 * rows were that they are. */
static inline bool vsx_manifest_has_queries(const struct vsx_manifest *m)
{
	return m->n_queries > 0 && (m->flags & VSX_MANIFEST_TEST_GIVEN ||
				    !(m->flags & VSX_MANIFEST_OWN_QUERIES));
}

static inline uint32_t vsx_most_own_queries(uint32_t dim)
{
	uint32_t most = VSX_MAX_OWN_COMPONENTS / dim;

	return most < VSX_MAX_OWN_QUERIES ? most : VSX_MAX_OWN_QUERIES;
}

/*
 * Whether the neighbours of the acceptance test need not be stored: a scan that
 * finds them takes about 50 ms of one core. It bounds, too, what is found for
 * queries of a hostile file.
 */
static inline bool vsx_truth_is_cheap(uint64_t n_queries, uint64_t n_rows,
				      uint32_t dim)
{
	/* At most 2^20 times 2^31: no wrap. */
	return n_queries * n_rows <= (UINT64_C(1) << 29) / (dim + 96);
}

/*
 * What the bytes of the file are for. Each row of a segment takes the same
 * share of its sections; what no section, table or manifest of this generation
 * takes is of older ones.
 */
struct vsx_usage {
	uint64_t live, deleted, superseded;
};
void vsx_manifest_usage(struct vsx_usage *out, const struct vsx_manifest *m,
			const struct vsx_super *sb);

/* The value of a property; NULL when there is none. */
const char *vsx_manifest_property(const struct vsx_manifest *m,
				  const char *key);
/* The property behind another, "key=value"; NULL asks for the first, and says
 * that there are no more. */
const char *vsx_manifest_property_next(const struct vsx_manifest *m,
				       const char *entry);
/* Property number i; NULL past the last. */
const char *vsx_manifest_property_at(const struct vsx_manifest *m, uint32_t i);

/* Longest value of a property. */
#define VSX_MAX_VALUE 4096

/* What a property may look like; the writer asks before it writes. */
bool vsx_property_ok(const char *entry);
/* The order of two entries, by their keys; 0: they have one. */
int vsx_property_compare(const char *a, const char *b);

/*
 * Encode. `properties` is the area itself: strings "key=value", each with its
 * NUL, keys rising. out has vsx_manifest_bytes() bytes.
 */
uint64_t vsx_manifest_bytes(uint32_t n_segments, uint32_t n_sections,
			    uint32_t properties_bytes);
void vsx_manifest_encode(uint8_t *out, const struct vsx_manifest *m,
			 const struct vsx_segment_entry *segments,
			 const struct vsx_section_entry *sections,
			 const char *properties);

#endif
