#include "manifest.h"

#include <string.h>

#include "error.h"
#include "names.h"
#include "sums.h"
#include "plural.h"
#include "utf8.h"

typedef unsigned long long ull;

uint32_t vsx_row_bytes(uint32_t dim, enum vsx_elem elem, enum vsx_metric metric)
{
	uint32_t vector = dim * vsx_elem_bytes(elem);

	/* The tail is an f32 and is aligned like one. */
	return metric == VSX_COSINE ? ((vector + 3) & ~3u) + 4 : vector;
}

uint32_t vsx_row_stride(uint32_t row_bytes)
{
	/* Cache lines where the padding costs at most an eighth. */
	for (uint32_t align = 64; align > 4; align /= 2) {
		uint32_t stride = (row_bytes + align - 1) & ~(align - 1);

		if (stride - row_bytes <= row_bytes / 8)
			return stride;
	}
	return (row_bytes + 3) & ~3u;
}

/* Pages of most systems. */
#define PAGE 4096u

uint32_t vsx_row_stride_alone(uint32_t row_bytes)
{
	for (uint32_t align = PAGE; align >= PAGE / 4; align /= 2) {
		uint32_t stride = (row_bytes + align - 1) & ~(align - 1);

		if (stride - row_bytes <= row_bytes / 8 &&
		    (align == PAGE || stride == align))
			return stride;
	}
	return vsx_row_stride(row_bytes);
}

uint64_t vsx_manifest_bytes(uint32_t n_segments, uint32_t n_sections,
			    uint32_t properties_bytes)
{
	return sizeof(struct vsx_disk_manifest) +
	       (uint64_t)n_segments * sizeof(struct vsx_disk_segment) +
	       (uint64_t)n_sections * sizeof(struct vsx_disk_section) +
	       properties_bytes;
}

static const uint8_t *segments_at(const struct vsx_manifest *m)
{
	return m->raw + sizeof(struct vsx_disk_manifest);
}

static const uint8_t *sections_at(const struct vsx_manifest *m)
{
	return segments_at(m) +
	       (size_t)m->n_segments * sizeof(struct vsx_disk_segment);
}

static const char *properties_at(const struct vsx_manifest *m)
{
	return (const char *)sections_at(m) +
	       (size_t)m->n_sections * sizeof(struct vsx_disk_section);
}

struct vsx_segment_entry vsx_manifest_segment(const struct vsx_manifest *m,
					      uint32_t i)
{
	struct vsx_disk_segment d;
	struct vsx_segment_entry e;

	memcpy(&d, segments_at(m) + (size_t)i * sizeof(d), sizeof(d));
	e.kind = vsx_get32(d.kind);
	e.row_stride = vsx_get32(d.row_stride);
	e.n_rows = vsx_get64(d.n_rows);
	e.generation = vsx_get64(d.generation);
	for (int p = 0; p < VSX_N_PARAMS; p++)
		e.params[p] = vsx_get32(d.params[p]);
	e.n_dead = vsx_get64(d.n_dead);
	return e;
}

struct vsx_section_entry vsx_manifest_section(const struct vsx_manifest *m,
					      uint32_t i)
{
	struct vsx_disk_section d;
	struct vsx_section_entry e;

	memcpy(&d, sections_at(m) + (size_t)i * sizeof(d), sizeof(d));
	e.id = vsx_get32(d.id);
	e.segment = vsx_get32(d.segment);
	e.encoding = vsx_get32(d.encoding);
	e.offset = vsx_get64(d.offset);
	e.bytes = vsx_get64(d.bytes);
	e.raw_bytes = vsx_get64(d.raw_bytes);
	e.sums_offset = vsx_get64(d.sums_offset);
	e.sums_bytes = vsx_get64(d.sums_bytes);
	memcpy(e.root.b, d.root, 16);
	return e;
}

/* First of all: what is newer may have other rules than these. */
/* Of rows and of what stands for them in a scan. */
static enum vsx_status check_codecs(const struct vsx_segment_entry *e,
				    uint32_t i, struct vsx_error *err)
{
	for (int p = VSX_PARAM_ROWS; p <= VSX_PARAM_CODES; p++) {
		uint32_t id = vsx_code_word_id(e->params[p]);

		if (id >= VSX_N_CODECS)
			return vsx_fail(err, VSX_EVERSION,
					"segment %u: codec %u is not known", i,
					id);
	}
	return VSX_OK;
}

static enum vsx_status check_known(const struct vsx_manifest *m,
				   struct vsx_error *err)
{
	if (!vsx_metric_name(m->metric))
		return vsx_fail(err, VSX_EVERSION, "metric %u is not known",
				(unsigned int)m->metric);
	if (!vsx_elem_name(m->elem))
		return vsx_fail(err, VSX_EVERSION,
				"element type %u is not known",
				(unsigned int)m->elem);
	if (m->flags & ~VSX_MANIFEST_FLAGS)
		return vsx_fail(err, VSX_EVERSION, "flags 0x%x are not known",
				m->flags & ~VSX_MANIFEST_FLAGS);
	for (uint32_t i = 0; i < m->n_segments; i++) {
		struct vsx_segment_entry e = vsx_manifest_segment(m, i);

		if (!vsx_kind_name(e.kind))
			return vsx_at_segment(
				err,
				vsx_fail(err, VSX_EVERSION,
					 "segment %u: kind %u is not known", i,
					 e.kind),
				i);
		VSX_TRY(vsx_at_segment(err, check_codecs(&e, i, err), i));
	}
	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);
		char name[5];

		vsx_section_letters(name, e.id);
		if (e.encoding)
			return vsx_at_section(
				err,
				vsx_fail(err, VSX_EVERSION,
					 "section %s: encoding %u is not known",
					 name, e.encoding),
				name);
	}
	return VSX_OK;
}

/* A text of visible characters, and zeros behind it. */
static enum vsx_status check_asked(const struct vsx_manifest *m,
				   struct vsx_error *err)
{
	size_t n = 0;

	while (n < VSX_ASKED_BYTES && m->asked[n] > ' ' && m->asked[n] < 0x7f)
		n++;
	if (n == 0 || n == VSX_ASKED_BYTES ||
	    !vsx_is_zero((const uint8_t *)m->asked + n, VSX_ASKED_BYTES - n))
		return vsx_fail(err, VSX_ECORRUPT,
				"the requested index is not a text of "
				"1 to %d characters",
				VSX_ASKED_BYTES - 1);
	if (m->asked_ef_construction > VSX_MAX_EF_CONSTRUCTION)
		return vsx_fail(err, VSX_ECORRUPT,
				"the requested efConstruction is %u, "
				"expected 0 to %u",
				m->asked_ef_construction,
				VSX_MAX_EF_CONSTRUCTION);
	return VSX_OK;
}

static enum vsx_status check_facts(const struct vsx_manifest *m,
				   const struct vsx_super *sb,
				   struct vsx_error *err)
{
	if (m->generation != sb->generation)
		return vsx_fail(err, VSX_ECORRUPT,
				"manifest has generation %llu, the "
				"superblock %llu",
				(ull)m->generation, (ull)sb->generation);
	if (m->dim < 1 || m->dim > VSX_MAX_DIM)
		return vsx_fail(err, VSX_ECORRUPT,
				"dimension is %u, expected 1 to %d", m->dim,
				VSX_MAX_DIM);
	if (m->n_rows > VSX_MAX_ROWS || m->n_live > m->n_rows)
		return vsx_fail(
			err, VSX_ECORRUPT,
			"%llu row%s, %llu of them live, of at most %llu",
			(ull)m->n_rows, vsx_s(m->n_rows), (ull)m->n_live,
			(ull)VSX_MAX_ROWS);
	if ((m->flags & VSX_MANIFEST_NORMALISED) && vsx_elem_is_int(m->elem))
		return vsx_fail(err, VSX_ECORRUPT,
				"rows of %s cannot be normalised",
				vsx_elem_name(m->elem));
	if (m->target_recall > 1000000)
		return vsx_fail(err, VSX_ECORRUPT,
				"target recall is %u millionths",
				m->target_recall);
	if (!vsx_refine_ok(m->default_refine))
		return vsx_fail(err, VSX_ECORRUPT,
				"default refine factor is %u thousandths, "
				"expected 0 or %u to %u",
				m->default_refine, VSX_REFINE_UNIT,
				VSX_MAX_REFINE);
	return check_asked(m, err);
}

/*
 * The acceptance test is one of segment 0: every query has neighbours there,
 * and no more than there are rows.
 */
static enum vsx_status check_test(const struct vsx_manifest *m,
				  struct vsx_error *err)
{
	uint32_t own = !!(m->flags & VSX_MANIFEST_OWN_QUERIES);
	uint64_t n = m->n_segments ? vsx_manifest_segment(m, 0).n_rows : 0;
	uint64_t most = n < own ? 0 : n - own;

	if (most > VSX_TRUTH_K)
		most = VSX_TRUTH_K;
	if (own && m->n_queries > vsx_most_own_queries(m->dim))
		return vsx_fail(err, VSX_ECORRUPT,
				"%u quer%s that are rows, expected at most %u",
				m->n_queries, vsx_ies(m->n_queries),
				vsx_most_own_queries(m->dim));
	if (m->n_queries > VSX_MAX_QUERIES || m->n_recalls > VSX_MAX_RECALLS)
		return vsx_fail(err, VSX_ECORRUPT,
				"%u quer%s and %u measured recalls, expected "
				"at most %u and %u",
				m->n_queries, vsx_ies(m->n_queries),
				m->n_recalls, VSX_MAX_QUERIES, VSX_MAX_RECALLS);
	if (m->flags & VSX_MANIFEST_TEST_GIVEN && m->n_segments &&
	    !vsx_word_is_code(
		    vsx_manifest_segment(m, 0).params[VSX_PARAM_ROWS]))
		return vsx_fail(err, VSX_ECORRUPT,
				"the test is of rows as they were given, but "
				"those of segment 0 are not kept as codes");
	if (m->n_queries == 0 ? m->truth_k || m->n_recalls || own ||
					m->flags & VSX_MANIFEST_TEST_GIVEN
			      : m->truth_k < 1 || m->truth_k > most)
		return vsx_fail(
			err, VSX_ECORRUPT,
			"%u quer%s with %u neighbour%s each and %u "
			"measured recalls, over %llu row%s of segment 0",
			m->n_queries, vsx_ies(m->n_queries), m->truth_k,
			vsx_s(m->truth_k), m->n_recalls, (ull)n, vsx_s(n));
	return VSX_OK;
}

/* Rows of floats that are whole numbers may be kept as these. */
static enum vsx_status check_narrow(const struct vsx_manifest *m,
				    const struct vsx_segment_entry *e,
				    uint32_t i, struct vsx_error *err)
{
	uint32_t word = e->params[VSX_PARAM_ROWS];
	uint32_t elem = vsx_code_word_size(word);

	if (vsx_word_is_code(word) || !elem ||
	    (vsx_elem_is_int(elem) && !vsx_elem_is_int(m->elem)))
		return VSX_OK;
	return vsx_at_segment(
		err,
		vsx_fail(err, VSX_ECORRUPT,
			 "segment %u: rows of %s are kept as type %u, "
			 "expected %u or %u over floats",
			 i, vsx_elem_name(m->elem), elem, VSX_I8, VSX_U8),
		i);
}

static enum vsx_status check_segments(const struct vsx_manifest *m,
				      struct vsx_error *err)
{
	uint64_t rows = 0, dead = 0;

	for (uint32_t i = 0; i < m->n_segments; i++) {
		struct vsx_segment_entry e = vsx_manifest_segment(m, i);
		uint32_t word = e.params[VSX_PARAM_ROWS];
		bool coded = vsx_word_is_code(word);
		uint32_t row_bytes = vsx_row_bytes(
			m->dim, vsx_word_elem(word, m->elem), m->metric);
		uint32_t least = coded ? 1 : row_bytes, unit = coded ? 1 : 4;

		if (e.n_rows < 1 || e.n_rows > VSX_MAX_SEGMENT_ROWS)
			return vsx_at_segment(
				err,
				vsx_fail(
					err, VSX_ECORRUPT,
					"segment %u: %llu row%s, expected 1 to "
					"%llu",
					i, (ull)e.n_rows, vsx_s(e.n_rows),
					(ull)VSX_MAX_SEGMENT_ROWS),
				i);
		if (coded && m->elem != VSX_F32)
			return vsx_at_segment(
				err,
				vsx_fail(err, VSX_ECORRUPT,
					 "segment %u: rows of %s are kept as "
					 "codes, expected f32",
					 i, vsx_elem_name(m->elem)),
				i);
		VSX_TRY(check_narrow(m, &e, i, err));
		/* What codes come to is compared when the segment is opened. */
		if (e.row_stride < least || e.row_stride > 2 * row_bytes + 64)
			return vsx_at_segment(
				err,
				vsx_fail(
					err, VSX_ECORRUPT,
					"segment %u: rows are %u byte%s apart, "
					"expected %u to %u",
					i, e.row_stride, vsx_s(e.row_stride),
					least, 2 * row_bytes + 64),
				i);
		if (e.row_stride % unit)
			return vsx_at_segment(
				err,
				vsx_fail(
					err, VSX_ECORRUPT,
					"segment %u: rows are %u byte%s apart, "
					"expected a multiple of 4",
					i, e.row_stride, vsx_s(e.row_stride)),
				i);
		if (e.generation < 1 || e.generation > m->generation)
			return vsx_at_segment(
				err,
				vsx_fail(
					err, VSX_ECORRUPT,
					"segment %u: generation %llu, expected "
					"1 to %llu",
					i, (ull)e.generation,
					(ull)m->generation),
				i);
		if (e.n_dead > e.n_rows)
			return vsx_at_segment(
				err,
				vsx_fail(err, VSX_ECORRUPT,
					 "segment %u: %llu of %llu row%s are "
					 "deleted",
					 i, (ull)e.n_dead, (ull)e.n_rows,
					 vsx_s(e.n_rows)),
				i);
		rows += e.n_rows; /* 2^18 segments of 2^31 rows: no wrap */
		dead += e.n_dead;
	}
	if (rows != m->n_rows)
		return vsx_fail(err, VSX_ECORRUPT,
				"segments hold %llu row%s, the index %llu",
				(ull)rows, vsx_s(rows), (ull)m->n_rows);
	if (rows - dead != m->n_live)
		return vsx_fail(err, VSX_ECORRUPT,
				"segments hold %llu live rows, the index %llu",
				(ull)(rows - dead), (ull)m->n_live);
	return VSX_OK;
}

/* Where a section lies; *end is where the one before it ended. */
static enum vsx_status check_place(const struct vsx_section_entry *e,
				   const char *name, uint32_t page_shift,
				   const struct vsx_super *sb, uint64_t *end,
				   struct vsx_error *err)
{
	if (e->bytes < 1)
		return vsx_fail(err, VSX_ECORRUPT,
				"section %s has 0 bytes, expected 1 or more",
				name);
	if (!vsx_within(e->offset, e->bytes, sb->manifest_offset))
		return vsx_fail(
			err, VSX_ECORRUPT,
			"section %s: %llu byte%s at byte %llu, expected "
			"an end before the manifest at byte %llu",
			name, (ull)e->bytes, vsx_s(e->bytes), (ull)e->offset,
			(ull)sb->manifest_offset);
	if (!vsx_section_fits(e->offset, e->bytes, page_shift))
		return vsx_fail(
			err, VSX_ECORRUPT,
			"section %s: %llu byte%s at byte %llu, expected "
			"a multiple of %llu, or of %d in one page",
			name, (ull)e->bytes, vsx_s(e->bytes), (ull)e->offset,
			1ULL << page_shift, VSX_SECTION_ALIGN);
	if (e->offset < vsx_data_start(page_shift))
		return vsx_fail(err, VSX_ECORRUPT,
				"section %s begins at byte %llu, expected %llu "
				"or more",
				name, (ull)e->offset,
				(ull)vsx_data_start(page_shift));
	if (e->offset < *end)
		return vsx_fail(err, VSX_ECORRUPT,
				"section %s begins at byte %llu, expected %llu "
				"or more, where the one before it ends",
				name, (ull)e->offset, (ull)*end);
	*end = e->offset + e->bytes;
	return VSX_OK;
}

/* Where its tables of sums lie. */
static enum vsx_status check_sums(const struct vsx_section_entry *e,
				  const char *name, uint32_t page_shift,
				  const struct vsx_super *sb,
				  struct vsx_error *err)
{
	struct vsx_sums sums = {0};
	uint64_t place;

	if (!vsx_sums_shape(&sums, e->bytes, page_shift) ||
	    e->sums_bytes != sums.bytes)
		return vsx_fail(
			err, VSX_ECORRUPT,
			"section %s: %llu byte%s of sums, expected %llu "
			"for %llu byte%s",
			name, (ull)e->sums_bytes, vsx_s(e->sums_bytes),
			(ull)sums.bytes, (ull)e->bytes, vsx_s(e->bytes));
	if (e->sums_offset < vsx_data_start(page_shift) ||
	    !vsx_within(e->sums_offset, e->sums_bytes, sb->manifest_offset))
		return vsx_fail(err, VSX_ECORRUPT,
				"section %s: %llu byte%s of sums at byte %llu, "
				"expected a place from byte %llu to the "
				"manifest at byte %llu",
				name, (ull)e->sums_bytes, vsx_s(e->sums_bytes),
				(ull)e->sums_offset,
				(ull)vsx_data_start(page_shift),
				(ull)sb->manifest_offset);
	if (!vsx_sums_place(&place, &sums, e->sums_offset) ||
	    place != e->sums_offset)
		return vsx_fail(err, VSX_ECORRUPT,
				"section %s: %llu byte%s of sums at byte %llu, "
				"expected %s",
				name, (ull)e->sums_bytes, vsx_s(e->sums_bytes),
				(ull)e->sums_offset,
				sums.n_levels > 1
					? "the start of a page"
					: "a multiple of 8 in one page");
	return VSX_OK;
}

static enum vsx_status check_section(const struct vsx_manifest *m, uint32_t i,
				     const struct vsx_super *sb, uint64_t *end,
				     const char *name, struct vsx_error *err)
{
	struct vsx_section_entry e = vsx_manifest_section(m, i);
	const uint8_t *raw =
		sections_at(m) + (size_t)i * sizeof(struct vsx_disk_section);

	if (e.segment != VSX_WHOLE_INDEX && e.segment >= m->n_segments)
		return vsx_fail(err, VSX_ECORRUPT,
				"section %s: segment %u of %u", name, e.segment,
				m->n_segments);
	if (e.raw_bytes != e.bytes)
		return vsx_fail(err, VSX_ECORRUPT,
				"section %s: %llu byte%s that hold %llu", name,
				(ull)e.bytes, vsx_s(e.bytes), (ull)e.raw_bytes);
	VSX_TRY(check_place(&e, name, m->page_shift, sb, end, err));
	VSX_TRY(check_sums(&e, name, m->page_shift, sb, err));
	if (!vsx_is_zero(raw + 12, 4) || !vsx_is_zero(raw + 72, 8))
		return vsx_fail(err, VSX_ECORRUPT,
				"section %s: reserved bytes are not 0", name);
	return VSX_OK;
}

bool vsx_property_ok(const char *entry)
{
	const uint8_t *s = (const uint8_t *)entry, *value;
	size_t n;

	if (!(*s >= 'a' && *s <= 'z'))
		return false;
	while ((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') ||
	       *s == '_')
		s++;
	if (*s++ != '=')
		return false;
	value = s;
	while (*s) {
		n = vsx_utf8_bytes(s, 4); /* the NUL ends it */
		if (!n || vsx_utf8_is_control(s))
			return false;
		s += n;
	}
	return s - value <= VSX_MAX_VALUE;
}

int vsx_property_compare(const char *a, const char *b)
{
	while (*a == *b && *a != '=')
		a++, b++;
	if (*a == *b)
		return 0;
	if (*a == '=')
		return -1;
	if (*b == '=')
		return 1;
	return *a < *b ? -1 : 1;
}

static enum vsx_status check_properties(const struct vsx_manifest *m,
					struct vsx_error *err)
{
	const char *p = properties_at(m), *end = p + m->properties_bytes;
	const char *before = NULL;

	if (m->properties_bytes && end[-1] != '\0')
		return vsx_fail(err, VSX_ECORRUPT,
				"the last property is not terminated");
	while (p < end) {
		if (!vsx_property_ok(p) ||
		    (before && vsx_property_compare(before, p) >= 0))
			return vsx_fail(err, VSX_ECORRUPT,
					"property at byte %td is not key=value "
					"of %d bytes or less in rising order "
					"of keys",
					p - properties_at(m), VSX_MAX_VALUE);
		before = p;
		p += strlen(p) + 1;
	}
	return VSX_OK;
}

enum vsx_status vsx_manifest_decode(struct vsx_manifest *m, const uint8_t *raw,
				    uint64_t n, const struct vsx_super *sb,
				    struct vsx_error *err)
{
	struct vsx_disk_manifest d;
	uint64_t end = 0;

	if (n < sizeof(d))
		return vsx_fail(
			err, VSX_ECORRUPT,
			"manifest has %llu byte%s, expected %zu or more",
			(ull)n, vsx_s(n), sizeof(d));
	memcpy(&d, raw, sizeof(d));
	if (memcmp(d.tag, VSX_MANIFEST_TAG, 4) != 0)
		return vsx_fail(
			err, VSX_ECORRUPT,
			"manifest does not begin with " VSX_MANIFEST_TAG);
	*m = (struct vsx_manifest){
		.page_shift = sb->page_shift,
		.generation = vsx_get64(d.generation),
		.n_rows = vsx_get64(d.n_rows),
		.n_live = vsx_get64(d.n_live),
		.dim = vsx_get32(d.dim),
		.metric = (enum vsx_metric)vsx_get32(d.metric),
		.elem = (enum vsx_elem)vsx_get32(d.elem),
		.flags = vsx_get32(d.flags),
		.seed = vsx_get64(d.seed),
		.default_effort = vsx_get32(d.default_effort),
		.default_refine = vsx_get32(d.default_refine),
		.target_recall = vsx_get32(d.target_recall),
		.n_queries = vsx_get32(d.n_queries),
		.truth_k = vsx_get32(d.truth_k),
		.n_recalls = vsx_get32(d.n_recalls),
		.asked_queries = vsx_get32(d.asked_queries),
		.asked_ef_construction = vsx_get32(d.asked_ef_construction),
		.n_segments = vsx_get32(d.n_segments),
		.n_sections = vsx_get32(d.n_sections),
		.properties_bytes = vsx_get32(d.properties_bytes),
		.raw = raw,
	};
	memcpy(m->asked, d.asked, sizeof(m->asked));
	if (m->n_segments > VSX_MAX_SEGMENTS ||
	    m->n_sections > VSX_MAX_SECTIONS ||
	    m->properties_bytes > VSX_MAX_PROPERTIES ||
	    n != vsx_manifest_bytes(m->n_segments, m->n_sections,
				    m->properties_bytes))
		return vsx_fail(
			err, VSX_ECORRUPT,
			"manifest of %llu byte%s declares %u "
			"segment%s, %u section%s, %u byte%s of properties",
			(ull)n, vsx_s(n), m->n_segments, vsx_s(m->n_segments),
			m->n_sections, vsx_s(m->n_sections),
			m->properties_bytes, vsx_s(m->properties_bytes));
	VSX_TRY(check_known(m, err));
	if (!vsx_is_zero(d.zero, sizeof(d.zero)))
		return vsx_fail(err, VSX_ECORRUPT,
				"reserved bytes of the manifest are not 0");
	VSX_TRY(check_facts(m, sb, err));
	VSX_TRY(check_segments(m, err));
	VSX_TRY(check_test(m, err));
	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);
		char name[5];

		vsx_section_letters(name, e.id);
		VSX_TRY(vsx_at_section(
			err, check_section(m, i, sb, &end, name, err), name));
	}
	VSX_TRY(vsx_manifest_backed(m, err));
	return check_properties(m, err);
}

const char *vsx_manifest_property_next(const struct vsx_manifest *m,
				       const char *entry)
{
	const char *p = properties_at(m), *end = p + m->properties_bytes;

	if (entry)
		p = entry + strlen(entry) + 1;
	return p < end ? p : NULL;
}

/* Of the sections of a segment: the part that its deleted rows take. */
static double deleted_part(const struct vsx_manifest *m, uint32_t segment)
{
	struct vsx_segment_entry e;

	if (segment == VSX_WHOLE_INDEX)
		return 0.0;
	e = vsx_manifest_segment(m, segment);
	return (double)e.n_dead / (double)e.n_rows;
}

void vsx_manifest_usage(struct vsx_usage *out, const struct vsx_manifest *m,
			const struct vsx_super *sb)
{
	uint64_t page = UINT64_C(1) << m->page_shift;
	uint64_t used = vsx_data_start(m->page_shift);
	double deleted = 0.0;

	used += (sb->manifest_bytes + page - 1) & ~(page - 1);
	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);
		/* Within the file, as checked: no wrap. */
		uint64_t bytes = (e.bytes + VSX_SECTION_ALIGN - 1) /
				 VSX_SECTION_ALIGN * VSX_SECTION_ALIGN;

		used += bytes + e.sums_bytes;
		deleted += (double)bytes * deleted_part(m, e.segment);
	}
	if (used > sb->committed_bytes || m->generation == 1)
		used = sb->committed_bytes;
	out->deleted = (uint64_t)deleted < used ? (uint64_t)deleted : used;
	out->superseded = sb->committed_bytes - used;
	out->live = used - out->deleted;
}

const char *vsx_manifest_property_at(const struct vsx_manifest *m, uint32_t i)
{
	const char *entry = vsx_manifest_property_next(m, NULL);

	while (entry && i--)
		entry = vsx_manifest_property_next(m, entry);
	return entry;
}

const char *vsx_manifest_property(const struct vsx_manifest *m, const char *key)
{
	size_t len = strlen(key);
	const char *entry = NULL;

	while ((entry = vsx_manifest_property_next(m, entry)))
		if (strncmp(entry, key, len) == 0 && entry[len] == '=')
			return entry + len + 1;
	return NULL;
}

static void encode_facts(struct vsx_disk_manifest *d,
			 const struct vsx_manifest *m)
{
	memcpy(d->tag, VSX_MANIFEST_TAG, 4);
	vsx_put32(&d->n_segments, m->n_segments);
	vsx_put32(&d->n_sections, m->n_sections);
	vsx_put32(&d->properties_bytes, m->properties_bytes);
	vsx_put64(&d->generation, m->generation);
	vsx_put64(&d->n_rows, m->n_rows);
	vsx_put64(&d->n_live, m->n_live);
	vsx_put32(&d->dim, m->dim);
	vsx_put32(&d->metric, m->metric);
	vsx_put32(&d->elem, m->elem);
	vsx_put32(&d->flags, m->flags);
	vsx_put64(&d->seed, m->seed);
	vsx_put32(&d->default_effort, m->default_effort);
	vsx_put32(&d->default_refine, m->default_refine);
	vsx_put32(&d->target_recall, m->target_recall);
	vsx_put32(&d->n_queries, m->n_queries);
	vsx_put32(&d->truth_k, m->truth_k);
	vsx_put32(&d->n_recalls, m->n_recalls);
	vsx_put32(&d->asked_queries, m->asked_queries);
	vsx_put32(&d->asked_ef_construction, m->asked_ef_construction);
	memcpy(d->asked, m->asked, sizeof(d->asked));
}

void vsx_manifest_encode(uint8_t *out, const struct vsx_manifest *m,
			 const struct vsx_segment_entry *segments,
			 const struct vsx_section_entry *sections,
			 const char *properties)
{
	struct vsx_disk_manifest head = {0};

	encode_facts(&head, m);
	memcpy(out, &head, sizeof(head));
	out += sizeof(head);
	for (uint32_t i = 0; i < m->n_segments; i++) {
		struct vsx_disk_segment d = {0};

		vsx_put32(&d.kind, segments[i].kind);
		vsx_put32(&d.row_stride, segments[i].row_stride);
		vsx_put64(&d.n_rows, segments[i].n_rows);
		vsx_put64(&d.generation, segments[i].generation);
		for (int p = 0; p < VSX_N_PARAMS; p++)
			vsx_put32(&d.params[p], segments[i].params[p]);
		vsx_put64(&d.n_dead, segments[i].n_dead);
		memcpy(out, &d, sizeof(d));
		out += sizeof(d);
	}
	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_disk_section d = {0};

		vsx_put32(&d.id, sections[i].id);
		vsx_put32(&d.segment, sections[i].segment);
		vsx_put32(&d.encoding, sections[i].encoding);
		vsx_put64(&d.offset, sections[i].offset);
		vsx_put64(&d.bytes, sections[i].bytes);
		vsx_put64(&d.raw_bytes, sections[i].raw_bytes);
		vsx_put64(&d.sums_offset, sections[i].sums_offset);
		vsx_put64(&d.sums_bytes, sections[i].sums_bytes);
		memcpy(d.root, sections[i].root.b, 16);
		memcpy(out, &d, sizeof(d));
		out += sizeof(d);
	}
	if (m->properties_bytes)
		memcpy(out, properties, m->properties_bytes);
}
