/* Ids of added rows, by their keys. */
#include "segment/ids.h"
#include "segment/keys.h"
#include "write/intake/key_set.h"
#include "write/update.h"

typedef unsigned long long ull;

struct naming {
	struct vsx_update *u;
	const struct vsx_marks *marks;
	uint64_t n_live; /* rows whose keys were live before */
	char first[VSX_KEY_TEXT];
};

/* The row takes the id of the live one with its key, or the next free one. */
static enum vsx_status name_row(struct naming *n, uint64_t i,
				const struct vsx_bytes *key,
				struct vsx_error *err)
{
	struct vsx_spool *s = &n->u->intake.spool;
	uint64_t *id = &vsx_spool_ids(s)[i];
	uint32_t segment, row;
	enum vsx_status status = VSX_ENOTFOUND;

	if (key->n)
		status = vsx_marks_find_key(n->marks, key, &segment, &row, err);
	if (status == VSX_ENOTFOUND) {
		if (!n->u->has_ids)
			*id = ++n->u->greatest_id;
		return VSX_OK;
	}
	if (status != VSX_OK)
		return status;
	if (n->n_live++ == 0)
		vsx_key_text(n->first, key);
	return vsx_ids_of(&n->marks->segments[segment], row, id, err);
}

static enum vsx_status refuse(const struct naming *n, struct vsx_error *err)
{
	if (n->n_live == 1)
		return vsx_fail(err, VSX_EEXIST,
				"the index has a live row with key '%s' "
				"already",
				n->first);
	return vsx_fail(err, VSX_EEXIST,
			"the index has live rows with %llu of the keys "
			"already: '%s', ...",
			(ull)n->n_live, n->first);
}

enum vsx_status vsx_update_name(struct vsx_update *u,
				const struct vsx_marks *marks,
				struct vsx_error *err)
{
	struct vsx_spool *s = &u->intake.spool;
	struct naming n = {.u = u, .marks = marks};
	struct vsx_rows rows = vsx_spool_view(s);
	uint64_t dropped;

	if (!rows.attached[VSX_ATT_KEY].at)
		return VSX_OK;
	if (u->opts.replace)
		VSX_TRY(vsx_keep_last_keys(s, &dropped, err));
	else
		VSX_TRY(vsx_check_unique_keys(&rows, err));
	/* Those that were numbered are numbered again, without those that
	   need no number. */
	if (!u->has_ids)
		u->greatest_id -= u->intake.n_seen;
	rows = vsx_spool_view(s);
	for (uint32_t i = 0; i < rows.n; i++) {
		struct vsx_bytes key = vsx_row_attached(&rows, VSX_ATT_KEY, i);

		VSX_TRY(name_row(&n, i, &key, err));
	}
	return n.n_live && !u->opts.replace ? refuse(&n, err) : VSX_OK;
}
