#include "bench/report/plots.h"
#include "cli/fail.h"
#include "cli/files.h"
#include "cli/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static enum vsx_status write_one(const struct plot *p, const char *folder,
				 struct vsx_error *err)
{
	const struct plot_size size = {p->bars ? 480 : 800, 480, NULL};
	enum vsx_status status;
	struct outfile file;
	char *path;

	if (asprintf(&path, "%s/%s.svg", folder, p->name) < 0)
		return tool_fail(err, VSX_ENOMEM, "no memory for a path");
	/* Only now its name is known. */
	files_write(path);
	status = files_check(err);
	if (status == VSX_OK)
		status = outfile_open(&file, path, err);
	if (status == VSX_OK) {
		plot_svg(p, &size, file.to);
		status = outfile_close(&file, err);
	}
	free(path);
	return status;
}

enum vsx_status report_svg(const struct report *r, const char *folder,
			   struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES];
	enum vsx_status status;
	struct plots all;

	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return tool_fail_errno(err, "cannot make the folder %s",
				       tool_name(name, folder));
	status = plots_make(&all, r, err);
	if (status != VSX_OK)
		return status;
	for (unsigned i = 0; i < all.n && status == VSX_OK; i++)
		status = write_one(&all.plots[i], folder, err);
	plots_release(&all);
	return status;
}
