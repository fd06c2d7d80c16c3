/* What a builder of an index kind gave. */
#include <stdlib.h>
#include <string.h>

#include "kind/build.h"

void vsx_built_release(struct vsx_built *built)
{
	free(built->order);
	free(built->lists);
	for (uint32_t i = 0; i < built->n_sections; i++)
		free(built->section[i].data);
	memset(built, 0, sizeof(*built));
}
