#include "segment/keys.h"

#include <string.h>

#include "checksum.h"
#include "plural.h"
#include "segment/dead.h"
#include "segment/ids.h"

typedef unsigned long long ull;

static uint64_t n_buckets(const struct vsx_segment *seg)
{
	return seg->view[VSX_SEC_KTAB].bytes / sizeof(struct vsx_disk_bucket);
}

enum vsx_status vsx_keys_open(const struct vsx_segment *seg,
			      struct vsx_error *err)
{
	const struct vsx_view *table = &seg->view[VSX_SEC_KTAB];
	struct vsx_strings keys = vsx_segment_keys(seg);

	VSX_TRY(vsx_strings_open(&keys, err));
	if ((table->base != NULL) != vsx_strings_present(&keys))
		return vsx_at_section(err,
				      vsx_fail(err, VSX_ECORRUPT,
					       "section %s without section %s",
					       table->base ? "KTAB" : "KEYS",
					       table->base ? "KEYS" : "KTAB"),
				      table->base ? "KTAB" : "KEYS");
	if (table->bytes % sizeof(struct vsx_disk_bucket))
		return vsx_at_section(
			err,
			vsx_fail(err, VSX_ECORRUPT,
				 "section KTAB has %llu byte%s, expected %zu "
				 "for each bucket",
				 (ull)table->bytes, vsx_s(table->bytes),
				 sizeof(struct vsx_disk_bucket)),
			"KTAB");
	return VSX_OK;
}

static enum vsx_status bad_bucket(uint64_t number, const char *what,
				  struct vsx_error *err)
{
	return vsx_at_section(err,
			      vsx_fail(err, VSX_ECORRUPT,
				       "section KTAB: bucket %llu: %s",
				       (ull)number, what),
			      "KTAB");
}

static enum vsx_status touch_bucket(const struct vsx_segment *seg, uint64_t i,
				    const struct vsx_disk_bucket **out,
				    struct vsx_error *err)
{
	const struct vsx_view *table = &seg->view[VSX_SEC_KTAB];

	VSX_TRY(vsx_touch(table, i * sizeof(**out), sizeof(**out), err));
	*out = (const void *)(table->base + i * sizeof(**out));
	if ((*out)->n > VSX_BUCKET_KEYS)
		return bad_bucket(i, "more keys than 12", err);
	return VSX_OK;
}

/* Key number i of a bucket: is it this one? */
static enum vsx_status compare(struct vsx_strings_reader *r,
			       const struct vsx_disk_bucket *b, uint64_t number,
			       uint32_t i, const struct vsx_bytes *key,
			       bool *same, struct vsx_error *err)
{
	uint32_t row = vsx_get32(b->row[i]);
	struct vsx_bytes there;

	if (row >= r->of.n_rows)
		return bad_bucket(number, "a row that is not there", err);
	VSX_TRY(vsx_strings_get(r, row, &there, err));
	*same = there.n == key->n && memcmp(there.at, key->at, key->n) == 0;
	return VSX_OK;
}

/*
 * Along the buckets that may have a key. `self`: a row that is known to have
 * it, whose key need not be read; UINT32_MAX: none.
 */
static enum vsx_status look(const struct vsx_segment *seg,
			    struct vsx_strings_reader *r,
			    const struct vsx_bytes *key, uint32_t self,
			    uint32_t *row, struct vsx_error *err)
{
	uint64_t hash = vsx_sum64(key->at, key->n), n = n_buckets(seg);
	uint64_t at = vsx_key_home(hash, n);

	for (uint64_t seen = 0; seen < n; seen++) {
		const struct vsx_disk_bucket *b;

		VSX_TRY(touch_bucket(seg, at, &b, err));
		for (uint32_t i = 0; i < b->n; i++) {
			bool same = vsx_get32(b->row[i]) == self;

			if (b->tag[i] != vsx_key_tag(hash))
				continue;
			if (!same)
				VSX_TRY(compare(r, b, at, i, key, &same, err));
			if (!same)
				continue;
			*row = vsx_get32(b->row[i]);
			return VSX_OK;
		}
		if (!b->spilled)
			return VSX_ENOTFOUND;
		at = at + 1 < n ? at + 1 : 0;
	}
	return VSX_ENOTFOUND;
}

enum vsx_status vsx_keys_find(const struct vsx_segment *seg,
			      const struct vsx_bytes *key, uint32_t *row,
			      struct vsx_error *err)
{
	struct vsx_strings keys = vsx_segment_keys(seg);
	struct vsx_strings_reader r;
	enum vsx_status status;

	if (!vsx_strings_present(&keys) || key->n == 0 || key->n > VSX_MAX_KEY)
		return VSX_ENOTFOUND;
	vsx_strings_begin(&r, &keys);
	status = look(seg, &r, key, UINT32_MAX, row, err);
	vsx_strings_release(&r);
	return status;
}

enum vsx_status vsx_keys_find_live(const struct vsx_segment *seg,
				   const struct vsx_bytes *key, uint32_t *row,
				   struct vsx_error *err)
{
	bool dead;

	VSX_TRY(vsx_keys_find(seg, key, row, err));
	VSX_TRY(vsx_dead_at(seg, *row, &dead, err));
	return dead ? VSX_ENOTFOUND : VSX_OK;
}

void vsx_key_text(char out[VSX_KEY_TEXT], const struct vsx_bytes *key)
{
	const uint8_t *from = key->at;
	size_t n = key->n < VSX_KEY_TEXT - 4 ? key->n : VSX_KEY_TEXT - 4;

	/* Not in the middle of a character of UTF-8. */
	while (n > 0 && n < key->n && (from[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++)
		out[i] =
			from[i] < 0x20 || from[i] == 0x7f ? '?' : (char)from[i];
	memcpy(out + n, n < key->n ? "..." : "", n < key->n ? 4 : 1);
}

/* ---- checks ------------------------------------------------------------ */

struct check {
	const struct vsx_segment *seg;
	struct vsx_strings_reader other; /* keys that are compared with */
	uint64_t n;			 /* rows with a key */
	vsx_finding *report;
	void *context;
};

static enum vsx_status check_key(void *context, uint32_t row,
				 const struct vsx_bytes *key,
				 struct vsx_error *err)
{
	struct check *c = context;
	enum vsx_status status;
	uint32_t found;

	if (key->n == 0)
		return VSX_OK;
	c->n++;
	status = look(c->seg, &c->other, key, row, &found, err);
	if (status == VSX_ENOTFOUND)
		return vsx_tell_row(c->report, c->context, row,
				    "row %u: section KTAB does not find its "
				    "key",
				    row);
	if (status == VSX_OK && found != row)
		return vsx_tell_row(c->report, c->context, row,
				    "row %u has the key of row %u", row, found);
	return status;
}

static enum vsx_status check_buckets(const struct check *c,
				     struct vsx_error *err)
{
	uint64_t n = n_buckets(c->seg), all = 0;

	for (uint64_t i = 0; i < n; i++) {
		const struct vsx_disk_bucket *b;

		VSX_TRY(touch_bucket(c->seg, i, &b, err));
		all += b->n;
		for (uint32_t j = 0; j < b->n; j++)
			if (vsx_get32(b->row[j]) >= c->seg->n_rows)
				return bad_bucket(i, "a row that is not there",
						  err);
		if (b->spilled > 1 || (b->spilled && b->n < VSX_BUCKET_KEYS))
			return bad_bucket(i, "spilled, but not full", err);
		for (uint32_t j = b->n; j < VSX_BUCKET_KEYS; j++)
			if (vsx_get32(b->row[j]) || b->tag[j])
				return bad_bucket(i, "an entry beyond its keys",
						  err);
		if (!vsx_is_zero(b->zero, sizeof(b->zero)))
			return bad_bucket(i, "reserved bytes are not zero",
					  err);
	}
	if (all == c->n)
		return VSX_OK;
	return vsx_at_section(err,
			      vsx_fail(err, VSX_ECORRUPT,
				       "section KTAB has %llu key%s, %llu "
				       "row%s have one",
				       (ull)all, vsx_s(all), (ull)c->n,
				       vsx_s(c->n)),
			      "KTAB");
}

enum vsx_status vsx_keys_check(const struct vsx_segment *seg,
			       vsx_finding *report, void *context,
			       struct vsx_error *err)
{
	struct vsx_strings keys = vsx_segment_keys(seg);
	struct check c = {.seg = seg, .report = report, .context = context};
	enum vsx_status status = VSX_OK;

	vsx_strings_begin(&c.other, &keys);
	if (vsx_strings_present(&keys))
		status = vsx_strings_check(&keys, check_key, &c, err);
	if (status == VSX_OK && vsx_strings_present(&keys))
		status = check_buckets(&c, err);
	vsx_strings_release(&c.other);
	return status;
}
