#include "bench/workdir.h"

#include "cli/fail.h"
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
	if (mkdtemp(w->path))
		return VSX_OK;
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
	w->path[0] = '\0';
}

/* Whether what is there can be written to; *known: it says so or not. */
static enum vsx_status look_at(const char *path, enum workdir_what what,
			       bool *known, struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES];
	struct stat st;
	bool is_folder;

	*known = false;
	if (stat(path, &st) != 0)
		return VSX_OK;
	is_folder = S_ISDIR(st.st_mode);
	*known = true;
	if (is_folder != (what == WORKDIR_FOLDER))
		return tool_fail(err, VSX_EINVAL, "'%s' is %s folder",
				 tool_name(name, path), is_folder ? "a" : "no");
	/* One that is replaced is written beside it. */
	if (what == WORKDIR_REPLACED && !S_ISREG(st.st_mode))
		return tool_fail(err, VSX_EINVAL, "'%s' is no regular file",
				 tool_name(name, path));
	if (what == WORKDIR_REPLACED)
		*known = false;
	else if (access(path, is_folder ? W_OK | X_OK : W_OK) != 0)
		return tool_fail_errno(err, "cannot write '%s'",
				       tool_name(name, path));
	return VSX_OK;
}

enum vsx_status workdir_can_create(const char *path, enum workdir_what what,
				   struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES], folder[PATH_MAX];
	const char *slash;
	size_t len = strlen(path);
	enum vsx_status status;
	bool known;

	status = look_at(path, what, &known, err);
	if (status != VSX_OK || known)
		return status;
	while (len > 1 && path[len - 1] == '/')
		len--;
	slash = memrchr(path, '/', len);
	len = slash ? (size_t)(slash - path) : 0;
	if (len >= sizeof(folder))
		return tool_fail(err, VSX_EINVAL, "'%s': the path is too long",
				 tool_name(name, path));
	memcpy(folder, path, len);
	folder[len] = '\0';
	if (len == 0)
		strcpy(folder, slash ? "/" : ".");
	if (access(folder, W_OK | X_OK) == 0)
		return VSX_OK;
	return tool_fail_errno(err, "cannot create '%s'",
			       tool_name(name, path));
}
