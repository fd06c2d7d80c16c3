#include "input/unpack.h"

#include "cli/fail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#ifdef VSX_HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef VSX_HAVE_ZSTD
#include <zstd.h>
#endif

#define PACKED_BYTES ((size_t)256 << 10)

struct unpack {
	const char *kind, *name;
	unpack_from *from;
	void *context;
	uint8_t *packed;
	size_t begin, end; /* what of it is not yet unpacked */
	uint64_t place;	   /* in the file of what is read next */
	bool inside;	   /* a member or frame has begun and not ended */
	bool ended;	   /* there are no more packed bytes */
	/* Takes some packed bytes and gives some others; *done: the member or
	   frame has ended. NULL, or what is wrong. */
	const char *(*step)(struct unpack *u, uint8_t *to, size_t bytes,
			    size_t *got, bool *done);
#ifdef VSX_HAVE_ZLIB
	z_stream gz;
	bool has_gz;
#endif
#ifdef VSX_HAVE_ZSTD
	ZSTD_DStream *zstd;
#endif
};

const char *unpack_kind(const uint8_t *head, size_t len)
{
	if (len >= 3 && memcmp(head, "\x1f\x8b\x08", 3) == 0)
		return "gzip";
	/* The first frame may be one to be skipped. */
	if (len >= 4 && (memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0 ||
			 ((head[0] & 0xf0) == 0x50 &&
			  memcmp(head + 1, "\x2a\x4d\x18", 3) == 0)))
		return "zstd";
	return NULL;
}

#ifdef VSX_HAVE_ZLIB
static const char *gz_step(struct unpack *u, uint8_t *to, size_t bytes,
			   size_t *got, bool *done)
{
	int code;

	u->gz.next_in = u->packed + u->begin;
	u->gz.avail_in = (uInt)(u->end - u->begin);
	u->gz.next_out = to;
	u->gz.avail_out = (uInt)bytes;
	code = inflate(&u->gz, Z_NO_FLUSH);
	u->begin = u->end - u->gz.avail_in;
	*got = bytes - u->gz.avail_out;
	*done = code == Z_STREAM_END;
	if (*done)
		inflateReset(&u->gz);
	if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR)
		return NULL;
	return u->gz.msg ? u->gz.msg : "no memory";
}

static bool gz_begin(struct unpack *u)
{
	u->step = gz_step;
	u->has_gz = inflateInit2(&u->gz, 15 + 16) == Z_OK;
	return u->has_gz;
}
#endif

#ifdef VSX_HAVE_ZSTD
static const char *zstd_step(struct unpack *u, uint8_t *to, size_t bytes,
			     size_t *got, bool *done)
{
	ZSTD_inBuffer in = {u->packed + u->begin, u->end - u->begin, 0};
	ZSTD_outBuffer out = {to, bytes, 0};
	size_t code = ZSTD_decompressStream(u->zstd, &out, &in);

	u->begin += in.pos;
	*got = out.pos;
	*done = code == 0;
	return ZSTD_isError(code) ? ZSTD_getErrorName(code) : NULL;
}

static bool zstd_begin(struct unpack *u)
{
	u->step = zstd_step;
	u->zstd = ZSTD_createDStream();
	return u->zstd != NULL;
}
#endif

static bool begin(struct unpack *u)
{
#ifdef VSX_HAVE_ZLIB
	if (strcmp(u->kind, "gzip") == 0)
		return gz_begin(u);
#endif
#ifdef VSX_HAVE_ZSTD
	if (strcmp(u->kind, "zstd") == 0)
		return zstd_begin(u);
#endif
	return true;
}

enum vsx_status unpack_new(struct unpack **out, const char *kind,
			   const char *name, unpack_from *from, void *context,
			   struct vsx_error *err)
{
	struct unpack *u = calloc(1, sizeof(*u));
	bool begun;

	*out = NULL;
	if (!u)
		return tool_fail_memory(err, sizeof(*u));
	*u = (struct unpack){
		.kind = kind, .name = name, .from = from, .context = context};
	u->packed = malloc(PACKED_BYTES);
	begun = begin(u);
	if (begun && !u->step) {
		unpack_free(u);
		return tool_fail(err, VSX_EINVAL,
				 "%s: is %s data, which this build of VSX "
				 "cannot read; unpack it first (%s -d)",
				 name, kind, kind);
	}
	if (!begun || !u->packed) {
		unpack_free(u);
		return tool_fail_memory(err, PACKED_BYTES);
	}
	*out = u;
	return VSX_OK;
}

void unpack_free(struct unpack *u)
{
	if (!u)
		return;
#ifdef VSX_HAVE_ZLIB
	if (u->has_gz)
		inflateEnd(&u->gz);
#endif
#ifdef VSX_HAVE_ZSTD
	ZSTD_freeDStream(u->zstd);
#endif
	free(u->packed);
	free(u);
}

static enum vsx_status refill(struct unpack *u, struct vsx_error *err)
{
	enum vsx_status status;

	u->begin = 0;
	status = u->from(u->context, u->packed, PACKED_BYTES, &u->end, err);
	if (status != VSX_OK) {
		u->end = 0;
		return status;
	}
	u->place += u->end;
	u->ended = u->end < PACKED_BYTES;
	return VSX_OK;
}

enum vsx_status unpack_read(struct unpack *u, uint8_t *to, size_t bytes,
			    size_t *got, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	*got = 0;
	while (*got < bytes) {
		const char *wrong;
		size_t n;
		bool done;

		if (u->begin == u->end && !u->ended)
			status = refill(u, err);
		if (status != VSX_OK)
			return status;
		if (u->begin == u->end && !u->inside)
			return VSX_OK;
		wrong = u->step(u, to + *got,
				bytes - *got < INT32_MAX ? bytes - *got
							 : INT32_MAX,
				&n, &done);
		if (wrong)
			return tool_fail(err, VSX_EINVAL,
					 "%s: %s data are damaged before byte "
					 "%" PRIu64 ": %s",
					 u->name, u->kind,
					 u->place - (u->end - u->begin), wrong);
		u->inside = !done;
		*got += n;
		if (u->begin == u->end && u->ended && !done && n == 0)
			return tool_fail(err, VSX_EINVAL,
					 "%s: %s data end early, at byte "
					 "%" PRIu64,
					 u->name, u->kind, u->place);
	}
	return VSX_OK;
}
