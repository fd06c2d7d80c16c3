/* The rows that a filter of the command line selects. */
#ifndef CLI_SELECT_H
#define CLI_SELECT_H

#include "vsx.h"

/* text: an expression, see vsx-query(1). Free with vsx_selection_free(). */
enum vsx_status select_rows(struct vsx_selection **out, const struct vsx *index,
			    const char *text, struct vsx_error *err);

/* Their ids, to be freed, and how many there are. */
enum vsx_status select_ids(uint64_t **ids, uint64_t *n, const struct vsx *index,
			   const char *text, struct vsx_error *err);

#endif
