/* What a spec string such as "IVF1024,Flat" says, and what "auto" chooses. */
#ifndef VSX_SPEC_H
#define VSX_SPEC_H

#include "kind/build.h"

/*
 * Parse one, in any case. NULL and "auto" give kind 0; "IVF" and "HNSW" give a
 * size of 0, and "IVF100" is "IVF100,Flat". "SQ8" is a Flat with such codes,
 * "IVF100,SQ8,RFlat" an IVF; SPEC.md 4.2.1 has all there is. VSX_EINVAL names
 * the part that is not known and lists what is.
 */
enum vsx_status vsx_spec_parse(struct vsx_spec *out, const char *text,
			       struct vsx_error *err);

/* Choose for "auto"; reason gets a sentence of at most n bytes. */
void vsx_spec_choose(struct vsx_spec *out, const struct vsx_spec_need *need,
		     char *reason, size_t n);

/*
 * Give a kind without its size the one that suits the rows; then true, and
 * reason gets a sentence.
 */
bool vsx_spec_size(struct vsx_spec *spec, const struct vsx_spec_need *need,
		   char *reason, size_t n);

/*
 * Drop codes that would be the rows once more: of 8 bits for each component,
 * over rows of bytes, where codes of links do not need them. True if there were
 * such.
 */
bool vsx_spec_drop_codes(struct vsx_spec *spec, enum vsx_metric metric,
			 enum vsx_elem elem);

/* Lower what is too large for so few rows; note gets what is to be said. */
void vsx_spec_adjust(struct vsx_spec *spec, uint64_t n_rows, char *note,
		     size_t n);

/* Of rows so few that nothing is worth building over them. */
struct vsx_spec vsx_spec_of_few(void);

/* As it is parsed; "IVF,Flat" and "HNSW" where they are not sized. */
void vsx_spec_text(const struct vsx_spec *spec, char *out, size_t n);

/* What a segment was built as: a property may say anything. */
struct vsx_spec vsx_spec_of_segment(const struct vsx_segment *seg);

/* Whether two have codes that are read alike. */
bool vsx_spec_same_codes(const struct vsx_spec *a, const struct vsx_spec *b);

/* The codes that rows are to be kept as; build NULL: they are kept as rows. */
struct vsx_code_wish vsx_spec_kept(const struct vsx_spec *spec);

/* Whether codes of the spec are beside what is kept, and not kept themselves.
 */
bool vsx_spec_codes_beside(const struct vsx_spec *spec);

/* Bytes of each of them; 0: rows are kept. */
uint32_t vsx_spec_kept_bytes(const struct vsx_spec *spec, uint32_t dim);

/* Tell a job how rows will lie. */
void vsx_spec_lay(const struct vsx_spec *spec, uint32_t dim,
		  struct vsx_job *job);

/* The element type of an index whose rows would be of type `elem`. */
enum vsx_elem vsx_spec_elem(const struct vsx_spec *spec, enum vsx_elem elem);

/* Whether searches will find what a look at every row does. */
bool vsx_spec_is_exact(const struct vsx_spec *spec);

#endif
