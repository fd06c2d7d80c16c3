#include "write/intake/key_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "checksum.h"
#include "segment/keys.h"

static struct vsx_bytes key_of(const struct vsx_key_set *s, uint32_t row)
{
	return vsx_row_attached(&s->rows, VSX_ATT_KEY, row);
}

enum vsx_status vsx_key_set_init(struct vsx_key_set *s,
				 const struct vsx_rows *rows,
				 struct vsx_error *err)
{
	uint64_t n = 16;

	while (n < (uint64_t)rows->n * 3 / 2)
		n *= 2;
	s->rows = *rows;
	s->mask = n - 1;
	return vsx_alloc_to(&s->slot, n, sizeof(*s->slot), err);
}

void vsx_key_set_release(struct vsx_key_set *s)
{
	free(s->slot);
	s->slot = NULL;
}

uint32_t vsx_key_set_put(struct vsx_key_set *s, uint32_t row)
{
	struct vsx_bytes key = key_of(s, row);
	uint64_t at = vsx_sum64(key.at, key.n) & s->mask;

	for (; s->slot[at]; at = (at + 1) & s->mask) {
		uint32_t other = s->slot[at] - 1;
		struct vsx_bytes there = key_of(s, other);

		if (there.n != key.n || memcmp(there.at, key.at, key.n) != 0)
			continue;
		s->slot[at] = row + 1;
		return other;
	}
	s->slot[at] = row + 1;
	return VSX_NO_ROW;
}

static enum vsx_status say_twice(const struct vsx_key_set *s, uint32_t first,
				 uint32_t second, struct vsx_error *err)
{
	struct vsx_bytes key = key_of(s, second);
	char text[VSX_KEY_TEXT];
	struct vsx_error why;

	vsx_key_text(text, &key);
	vsx_fail(&why, VSX_EINVAL, "key '%s' is also that of row %u", text,
		 first);
	vsx_fail_row(err, VSX_EINVAL, second, &why);
	return vsx_at_other(err, VSX_EINVAL, first);
}

enum vsx_status vsx_check_unique_keys(const struct vsx_rows *rows,
				      struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	struct vsx_key_set s;

	if (!rows->attached[VSX_ATT_KEY].at)
		return VSX_OK;
	VSX_TRY(vsx_key_set_init(&s, rows, err));
	for (uint32_t i = 0; status == VSX_OK && i < rows->n; i++) {
		uint32_t before = VSX_NO_ROW;

		if (key_of(&s, i).n)
			before = vsx_key_set_put(&s, i);
		if (before != VSX_NO_ROW)
			status = say_twice(&s, before, i, err);
	}
	vsx_key_set_release(&s);
	return status;
}

enum vsx_status vsx_keep_last_keys(struct vsx_spool *spool, uint64_t *dropped,
				   struct vsx_error *err)
{
	struct vsx_rows rows = vsx_spool_view(spool);
	struct vsx_key_set s = {.slot = NULL};
	uint8_t *drop = NULL;
	uint64_t kept = 0;
	enum vsx_status status;

	*dropped = 0;
	if (!rows.attached[VSX_ATT_KEY].at)
		return VSX_OK;
	status = vsx_alloc_to(&drop, rows.n, 1, err);
	if (status == VSX_OK)
		status = vsx_key_set_init(&s, &rows, err);
	for (uint32_t i = 0; status == VSX_OK && i < rows.n; i++) {
		uint32_t before = VSX_NO_ROW;

		if (key_of(&s, i).n)
			before = vsx_key_set_put(&s, i);
		if (before != VSX_NO_ROW)
			drop[before] = 1;
	}
	for (uint32_t i = 0; status == VSX_OK && i < rows.n; i++)
		if (!drop[i])
			vsx_spool_move(spool, kept++, i);
	vsx_key_set_release(&s);
	free(drop);
	if (status != VSX_OK)
		return status;
	*dropped = spool->n - kept;
	spool->n = kept;
	return VSX_OK;
}
