/*
 * A backup as a stream: a head, the chunks in the order of the index, and at
 * the end the record of the snapshot, whose list of chunks must be the one that
 * went by. So a stream that was cut, or has lost or gained a part, is found.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read/opts.h"
#include "backup/pieces.h"
#include "backup/restore.h"
#include "base/alloc.h"
#include "plural.h"

typedef unsigned long long ull;

/* ---- the descriptor -------------------------------------------------------
 */

/* Bytes go through files, pipes, sockets and devices. */
static const char *not_a_stream(int fd, bool out, const struct stat *st)
{
	int flags = fcntl(fd, F_GETFL), listens = 0;
	socklen_t n = sizeof(listens);

	if (S_ISDIR(st->st_mode))
		return "is a folder";
	if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode) &&
	    !S_ISSOCK(st->st_mode) && !S_ISCHR(st->st_mode) &&
	    !S_ISBLK(st->st_mode))
		return "is not a file, pipe, socket or device";
	if ((flags & O_PATH) ||
	    (flags & O_ACCMODE) == (out ? O_RDONLY : O_WRONLY))
		return out ? "is not open for writing"
			   : "is not open for reading";
	if (S_ISSOCK(st->st_mode) &&
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 &&
	    listens)
		return "is a listening socket";
	return NULL;
}

/* Now, and not after a wait for what never comes. */
static enum vsx_status check_descriptor(int fd, bool out, struct vsx_error *err)
{
	const char *why;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return vsx_fail_errno(err, "descriptor %d cannot be used", fd);
	why = not_a_stream(fd, out, &st);
	return why ? vsx_fail(err, VSX_EIO, "descriptor %d %s", fd, why)
		   : VSX_OK;
}

/* How long a pipe may be silent before the caller is asked again. */
#define POLL_MS 200

/* Until it is ready for `events`, or says why it never will be. */
static enum vsx_status wait_for(int fd, short events,
				const struct vsx_repo_wait *wait,
				const struct vsx_phase *phase, uint64_t done,
				uint64_t total, struct vsx_error *err)
{
	struct pollfd p = {.fd = fd, .events = events};
	int n;

	/* Also after a signal, which may be the wish to stop. */
	while ((n = poll(&p, 1, POLL_MS)) == 0 || (n < 0 && errno == EINTR))
		VSX_TRY(vsx_repo_ask(wait, phase, done, total, err));
	return VSX_OK;
}

/* ---- out --------------------------------------------------------------------
 */

struct sender {
	struct vsx_backup_opts opts;
	const struct vsx_file_ops *ops;
	int fd;
	struct vsx_pieces pieces;
	uint64_t n_bytes;
};

static enum vsx_status put(struct sender *s, const uint8_t *p, uint64_t n,
			   struct vsx_error *err)
{
	struct vsx_repo_wait wait = vsx_backup_wait(&s->opts);
	uint64_t in_all = n;

	s->n_bytes += n;
	while (n > 0) {
		ssize_t done = s->ops->put(s->ops->context, s->fd, p, n);
		bool cut = done < 0 ? errno == EINTR : (uint64_t)done < n;

		/* A signal, which may be the wish to stop. */
		if (cut && done != 0)
			VSX_TRY(vsx_repo_ask(&wait, &vsx_phase_backup,
					     in_all - n, in_all, err));
		if (done < 0 && cut)
			continue;
		/* Others may have set it: descriptors are shared. */
		if (done < 0 && errno == EAGAIN) {
			VSX_TRY(wait_for(s->fd, POLLOUT, &wait,
					 &vsx_phase_backup, in_all - n, in_all,
					 err));
			continue;
		}
		if (done == 0)
			errno = ENOSPC; /* no progress and no reason */
		if (done <= 0)
			return vsx_fail_errno(err, "cannot write the stream");
		p += done;
		n -= (uint64_t)done;
	}
	return VSX_OK;
}

static enum vsx_status send_end(struct sender *s, struct vsx_error *err)
{
	struct vsx_snapshot_record *r = &s->pieces.record;
	enum vsx_status status;
	uint8_t *bytes;
	uint64_t n;

	r->new_chunks = r->n_chunks;
	r->new_bytes = s->n_bytes - VSX_HEAD_BYTES;
	status = vsx_snapshot_encode(&bytes, &n, r, err);
	if (status == VSX_OK)
		status = put(s, bytes, n, err);
	free(bytes);
	return status;
}

static enum vsx_status send_all(struct sender *s, const char *index_path,
				struct vsx_error *err)
{
	struct vsx_repo_wait wait = vsx_backup_wait(&s->opts);
	const struct vsx_snapshot_record *r = &s->pieces.record;
	uint8_t head[VSX_HEAD_BYTES];
	const struct vsx_chunk_ref *ref;

	VSX_TRY(vsx_pieces_open(&s->pieces, index_path, s->opts.chunk_bytes,
				err));
	vsx_stream_head_encode(head, r->index_bytes);
	VSX_TRY(put(s, head, sizeof(head), err));
	for (;;) {
		const uint8_t *record;
		size_t n;

		VSX_TRY(vsx_repo_ask(&wait, &vsx_phase_backup,
				     s->pieces.source.at, r->index_bytes, err));
		VSX_TRY(vsx_pieces_next(&s->pieces, &ref, err));
		if (!ref)
			return send_end(s, err);
		vsx_packer_pack(&s->pieces.packer, ref->bytes, ref->hash,
				&record, &n);
		VSX_TRY(put(s, record, n, err));
	}
}

enum vsx_status vsx_backup_send_on(const char *index_path, int fd,
				   const struct vsx_backup_opts *opts,
				   const struct vsx_file_ops *ops,
				   struct vsx_backup_result *result,
				   struct vsx_error *err)
{
	struct sender s = {.ops = ops, .fd = fd, .pieces.source.fd = -1};
	enum vsx_status status;

	VSX_TRY(vsx_backup_take(&s.opts, opts, err));
	VSX_TRY(check_descriptor(fd, true, err));
	VSX_TRY(vsx_output_differs_fd(index_path, fd, err));
	status = send_all(&s, index_path, err);
	if (status == VSX_OK && result) {
		vsx_restore_tell(result, &s.pieces.record);
		result->new_chunks = result->n_chunks;
		result->new_bytes = s.n_bytes;
	}
	vsx_pieces_release(&s.pieces);
	return status;
}

enum vsx_status vsx_backup_send_sized(const char *index_path, int fd,
				      const struct vsx_backup_opts *opts,
				      struct vsx_backup_result *result,
				      size_t size, struct vsx_error *err)
{
	struct vsx_backup_result local = {0};

	VSX_TRY(vsx_backup_send_on(index_path, fd, opts, &vsx_system_files,
				   &local, err));
	vsx_give(result, size, &local, sizeof(local));
	return VSX_OK;
}

/* ---- in --------------------------------------------------------------- */

struct receiver {
	struct vsx_restore restore;
	int fd;
	uint64_t at; /* of the stream */
	struct vsx_snapshot_record record;
	struct vsx_chunk_ref *seen;
	size_t n_seen, cap;
};

/* Up to n bytes; fewer only where the stream ends. */
static enum vsx_status get_some(struct receiver *r, uint8_t *to, uint64_t n,
				uint64_t *got, struct vsx_error *err)
{
	struct vsx_repo_wait wait = vsx_backup_wait(&r->restore.opts);

	*got = 0;
	while (*got < n) {
		ssize_t done;

		VSX_TRY(wait_for(r->fd, POLLIN, &wait, &vsx_phase_restore,
				 r->restore.at, r->restore.index_bytes, err));
		done = read(r->fd, to + *got, n - *got);
		if (done < 0 && (errno == EINTR || errno == EAGAIN)) {
			VSX_TRY(vsx_repo_ask(&wait, &vsx_phase_restore,
					     r->restore.at,
					     r->restore.index_bytes, err));
			continue;
		}
		if (done < 0)
			return vsx_fail_errno(err, "cannot read the stream");
		if (done == 0)
			break;
		*got += (uint64_t)done;
		r->at += (uint64_t)done;
	}
	return VSX_OK;
}

static enum vsx_status get(struct receiver *r, uint8_t *to, uint64_t n,
			   struct vsx_error *err)
{
	uint64_t got;

	VSX_TRY(get_some(r, to, n, &got, err));
	if (got == n)
		return VSX_OK;
	return vsx_fail(err, VSX_ETRUNCATED,
			"the stream ends at byte %llu, in the middle of a "
			"backup",
			(ull)r->at);
}

static enum vsx_status get_chunk(struct receiver *r,
				 const uint8_t raw[VSX_HEAD_BYTES],
				 struct vsx_error *err)
{
	struct vsx_packer *packer = &r->restore.packer;
	struct vsx_chunk_head head;

	VSX_TRY(vsx_chunk_head_decode(&head, raw, err));
	VSX_TRY(vsx_packer_fit(packer, head.raw_bytes, err));
	VSX_TRY(get(r, vsx_packer_stored(packer, &head), head.stored_bytes,
		    err));
	VSX_TRY(vsx_packer_unpack(packer, &head, err));
	VSX_TRY(vsx_grow(&r->seen, &r->cap, r->n_seen + 1, sizeof(*r->seen),
			 err));
	r->seen[r->n_seen++] =
		(struct vsx_chunk_ref){head.hash, head.raw_bytes};
	return vsx_restore_write(&r->restore, head.raw_bytes, err);
}

static enum vsx_status compare(const struct receiver *r, struct vsx_error *err)
{
	const struct vsx_snapshot_record *s = &r->record;

	if (s->index_bytes != r->restore.index_bytes)
		return vsx_fail(err, VSX_ECORRUPT,
				"an index of %llu byte%s, expected %llu",
				(ull)s->index_bytes, vsx_s(s->index_bytes),
				(ull)r->restore.index_bytes);
	if (s->sequence)
		return vsx_fail(err, VSX_ECORRUPT,
				"the snapshot of a stream has the number %llu, "
				"expected 0",
				(ull)s->sequence);
	for (uint64_t i = 0; i < s->n_chunks; i++)
		if (s->chunks[i].bytes != r->seen[i].bytes ||
		    !vsx_hash_equal(s->chunks[i].hash, r->seen[i].hash))
			return vsx_fail(err, VSX_ECORRUPT,
					"chunk %llu is not the one that the "
					"end of the stream names",
					(ull)i);
	return VSX_OK;
}

/* The snapshot of what went by; nothing is behind it. */
static enum vsx_status get_end(struct receiver *r,
			       const uint8_t raw[VSX_HEAD_BYTES],
			       struct vsx_error *err)
{
	uint64_t n = vsx_snapshot_bytes(r->n_seen), got;
	enum vsx_status status;
	uint8_t *bytes, more;

	VSX_TRY(vsx_alloc_to(&bytes, n, 1, err));
	memcpy(bytes, raw, VSX_HEAD_BYTES);
	status = get(r, bytes + VSX_HEAD_BYTES, n - VSX_HEAD_BYTES, err);
	if (status == VSX_OK)
		status = vsx_snapshot_decode(&r->record, bytes, n, err);
	free(bytes);
	if (status == VSX_OK)
		status = compare(r, err);
	if (status == VSX_OK)
		status = get_some(r, &more, 1, &got, err);
	if (status == VSX_OK && got)
		return vsx_fail(err, VSX_ECORRUPT,
				"the stream continues after its end");
	return status;
}

static enum vsx_status get_all(struct receiver *r, const char *index_path,
			       const struct vsx_file_ops *ops,
			       struct vsx_error *err)
{
	uint8_t raw[VSX_HEAD_BYTES];
	uint64_t index_bytes;

	VSX_TRY(get(r, raw, sizeof(raw), err));
	VSX_TRY(vsx_stream_head_decode(&index_bytes, raw, err));
	VSX_TRY(vsx_restore_begin(&r->restore, index_path, index_bytes, ops,
				  NULL, err));
	for (;;) {
		VSX_TRY(get(r, raw, sizeof(raw), err));
		if (vsx_is_snapshot(raw))
			break;
		VSX_TRY(get_chunk(r, raw, err));
	}
	VSX_TRY(get_end(r, raw, err));
	return vsx_restore_end(&r->restore, &r->record, err);
}

enum vsx_status vsx_backup_receive_on(int fd, const char *index_path,
				      const struct vsx_backup_opts *opts,
				      const struct vsx_file_ops *ops,
				      struct vsx_backup_result *result,
				      struct vsx_error *err)
{
	struct receiver r = {.fd = fd};
	struct vsx_output probe = {0};
	enum vsx_status status;

	VSX_TRY(vsx_backup_take(&r.restore.opts, opts, err));
	VSX_TRY(check_descriptor(fd, false, err));
	VSX_TRY(vsx_output_differs_fd(index_path, fd, err));
	/* Before anything is waited for. */
	VSX_TRY(vsx_output_init(&probe, index_path, r.restore.opts.force, ops,
				err));
	vsx_output_release(&probe);
	status = get_all(&r, index_path, ops, err);
	if (status == VSX_OK)
		vsx_restore_tell(result, &r.record);
	vsx_restore_release(&r.restore);
	free(r.record.chunks);
	free(r.seen);
	return status;
}

enum vsx_status vsx_backup_receive_sized(int fd, const char *index_path,
					 const struct vsx_backup_opts *opts,
					 struct vsx_backup_result *result,
					 size_t size, struct vsx_error *err)
{
	struct vsx_backup_result local = {0};

	VSX_TRY(vsx_backup_receive_on(fd, index_path, opts, &vsx_system_files,
				      &local, err));
	vsx_give(result, size, &local, sizeof(local));
	return VSX_OK;
}
