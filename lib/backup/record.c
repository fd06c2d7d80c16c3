#include "backup/record.h"
#include "plural.h"

#include <assert.h>
#include <string.h>

typedef unsigned long long ull;

#define MAGIC_BYTES 8
#define CHUNK_MAGIC "\x8eVSC\r\n\x1a\n"

struct disk_head {
	uint8_t magic[MAGIC_BYTES]; /*  0 */
	vsx_le32 version;	    /*  8 */
	uint8_t zero[4];	    /* 12 */
	vsx_le64 feature_incompat;  /* 16  unknown bit: refuse */
	vsx_le64 value;		    /* 24 */
	uint8_t zero2[24];	    /* 32 */
	vsx_le64 checksum;	    /* 56  XXH3-64 of bytes 0..55 */
};

struct disk_chunk {
	uint8_t magic[MAGIC_BYTES]; /*  0 */
	vsx_le32 version;	    /*  8 */
	vsx_le32 encoding;	    /* 12 */
	vsx_le32 width;		    /* 16 */
	vsx_le32 raw_bytes;	    /* 20 */
	vsx_le32 stored_bytes;	    /* 24 */
	uint8_t zero[4];	    /* 28 */
	uint8_t hash[16];	    /* 32 */
	vsx_le64 stored_sum;	    /* 48 */
	vsx_le64 checksum;	    /* 56  XXH3-64 of bytes 0..55 */
};

static_assert(sizeof(struct disk_head) == VSX_HEAD_BYTES, "SPEC.md 11");
static_assert(sizeof(struct disk_chunk) == VSX_HEAD_BYTES, "SPEC.md 11");

#define SUM_AT (VSX_HEAD_BYTES - 8)

/* ---- heads of 64 bytes ------------------------------------------------ */

static void seal(uint8_t raw[VSX_HEAD_BYTES])
{
	vsx_le64 sum;

	vsx_put64(&sum, vsx_sum64(raw, SUM_AT));
	memcpy(raw + SUM_AT, &sum, sizeof(sum));
}

enum vsx_status vsx_record_version(uint32_t version, uint64_t features,
				   struct vsx_error *err)
{
	if (version != VSX_BACKUP_VERSION)
		return vsx_fail(err, VSX_EVERSION,
				"backup version %u, this library reads %d",
				version, VSX_BACKUP_VERSION);
	if (features)
		return vsx_fail(err, VSX_EVERSION,
				"needs features 0x%llx that this library does "
				"not know",
				(ull)features);
	return VSX_OK;
}

enum vsx_status vsx_record_sealed(const uint8_t *raw, uint64_t bytes,
				  struct vsx_error *err)
{
	struct vsx_hash found = vsx_hash128(raw, bytes - 16), due;

	memcpy(due.b, raw + bytes - 16, 16);
	if (vsx_hash_equal(found, due))
		return VSX_OK;
	return vsx_fail(err, VSX_ECORRUPT, "checksum %016llx, expected %016llx",
			(ull)vsx_load64(found.b), (ull)vsx_load64(due.b));
}

static enum vsx_status check_head(const uint8_t raw[VSX_HEAD_BYTES],
				  const char *magic, const char *what,
				  struct vsx_error *err)
{
	uint64_t found, due;

	if (memcmp(raw, magic, MAGIC_BYTES) != 0)
		return vsx_fail(err, VSX_EFORMAT,
				"is not %s: begins with %02x%02x%02x%02x, "
				"expected 8e5653%02x",
				what, raw[0], raw[1], raw[2], raw[3],
				(uint8_t)magic[3]);
	found = vsx_sum64(raw, SUM_AT);
	due = vsx_load64(raw + SUM_AT);
	if (found != due)
		return vsx_fail(err, VSX_ECORRUPT,
				"checksum %016llx, expected %016llx (head)",
				(ull)found, (ull)due);
	return VSX_OK;
}

static enum vsx_status not_zero(const char *what, struct vsx_error *err)
{
	return vsx_fail(err, VSX_ECORRUPT, "reserved bytes of the %s are not 0",
			what);
}

static const struct {
	char magic[MAGIC_BYTES + 1];
	const char *what;
} heads[] = {
	[VSX_HEAD_REPO] = {"\x8eVSB\r\n\x1a\n",
			   "the head of a backup repository"},
	[VSX_HEAD_STREAM] = {"\x8eVST\r\n\x1a\n", "a backup stream"},
	[VSX_HEAD_SEQUENCE] = {"\x8eVSN\r\n\x1a\n",
			       "the last number of a backup repository"},
	[VSX_HEAD_CHECKED] = {"\x8eVSK\r\n\x1a\n",
			      "the checks of a backup repository"},
};

void vsx_head_encode(uint8_t out[VSX_HEAD_BYTES], enum vsx_head_kind kind,
		     uint64_t value)
{
	struct disk_head d = {0};

	memcpy(d.magic, heads[kind].magic, MAGIC_BYTES);
	vsx_put32(&d.version, VSX_BACKUP_VERSION);
	vsx_put64(&d.value, value);
	memcpy(out, &d, sizeof(d));
	seal(out);
}

enum vsx_status vsx_head_decode(uint64_t *value,
				const uint8_t raw[VSX_HEAD_BYTES],
				enum vsx_head_kind kind, struct vsx_error *err)
{
	struct disk_head d;

	VSX_TRY(check_head(raw, heads[kind].magic, heads[kind].what, err));
	memcpy(&d, raw, sizeof(d));
	VSX_TRY(vsx_record_version(vsx_get32(d.version),
				   vsx_get64(d.feature_incompat), err));
	if (!vsx_is_zero(d.zero, sizeof(d.zero)) ||
	    !vsx_is_zero(d.zero2, sizeof(d.zero2)))
		return not_zero("head", err);
	*value = vsx_get64(d.value);
	return VSX_OK;
}

void vsx_repo_head_encode(uint8_t out[VSX_HEAD_BYTES])
{
	vsx_head_encode(out, VSX_HEAD_REPO, 0);
}

enum vsx_status vsx_repo_head_decode(const uint8_t *raw, size_t n,
				     struct vsx_error *err)
{
	uint64_t value;

	/* That of a newer version may be longer. */
	if (n >= VSX_HEAD_BYTES)
		VSX_TRY(vsx_head_decode(&value, raw, VSX_HEAD_REPO, err));
	if (n != VSX_HEAD_BYTES)
		return vsx_fail(err, n ? VSX_ECORRUPT : VSX_ETRUNCATED,
				"has %zu byte%s, expected %d", n, vsx_s(n),
				VSX_HEAD_BYTES);
	return value ? not_zero("head", err) : VSX_OK;
}

void vsx_stream_head_encode(uint8_t out[VSX_HEAD_BYTES], uint64_t index_bytes)
{
	vsx_head_encode(out, VSX_HEAD_STREAM, index_bytes);
}

enum vsx_status vsx_record_index_bytes(uint64_t bytes, struct vsx_error *err)
{
	if (bytes && bytes % 4096 == 0 && bytes <= INT64_MAX)
		return VSX_OK;
	return vsx_fail(err, VSX_ECORRUPT,
			"index of %llu byte%s, expected a multiple of 4096",
			(ull)bytes, vsx_s(bytes));
}

enum vsx_status vsx_stream_head_decode(uint64_t *index_bytes,
				       const uint8_t raw[VSX_HEAD_BYTES],
				       struct vsx_error *err)
{
	VSX_TRY(vsx_head_decode(index_bytes, raw, VSX_HEAD_STREAM, err));
	return vsx_record_index_bytes(*index_bytes, err);
}

/* ---- chunks ----------------------------------------------------------- */

void vsx_chunk_head_encode(uint8_t out[VSX_HEAD_BYTES],
			   const struct vsx_chunk_head *head)
{
	struct disk_chunk d = {0};

	memcpy(d.magic, CHUNK_MAGIC, MAGIC_BYTES);
	vsx_put32(&d.version, VSX_BACKUP_VERSION);
	vsx_put32(&d.encoding, head->encoding);
	vsx_put32(&d.width, head->width);
	vsx_put32(&d.raw_bytes, head->raw_bytes);
	vsx_put32(&d.stored_bytes, head->stored_bytes);
	memcpy(d.hash, head->hash.b, sizeof(d.hash));
	vsx_put64(&d.stored_sum, head->stored_sum);
	memcpy(out, &d, sizeof(d));
	seal(out);
}

static enum vsx_status check_chunk(const struct vsx_chunk_head *h,
				   struct vsx_error *err)
{
	bool planes = h->encoding == VSX_CHUNK_PLANES;

	if (h->encoding > VSX_CHUNK_PLANES)
		return vsx_fail(err, VSX_EVERSION,
				"encoding %u, which this library does not know",
				h->encoding);
	if (planes ? h->width != 2 && h->width != 4 && h->width != 8
		   : h->width != 0)
		return vsx_fail(err, VSX_ECORRUPT,
				"width %u of encoding %u, expected %s",
				h->width, h->encoding,
				planes ? "2, 4 or 8" : "0");
	if (h->raw_bytes == 0 || h->raw_bytes > VSX_MAX_CHUNK_BYTES)
		return vsx_fail(err, VSX_ECORRUPT,
				"%u byte%s decoded, expected 1 to %u",
				h->raw_bytes, vsx_s(h->raw_bytes),
				VSX_MAX_CHUNK_BYTES);
	if (h->encoding == VSX_CHUNK_PLAIN
		    ? h->stored_bytes != h->raw_bytes
		    : h->stored_bytes == 0 || h->stored_bytes >= h->raw_bytes)
		return vsx_fail(err, VSX_ECORRUPT,
				"%u byte%s stored for %u, by encoding %u",
				h->stored_bytes, vsx_s(h->stored_bytes),
				h->raw_bytes, h->encoding);
	if (h->encoding == VSX_CHUNK_PLAIN && h->stored_sum)
		return vsx_fail(err, VSX_ECORRUPT,
				"sum of stored bytes of a plain chunk is "
				"%016llx, expected 0",
				(ull)h->stored_sum);
	return VSX_OK;
}

enum vsx_status vsx_chunk_head_decode(struct vsx_chunk_head *head,
				      const uint8_t raw[VSX_HEAD_BYTES],
				      struct vsx_error *err)
{
	struct disk_chunk d;

	VSX_TRY(check_head(raw, CHUNK_MAGIC, "a chunk of a backup", err));
	memcpy(&d, raw, sizeof(d));
	VSX_TRY(vsx_record_version(vsx_get32(d.version), 0, err));
	if (!vsx_is_zero(d.zero, sizeof(d.zero)))
		return not_zero("head", err);
	*head = (struct vsx_chunk_head){
		.encoding = vsx_get32(d.encoding),
		.width = vsx_get32(d.width),
		.raw_bytes = vsx_get32(d.raw_bytes),
		.stored_bytes = vsx_get32(d.stored_bytes),
		.stored_sum = vsx_get64(d.stored_sum),
	};
	memcpy(head->hash.b, d.hash, sizeof(d.hash));
	return check_chunk(head, err);
}

/* ---- names of chunks -------------------------------------------------- */

void vsx_hash_hex(char out[VSX_HEX_BYTES], struct vsx_hash hash)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 16; i++) {
		*out++ = digits[hash.b[i] >> 4];
		*out++ = digits[hash.b[i] & 15];
	}
	*out = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool vsx_hash_parse(struct vsx_hash *out, const char *hex)
{
	for (int i = 0; i < 16; i++, hex += 2) {
		int high = digit(hex[0]), low = high < 0 ? -1 : digit(hex[1]);

		if (low < 0)
			return false;
		out->b[i] = (uint8_t)(high << 4 | low);
	}
	return *hex == '\0';
}

int vsx_hash_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct vsx_hash));
}
