/*
 * SPEC.md 4.2.5: counts of the manifest against the bytes that the file has for
 * them. Every loop and every allocation follows such a count, so that none may
 * ask for more than the file holds.
 */
#include "error.h"
#include "manifest.h"
#include "names.h"
#include "plural.h"

typedef unsigned long long ull;

/* The rows of segment *next, and no other's. */
static enum vsx_status check_rows(const struct vsx_manifest *m,
				  const struct vsx_section_entry *e,
				  uint32_t *next, struct vsx_error *err)
{
	struct vsx_segment_entry s;
	uint64_t due;

	if (e->segment < *next)
		return vsx_at_segment(
			err,
			vsx_fail(err, VSX_ECORRUPT,
				 "section VECS of segment %u appears twice",
				 e->segment),
			e->segment);
	if (e->segment > *next)
		return vsx_at_segment(
			err,
			vsx_at_section(
				err,
				vsx_fail(
					err, VSX_ECORRUPT,
					"segment %u has no section VECS, or not before "
					"that of segment %u",
					*next, e->segment),
				"VECS"),
			*next);
	s = vsx_manifest_segment(m, *next);
	due = s.n_rows * s.row_stride; /* below 2^31 * 2^20 */
	if (e->bytes < due)
		return vsx_at_segment(
			err,
			vsx_fail(err, VSX_ECORRUPT,
				 "section VECS has %llu byte%s, expected %llu "
				 "for %llu row%s of %u byte%s",
				 (ull)e->bytes, vsx_s(e->bytes), (ull)due,
				 (ull)s.n_rows, vsx_s(s.n_rows), s.row_stride,
				 vsx_s(s.row_stride)),
			*next);
	++*next;
	return VSX_OK;
}

/* Bytes of a section of the acceptance test; 0: there is to be none. */
static uint64_t test_bytes(const struct vsx_manifest *m,
			   enum vsx_section_slot slot)
{
	bool own = m->flags & VSX_MANIFEST_OWN_QUERIES;
	uint64_t n = m->n_queries;

	switch (slot) {
	case VSX_SEC_QRYS:
		return vsx_manifest_has_queries(m) ? n * m->dim * 4 : 0;
	case VSX_SEC_QTRU:
		return n * m->truth_k * 4;
	case VSX_SEC_QSRC:
		return own ? n * 4 : 0;
	case VSX_SEC_RCLL:
		return (uint64_t)m->n_recalls * sizeof(struct vsx_disk_recall);
	default:
		return 0;
	}
}

static enum vsx_status check_test(const struct vsx_manifest *m,
				  const uint64_t found[VSX_N_SECTION_SLOTS],
				  struct vsx_error *err)
{
	for (int i = 0; i < VSX_N_SECTION_SLOTS; i++) {
		enum vsx_section_slot slot = (enum vsx_section_slot)i;
		uint64_t due = test_bytes(m, slot);
		char name[5];

		if (due == 0 || found[i] == due ||
		    (slot == VSX_SEC_QTRU && found[i] == 0 &&
		     !(m->flags & VSX_MANIFEST_TEST_GIVEN) &&
		     vsx_truth_is_cheap(m->n_queries,
					vsx_manifest_segment(m, 0).n_rows,
					m->dim)))
			continue;
		vsx_section_letters(name, vsx_section_id(slot));
		return vsx_at_section(
			err,
			vsx_fail(
				err, VSX_ECORRUPT,
				"section %s has %llu byte%s, expected %llu for "
				"%u quer%s with %u neighbour%s each and %u "
				"measured recalls",
				name, (ull)found[i], vsx_s(found[i]), (ull)due,
				m->n_queries, vsx_ies(m->n_queries), m->truth_k,
				vsx_s(m->truth_k), m->n_recalls),
			name);
	}
	return VSX_OK;
}

enum vsx_status vsx_manifest_backed(const struct vsx_manifest *m,
				    struct vsx_error *err)
{
	uint64_t found[VSX_N_SECTION_SLOTS] = {0};
	uint32_t next = 0;

	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);
		enum vsx_section_slot slot = vsx_section_slot(e.id);

		if (slot == VSX_N_SECTION_SLOTS)
			continue; /* it is not known, and ignored */
		if (e.segment == VSX_WHOLE_INDEX)
			found[slot] = e.bytes;
		else if (slot == VSX_SEC_VECS)
			VSX_TRY(vsx_at_section(
				err, check_rows(m, &e, &next, err), "VECS"));
	}
	if (next < m->n_segments)
		return vsx_at_segment(
			err,
			vsx_at_section(
				err,
				vsx_fail(err, VSX_ECORRUPT,
					 "segment %u has no section VECS",
					 next),
				"VECS"),
			next);
	return check_test(m, found, err);
}
