#include "input/rejects.h"

#include "cli/say.h"

#include <inttypes.h>

#define MAX_LISTED 10

enum vsx_status rejects_open(struct rejects *r, struct vsx_error *err)
{
	return r->path ? outfile_open(&r->file, r->path, err) : VSX_OK;
}

int rejects_put(struct rejects *r, const char *input, uint64_t number,
		uint64_t id, const char *why)
{
	if (r->n++ < MAX_LISTED && !r->quiet)
		say("%s:%" PRIu64 ": %s", input, number, why);
	if (r->file.to &&
	    fprintf(r->file.to, "%" PRIu64 "\t%" PRIu64 "\t%s\t%s\n", number,
		    id, why, input) < 0)
		r->failed = true;
	return r->failed;
}

int rejects_take(void *context, const struct vsx_rejected *row)
{
	struct rejects *r = context;
	struct feed_place place = feed_place(r->feed, row->row);

	return rejects_put(r, place.input, place.number, row->id,
			   place.why ? place.why : row->why);
}

enum vsx_status rejects_close(struct rejects *r, enum vsx_status status,
			      struct vsx_error *err)
{
	if (r->n > MAX_LISTED && !r->quiet)
		say("%" PRIu64 " more rows are left out", r->n - MAX_LISTED);
	if (r->file.to && (status == VSX_OK || r->failed))
		return outfile_close(&r->file, err);
	outfile_drop(&r->file);
	return status;
}
