/*
 * Backups on whatever bytes: heads, chunks, snapshots, streams and records.
 * Nothing may crash, leak or read past an end, and what is accepted is written
 * again as the same bytes.
 *
 * The first byte chooses what the others are; its top bit asks for all sums to
 * be made right before, so that the rules behind them are reached.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backup/backup.h"
#include "backup/packer.h"
#include "fuzz/must.h"
#include "support/build.h"

static char folder[] = "/tmp/vsx-fuzz-XXXXXX";

static void drop_folder(void)
{
	rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (!mkdtemp(folder))
		abort();
	atexit(drop_folder);
	return 0;
}

static void seal_head(uint8_t *p)
{
	uint64_t sum = vsx_sum64(p, VSX_HEAD_BYTES - 8);

	memcpy(p + VSX_HEAD_BYTES - 8, &sum, 8);
}

static void seal_snapshot(uint8_t *p, size_t n)
{
	struct vsx_hash h;

	if (n < 16)
		return;
	h = vsx_hash128(p, n - 16);
	memcpy(p + n - 16, h.b, 16);
}

static void try_snapshot(const uint8_t *p, size_t n)
{
	struct vsx_snapshot_record s;
	struct vsx_error err = {.text = ""};
	enum vsx_status status = vsx_snapshot_decode(&s, p, n, &err);
	uint8_t *again;
	uint64_t bytes;

	if (status != VSX_OK) {
		must_tell(&err, status);
		return;
	}
	must(vsx_snapshot_encode(&again, &bytes, &s, &err) == VSX_OK,
	     "what was read can be written");
	must(bytes == n && memcmp(again, p, n) == 0, "and is the same");
	free(again);
	free(s.chunks);
}

/* As it comes from a file or a stream: the head, then its bytes. */
static void try_chunk(const uint8_t *p, size_t n)
{
	struct vsx_chunk_head head;
	struct vsx_error err = {.text = ""};
	struct vsx_packer c;
	enum vsx_status status;

	if (n < VSX_HEAD_BYTES)
		return;
	status = vsx_chunk_head_decode(&head, p, &err);
	if (status != VSX_OK) {
		must_tell(&err, status);
		return;
	}
	if (head.stored_bytes > n - VSX_HEAD_BYTES)
		return;
	if (vsx_packer_init(&c, head.raw_bytes, &err) != VSX_OK)
		return;
	memcpy(vsx_packer_stored(&c, &head), p + VSX_HEAD_BYTES,
	       head.stored_bytes);
	/* The hash of what it decodes to is not to be guessed. */
	for (int i = 0; i < 2; i++) {
		status = vsx_packer_unpack(&c, &head, &err);
		if (status == VSX_OK)
			break;
		must_tell(&err, status);
		head.stored_sum = head.encoding == VSX_CHUNK_PLAIN
					  ? 0
					  : vsx_sum64(p + VSX_HEAD_BYTES,
						      head.stored_bytes);
	}
	vsx_packer_release(&c);
}

/* The record of checks; and that of the last number, which is as short. */
static void try_records(const uint8_t *p, size_t n)
{
	struct vsx_error err = {.text = ""};
	struct vsx_chunk_check *all;
	enum vsx_status status;
	uint64_t n_checks, bytes, last;
	uint8_t *again;

	status = vsx_sequence_decode(&last, p, n, &err);
	if (status != VSX_OK)
		must_tell(&err, status);
	status = vsx_checked_count(&n_checks, p, n, &err);
	if (status != VSX_OK) {
		must_tell(&err, status);
		return;
	}
	all = malloc((n_checks + 1) * sizeof(*all));
	for (uint64_t i = 0; i < n_checks; i++)
		vsx_checked_get(&all[i], p, i);
	again = vsx_checked_encode(&bytes, all, n_checks);
	must(bytes == n && memcmp(again, p, n) == 0, "and is the same");
	free(again);
	free(all);
}

/* A stream may say that it is of any length: a small disk. */
static int reserve(void *context, int fd, uint64_t bytes)
{
	if (bytes <= UINT64_C(1) << 20)
		return vsx_system_files.reserve(context, fd, bytes);
	errno = ENOSPC;
	return -1;
}

static void try_stream(const uint8_t *p, size_t n)
{
	struct vsx_file_ops ops = vsx_system_files;
	struct vsx_error err = {.text = ""};
	int fd = support_memory_file(p, n);
	enum vsx_status status;
	char out[64];

	ops.reserve = reserve;
	snprintf(out, sizeof(out), "%s/out.vsx", folder);
	lseek(fd, 0, SEEK_SET);
	status = vsx_backup_receive_on(fd, out, NULL, &ops, NULL, &err);
	close(fd);
	if (status != VSX_OK) {
		must_tell(&err, status);
		must(access(out, F_OK) != 0, "a failure leaves nothing");
		return;
	}
	unlink(out);
}

/* Heads of a stream, as far as they follow from each other. */
static void seal_stream(uint8_t *p, size_t n)
{
	for (size_t at = 0; n - at >= VSX_HEAD_BYTES;) {
		size_t stored;

		if (vsx_is_snapshot(p + at)) {
			seal_snapshot(p + at, n - at);
			return;
		}
		seal_head(p + at);
		stored = at ? vsx_load32(p + at + 24) : 0;
		if (stored > n - at - VSX_HEAD_BYTES)
			return;
		at += VSX_HEAD_BYTES + stored;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool heal = size && data[0] & 0x80;
	int what = size ? data[0] % 5 : 0;
	struct vsx_error err = {.text = ""};
	size_t n = size ? size - 1 : 0;
	enum vsx_status status;
	uint8_t *p = malloc(n + 1);

	if (size)
		memcpy(p, data + 1, n);
	if (heal && what == 0)
		seal_snapshot(p, n);
	else if (heal && what == 3)
		seal_stream(p, n);
	else if (heal && n >= VSX_HEAD_BYTES)
		seal_head(p);
	if (heal && what == 4)
		seal_snapshot(p, n);
	if (what == 0) {
		try_snapshot(p, n);
	} else if (what == 1) {
		try_chunk(p, n);
	} else if (what == 3) {
		try_stream(p, n);
	} else if (what == 4) {
		try_records(p, n);
	} else {
		status = vsx_repo_head_decode(p, n, &err);
		if (status != VSX_OK)
			must_tell(&err, status);
	}
	free(p);
	return 0;
}
