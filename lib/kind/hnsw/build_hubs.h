/* Long links for graphs of products, which without them have rows of great
   norm that searches do not come to. */
#ifndef VSX_HNSW_HUBS_H
#define VSX_HNSW_HUBS_H

#include "kind/hnsw/build_links.h"

/* Give each row links to some of the rows of great norm, in the place of its
   last ones where its list is full. */
enum vsx_status vsx_links_add_hubs(struct vsx_links *l, struct vsx_error *err);

#endif
