/* The record of a snapshot. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backup/record.h"
#include "base/alloc.h"
#include "plural.h"

typedef unsigned long long ull;

#define MAGIC_BYTES    8
#define SNAPSHOT_MAGIC "\x8eVSS\r\n\x1a\n"

struct disk_snapshot {
	uint8_t magic[MAGIC_BYTES];	 /*   0 */
	vsx_le32 version;		 /*   8 */
	uint8_t zero[4];		 /*  12 */
	vsx_le64 feature_incompat;	 /*  16 */
	vsx_le64 created;		 /*  24 */
	vsx_le64 index_bytes;		 /*  32 */
	vsx_le64 generation;		 /*  40 */
	uint8_t uuid[16];		 /*  48 */
	vsx_le64 n_rows;		 /*  64 */
	vsx_le64 n_live;		 /*  72 */
	vsx_le64 new_chunks;		 /*  80 */
	vsx_le64 new_bytes;		 /*  88 */
	vsx_le64 n_chunks;		 /*  96 */
	vsx_le64 sequence;		 /* 104 */
	uint8_t zero2[16];		 /* 112 */
	uint8_t source[VSX_SOURCE_TEXT]; /* 128 */
};

struct disk_ref {
	uint8_t hash[16]; /*  0 */
	vsx_le32 bytes;	  /* 16 */
	uint8_t zero[4];  /* 20 */
};

static_assert(sizeof(struct disk_snapshot) == 384, "SPEC.md 11");
static_assert(sizeof(struct disk_ref) == 24, "SPEC.md 11");

bool vsx_is_snapshot(const uint8_t raw[VSX_HEAD_BYTES])
{
	return memcmp(raw, SNAPSHOT_MAGIC, MAGIC_BYTES) == 0;
}

uint64_t vsx_snapshot_bytes(uint64_t n_chunks)
{
	uint64_t bytes;

	if (!vsx_mul(&bytes, n_chunks, sizeof(struct disk_ref)) ||
	    !vsx_add(&bytes, bytes, sizeof(struct disk_snapshot) + 16))
		return UINT64_MAX;
	return bytes;
}

enum vsx_status vsx_snapshot_encode(uint8_t **out, uint64_t *bytes,
				    const struct vsx_snapshot_record *s,
				    struct vsx_error *err)
{
	uint64_t n = vsx_snapshot_bytes(s->n_chunks);
	struct disk_snapshot d = {0};
	struct vsx_hash hash;
	uint8_t *p;

	*out = NULL;
	if (n > VSX_MAX_SNAPSHOT_BYTES)
		return vsx_fail(err, VSX_EINVAL,
				"too many chunks for a snapshot: %llu; make "
				"them longer",
				(ull)s->n_chunks);
	VSX_TRY(vsx_alloc_to(&p, n, 1, err));
	*out = p;
	*bytes = n;
	memcpy(d.magic, SNAPSHOT_MAGIC, MAGIC_BYTES);
	vsx_put32(&d.version, VSX_BACKUP_VERSION);
	vsx_put64(&d.created, s->created);
	vsx_put64(&d.index_bytes, s->index_bytes);
	vsx_put64(&d.generation, s->generation);
	memcpy(d.uuid, s->uuid, sizeof(d.uuid));
	vsx_put64(&d.n_rows, s->n_rows);
	vsx_put64(&d.n_live, s->n_live);
	vsx_put64(&d.new_chunks, s->new_chunks);
	vsx_put64(&d.new_bytes, s->new_bytes);
	vsx_put64(&d.n_chunks, s->n_chunks);
	vsx_put64(&d.sequence, s->sequence);
	memcpy(d.source, s->source, strlen(s->source));
	memcpy(p, &d, sizeof(d));
	p += sizeof(d);
	for (uint64_t i = 0; i < s->n_chunks;
	     i++, p += sizeof(struct disk_ref)) {
		struct disk_ref r = {0};

		memcpy(r.hash, s->chunks[i].hash.b, sizeof(r.hash));
		vsx_put32(&r.bytes, s->chunks[i].bytes);
		memcpy(p, &r, sizeof(r));
	}
	hash = vsx_hash128(*out, n - 16);
	memcpy(p, hash.b, 16);
	return VSX_OK;
}

static enum vsx_status check_whole(const uint8_t *raw, uint64_t n,
				   struct vsx_error *err)
{
	if (n < sizeof(struct disk_snapshot) + 16)
		return vsx_fail(err, VSX_ETRUNCATED,
				"has %llu byte%s, expected %zu or more", (ull)n,
				vsx_s(n), sizeof(struct disk_snapshot) + 16);
	if (!vsx_is_snapshot(raw))
		return vsx_fail(err, VSX_EFORMAT,
				"is not a snapshot: begins with "
				"%02x%02x%02x%02x, expected 8e565353",
				raw[0], raw[1], raw[2], raw[3]);
	return vsx_record_sealed(raw, n, err);
}

static enum vsx_status check_source(const struct disk_snapshot *d,
				    struct vsx_error *err)
{
	size_t len = strnlen((const char *)d->source, sizeof(d->source));

	for (size_t i = 0; i < len; i++)
		if (d->source[i] < 0x20 || d->source[i] == 0x7f)
			return vsx_fail(err, VSX_ECORRUPT,
					"byte %zu of the source is 0x%02x", i,
					d->source[i]);
	if (len == sizeof(d->source) ||
	    !vsx_is_zero(d->source + len, sizeof(d->source) - len))
		return vsx_fail(err, VSX_ECORRUPT,
				"the source does not end in zeros");
	return VSX_OK;
}

static enum vsx_status check_facts(const struct disk_snapshot *d, uint64_t n,
				   struct vsx_error *err)
{
	uint64_t n_chunks = vsx_get64(d->n_chunks);

	VSX_TRY(vsx_record_version(vsx_get32(d->version),
				   vsx_get64(d->feature_incompat), err));
	if (!vsx_is_zero(d->zero, sizeof(d->zero)) ||
	    !vsx_is_zero(d->zero2, sizeof(d->zero2)))
		return vsx_fail(err, VSX_ECORRUPT,
				"reserved bytes of the snapshot are not 0");
	if (vsx_snapshot_bytes(n_chunks) != n)
		return vsx_fail(err, VSX_ECORRUPT,
				"%llu chunk%s in %llu byte%s, expected %llu",
				(ull)n_chunks, vsx_s(n_chunks), (ull)n,
				vsx_s(n), (ull)vsx_snapshot_bytes(n_chunks));
	VSX_TRY(vsx_record_index_bytes(vsx_get64(d->index_bytes), err));
	if (vsx_get64(d->generation) == 0)
		return vsx_fail(err, VSX_ECORRUPT,
				"generation is 0, expected 1 or more");
	if (vsx_get64(d->n_live) > vsx_get64(d->n_rows))
		return vsx_fail(
			err, VSX_ECORRUPT, "%llu row%s live, of %llu in all",
			(ull)vsx_get64(d->n_live), vsx_s(vsx_get64(d->n_live)),
			(ull)vsx_get64(d->n_rows));
	return check_source(d, err);
}

/* The list, whose chunks must make the index up. */
static enum vsx_status decode_refs(struct vsx_snapshot_record *s,
				   const uint8_t *p, struct vsx_error *err)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < s->n_chunks; i++) {
		struct disk_ref r;
		uint32_t bytes;

		memcpy(&r, p + i * sizeof(r), sizeof(r));
		bytes = vsx_get32(r.bytes);
		if (bytes == 0 || bytes > VSX_MAX_CHUNK_BYTES)
			return vsx_fail(err, VSX_ECORRUPT,
					"chunk %llu has %u byte%s, expected 1 "
					"to %u",
					(ull)i, bytes, vsx_s(bytes),
					VSX_MAX_CHUNK_BYTES);
		if (!vsx_is_zero(r.zero, sizeof(r.zero)))
			return vsx_fail(
				err, VSX_ECORRUPT,
				"reserved bytes of chunk %llu are not 0",
				(ull)i);
		memcpy(s->chunks[i].hash.b, r.hash, sizeof(r.hash));
		s->chunks[i].bytes = bytes;
		sum += bytes; /* at most 2^26 of 2^24 bytes */
	}
	if (sum != s->index_bytes)
		return vsx_fail(err, VSX_ECORRUPT,
				"chunks of %llu byte%s for an index of %llu",
				(ull)sum, vsx_s(sum), (ull)s->index_bytes);
	return VSX_OK;
}

enum vsx_status vsx_snapshot_decode(struct vsx_snapshot_record *s,
				    const uint8_t *raw, uint64_t n,
				    struct vsx_error *err)
{
	struct disk_snapshot d;
	enum vsx_status status;

	memset(s, 0, sizeof(*s));
	VSX_TRY(check_whole(raw, n, err));
	memcpy(&d, raw, sizeof(d));
	VSX_TRY(check_facts(&d, n, err));
	s->created = vsx_get64(d.created);
	s->index_bytes = vsx_get64(d.index_bytes);
	s->generation = vsx_get64(d.generation);
	memcpy(s->uuid, d.uuid, sizeof(s->uuid));
	s->n_rows = vsx_get64(d.n_rows);
	s->n_live = vsx_get64(d.n_live);
	s->new_chunks = vsx_get64(d.new_chunks);
	s->new_bytes = vsx_get64(d.new_bytes);
	memcpy(s->source, d.source, sizeof(s->source));
	s->n_chunks = vsx_get64(d.n_chunks);
	s->sequence = vsx_get64(d.sequence);
	status = vsx_alloc_to(&s->chunks, s->n_chunks, sizeof(*s->chunks), err);
	if (status == VSX_OK)
		status = decode_refs(s, raw + sizeof(d), err);
	if (status != VSX_OK) {
		free(s->chunks);
		memset(s, 0, sizeof(*s)); /* nothing of it is to be believed */
	}
	return status;
}
