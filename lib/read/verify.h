/* The parts of vsx_verify(). Private to this folder. */
#ifndef VSX_VERIFY_H
#define VSX_VERIFY_H

#include "base/phase.h"
#include "read/accept.h"
#include "read/handle.h"

struct vsx_verifier {
	const struct vsx_verify_opts *opts;
	unsigned int n_threads;
	vsx_verify_report *report;
	void *context;
	struct vsx_verify_result *result;

	struct vsx_origin from;
	const struct vsx_map *map; /* that content is read from; or NULL */
	struct vsx_super super;
	uint8_t *raw;		      /* the manifest's bytes */
	struct vsx_manifest manifest; /* points into raw */
	uint8_t *damaged; /* [n_sections]: 1 when not all of its pages are as
			     they were written */
};

/*
 * Tell a finding, a notice or how far the work is. VSX_ESTOPPED when the
 * receiver wants no more.
 */
enum vsx_status vsx_find_fault(struct vsx_verifier *v, enum vsx_status status,
			       const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
enum vsx_status vsx_verify_find(struct vsx_verifier *v,
				const struct vsx_error *why);
/* "page 12: ..."; section: its letters, or "". */
enum vsx_status vsx_find_on_page(struct vsx_verifier *v, enum vsx_status status,
				 uint64_t page, const char *section,
				 const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
enum vsx_status vsx_notice(struct vsx_verifier *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
enum vsx_status vsx_progress(struct vsx_verifier *v,
			     const struct vsx_phase *phase, uint64_t done,
			     uint64_t total);

/* Bytes [from, to) must be zero: a finding for each page where they are not,
 * `what` says which bytes they are, `section` whose, by its letters, or "". */
enum vsx_status vsx_verify_zeros(struct vsx_verifier *v, uint64_t from,
				 uint64_t to, const char *what,
				 const char *section);

/* Every byte of [0, committed) against a checksum, or against zero. */
enum vsx_status vsx_verify_pages(struct vsx_verifier *v, struct vsx_error *err);

/* Every rule about what the sections hold, and the recall. */
enum vsx_status vsx_verify_content(struct vsx_verifier *v,
				   struct vsx_error *err);

/*
 * The same without the recall. *index has map, super and manifest; it gets its
 * segments, which the caller frees. *usable: all of them are open and sound.
 */
enum vsx_status vsx_verify_rules(struct vsx_verifier *v, struct vsx *index,
				 bool *usable, struct vsx_error *err);

/* The acceptance test; usable: all segments are open and sound. */
enum vsx_status vsx_verify_accept(struct vsx_verifier *v,
				  const struct vsx *index, bool usable,
				  struct vsx_error *err);

/*
 * For vsx_open(): all pages and rules of an index that has its map, super and
 * manifest, in this thread. Fails with the first finding.
 */
enum vsx_status vsx_verify_index(const struct vsx *index,
				 struct vsx_error *err);

#endif
