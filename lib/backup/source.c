#include "backup/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "plural.h"

typedef unsigned long long ull;

static bool both_valid(const struct vsx_slot slots[2])
{
	return slots[0].state == VSX_SLOT_VALID &&
	       slots[1].state == VSX_SLOT_VALID;
}

static enum vsx_status read_slots(struct vsx_backup_source *s,
				  struct vsx_error *err)
{
	struct vsx_slot slots[2];
	int chosen, bad;
	size_t n;

	VSX_TRY(vsx_head_read(s->head, &n, slots, &chosen, &s->file_bytes,
			      s->fd, err));
	if (!both_valid(slots)) {
		bad = slots[0].state == VSX_SLOT_VALID;
		return vsx_retell(err, VSX_ECORRUPT, &slots[bad].error,
				  "superblock slot %d: %.*s", bad,
				  VSX_ERROR_TEXT / 2, slots[bad].error.text);
	}
	VSX_TRY(vsx_super_agree(slots, chosen, s->head, err));
	s->super = slots[chosen].super;
	if (s->file_bytes < s->super.committed_bytes)
		return vsx_fail(err, VSX_ETRUNCATED,
				"has %llu byte%s, expected %llu",
				(ull)s->file_bytes, vsx_s(s->file_bytes),
				(ull)s->super.committed_bytes);
	return VSX_OK;
}

/* The first page of a stretch that cannot be read, as a message. */
static enum vsx_status cannot_read(const struct vsx_backup_source *s,
				   uint8_t *to, uint64_t at, uint64_t n,
				   int reason, struct vsx_error *err)
{
	uint64_t page = UINT64_C(1) << s->super.page_shift, i = 0;

	while (i + page < n && vsx_read_at(s->fd, to, page, at + i) == 0)
		i += page;
	at += i;
	if (reason == ENODATA)
		return vsx_at_page(err,
				   vsx_fail(err, VSX_ETRUNCATED,
					    "page %llu: is missing",
					    (ull)(at >> s->super.page_shift)),
				   at >> s->super.page_shift);
	errno = reason;
	return vsx_at_page(err,
			   vsx_fail_errno(err, "page %llu: cannot be read",
					  (ull)(at >> s->super.page_shift)),
			   at >> s->super.page_shift);
}

static enum vsx_status read_manifest(struct vsx_backup_source *s,
				     struct vsx_error *err)
{
	const struct vsx_super *sb = &s->super;
	int reason;

	VSX_TRY(vsx_alloc_to(&s->raw, sb->manifest_bytes, 1, err));
	reason = vsx_read_at(s->fd, s->raw, sb->manifest_bytes,
			     sb->manifest_offset);
	if (reason) {
		errno = reason;
		return vsx_fail_errno(err, "cannot read the manifest");
	}
	return vsx_manifest_read(&s->manifest, s->raw, sb, err);
}

enum vsx_status vsx_source_open(struct vsx_backup_source *s, const char *path,
				struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status;

	memset(s, 0, sizeof(*s));
	s->fd = -1;
	s->path_of = UINT32_MAX;
	vsx_path_text(s->name, path);
	status = vsx_open_file(&s->fd, &s->file_bytes, path, &why);
	if (status == VSX_OK)
		status = read_slots(s, &why);
	if (status == VSX_OK)
		status = read_manifest(s, &why);
	if (status == VSX_OK)
		status = vsx_source_lay_out(s, &why);
	return status == VSX_OK ? VSX_OK
				: vsx_named(s->name, status, &why, err);
}

static enum vsx_status read_some(struct vsx_backup_source *s, uint8_t *to,
				 uint64_t n, struct vsx_error *err)
{
	uint64_t at = s->at, kept = 0;
	int reason;

	/* Of the slots those that were chosen from: a later commit may have
	 * written over one of them. */
	if (at == 0) {
		kept = sizeof(s->head);
		memcpy(to, s->head, kept);
	}
	reason = vsx_read_at(s->fd, to + kept, n - kept, at + kept);
	if (reason)
		return cannot_read(s, to + kept, at + kept, n - kept, reason,
				   err);
	VSX_TRY(vsx_source_check(s, to, at, n, err));
	s->at += n;
	return VSX_OK;
}

enum vsx_status vsx_source_read(struct vsx_backup_source *s, uint8_t *to,
				uint64_t n, struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status = read_some(s, to, n, &why);

	return status == VSX_OK ? VSX_OK
				: vsx_named(s->name, status, &why, err);
}

void vsx_source_release(struct vsx_backup_source *s)
{
	if (s->fd >= 0)
		close(s->fd);
	for (int l = 0; l < VSX_MAX_SUM_LEVELS; l++)
		free(s->path.piece[l]);
	free(s->raw);
	free(s->zeros);
	free(s->tables);
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}
