/* K-means: what its centroids are, and that they are always the same. */
#include <criterion/criterion.h>

#include "kind/seeded.h"
#include "train/kmeans.h"

#define N   1500
#define DIM 20

static void train(struct vsx_kmeans *km, struct seeded *s, uint32_t k,
		  unsigned int n_threads, uint64_t sample)
{
	struct vsx_job job = {.seed = 3, .n_threads = n_threads};
	struct vsx_error err = {0};

	cr_assert_eq(vsx_kmeans_train(km, &job, &s->rows, k, sample, &err),
		     VSX_OK, "%s", err.text);
}

static void assign(struct vsx_kmeans *km, struct seeded *s, uint32_t *list)
{
	struct vsx_job job = {.n_threads = 2};
	struct vsx_error err = {0};

	cr_assert_eq(vsx_kmeans_assign(km, &job, &s->rows, list, &err), VSX_OK,
		     "%s", err.text);
}

static double distance_to(const struct vsx_kmeans *km, const float *x,
			  uint32_t c)
{
	double sum = 0.0;

	for (uint32_t d = 0; d < DIM; d++) {
		double r = (double)x[d] -
			   (double)km->centroids[(size_t)c * DIM + d];

		sum += r * r;
	}
	return sum;
}

Test(kmeans, finds_the_clusters_that_are_there)
{
	static uint32_t list[N];
	struct vsx_kmeans km;
	struct seeded s;
	double within = 0.0, all = 0.0, mean[DIM] = {0.0};

	seeded_init(&s, VSX_L2, VSX_F32, N, DIM);
	train(&km, &s, 2 * SEEDED_CLUSTERS, 1, 0);
	assign(&km, &s, list);
	for (uint32_t i = 0; i < N; i++)
		for (uint32_t d = 0; d < DIM; d++)
			mean[d] += (double)s.x[(size_t)i * DIM + d] / N;
	for (uint32_t i = 0; i < N; i++) {
		const float *x = s.x + (size_t)i * DIM;

		within += distance_to(&km, x, list[i]);
		for (uint32_t d = 0; d < DIM; d++)
			all += ((double)x[d] - mean[d]) *
			       ((double)x[d] - mean[d]);
	}
	cr_expect_lt(within, all / 4, "within %g of %g", within, all);
	vsx_kmeans_release(&km);
	seeded_release(&s);
}

Test(kmeans, rows_go_to_the_nearest_centroid)
{
	static uint32_t list[N];
	struct vsx_kmeans km;
	struct seeded s;
	unsigned int farther = 0;

	seeded_init(&s, VSX_L2, VSX_F32, N, DIM);
	train(&km, &s, 40, 1, 0);
	assign(&km, &s, list);
	for (uint32_t i = 0; i < N; i++) {
		const float *x = s.x + (size_t)i * DIM;
		double own = sqrt(distance_to(&km, x, list[i]));

		for (uint32_t c = 0; c < km.k; c++)
			if (sqrt(distance_to(&km, x, c)) <
			    own - 4 * sqrt(DIM) * (double)km.grid.delta)
				farther++;
	}
	/* Codes can tell no less than what they lose. */
	cr_expect_eq(farther, 0);
	vsx_kmeans_release(&km);
	seeded_release(&s);
}

Test(kmeans, does_not_depend_on_threads)
{
	static const uint64_t samples[] = {0, 300};

	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
		for (int i = 0; i < 2; i++) {
			struct vsx_kmeans one, many;
			struct seeded s;

			seeded_init(&s, (enum vsx_metric)metric, VSX_F32, N,
				    DIM);
			train(&one, &s, 100, 1, samples[i]);
			for (unsigned int t = 2; t <= 8; t += 6) {
				train(&many, &s, 100, t, samples[i]);
				cr_expect_arr_eq(one.centroids, many.centroids,
						 100 * DIM * sizeof(float));
				vsx_kmeans_release(&many);
			}
			vsx_kmeans_release(&one);
			seeded_release(&s);
		}
}

Test(kmeans, empty_clusters_get_a_part_of_the_largest)
{
	static uint32_t list[N];
	uint32_t size[64] = {0}, empty = 0;
	struct vsx_kmeans km;
	struct seeded s;

	/* Nine rows in ten are the same: most first centroids are equal, and
	 * all of them but one begin without a row. */
	seeded_init(&s, VSX_L2, VSX_F32, N, DIM);
	for (uint32_t i = 0; i < N; i++)
		if (i % 10)
			memcpy(s.base + (size_t)i * s.space.stride, s.base,
			       s.space.stride);
	train(&km, &s, 64, 1, 0);
	assign(&km, &s, list);
	for (uint32_t i = 0; i < N; i++)
		size[list[i]]++;
	for (uint32_t c = 0; c < 64; c++)
		empty += size[c] == 0;
	cr_expect_lt(empty, 32, "%u of 64 are empty", empty);
	vsx_kmeans_release(&km);
	seeded_release(&s);
}

Test(kmeans, bears_rows_that_are_all_the_same)
{
	struct vsx_kmeans km;
	struct seeded s;

	seeded_init(&s, VSX_L2, VSX_F32, 100, DIM);
	for (uint32_t i = 1; i < 100; i++)
		memcpy(s.base + (size_t)i * s.space.stride, s.base,
		       s.space.stride);
	train(&km, &s, 10, 1, 0);
	for (uint32_t c = 0; c < 10; c++)
		for (uint32_t d = 0; d < DIM; d++)
			cr_expect(isfinite(km.centroids[c * DIM + d]));
	vsx_kmeans_release(&km);
	seeded_release(&s);
}

static enum vsx_status stop(struct vsx_job *job, const struct vsx_phase *phase,
			    uint64_t done, uint64_t total,
			    struct vsx_error *err)
{
	(void)job;
	(void)done;
	(void)total;
	return vsx_fail(err, VSX_ESTOPPED, "stopped while %s", phase->name);
}

Test(kmeans, stops_when_it_is_told_to)
{
	struct vsx_job job = {.n_threads = 1, .progress = stop};
	struct vsx_error err = {0};
	struct vsx_kmeans km;
	struct seeded s;

	seeded_init(&s, VSX_L2, VSX_F32, N, DIM);
	cr_expect_eq(vsx_kmeans_train(&km, &job, &s.rows, 10, 0, &err),
		     VSX_ESTOPPED);
	cr_expect_null(km.centroids);
	seeded_release(&s);
}

Test(kmeans, chain_keeps_the_centroids)
{
	struct vsx_kmeans km;
	struct vsx_error err;
	struct seeded s;
	double before = 0.0, after = 0.0, sum = 0.0;

	seeded_init(&s, VSX_L2, VSX_F32, N, DIM);
	train(&km, &s, 50, 1, 0);
	for (uint32_t c = 0; c < 50; c++)
		sum += km.centroids[c * DIM];
	for (uint32_t c = 1; c < 50; c++)
		before += distance_to(&km, km.centroids + (c - 1) * DIM, c);
	cr_assert_eq(vsx_kmeans_chain(&km, &err), VSX_OK);
	for (uint32_t c = 0; c < 50; c++)
		sum -= km.centroids[c * DIM];
	for (uint32_t c = 1; c < 50; c++)
		after += distance_to(&km, km.centroids + (c - 1) * DIM, c);
	cr_expect(fabs(sum) < 1e-4);
	cr_expect_lt(after, before);
	vsx_kmeans_release(&km);
	seeded_release(&s);
}
