/* Near centroids get near numbers. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "train/kmeans.h"

/* Chains are walked within stretches of this many centroids. */
#define STRETCH 4096u

/* From centroid `first` of order[0..n) always on to the nearest one left. */
static void walk(const struct vsx_kmeans *km, uint32_t *order, uint32_t n,
		 uint32_t *keys)
{
	for (uint32_t i = 0; i + 1 < n; i++) {
		uint32_t left = n - i - 1, best = 0, t;

		km->distance(km->codes + (size_t)order[i] * km->code_stride,
			     km->codes, km->code_stride, order + i + 1, left,
			     km->dim, keys);
		for (uint32_t j = 1; j < left; j++)
			if (keys[j] < keys[best] ||
			    (keys[j] == keys[best] &&
			     order[i + 1 + j] < order[i + 1 + best]))
				best = j;
		t = order[i + 1];
		order[i + 1] = order[i + 1 + best];
		order[i + 1 + best] = t;
	}
}

enum vsx_status vsx_kmeans_chain(struct vsx_kmeans *km, struct vsx_error *err)
{
	float *centroids = NULL;
	uint8_t *codes = NULL;
	uint32_t *order = NULL, *keys = NULL;
	enum vsx_status status;

	status = vsx_alloc_to(&order, km->k, sizeof(*order), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&keys, km->k, sizeof(*keys), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&centroids, (size_t)km->k * km->dim,
				      sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&codes, km->k, km->code_stride, err);
	if (status != VSX_OK)
		goto done;
	for (uint32_t c = 0; c < km->k; c++)
		order[c] = c;
	for (uint32_t c = 0; c < km->k; c += STRETCH)
		walk(km, order + c, km->k - c < STRETCH ? km->k - c : STRETCH,
		     keys);
	for (uint32_t c = 0; c < km->k; c++) {
		memcpy(centroids + (size_t)c * km->dim,
		       km->centroids + (size_t)order[c] * km->dim,
		       km->dim * sizeof(float));
		memcpy(codes + (size_t)c * km->code_stride,
		       km->codes + (size_t)order[c] * km->code_stride,
		       km->code_stride);
	}
	free(km->centroids);
	free(km->codes);
	km->centroids = centroids;
	km->codes = codes;
	centroids = NULL;
	codes = NULL;
done:
	free(centroids);
	free(codes);
	free(order);
	free(keys);
	return status;
}
