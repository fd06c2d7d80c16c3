#include "cli/update.h"

#include "cli/format_num.h"
#include "cli/say.h"

#include <inttypes.h>
#include <stdio.h>

/* Searches walk over dead rows: from here on that is worth a compaction. */
#define MUCH_IS_DEAD 0.2

static double dead_share(const struct vsx_update_result *r)
{
	double all = (double)r->n_live + (double)r->n_dead;

	return all > 0 ? (double)r->n_dead / all : 0;
}

void update_print(const struct vsx_update_result *r)
{
	char a[NUM_BYTES], b[NUM_BYTES];

	printf("  rows       %s live, %s dead (%.1f %%)\n",
	       num_count(a, r->n_live), num_count(b, r->n_dead),
	       100 * dead_share(r));
	printf("  segments   %s", num_count(a, r->n_segments));
	if (r->n_merged)
		printf(", the newest with %u older one%s in it", r->n_merged,
		       r->n_merged == 1 ? "" : "s");
	printf("\n  size       %s, %s of them appended\n",
	       num_bytes(a, r->file_bytes), num_bytes(b, r->appended_bytes));
}

void update_json(struct json *j, const struct vsx_update_result *r)
{
	json_u64(j, "generation", r->generation);
	json_u64(j, "live", r->n_live);
	json_u64(j, "dead", r->n_dead);
	json_double(j, "dead_share", dead_share(r));
	json_u64(j, "segments", r->n_segments);
	json_u64(j, "merged", r->n_merged);
	json_u64(j, "bytes", r->file_bytes);
	json_u64(j, "appended_bytes", r->appended_bytes);
}

void update_say_due(const char *path, const struct vsx_update_result *r)
{
	if (dead_share(r) > MUCH_IS_DEAD)
		say("%s: %.0f %% of the rows are dead; 'vsx-compact %s' makes "
		    "a file without them",
		    path, 100 * dead_share(r), path);
	if (*r->advice)
		say("%s: a rebuild is due: %s", path, r->advice);
}
