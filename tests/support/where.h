/* The places of a story: what its text says, and the numbers beside it. */
#ifndef SUPPORT_WHERE_H
#define SUPPORT_WHERE_H

#include <stdbool.h>

#include "vsx_status.h"

/*
 * Whether the numbers are those of the text: "page 3: ", "segment 1: ",
 * "row 7 ...", "query 7: " where it begins so, "section VECS" where it is
 * named. A path before it ends with ": ".
 */
bool support_where_agrees(const char *text, const struct vsx_where *at);

#endif
