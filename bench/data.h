/*
 * The data sets of the measuring programs, read whole into memory. Vectors
 * become float32 [n][dim] whatever they are in the file; u8 and f16 values
 * convert without loss. This is no part of VSX: it trusts its files to be
 * what their suffix says, and refuses what it cannot read.
 *
 * Every call returns 0, or -1 with one line in `why` (may be NULL).
 */
#ifndef BENCH_DATA_H
#define BENCH_DATA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_WHY_BYTES 512

struct bench_vectors {
	float *x; /* [n][dim], row-major, 64-byte aligned */
	size_t n;
	size_t dim;
	char elem[4]; /* element type in the file: f32 f16 f64 u8 i8 */
};

struct bench_ids {
	int32_t *id; /* [n][k]; in ground truth the nearest comes first */
	size_t n;
	size_t k;
};

/* .npy (C order, little-endian), .fvecs, .bvecs; chosen by the suffix. */
int bench_vectors_read(struct bench_vectors *out, const char *path,
		       char why[BENCH_WHY_BYTES]);
void bench_vectors_release(struct bench_vectors *v);

/* .ivecs with rows of equal length. */
int bench_ids_read(struct bench_ids *out, const char *path,
		   char why[BENCH_WHY_BYTES]);
void bench_ids_release(struct bench_ids *ids);

/*
 * Share of the first k true ids found among the first k of each answer:
 * ids are compared, not distances. found is [truth->n][k], -1 where a search
 * returned fewer than k; k is at most truth->k.
 */
double bench_recall(const int32_t *found, const struct bench_ids *truth,
		    size_t k);

#ifdef __cplusplus
}
#endif

#endif
