/* One document on its way from a line to a row. Private to input/. */
#ifndef VSX_INPUT_DOC_H
#define VSX_INPUT_DOC_H

#include "input/docs.h"
#include "input/fields.h"
#include "input/lines.h"

/* What a member or a column may be; some are several things. */
enum doc_role {
	DOC_VECTOR = 1,
	DOC_ID = 2, /* a number, or a string: then it is the key */
	DOC_KEY = 4,
	DOC_KEY64 = 8,
	DOC_TEXT = 16,
	DOC_TEXT64 = 32,
	DOC_N_ROLES = 6
};

struct doc {
	float *vector; /* [VSX_MAX_DIM] */
	uint32_t dim;
	bool has_id;
	uint64_t id;
	struct vsx_bytes key, payload; /* n 0: there is none */
	json_t *object;		       /* what fields come from; or NULL */
};

/* Where the documents of an input are made. */
struct doc_maker {
	const struct docs_opts *opts;
	char *scratch; /* grows */
	size_t room;
	uint8_t *key64, *text64;
	/* CSV alone. */
	struct csv *csv;
};

/* The roles of a name. */
unsigned int doc_roles(const struct docs_opts *opts, const char *name);

/* How the first of these roles is asked for: "--vector-field", ... */
const char *doc_option(unsigned int roles);

/*
 * Make a document of a line. VSX_EINVAL for a bad one, which says what of it is
 * what, and what was expected, but not where. Its strings live as long as the
 * line, until the next one is made; free with doc_release().
 */
enum vsx_status doc_of_json(struct doc_maker *maker, struct doc *doc,
			    const struct line *line, struct vsx_error *err);
enum vsx_status doc_of_csv(struct doc_maker *maker, struct doc *doc,
			   const struct line *line, struct vsx_error *err);

/* The header of CSV. VSX_EINVAL likewise. */
enum vsx_status doc_csv_header(struct doc_maker *maker, const struct line *line,
			       struct vsx_error *err);

void doc_release(struct doc *doc);
void doc_maker_release(struct doc_maker *maker);

/* ---- shared by both ------------------------------------------------------ */

/* Room for n bytes at maker->scratch. */
enum vsx_status doc_scratch(struct doc_maker *maker, size_t n,
			    struct vsx_error *err);

/* A vector: an array of numbers, or base64 of little-endian f32. `name` of the
   member is for messages. *used: bytes of the text. */
enum vsx_status doc_array(struct doc *doc, const char *name, const char *text,
			  const char *end, size_t *used, struct vsx_error *err);
enum vsx_status doc_base64(struct doc *doc, const char *name, const char *text,
			   size_t len, struct vsx_error *err);

/* A component that is no number, as it stands there. */
enum vsx_status doc_wrong_number(const char *name, size_t component,
				 const char *at, const char *end, bool too_big,
				 struct vsx_error *err);

/* A number that is the id; text of len bytes. */
enum vsx_status doc_id(struct doc *doc, const char *name, const char *text,
		       size_t len, struct vsx_error *err);
/* A string that is the key. */
enum vsx_status doc_key(struct doc *doc, const char *name, const void *bytes,
			size_t len, struct vsx_error *err);
enum vsx_status doc_payload(struct doc *doc, const char *name,
			    const void *bytes, size_t len,
			    struct vsx_error *err);
/* The same of base64, which is decoded into *to, freed and allocated. */
enum vsx_status doc_bytes64(uint8_t **to, size_t *n, const char *name,
			    const char *text, size_t len,
			    struct vsx_error *err);

#endif
