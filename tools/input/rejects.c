#include "input/rejects.h"

#include "cli/fail.h"
#include "cli/say.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_LISTED 10

static bool is_same(const char *a, const char *b)
{
	struct stat sa, sb;

	if (!b)
		return false;
	if (stat(a, &sa) != 0 || stat(b, &sb) != 0)
		return strcmp(a, b) == 0;
	return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static bool is_used(const struct rejects *r, char *const *inputs, size_t n)
{
	bool used = false;

	for (size_t i = 0; i < n; i++)
		used |= is_same(r->path, inputs[i]);
	for (size_t i = 0; i < 3; i++)
		used |= is_same(r->path, r->others[i]);
	return used;
}

enum vsx_status rejects_open(struct rejects *r, char *const *inputs, size_t n,
			     struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES];

	if (!r->path)
		return VSX_OK;
	if (is_used(r, inputs, n))
		return tool_fail(err, VSX_EINVAL,
				 "--rejects '%s' is an input or the index",
				 tool_name(name, r->path));
	r->file = fopen(r->path, "we");
	if (!r->file)
		return tool_fail_errno(err, "cannot create '%s'",
				       tool_name(name, r->path));
	return VSX_OK;
}

int rejects_put(struct rejects *r, const char *input, uint64_t number,
		uint64_t id, const char *why)
{
	if (r->n++ < MAX_LISTED && !r->quiet)
		say("%s:%" PRIu64 ": %s", input, number, why);
	if (r->file && fprintf(r->file, "%" PRIu64 "\t%" PRIu64 "\t%s\t%s\n",
			       number, id, why, input) < 0)
		r->failed = true;
	return r->failed;
}

int rejects_take(void *context, const struct vsx_rejected *row)
{
	struct rejects *r = context;
	const struct feed *f = r->feed;
	const struct input *in = f->inputs[f->at];
	uint64_t number = row->row - f->first;
	const char *odd = input_odd(in, number);

	return rejects_put(r, input_name(in), number, row->id,
			   odd ? odd : row->why);
}

enum vsx_status rejects_close(struct rejects *r, enum vsx_status status,
			      struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES];
	FILE *file = r->file;

	if (r->n > MAX_LISTED && !r->quiet)
		say("%" PRIu64 " more rows are left out", r->n - MAX_LISTED);
	r->file = NULL;
	if (file && (fclose(file) != 0 || r->failed))
		return tool_fail_errno(err, "cannot write '%s'",
				       tool_name(name, r->path));
	return status;
}
