/* Numbers of the format as words, and back. */
#ifndef VSX_NAMES_H
#define VSX_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "vsx_types.h"

/* NULL for a number that means nothing. */
const char *vsx_metric_name(uint32_t metric);
const char *vsx_elem_name(uint32_t elem);
const char *vsx_kind_name(uint32_t kind);

bool vsx_metric_parse(enum vsx_metric *out, const char *word);
bool vsx_elem_parse(enum vsx_elem *out, const char *word);

/* Bytes of one component; 0 for an unknown type. */
uint32_t vsx_elem_bytes(uint32_t elem);

static inline bool vsx_elem_is_int(uint32_t elem)
{
	return elem == VSX_I8 || elem == VSX_U8;
}

/*
 * The sections. The number is the four letters of the name, the first in the
 * lowest byte, so that a dump of the manifest can be read.
 */
#define VSX_SECTIONS(X)                                                        \
	X(VSX_SEC_VECS, "VECS", "rows")                                        \
	X(VSX_SEC_VPAR, "VPAR", "parameters of rows that are codes")           \
	X(VSX_SEC_CODE, "CODE", "codes of the rows")                           \
	X(VSX_SEC_CPAR, "CPAR", "parameters of the codes")                     \
	X(VSX_SEC_ROID, "ROID", "id of each row")                              \
	X(VSX_SEC_IDRO, "IDRO", "rows by rising id")                           \
	X(VSX_SEC_DEAD, "DEAD", "deleted rows")                                \
	X(VSX_SEC_GONE, "GONE", "rows deleted since DEAD was written")         \
	X(VSX_SEC_LIST, "LIST", "inverted lists")                              \
	X(VSX_SEC_CENT, "CENT", "centroids")                                   \
	X(VSX_SEC_LNK0, "LNK0", "links of the base level")                     \
	X(VSX_SEC_LNKU, "LNKU", "links of the upper levels")                   \
	X(VSX_SEC_LNKP, "LNKP", "parameters of the links' codes")              \
	X(VSX_SEC_LNKG, "LNKG", "codes of the links")                          \
	X(VSX_SEC_LEVL, "LEVL", "rows of each level")                          \
	X(VSX_SEC_KEYS, "KEYS", "keys of the rows")                            \
	X(VSX_SEC_KDIR, "KDIR", "blocks of KEYS")                              \
	X(VSX_SEC_KTAB, "KTAB", "rows by key")                                 \
	X(VSX_SEC_PAYL, "PAYL", "payload of the rows")                         \
	X(VSX_SEC_PDIR, "PDIR", "blocks of PAYL")                              \
	X(VSX_SEC_COLS, "COLS", "fields of the rows")                          \
	X(VSX_SEC_QRYS, "QRYS", "queries of the acceptance test")              \
	X(VSX_SEC_QTRU, "QTRU", "their exact neighbours")                      \
	X(VSX_SEC_QSRC, "QSRC", "the rows that they are")                      \
	X(VSX_SEC_RCLL, "RCLL", "recall by search effort")

/* The place of a section in tables in memory. */
enum vsx_section_slot {
#define VSX_SECTION_ENUM(name, letters, text) name,
	VSX_SECTIONS(VSX_SECTION_ENUM)
#undef VSX_SECTION_ENUM
		VSX_N_SECTION_SLOTS
};

uint32_t vsx_section_id(enum vsx_section_slot slot);
/* VSX_N_SECTION_SLOTS for an id that this version does not know. */
enum vsx_section_slot vsx_section_slot(uint32_t id);
/* The letters; dots for bytes that are no letter or digit. */
void vsx_section_letters(char out[5], uint32_t id);
const char *vsx_section_text(enum vsx_section_slot slot);

#endif
