#include "bench/workdir.h"

#include "cli/fail.h"
#include "cli/leftover.h"
#include "cli/outfile.h"
#include "cli/say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum vsx_status workdir_make(struct workdir *w, const char *parent,
			     struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES];
	int len;

	if (!parent)
		parent = getenv("TMPDIR");
	if (!parent || !*parent)
		parent = "/tmp";
	len = snprintf(w->path, sizeof(w->path), "%s/vsx-bench.XXXXXX", parent);
	/* Room for the names of the files in it. */
	if (len < 0 || (size_t)len + 64 >= sizeof(w->path)) {
		w->path[0] = '\0';
		return tool_fail(err, VSX_EINVAL, "'%s': the path is too long",
				 tool_name(name, parent));
	}
	if (mkdtemp(w->path)) {
		w->leftover = leftover_add(w->path);
		return VSX_OK;
	}
	w->path[0] = '\0';
	return tool_fail_errno(err, "cannot make a folder in '%s'",
			       tool_name(name, parent));
}

void workdir_remove(struct workdir *w)
{
	struct dirent *entry;
	DIR *folder;

	if (!*w->path)
		return;
	folder = opendir(w->path);
	while (folder && (entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
	if (rmdir(w->path) != 0)
		say("cannot remove '%s': %s", w->path, strerror(errno));
	leftover_forget(w->leftover);
	w->path[0] = '\0';
}

enum vsx_status workdir_can_fill(const char *path, struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES];
	struct stat st;

	if (stat(path, &st) != 0)
		return outfile_check(path, err);
	if (!S_ISDIR(st.st_mode))
		return tool_fail(err, VSX_EINVAL, "'%s' is not a folder",
				 tool_name(name, path));
	if (access(path, W_OK | X_OK) != 0)
		return tool_fail_errno(err, "cannot write '%s'",
				       tool_name(name, path));
	return VSX_OK;
}
