#include "cli/built.h"

#include "cli/fail.h"
#include "cli/format_num.h"

#include <stdio.h>
#include <string.h>

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
	char n[NUM_BYTES];

	if (!(result->recall_at_10 > 0))
		return;
	printf("  recall@10  %.4f", result->recall_at_10);
	if (effort)
		printf(" at %s %s, the default", effort,
		       num_count(n, result->default_effort));
	printf("%s\n", more);
}
