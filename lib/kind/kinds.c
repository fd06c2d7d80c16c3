/* The kinds that there are: their tables, by number and by name. */
#include "kinds.h"

#include <string.h>

#include "kind/kind.h"

#define VSX_KIND_TABLE(code, name, folder)                                     \
	extern const struct vsx_kind vsx_kind_##folder;
VSX_KINDS(VSX_KIND_TABLE)
#undef VSX_KIND_TABLE

static const struct vsx_kind *const kinds[] = {
#define VSX_KIND_ADDRESS(code, name, folder) &vsx_kind_##folder,
	VSX_KINDS(VSX_KIND_ADDRESS)
#undef VSX_KIND_ADDRESS
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct vsx_kind *vsx_kind_find(uint32_t code)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i]->code == code)
			return kinds[i];
	return NULL;
}

const struct vsx_kind *vsx_kind_of_spec(const char *spec)
{
	/* A transform may stand before it; codes alone are those of a Flat. */
	for (const char *part = spec; part;) {
		for (size_t i = 0; i < N_KINDS; i++) {
			const char *name = vsx_kind_name(kinds[i]->code);

			if (strncmp(part, name, strlen(name)) == 0)
				return kinds[i];
		}
		part = strchr(part, ',');
		part = part ? part + 1 : NULL;
	}
	return strcmp(spec, "auto") == 0 ? NULL : vsx_kind_find(VSX_FLAT);
}
