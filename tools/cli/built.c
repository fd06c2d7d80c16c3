#include "cli/built.h"

#include "cli/fail.h"
#include "cli/few.h"
#include "cli/format_num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum vsx_status built_name_force(enum vsx_status status, struct vsx_error *err)
{
	if (status == VSX_EEXIST)
		tool_fail(err, status, "%s; --force replaces it",
			  strdupa(err->text));
	return status;
}

void built_print_recall(const struct vsx_build_result *result, const char *more)
{
	char n[NUM_BYTES];
	uint64_t due = result->n_rows < 100 ? result->n_rows : 100;
	char few[FEW_BYTES];

	if (!(result->recall_at_10 > 0))
		return;
	printf("  recall@10  %.4f", result->recall_at_10);
	if (*result->effort_name)
		printf(" at %s %s", result->effort_name,
		       num_count(n, result->default_effort));
	if (result->default_refine > 0.0)
		printf("%s refine %g", *result->effort_name ? "," : " at",
		       result->default_refine);
	if (*result->effort_name || result->default_refine > 0.0)
		printf(", the default");
	printf("%s%s\n", more, few_text(few, result->n_queries, due));
}

void built_json_recall(struct json *j, const struct vsx_build_result *result)
{
	/* What was not measured is unknown, not 0. */
	json_put_double(j, "recall_at_10",
			result->n_queries ? result->recall_at_10 : NAN);
	json_put_u64(j, "recall_queries", result->n_queries);
	json_put_u64(j, "effort", result->default_effort);
	json_put_double(j, "refine", result->default_refine);
}
