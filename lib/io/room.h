/*
 * A file in memory that may grow: address space is set aside behind the bytes
 * that are mapped, so that a later generation of the file can be mapped in
 * place, beside readers of the earlier one. Shared by counting.
 */
#ifndef VSX_ROOM_H
#define VSX_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "io/bus.h"

struct vsx_room;

/* Map the first `bytes` bytes. ENODEV in err: this file cannot be mapped. */
enum vsx_status vsx_room_open(struct vsx_room **out, int fd, uint64_t bytes,
			      struct vsx_error *err);

const uint8_t *vsx_room_base(const struct vsx_room *room);
struct vsx_region *vsx_room_region(const struct vsx_room *room);

/* Whether fd is the file that is mapped here. */
bool vsx_room_is_of(const struct vsx_room *room, int fd);

/*
 * Map it up to `bytes` bytes; what is mapped stays where it is. false: there is
 * no more room, or the system refuses. Any thread may ask.
 */
bool vsx_room_grow(struct vsx_room *room, int fd, uint64_t bytes);

void vsx_room_hold(struct vsx_room *room);
void vsx_room_drop(struct vsx_room *room);

#endif
