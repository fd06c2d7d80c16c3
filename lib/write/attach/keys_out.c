/* Section KTAB: rows by key. */
#include <stdlib.h>

#include "base/alloc.h"
#include "checksum.h"
#include "segment/keys.h"
#include "write/attach/strings_out.h"

/* Keys of a bucket on average: room for those that come in twos and threes. */
#define FILL 11

static uint64_t n_buckets(const struct vsx_rows *rows)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < rows->n; i++)
		n += rows->attached[VSX_ATT_KEY].at[i].n > 0;
	return (n + FILL - 1) / FILL;
}

uint64_t vsx_key_table_bytes(const struct vsx_rows *rows)
{
	return n_buckets(rows) * sizeof(struct vsx_disk_bucket);
}

/* There is room in one of them. */
static void put(struct vsx_disk_bucket *bucket, uint64_t n, uint64_t hash,
		uint32_t row)
{
	uint64_t at = vsx_key_home(hash, n);
	struct vsx_disk_bucket *b;

	for (b = &bucket[at]; b->n == VSX_BUCKET_KEYS; b = &bucket[at]) {
		b->spilled = 1;
		at = at + 1 < n ? at + 1 : 0;
	}
	b->tag[b->n] = vsx_key_tag(hash);
	vsx_put32(&b->row[b->n++], row);
}

enum vsx_status vsx_key_table_write(const struct vsx_attached_out *o,
				    struct vsx_error *err)
{
	uint64_t n = n_buckets(o->rows);
	struct vsx_disk_bucket *bucket;
	enum vsx_status status;

	VSX_TRY(vsx_alloc_to(&bucket, n, sizeof(*bucket), err));
	for (uint32_t row = 0; row < o->rows->n; row++) {
		struct vsx_bytes key =
			vsx_attached_out_get(o, VSX_ATT_KEY, row);

		if (key.n)
			put(bucket, n, vsx_sum64(key.at, key.n), row);
	}
	status = vsx_sink_begin(o->sink, VSX_SEC_KTAB, o->number, err);
	if (status == VSX_OK)
		status = vsx_sink_write(o->sink, bucket, n * sizeof(*bucket),
					err);
	free(bucket);
	return status == VSX_OK ? vsx_sink_end(o->sink, err) : status;
}
