#include "backup/packer.h"

#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "plural.h"

typedef unsigned long long ull;

/* Pieces of a chunk that are tried before it is compressed. */
#define PIECES	    4
#define PIECE_BYTES 2048

/* What is stored compressed saves an eighth. */
static bool pays(uint64_t packed, uint64_t raw)
{
	return packed <= raw - raw / 8;
}

enum vsx_status vsx_packer_init(struct vsx_packer *c, uint32_t room,
				struct vsx_error *err)
{
	memset(c, 0, sizeof(*c));
	c->room = room;
	c->packed_room = (uint32_t)LZ4_compressBound((int)room);
	if (vsx_alloc_to(&c->raw, VSX_HEAD_BYTES + (size_t)room, 1, err) ||
	    vsx_alloc_to(&c->packed, VSX_HEAD_BYTES + (size_t)c->packed_room, 1,
			 err) ||
	    vsx_alloc_to(&c->planes, room, 1, err)) {
		vsx_packer_release(c);
		return VSX_ENOMEM;
	}
	return VSX_OK;
}

void vsx_packer_release(struct vsx_packer *c)
{
	free(c->raw);
	free(c->packed);
	free(c->planes);
	memset(c, 0, sizeof(*c));
}

enum vsx_status vsx_packer_fit(struct vsx_packer *c, uint32_t n,
			       struct vsx_error *err)
{
	if (n <= c->room)
		return VSX_OK;
	vsx_packer_release(c);
	return vsx_packer_init(c, n, err);
}

/* ---- planes ----------------------------------------------------------- */

/* Byte j of each item into plane j; what makes no whole item stays behind. */
static void split(uint8_t *to, const uint8_t *from, uint32_t n, uint32_t width)
{
	uint32_t items = n / width;

	for (uint32_t j = 0; j < width; j++)
		for (uint32_t i = 0; i < items; i++)
			to[j * items + i] = from[i * width + j];
	memcpy(to + items * width, from + items * width, n % width);
}

static void join(uint8_t *to, const uint8_t *from, uint32_t n, uint32_t width)
{
	uint32_t items = n / width;

	for (uint32_t j = 0; j < width; j++)
		for (uint32_t i = 0; i < items; i++)
			to[i * width + j] = from[j * items + i];
	memcpy(to + items * width, from + items * width, n % width);
}

/* ---- packing ---------------------------------------------------------- */

/* Bytes that LZ4 makes of these, in planes if width is not 0. */
static uint32_t try(struct vsx_packer *c, const uint8_t *from, uint32_t n,
		    uint32_t width)
{
	if (width) {
		split(c->planes, from, n, width);
		from = c->planes;
	}
	return (uint32_t)LZ4_compress_default(
		(const char *)from, (char *)c->packed + VSX_HEAD_BYTES, (int)n,
		(int)c->packed_room);
}

static uint32_t sample(uint8_t *to, const uint8_t *from, uint32_t n)
{
	if (n <= PIECES * PIECE_BYTES) {
		memcpy(to, from, n);
		return n;
	}
	for (uint32_t i = 0; i < PIECES; i++) {
		uint32_t at = (n - PIECE_BYTES) / (PIECES - 1) * i & ~7u;

		memcpy(to + i * PIECE_BYTES, from + at, PIECE_BYTES);
	}
	return PIECES * PIECE_BYTES;
}

/* The width to compress with, by a sample; false: do not. */
static bool choose(struct vsx_packer *c, const uint8_t *raw, uint32_t n,
		   uint32_t *width)
{
	static const uint32_t widths[] = {0, 4, 2, 8};
	uint8_t some[PIECES * PIECE_BYTES];
	uint32_t taken = sample(some, raw, n), best = taken;

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		uint32_t got = try(c, some, taken, widths[i]);

		if (got && got < best) {
			best = got;
			*width = widths[i];
		}
	}
	return pays(best, taken);
}

void vsx_packer_pack(struct vsx_packer *c, uint32_t n, struct vsx_hash hash,
		     const uint8_t **record, size_t *bytes)
{
	struct vsx_chunk_head head = {.raw_bytes = n, .hash = hash};
	const uint8_t *raw = vsx_packer_bytes(c);
	uint8_t *to = c->raw;
	uint32_t width = 0, got = 0;

	if (choose(c, raw, n, &width))
		got = try(c, raw, n, width);
	if (got && pays(got, n)) {
		to = c->packed;
		head.encoding = width ? VSX_CHUNK_PLANES : VSX_CHUNK_LZ4;
		head.width = width;
		head.stored_bytes = got;
		head.stored_sum = vsx_sum64(to + VSX_HEAD_BYTES, got);
	} else {
		head.stored_bytes = n;
	}
	vsx_chunk_head_encode(to, &head);
	*record = to;
	*bytes = VSX_HEAD_BYTES + (size_t)head.stored_bytes;
}

/* ---- unpacking -------------------------------------------------------- */

uint8_t *vsx_packer_stored(const struct vsx_packer *c,
			   const struct vsx_chunk_head *head)
{
	return head->encoding == VSX_CHUNK_PLAIN ? vsx_packer_bytes(c)
						 : c->packed + VSX_HEAD_BYTES;
}

/* Over a length that goes on in bytes of 255; false: it has no end. */
static bool skip_length(const uint8_t *block, uint32_t n, uint64_t *at,
			uint64_t *length)
{
	uint8_t more = 255;

	if (*length < 15)
		return true;
	while (more == 255) {
		if (*at >= n)
			return false;
		more = block[(*at)++];
		*length += more;
	}
	return true;
}

/*
 * The format knows no match at offset 0. liblz4 takes one, and its bytes for
 * what happens to be there.
 */
static bool has_offset_0(const uint8_t *block, uint32_t n)
{
	uint64_t at = 0;

	while (at < n) {
		uint8_t token = block[at++];
		uint64_t literals = token >> 4, match = token & 15;

		if (!skip_length(block, n, &at, &literals))
			return false;
		at += literals;
		if (at + 2 > n)
			return false; /* the last literals */
		if (!block[at] && !block[at + 1])
			return true;
		at += 2;
		if (!skip_length(block, n, &at, &match))
			return false;
	}
	return false;
}

static enum vsx_status decompress(struct vsx_packer *c,
				  const struct vsx_chunk_head *h,
				  struct vsx_error *err)
{
	const uint8_t *stored = vsx_packer_stored(c, h);
	uint64_t found = vsx_sum64(stored, h->stored_bytes);
	uint8_t *to = h->width ? c->planes : vsx_packer_bytes(c);
	int got;

	if (found != h->stored_sum)
		return vsx_fail(err, VSX_ECORRUPT,
				"checksum of its stored bytes %016llx, "
				"expected %016llx",
				(ull)found, (ull)h->stored_sum);
	got = LZ4_decompress_safe((const char *)stored, (char *)to,
				  (int)h->stored_bytes, (int)h->raw_bytes);
	if (got < 0 || (uint32_t)got != h->raw_bytes ||
	    has_offset_0(stored, h->stored_bytes))
		return vsx_fail(err, VSX_ECORRUPT,
				"does not decode to its %u byte%s",
				h->raw_bytes, vsx_s(h->raw_bytes));
	if (h->width)
		join(vsx_packer_bytes(c), c->planes, h->raw_bytes, h->width);
	return VSX_OK;
}

enum vsx_status vsx_packer_unpack(struct vsx_packer *c,
				  const struct vsx_chunk_head *head,
				  struct vsx_error *err)
{
	struct vsx_hash found;

	if (head->encoding != VSX_CHUNK_PLAIN)
		VSX_TRY(decompress(c, head, err));
	found = vsx_hash128(vsx_packer_bytes(c), head->raw_bytes);
	if (!vsx_hash_equal(found, head->hash))
		return vsx_fail(err, VSX_ECORRUPT,
				"checksum %016llx, expected %016llx",
				(ull)vsx_load64(found.b),
				(ull)vsx_load64(head->hash.b));
	return VSX_OK;
}
