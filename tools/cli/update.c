#include "cli/update.h"

#include "cli/format_num.h"
#include "cli/say.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <stdio.h>

/* Of the file, what a compaction frees. */
static double dead_share(const struct vsx_update_result *r)
{
	double dead = (double)r->deleted_bytes + (double)r->superseded_bytes;

	return r->file_bytes ? dead / (double)r->file_bytes : 0;
}

void update_print(const struct vsx_update_result *r)
{
	char a[NUM_BYTES], b[NUM_BYTES];

	printf("  rows       %s live, %s dead\n", num_count(a, r->n_live),
	       num_count(b, r->n_dead));
	printf("  segments   %s", num_count(a, r->n_segments));
	if (r->n_merged)
		printf(", the newest includes %u older one%s", r->n_merged,
		       plural_s(r->n_merged));
	printf("\n  size       %s, %s of them appended\n",
	       num_bytes(a, r->file_bytes), num_bytes(b, r->appended_bytes));
	if (r->deleted_bytes || r->superseded_bytes)
		printf("  dead       %s in deleted rows, %s in older "
		       "generations (%.1f %%)\n",
		       num_bytes(a, r->deleted_bytes),
		       num_bytes(b, r->superseded_bytes), 100 * dead_share(r));
}

void update_json(struct json *j, const struct vsx_update_result *r)
{
	json_put_u64(j, "generation", r->generation);
	json_put_u64(j, "live", r->n_live);
	json_put_u64(j, "dead", r->n_dead);
	json_put_double(j, "dead_share", dead_share(r));
	json_put_u64(j, "segments", r->n_segments);
	json_put_u64(j, "merged", r->n_merged);
	json_put_u64(j, "bytes", r->file_bytes);
	json_put_u64(j, "appended_bytes", r->appended_bytes);
	json_put_u64(j, "deleted_bytes", r->deleted_bytes);
	json_put_u64(j, "superseded_bytes", r->superseded_bytes);
	json_put_string(j, "advice", r->advice);
}

void update_say_due(const char *path, const struct vsx_update_result *r)
{
	if (r->build_anew)
		say("%s: a rebuild is due: %s", path, r->advice);
	else if (*r->advice)
		say("%s: a rebuild is due: %s ('vsx-compact %s')", path,
		    r->advice, path);
}
