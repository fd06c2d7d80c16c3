#include "cli/built.h"

#include "cli/fail.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum vsx_status built_check_output(const char *out, char *const *inputs,
				   size_t n, struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES];
	struct stat to, in;

	if (stat(out, &to) != 0)
		return VSX_OK;
	for (size_t i = 0; i < n; i++)
		if (stat(inputs[i], &in) == 0 && in.st_dev == to.st_dev &&
		    in.st_ino == to.st_ino)
			return tool_fail(err, VSX_EINVAL,
					 "'%s' is an input and would be "
					 "replaced by the index",
					 tool_name(name, out));
	return VSX_OK;
}

enum vsx_status built_name_force(enum vsx_status status, struct vsx_error *err)
{
	if (status == VSX_EEXIST)
		tool_fail(err, status, "%s; --force replaces it",
			  strdupa(err->text));
	return status;
}

static const char *effort_name(const char *spec)
{
	if (strncmp(spec, "HNSW", 4) == 0)
		return "ef";
	return strncmp(spec, "IVF", 3) == 0 ? "nprobe" : NULL;
}

void built_print_recall(const struct vsx_build_result *result, const char *more)
{
	const char *effort = effort_name(result->spec);

	if (!(result->recall_at_10 > 0))
		return;
	printf("  recall@10  %.4f", result->recall_at_10);
	if (effort)
		printf(" at %s %u, the default", effort,
		       result->default_effort);
	printf("%s\n", more);
}
