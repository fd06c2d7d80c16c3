/* The steps of opening an index, in their order. Private to read/. */
#ifndef VSX_OPEN_H
#define VSX_OPEN_H

#include "read/handle.h"

/* head.c: take the newer slot, and the manifest that it names. */
enum vsx_status vsx_index_head(struct vsx *index, const struct vsx_origin *from,
			       struct vsx_error *err);
enum vsx_status vsx_index_manifest(struct vsx *index, struct vsx_error *err);

/* inherit.c: whether the file holds nothing newer than `before`, or NULL. Of a
 * copy it is only known what it was made of. */
bool vsx_index_is_current(const struct vsx *index, int fd,
			  const struct vsx *before);

/* Map it; *shared: the bytes of `before` are those of this file, and in one
 * place. */
enum vsx_status vsx_index_map(struct vsx *index, const struct vsx_origin *from,
			      bool copy, const struct vsx *before, bool *shared,
			      struct vsx_error *err);

/* Pages of a shared mapping that were checked need not be again; nothing where
 * one of both has no guards. */
void vsx_index_inherit(struct vsx *index, const struct vsx *before);

/* bind.c: make and open the segments. */
enum vsx_status vsx_index_segments(struct vsx *index, struct vsx_error *err);

/*
 * bring.c: as the options say. To lock the hot part alone is to leave the rows
 * on the disk. What does not fit would push itself out.
 */
enum vsx_status vsx_index_bring(const struct vsx *index,
				const struct vsx_open_opts *o, bool scarce,
				struct vsx_error *err);

/*
 * A file that fits into memory is left to the kernel's read-ahead, which brings
 * it there soonest. Of one that does not, whatever is no part of a segment is
 * read here and there: sums of pages above all.
 */
void vsx_index_advise(struct vsx *index);

#endif
