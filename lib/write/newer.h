/*
 * What a newer writer has put into an index, and this one does not know.
 * SPEC.md 8.1.
 */
#ifndef VSX_NEWER_H
#define VSX_NEWER_H

#include "io/sink.h"
#include "read/handle.h"

/*
 * May it be changed, or its rows be written anew? VSX_EVERSION names the bits
 * of feature_write that are not known, or the section of a segment: nobody
 * could say what becomes of it when rows are renumbered.
 */
enum vsx_status vsx_newer_check(const struct vsx *index, struct vsx_error *err);

/* Sections of the whole index that are not known. */
bool vsx_newer_has_sections(const struct vsx *index);

/*
 * Write these to another file as they are. VSX_ECORRUPT: a page of one is
 * damaged; then *damaged, if given, names it, and it is left out.
 */
enum vsx_status vsx_newer_carry(const struct vsx *index, struct vsx_sink *sink,
				void (*damaged)(void *context,
						const char *name),
				void *context, struct vsx_error *err);

#endif
