#include "backup/sequence.h"

#include <stdlib.h>
#include <string.h>

static enum vsx_status read_last(const char *path, uint64_t *last,
				 struct vsx_error *err)
{
	enum vsx_status status;
	uint8_t *bytes = NULL;
	uint64_t n;

	status = vsx_repo_read(&bytes, &n, path, 4096, err);
	if (status == VSX_OK)
		status = vsx_sequence_decode(last, bytes, n, err);
	free(bytes);
	return status;
}

enum vsx_status vsx_sequence_last(const struct vsx_repo *repo, uint64_t *last,
				  struct vsx_error *err)
{
	char *path = vsx_repo_path(repo, "sequence");
	struct vsx_error why = {0};
	enum vsx_status status;

	*last = 0;
	if (!path)
		return vsx_fail_memory(err, strlen(repo->path));
	status = read_last(path, last, &why);
	free(path);
	if (status == VSX_OK)
		return VSX_OK;
	*last = 0;
	if (status == VSX_ENOTFOUND)
		return VSX_OK;
	vsx_retell(err, status, &why, "the file 'sequence': %.*s",
		   VSX_ERROR_TEXT / 2, why.text);
	return status;
}

enum vsx_status vsx_sequence_next(const struct vsx_repo *repo, uint64_t least,
				  uint64_t *number, struct vsx_error *err)
{
	uint8_t head[VSX_HEAD_BYTES];
	enum vsx_status status;
	uint64_t last;

	status = vsx_sequence_last(repo, &last, err);
	/* Without it the snapshots tell; a newer version of it tells more. */
	if (status == VSX_ENOMEM || status == VSX_EVERSION)
		return status;
	if (last < least)
		last = least;
	if (last == VSX_MAX_SEQUENCE)
		return vsx_fail(err, VSX_ECORRUPT,
				"'%s' has used its last number, %llu",
				repo->name, (unsigned long long)last);
	*number = last + 1;
	vsx_head_encode(head, VSX_HEAD_SEQUENCE, *number);
	return vsx_repo_replace(repo, "sequence", head, sizeof(head), true,
				err);
}
