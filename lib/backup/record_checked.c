/* The record of the chunks that were checked, and that of the last number. */
#include <assert.h>
#include <string.h>

#include "backup/record.h"
#include "base/alloc.h"
#include "plural.h"

typedef unsigned long long ull;

struct disk_check {
	uint8_t hash[16]; /*  0 */
	vsx_le64 at;	  /* 16 */
	vsx_le64 stamp;	  /* 24 */
};

static_assert(sizeof(struct disk_check) == 32, "SPEC.md 11");

/* 16 bytes of hash end it. */
#define ENDS_BYTES (VSX_HEAD_BYTES + 16)
#define MOST_CHECKS                                                            \
	((VSX_MAX_CHECKED_BYTES - ENDS_BYTES) / sizeof(struct disk_check))

/* ---- checks ----------------------------------------------------------- */

uint8_t *vsx_checked_encode(uint64_t *bytes,
			    const struct vsx_chunk_check *checks, uint64_t n)
{
	struct vsx_hash hash;
	uint8_t *out, *p;

	/* Those that do not fit are read again. */
	if (n > MOST_CHECKS)
		n = MOST_CHECKS;
	*bytes = ENDS_BYTES + n * sizeof(struct disk_check);
	if (vsx_alloc_to(&out, *bytes, 1, NULL) != VSX_OK)
		return NULL;
	vsx_head_encode(out, VSX_HEAD_CHECKED, n);
	p = out + VSX_HEAD_BYTES;
	for (uint64_t i = 0; i < n; i++, p += sizeof(struct disk_check)) {
		struct disk_check d;

		memcpy(d.hash, checks[i].hash.b, sizeof(d.hash));
		vsx_put64(&d.at, checks[i].at);
		vsx_put64(&d.stamp, checks[i].stamp);
		memcpy(p, &d, sizeof(d));
	}
	hash = vsx_hash128(out, *bytes - 16);
	memcpy(p, hash.b, 16);
	return out;
}

void vsx_checked_get(struct vsx_chunk_check *check, const uint8_t *raw,
		     uint64_t i)
{
	struct disk_check d;

	memcpy(&d, raw + VSX_HEAD_BYTES + i * sizeof(d), sizeof(d));
	memcpy(check->hash.b, d.hash, sizeof(d.hash));
	check->at = vsx_get64(d.at);
	check->stamp = vsx_get64(d.stamp);
}

/* Sorted, so that none appears twice. */
static enum vsx_status check_each(const uint8_t *raw, uint64_t n,
				  struct vsx_error *err)
{
	struct vsx_chunk_check last, check;

	for (uint64_t i = 0; i < n; i++, last = check) {
		vsx_checked_get(&check, raw, i);
		if (i && vsx_hash_order(&last.hash, &check.hash) >= 0)
			return vsx_fail(err, VSX_ECORRUPT,
					"check %llu is not in order", (ull)i);
		if (!check.at || check.stamp == VSX_NO_STAMP)
			return vsx_fail(err, VSX_ECORRUPT,
					"check %llu has the time %llu and the "
					"stamp %llu",
					(ull)i, (ull)check.at,
					(ull)check.stamp);
	}
	return VSX_OK;
}

enum vsx_status vsx_checked_count(uint64_t *n, const uint8_t *raw,
				  uint64_t bytes, struct vsx_error *err)
{
	if (bytes < ENDS_BYTES)
		return vsx_fail(err, VSX_ETRUNCATED,
				"has %llu byte%s, expected %d or more",
				(ull)bytes, vsx_s(bytes), ENDS_BYTES);
	VSX_TRY(vsx_head_decode(n, raw, VSX_HEAD_CHECKED, err));
	if (*n > MOST_CHECKS ||
	    bytes != ENDS_BYTES + *n * sizeof(struct disk_check))
		return vsx_fail(err, VSX_ECORRUPT,
				"%llu check%s in %llu byte%s", (ull)*n,
				vsx_s(*n), (ull)bytes, vsx_s(bytes));
	VSX_TRY(vsx_record_sealed(raw, bytes, err));
	return check_each(raw, *n, err);
}

/* ---- the last number -------------------------------------------------- */

enum vsx_status vsx_sequence_decode(uint64_t *last, const uint8_t *raw,
				    uint64_t bytes, struct vsx_error *err)
{
	if (bytes != VSX_HEAD_BYTES)
		return vsx_fail(err, VSX_ECORRUPT,
				"has %llu byte%s, expected %d", (ull)bytes,
				vsx_s(bytes), VSX_HEAD_BYTES);
	VSX_TRY(vsx_head_decode(last, raw, VSX_HEAD_SEQUENCE, err));
	return vsx_record_sequence(*last, err);
}

enum vsx_status vsx_record_sequence(uint64_t sequence, struct vsx_error *err)
{
	if (sequence && sequence <= VSX_MAX_SEQUENCE)
		return VSX_OK;
	return vsx_fail(err, VSX_ECORRUPT,
			"has the number %llu, expected 1 to %llu",
			(ull)sequence, (ull)VSX_MAX_SEQUENCE);
}
