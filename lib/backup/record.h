/*
 * What lies in a repository of backups and in a stream, as bytes. SPEC.md,
 * chapter "Backup repositories". Works on memory alone; nothing in it is ever
 * used as a path.
 */
#ifndef VSX_BACKUP_RECORD_H
#define VSX_BACKUP_RECORD_H

#include "bytes.h"
#include "checksum.h"
#include "error.h"

#define VSX_BACKUP_VERSION 1

/* Chunks are cut so long, and may be so long. */
#define VSX_CHUNK_BYTES	    (1u << 20)
#define VSX_MIN_CHUNK_BYTES (64u << 10)
#define VSX_MAX_CHUNK_BYTES (16u << 20)

/* Of a snapshot record: names chunks of 40 TiB and more. */
#define VSX_MAX_SNAPSHOT_BYTES (UINT64_C(1) << 30)

#define VSX_HEAD_BYTES 64 /* of a repository, a chunk, a stream */

/* Of the numbers of a repository's snapshots. */
#define VSX_MAX_SEQUENCE (UINT64_MAX >> 1)

/* Of the record of the chunks that were checked. */
#define VSX_MAX_CHECKED_BYTES (UINT64_C(1) << 30)

enum vsx_chunk_encoding {
	VSX_CHUNK_PLAIN = 0,
	VSX_CHUNK_LZ4 = 1,
	VSX_CHUNK_PLANES = 2, /* LZ4 of the bytes put into planes */
};

struct vsx_chunk_head {
	uint32_t encoding;
	uint32_t width; /* bytes of an item, for planes: 2, 4 or 8; else 0 */
	uint32_t raw_bytes;
	uint32_t stored_bytes;
	struct vsx_hash hash; /* of the raw bytes; the chunk's name */
	uint64_t stored_sum;  /* XXH3-64; 0 for a plain chunk */
};

/* A stretch of the index, of which a snapshot is a list. */
struct vsx_chunk_ref {
	struct vsx_hash hash;
	uint32_t bytes;
};

#define VSX_SOURCE_TEXT 256

struct vsx_snapshot_record {
	uint64_t created; /* nanoseconds since 1970, UTC */
	uint64_t index_bytes;
	uint64_t generation;
	uint8_t uuid[16];
	uint64_t n_rows, n_live;
	uint64_t new_chunks, new_bytes; /* stored for it */
	uint64_t sequence;		/* of the repository; in a stream 0 */
	char source[VSX_SOURCE_TEXT];	/* where the index lay; for people */
	uint64_t n_chunks;
	struct vsx_chunk_ref *chunks; /* in the order of the index; heap */
};

/* What begins with a head that tells one value, and which. */
enum vsx_head_kind {
	VSX_HEAD_REPO,	   /* 0 */
	VSX_HEAD_STREAM,   /* bytes of the index */
	VSX_HEAD_SEQUENCE, /* the greatest number that was given */
	VSX_HEAD_CHECKED,  /* chunks that follow */
};
void vsx_head_encode(uint8_t out[VSX_HEAD_BYTES], enum vsx_head_kind kind,
		     uint64_t value);
enum vsx_status vsx_head_decode(uint64_t *value,
				const uint8_t raw[VSX_HEAD_BYTES],
				enum vsx_head_kind kind, struct vsx_error *err);

void vsx_repo_head_encode(uint8_t out[VSX_HEAD_BYTES]);
enum vsx_status vsx_repo_head_decode(const uint8_t *raw, size_t n,
				     struct vsx_error *err);

void vsx_stream_head_encode(uint8_t out[VSX_HEAD_BYTES], uint64_t index_bytes);
enum vsx_status vsx_stream_head_decode(uint64_t *index_bytes,
				       const uint8_t raw[VSX_HEAD_BYTES],
				       struct vsx_error *err);

void vsx_chunk_head_encode(uint8_t out[VSX_HEAD_BYTES],
			   const struct vsx_chunk_head *head);
enum vsx_status vsx_chunk_head_decode(struct vsx_chunk_head *head,
				      const uint8_t raw[VSX_HEAD_BYTES],
				      struct vsx_error *err);

/* Does a record of a stream begin so? */
bool vsx_is_snapshot(const uint8_t raw[VSX_HEAD_BYTES]);

/* Bytes of the record of a snapshot of so many chunks. */
uint64_t vsx_snapshot_bytes(uint64_t n_chunks);

/* *out is heap. */
enum vsx_status vsx_snapshot_encode(uint8_t **out, uint64_t *bytes,
				    const struct vsx_snapshot_record *s,
				    struct vsx_error *err);

/* Of exactly n bytes. Free s->chunks. */
enum vsx_status vsx_snapshot_decode(struct vsx_snapshot_record *s,
				    const uint8_t *raw, uint64_t n,
				    struct vsx_error *err);

/* The file `sequence`, of n bytes; and the rule for a number. */
enum vsx_status vsx_sequence_decode(uint64_t *last, const uint8_t *raw,
				    uint64_t n, struct vsx_error *err);
enum vsx_status vsx_record_sequence(uint64_t sequence, struct vsx_error *err);

/* When the file of a chunk was last found sound. */
struct vsx_chunk_check {
	struct vsx_hash hash; /* first, to be sorted by */
	uint64_t at;	      /* seconds since 1970, UTC; never 0 */
	uint64_t stamp;	      /* of the file then: changes when it does */
};
#define VSX_NO_STAMP 0 /* what no file has */

/* The record of n of them, sorted; heap, or NULL. Those at the end are left
 * out if they are too many. */
uint8_t *vsx_checked_encode(uint64_t *bytes,
			    const struct vsx_chunk_check *checks, uint64_t n);

/* How many are in a record, which is checked, and one of them. */
enum vsx_status vsx_checked_count(uint64_t *n, const uint8_t *raw,
				  uint64_t bytes, struct vsx_error *err);
void vsx_checked_get(struct vsx_chunk_check *check, const uint8_t *raw,
		     uint64_t i);

/* What all records agree in: a version that is known, an index's length. */
enum vsx_status vsx_record_version(uint32_t version, uint64_t features,
				   struct vsx_error *err);
enum vsx_status vsx_record_index_bytes(uint64_t bytes, struct vsx_error *err);

/* The last 16 of so many bytes are the XXH3-128 of those before them. */
enum vsx_status vsx_record_sealed(const uint8_t *raw, uint64_t bytes,
				  struct vsx_error *err);

#define VSX_HEX_BYTES 33
/* As messages and paths show it: byte by byte, as it lies on disk. */
void vsx_hash_hex(char out[VSX_HEX_BYTES], struct vsx_hash hash);
bool vsx_hash_parse(struct vsx_hash *out, const char *hex);
int vsx_hash_order(const void *a, const void *b);

#endif
