/* The kinds that there are, for the writer. */
#include <stdlib.h>
#include <string.h>

#include "kind/build.h"
#include "kinds.h"

#define VSX_KIND_TABLE(code, name, folder)                                     \
	extern const struct vsx_kind_build vsx_kind_build_##folder;
VSX_KINDS(VSX_KIND_TABLE)
#undef VSX_KIND_TABLE

static const struct vsx_kind_build *const kinds[] = {
#define VSX_KIND_ADDRESS(code, name, folder) &vsx_kind_build_##folder,
	VSX_KINDS(VSX_KIND_ADDRESS)
#undef VSX_KIND_ADDRESS
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct vsx_kind_build *vsx_kind_build_at(uint32_t i)
{
	return i < N_KINDS ? kinds[i] : NULL;
}

const struct vsx_kind_build *vsx_kind_build_find(uint32_t code)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i]->code == code)
			return kinds[i];
	return NULL;
}

void vsx_built_release(struct vsx_built *built)
{
	vsx_arrays_leave(built->arrays, built->order);
	free(built->runs);
	for (uint32_t i = 0; i < built->n_sections; i++) {
		const struct vsx_built_section *s = &built->section[i];

		if (s->making)
			s->making->release(s->data);
		else
			vsx_arrays_leave(built->arrays, s->data);
	}
	memset(built, 0, sizeof(*built));
}
