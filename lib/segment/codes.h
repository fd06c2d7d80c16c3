/* The codes of a segment's rows, sections CPAR and CODE, and what takes their
 * place. */
#ifndef VSX_CODES_H
#define VSX_CODES_H

#include "code/codec.h"
#include "segment/kept.h"

/* Has this segment codes? Then CODE and CPAR are there. */
static inline bool vsx_codes_present(const struct vsx_segment *seg)
{
	return seg->view[VSX_SEC_CODE].base != NULL;
}

/* Are keys of them estimates, so that a search may miss rows? */
static inline bool vsx_codes_estimate(const struct vsx_segment *seg)
{
	return vsx_codes_present(seg) ? seg->codec->estimates
				      : vsx_is_coded(seg);
}

/* Which codec it is, that its rows can have such codes, and the lengths of CODE
 * and CPAR; or that neither is there. */
enum vsx_status vsx_codes_check_lengths(struct vsx_segment *seg,
					struct vsx_error *err);

/* Of codes of residuals, that there are centroids; once the kind has opened the
 * segment. lender: as vsx_kind_lender(). */
enum vsx_status vsx_codes_check_lists(const struct vsx_segment *seg,
				      uint32_t lender, struct vsx_error *err);

/* The same two of rows that are kept as codes, and of VPAR. */
enum vsx_status vsx_kept_check_lengths(struct vsx_segment *seg,
				       struct vsx_error *err);
enum vsx_status vsx_kept_check_lists(const struct vsx_segment *seg,
				     uint32_t lender, struct vsx_error *err);

/* The codes that a segment is scanned by, which has some: of CODE, or of VECS
 * where there is none. Touches their parameters. */
enum vsx_status vsx_segment_codes(const struct vsx_segment *seg,
				  struct vsx_codes *c, struct vsx_error *err);

/* The codes that rows are kept as; touches VPAR. */
enum vsx_status vsx_segment_kept_codes(const struct vsx_segment *seg,
				       struct vsx_codes *c,
				       struct vsx_error *err);

/* The codec that it is scanned by, of such. */
static inline const struct vsx_codec *vsx_segment_codec(
	const struct vsx_segment *seg)
{
	return vsx_codes_present(seg) ? seg->codec : seg->kept_codec;
}

/* Its rows as codes of themselves. */
static inline void vsx_segment_rows(const struct vsx_segment *seg,
				    struct vsx_codes *c)
{
	const struct vsx_view *vecs = &seg->view[VSX_SEC_VECS];

	vsx_codes_of_rows(c, &seg->space, vecs->base, vecs);
}

/*
 * Report what breaks the rules of the codec: parameters, and the code of each
 * row. Pages of CODE, CPAR and VECS are checked already.
 */
enum vsx_status vsx_codes_check(const struct vsx_segment *seg,
				unsigned int n_threads, vsx_finding *report,
				void *context, struct vsx_error *err);

/* The same of codes that were opened, of one row; or, with a name for it, of
 * what is coded as a row is. */
enum vsx_status vsx_codes_check_row(const struct vsx_codes *c, uint32_t row,
				    const uint8_t *at, const char *what,
				    vsx_finding *report, void *context);

/* Rules of the head of parameters, of CPAR or VPAR, that opening them does not
 * look at: the first that is broken, as VSX_ECORRUPT. */
enum vsx_status vsx_codes_check_head(const struct vsx_segment *seg,
				     const struct vsx_codes *c,
				     struct vsx_error *err);

#endif
