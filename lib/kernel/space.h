/*
 * A metric over rows of one element type: what turns a query and row numbers
 * into keys that can be compared.
 *
 * A key is a u32 that is smaller for a nearer row. For l2 over floats it is the
 * bits of the f32 distance (which is never negative), for l2 over integers the
 * exact sum itself; products are mapped so that the greater one comes first.
 * Keys of one query can be compared with each other, whatever the kind of
 * index; a pool keeps key and row in one u64.
 *
 * Cosine keeps rows as they were given and the inverse of their length as an
 * f32 behind the components (the tail, at vsx_space.tail); 0 for a row whose
 * products an f32 may not hold.
 */
#ifndef VSX_SPACE_H
#define VSX_SPACE_H

#include <stdbool.h>

#include "error.h"
#include "kernel/kernel.h"
#include "vsx_types.h"

struct vsx_space {
	const struct vsx_kernels *kernels;
	enum vsx_metric metric;
	enum vsx_elem elem;
	uint32_t dim;
	uint32_t vector_bytes;
	uint32_t tail;	 /* offset of the inverse length; cosine only */
	uint32_t stride; /* bytes from row to row */
};

/* stride 0 takes what vsx_row_stride() says. */
void vsx_space_init(struct vsx_space *s, enum vsx_metric metric,
		    enum vsx_elem elem, uint32_t dim, uint32_t stride);

/* A query made ready. Its buffers belong to whoever made it. */
struct vsx_query {
	const float *f32;  /* the components; for cosine of length 1 if it came
			      from vsx_space_prepare() */
	float scale;	   /* cosine: inverse length of f32 */
	const void *whole; /* the same as bytes, for rows of the types of which
			      whole_types has the bit: see kernel/whole.h */
	uint32_t whole_types;
	float whole_scale;   /* cosine: inverse length of whole */
	float *f32_buffer;   /* float[dim], 64-byte aligned */
	void *native_buffer; /* 2 * vsx_tile_stride(dim) bytes, likewise */
	double *f64_buffer;  /* double[dim]: the query; cosine: of length 1 */
};

enum vsx_status vsx_query_alloc(struct vsx_query *q, uint32_t dim,
				struct vsx_error *err);
void vsx_query_release(struct vsx_query *q);

/* The query as rows of the space are, where these are i8 or u8 and each of its
 * components is a whole number in range; else NULL. */
static inline const void *vsx_query_native(const struct vsx_space *s,
					   const struct vsx_query *q)
{
	return q->whole_types >> s->elem & 1 ? q->whole : NULL;
}

/*
 * Make a query ready, for rows of any type of the metric and dimension: dim
 * components of type elem, any alignment.
 * VSX_ENUMERIC for NaN, infinity, length 0 under cosine, or a squared length
 * above 2^125 under l2 and ip.
 */
enum vsx_status vsx_space_prepare(const struct vsx_space *s,
				  struct vsx_query *q, const void *x,
				  enum vsx_elem elem, struct vsx_error *err);

/*
 * Make a stored row the query, without rounding and where possible without
 * copying: the row must outlive the query. For graphs under construction.
 */
void vsx_space_row_query(const struct vsx_space *s, struct vsx_query *q,
			 const uint8_t *row);

/*
 * Keys of n rows: number rows[i] of those that begin at base, or row i when
 * rows is NULL.
 */
void vsx_space_keys(const struct vsx_space *s, const struct vsx_query *q,
		    const uint8_t *base, const uint32_t *rows, size_t n,
		    uint32_t *keys);

/*
 * The keys of n integer rows under cosine from their tails and, in keys, the
 * products with q->whole, negated modulo 2^32.
 */
void vsx_space_cosine_keys(const struct vsx_space *s, const struct vsx_query *q,
			   const float *tails, size_t n, uint32_t *keys);

/* How a key is read. */
enum vsx_key_form {
	VSX_KEY_F32,	    /* bits of a squared distance, an f32 */
	VSX_KEY_WHOLE,	    /* a squared distance that is a whole number */
	VSX_KEY_PRODUCT,    /* vsx_key_of_product() */
	VSX_KEY_PRODUCT_I8, /* whole products, of i8 and of u8 */
	VSX_KEY_PRODUCT_U8,
};

enum vsx_key_form vsx_space_key_form(const struct vsx_space *s,
				     const struct vsx_query *q);

/* The value that a key stands for, as vsx_topk wants it: smaller is nearer. */
double vsx_key_value(enum vsx_key_form form, uint32_t key);

static inline double vsx_space_value(const struct vsx_space *s,
				     const struct vsx_query *q, uint32_t key)
{
	return vsx_key_value(vsx_space_key_form(s, q), key);
}

/* The key of a product: the greater, the less. */
uint32_t vsx_key_of_product(float product);

/*
 * The exact value of SPEC.md 5.8: in f64 over the stored components, added in
 * rising order by 8 lanes. What answers are sorted by.
 */
double vsx_space_exact_value(const struct vsx_space *s,
			     const struct vsx_query *q, const uint8_t *row);

/* What the user is told: l2 as it is, products with their sign back, cosine
 * within -1 and 1. */
float vsx_space_distance(const struct vsx_space *s, double value);

/*
 * Store one row: convert dim components of type elem to those of the space,
 * write them and the tail to `out` (stride bytes, the padding zeroed).
 * normalize scales to length 1 first. VSX_ENUMERIC tells the fault without the
 * row's number.
 */
enum vsx_status vsx_space_store(const struct vsx_space *s, uint8_t *out,
				const void *x, enum vsx_elem elem,
				bool normalize, struct vsx_error *err);

/* What follows the components of a row that stands at `out` already, in f32:
 * for rows that were computed, and may be what no writer stores. */
void vsx_space_close(const struct vsx_space *s, uint8_t *out);

/* 1 / length of a stored row, in f64; 0 for the zero vector. */
double vsx_space_inverse_length(const struct vsx_space *s, const uint8_t *row);

/* What makes a stored row one of length 1 under cosine; else 1. In f64. */
double vsx_space_scale(const struct vsx_space *s, const uint8_t *row);

/* The components of a stored row as f32. */
void vsx_space_load(const struct vsx_space *s, float *out, const uint8_t *row);

/* The same of components first .. first+n-1. Whoever takes a piece at a time
 * needs no buffer for a whole row. */
#define VSX_SPACE_PIECE 256u
void vsx_space_load_some(const struct vsx_space *s, float *out,
			 const uint8_t *row, uint32_t first, uint32_t n);

/* The same where they lie, if these are f32s, or in room, float[n]: at any
 * alignment. */
const uint8_t *vsx_space_f32s(const struct vsx_space *s, float *room,
			      const uint8_t *row, uint32_t first, uint32_t n);

/* How many components the piece has that begins with `first`. */
static inline uint32_t vsx_space_piece(uint32_t dim, uint32_t first)
{
	return dim - first < VSX_SPACE_PIECE ? dim - first : VSX_SPACE_PIECE;
}

#endif
