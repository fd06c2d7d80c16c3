#include "input/source.h"

#include "cli/interrupt.h"
#include "cli/plural.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUF_BYTES ((size_t)1 << 20)

/* What a path leads to when it is no regular file; NULL if it is one. */
static const char *other_kind(mode_t mode)
{
	if (S_ISREG(mode))
		return NULL;
	if (S_ISDIR(mode))
		return "a folder";
	if (S_ISFIFO(mode))
		return "a pipe (name '-' to read raw rows from one)";
	if (S_ISSOCK(mode))
		return "a socket";
	return "a device";
}

static enum vsx_status open_file(struct source *source, const char *path,
				 struct vsx_error *err)
{
	enum vsx_status status;
	const char *kind;
	struct stat st;

	/* O_NONBLOCK: opening a pipe would wait for its other end. */
	source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (source->fd < 0)
		return tool_fail_errno(err, "%s", source->name);
	if (fstat(source->fd, &st) < 0) {
		status = tool_fail_errno(err, "%s", source->name);
		goto failed;
	}
	kind = other_kind(st.st_mode);
	if (kind) {
		status = tool_fail(err, VSX_EINVAL, "%s: is %s, not a file",
				   source->name, kind);
		goto failed;
	}
	if (st.st_size == 0) {
		status = tool_fail(err, VSX_EINVAL, "%s: is empty",
				   source->name);
		goto failed;
	}
	source->size = (uint64_t)st.st_size;
	posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return VSX_OK;
failed:
	close(source->fd);
	source->fd = -1;
	return status;
}

static enum vsx_status open_stream(struct source *source, struct vsx_error *err)
{
	tool_name(source->name, "standard input");
	if (isatty(STDIN_FILENO))
		return tool_fail(err, VSX_EINVAL,
				 "standard input: is a terminal, not vectors");
	source->fd = STDIN_FILENO;
	source->stream = true;
	return VSX_OK;
}

/* A pipe that has a name. Waits for its other end, until asked to stop. */
static enum vsx_status open_pipe(struct source *source, const char *path,
				 struct vsx_error *err)
{
	do {
		if (interrupted())
			return tool_fail(err, VSX_ESTOPPED, "%s: stopped",
					 source->name);
		source->fd = open(path, O_RDONLY | O_CLOEXEC);
	} while (source->fd < 0 && errno == EINTR);
	if (source->fd < 0)
		return tool_fail_errno(err, "%s", source->name);
	source->stream = true;
	return VSX_OK;
}

static bool is_pipe(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

static enum vsx_status open_any(struct source *source, const char *path,
				bool text, struct vsx_error *err)
{
	enum vsx_status status;

	memset(source, 0, sizeof(*source));
	source->fd = -1;
	tool_name(source->name, path);
	if (strcmp(path, "-") == 0)
		status = open_stream(source, err);
	else if (text && is_pipe(path))
		status = open_pipe(source, path, err);
	else
		status = open_file(source, path, err);
	if (status != VSX_OK)
		return status;

	source->buf = malloc(BUF_BYTES);
	if (!source->buf) {
		source_close(source);
		return tool_fail_memory(err, BUF_BYTES);
	}
	return VSX_OK;
}

enum vsx_status source_open(struct source *source, const char *path,
			    struct vsx_error *err)
{
	return open_any(source, path, false, err);
}

void source_close(struct source *source)
{
	unpack_free(source->unpack);
	source->unpack = NULL;
	if (source->fd >= 0 && source->fd != STDIN_FILENO)
		close(source->fd);
	source->fd = -1;
	free(source->buf);
	source->buf = NULL;
}

/* As much as there is, up to `bytes`; fewer only at the end. */
static enum vsx_status fill_plain(struct source *source, uint8_t *to,
				  size_t bytes, uint64_t place, size_t *got,
				  struct vsx_error *err)
{
	*got = 0;
	while (*got < bytes) {
		ssize_t n;

		if (interrupted())
			return tool_fail(err, VSX_ESTOPPED, "%s: stopped",
					 source->name);
		if (source->stream)
			n = read(source->fd, to + *got, bytes - *got);
		else
			n = pread(source->fd, to + *got, bytes - *got,
				  (off_t)(place + *got));
		if (n == 0)
			break;
		if (n > 0)
			*got += (size_t)n;
		else if (errno != EINTR)
			return tool_fail_errno(
				err, "%s: cannot read at byte %" PRIu64,
				source->name, place + *got);
	}
	return VSX_OK;
}

static enum vsx_status fill(struct source *source, uint8_t *to, size_t bytes,
			    uint64_t place, size_t *got, struct vsx_error *err)
{
	if (source->unpack)
		return unpack_read(source->unpack, to, bytes, got, err);
	return fill_plain(source, to, bytes, place, got, err);
}

static enum vsx_status fill_packed(void *context, uint8_t *to, size_t bytes,
				   size_t *got, struct vsx_error *err)
{
	struct source *source = context;
	size_t n = source->head_end - source->head_begin;
	enum vsx_status status;

	memcpy(to, source->head + source->head_begin, n);
	source->head_begin = source->head_end;
	status = fill_plain(source, to + n, bytes - n, source->packed_next, got,
			    err);
	source->packed_next += *got;
	*got += n;
	return status;
}

/* What was looked at of packed data goes to whoever unpacks them. */
static enum vsx_status unpack_text(struct source *source, struct vsx_error *err)
{
	size_t got;
	const char *kind;
	enum vsx_status status = source_peek(source, source->head, &got, err);

	if (status != VSX_OK)
		return status;
	kind = unpack_kind(source->head, got);
	if (!kind)
		return VSX_OK;
	/* Of a file it comes once more: the descriptor still is at its begin.
	 */
	source->head_end = source->stream ? got : 0;
	source->packed_next = source->head_end;
	source->stream = true;
	source->begin = source->end = 0;
	return unpack_new(&source->unpack, kind, source->name, fill_packed,
			  source, err);
}

enum vsx_status source_open_text(struct source *source, const char *path,
				 struct vsx_error *err)
{
	enum vsx_status status = open_any(source, path, true, err);

	if (status == VSX_OK)
		status = unpack_text(source, err);
	if (status != VSX_OK)
		source_close(source);
	return status;
}

enum vsx_status source_read(struct source *source, void *to, size_t bytes,
			    size_t *got, struct vsx_error *err)
{
	uint8_t *at = to;
	enum vsx_status status;

	*got = 0;
	while (*got < bytes) {
		size_t left = bytes - *got;
		size_t n = source->end - source->begin;

		if (n > 0) {
			n = n < left ? n : left;
			memcpy(at + *got, source->buf + source->begin, n);
			source->begin += n;
		} else if (left >= BUF_BYTES) {
			status = fill(source, at + *got, left, source->next, &n,
				      err);
			if (status != VSX_OK)
				return status;
			if (n == 0)
				break;
		} else {
			status = fill(source, source->buf, BUF_BYTES,
				      source->next, &source->end, err);
			source->begin = 0;
			if (status != VSX_OK) {
				source->end = 0;
				return status;
			}
			if (source->end == 0)
				break;
			continue;
		}
		source->next += n;
		*got += n;
	}
	return VSX_OK;
}

static enum vsx_status say_short(const struct source *source, uint64_t place,
				 size_t bytes, size_t got,
				 struct vsx_error *err)
{
	return tool_fail(err, VSX_EINVAL,
			 "%s: ends at byte %" PRIu64 ", expected %zu byte%s "
			 "from byte %" PRIu64 " on",
			 source->name, place + got, bytes, plural_s(bytes),
			 place);
}

enum vsx_status source_need(struct source *source, void *to, size_t bytes,
			    struct vsx_error *err)
{
	uint64_t place = source->next;
	enum vsx_status status;
	size_t got;

	status = source_read(source, to, bytes, &got, err);
	if (status == VSX_OK && got < bytes)
		status = say_short(source, place, bytes, got, err);
	return status;
}

void source_seek(struct source *source, uint64_t place)
{
	source->next = place;
	source->begin = 0;
	source->end = 0;
}

enum vsx_status source_read_at(struct source *source, void *to, size_t bytes,
			       uint64_t place, struct vsx_error *err)
{
	enum vsx_status status;
	size_t got;

	status = fill(source, to, bytes, place, &got, err);
	if (status == VSX_OK && got < bytes)
		status = say_short(source, place, bytes, got, err);
	return status;
}

enum vsx_status source_peek(struct source *source, uint8_t to[SOURCE_PEEK],
			    size_t *got, struct vsx_error *err)
{
	enum vsx_status status;

	if (source->end == 0) {
		/* A pipe may hand over a few bytes at a time: wait for these.
		 */
		status = fill(source, source->buf, SOURCE_PEEK, source->next,
			      &source->end, err);
		if (status != VSX_OK) {
			source->end = 0;
			return status;
		}
	}
	*got = source->end < SOURCE_PEEK ? source->end : SOURCE_PEEK;
	memcpy(to, source->buf, *got);
	return VSX_OK;
}

enum vsx_status source_skip_bom(struct source *source, size_t *skipped,
				struct vsx_error *err)
{
	static const uint8_t bom[] = {0xef, 0xbb, 0xbf};
	uint8_t head[SOURCE_PEEK];
	enum vsx_status status;
	size_t got;

	*skipped = 0;
	status = source_peek(source, head, &got, err);
	if (status != VSX_OK || got < sizeof(bom) ||
	    memcmp(head, bom, sizeof(bom)) != 0)
		return status;
	*skipped = sizeof(bom);
	source->begin += sizeof(bom);
	source->next += sizeof(bom);
	return VSX_OK;
}
