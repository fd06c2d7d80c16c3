/*
 * The numbers that mean metric, element type and index kind, in files and in
 * the interface alike. Installed; part of the public interface.
 */
#ifndef VSX_TYPES_H
#define VSX_TYPES_H

#include <stddef.h>

/* How near two vectors are. The best result comes first whichever it is. */
enum vsx_metric {
	VSX_L2 = 1,	/* squared Euclidean distance; smaller is nearer */
	VSX_IP = 2,	/* inner product; larger is nearer */
	VSX_COSINE = 3, /* cosine similarity; larger is nearer */
};

/* One component of a vector. */
enum vsx_elem {
	VSX_F32 = 1,
	VSX_F16 = 2,  /* IEEE 754 binary16 */
	VSX_BF16 = 3, /* the upper half of an f32 */
	VSX_I8 = 4,
	VSX_U8 = 5,
};
#define VSX_N_ELEMS 6 /* for tables indexed by enum vsx_elem; 0 is unused */

enum vsx_kind_code {
	VSX_FLAT = 1,
	VSX_IVF = 2,
	VSX_HNSW = 3,
};

/* What a field of rows holds. */
enum vsx_field_type {
	VSX_BOOL = 1,
	VSX_INT = 2,	/* i64 */
	VSX_FLOAT = 3,	/* f64, finite */
	VSX_TIME = 4,	/* microseconds since 1970-01-01T00:00Z, i64 */
	VSX_STRING = 5, /* UTF-8 without U+0000, up to 65535 bytes */
};

#define VSX_MAX_DIM    65536
#define VSX_MAX_FIELDS 1024

/* Of a key and of a payload. */
#define VSX_MAX_KEY	1024u
#define VSX_MAX_PAYLOAD (16u << 20)

/* Bytes that are somebody else's. n 0: none, whatever `at` is. */
struct vsx_bytes {
	const void *at;
	size_t n;
};

#endif
