/* The kinds that there are, for those who ask for one. */
#include "kind/build.h"
#include "read/opts.h"
#include "vsx_write.h"

enum vsx_status vsx_get_kind_sized(uint32_t i, struct vsx_kind_facts *facts,
				   size_t size, struct vsx_error *err)
{
	const struct vsx_kind_build *kind = vsx_kind_build_at(i);
	struct vsx_kind_facts f;

	if (!kind)
		return vsx_fail(err, VSX_EINVAL, "there is no kind %u", i);
	f = (struct vsx_kind_facts){
		.name = vsx_kind_name(kind->code),
		.size_name = kind->size_name,
		.effort_name = vsx_kind_find(kind->code)->effort_name,
	};
	vsx_give(facts, size, &f, sizeof(f));
	return VSX_OK;
}
