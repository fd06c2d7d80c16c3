/*
 * Memory under which a file may vanish. Reading a mapped page whose bytes the
 * system cannot give raises SIGBUS; with the guard installed the whole region
 * is replaced by zeros, which readers can stand like any other bytes, and
 * marked as broken, so that the call that hit it can say so.
 */
#ifndef VSX_BUS_H
#define VSX_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct vsx_region;

/*
 * Make a mapped region known. NULL when there is no memory, which the other
 * calls accept: then it is not guarded. writable: so are the zeros that may
 * take its place.
 */
struct vsx_region *vsx_region_add(const void *base, uint64_t bytes,
				  bool writable);
/* Before it is unmapped. */
void vsx_region_drop(struct vsx_region *region);

/* Whether bytes of it are lost; *at: the first of them, from its begin. */
bool vsx_region_broken(const struct vsx_region *region, uint64_t *at);

/* Install the handler of SIGBUS, once. */
enum vsx_status vsx_bus_install(struct vsx_error *err);

/* Whether a byte may be read to see if it is still there. */
bool vsx_bus_installed(void);

#endif
