/* K-means: what its centroids are, and that they are always the same. */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* So many begin in cells, which order the points. */
#define MANY_N 4000
#define MANY   300

Test(kmeans, many_do_not_depend_on_threads)
{
	struct vsx_kmeans one, many;
	struct seeded s;

	seeded_init(&s, VSX_L2, VSX_F32, MANY_N, DIM);
	for (uint64_t sample = 0; sample <= 2000; sample += 2000) {
		train(&one, &s, MANY, 1, sample);
		for (unsigned int t = 2; t <= 8; t++) {
			train(&many, &s, MANY, t, sample);
			cr_expect_arr_eq(one.centroids, many.centroids,
					 MANY * DIM * sizeof(float));
			vsx_kmeans_release(&many);
		}
		vsx_kmeans_release(&one);
	}
	seeded_release(&s);
}

/* Trained in a process of its own, where isa is the widest allowed. */
static void train_by(const char *isa, struct seeded *s, uint32_t k,
		     float *centroids)
{
	pid_t child = fork();
	int how;

	cr_assert_geq(child, 0);
	if (child == 0) {
		struct vsx_job job = {.seed = 3, .n_threads = 2};
		struct vsx_kmeans km;
		struct vsx_error err;

		setenv("VSX_ISA", isa, 1);
		if (vsx_kmeans_train(&km, &job, &s->rows, k, 0, &err))
			_exit(1);
		memcpy(centroids, km.centroids, k * DIM * sizeof(float));
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &how, 0), child);
	cr_assert(WIFEXITED(how) && WEXITSTATUS(how) == 0, "%s", isa);
}

Test(kmeans, does_not_depend_on_the_instruction_set)
{
	static const char *const isas[] = {"avx2", "avxvnni", "avx512",
					   "amx",  "neon",    "neondot"};
	static const uint32_t ks[] = {40, MANY};
	size_t bytes = MANY * DIM * sizeof(float);
	float *due = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	float *got = due + MANY * DIM;
	struct seeded s;

	cr_assert_neq((void *)due, MAP_FAILED);
	for (int metric = VSX_L2; metric <= VSX_COSINE; metric += 2) {
		/* Nothing before this may choose the kernels of this process.
		 */
		seeded_init(&s, (enum vsx_metric)metric, VSX_F32, MANY_N, DIM);
		for (int i = 0; i < 2; i++) {
			size_t n = ks[i] * DIM;

			train_by("scalar", &s, ks[i], due);
			for (int j = 0; j < 6; j++) {
				train_by(isas[j], &s, ks[i], got);
				cr_expect_eq(memcmp(due, got, n * 4), 0,
					     "%s, %u centroids", isas[j],
					     ks[i]);
			}
		}
		seeded_release(&s);
	}
}

/* Squared distances of all rows to the nearest of k centroids, by f64; sums and
 * sizes of their clusters unless sum is NULL. */
static double error_of(const float *x, uint32_t n, const float *cents,
		       uint32_t k, double *sum, uint32_t *size)
{
	double all = 0.0;

	for (uint32_t i = 0; i < n; i++, x += DIM) {
		double least = INFINITY;
		uint32_t best = 0;

		for (uint32_t c = 0; c < k; c++) {
			float d2 = 0.0f;

			for (uint32_t d = 0; d < DIM; d++) {
				float r = x[d] - cents[c * DIM + d];

				d2 += r * r;
			}
			if ((double)d2 < least) {
				least = (double)d2;
				best = c;
			}
		}
		all += least;
		size[best]++;
		for (uint32_t d = 0; sum && d < DIM; d++)
			sum[best * DIM + d] += (double)x[d];
	}
	return all;
}

/* The error of Lloyd's iterations over the rows as they are. */
static double plain_error(const struct seeded *s, uint32_t k)
{
	static float cents[MANY * DIM];
	static double sum[MANY * DIM];
	static uint32_t size[MANY];
	uint32_t n = s->rows.n;

	for (uint32_t c = 0; c < k; c++)
		memcpy(cents + c * DIM, s->x + (size_t)c * n / k * DIM,
		       DIM * sizeof(float));
	for (int i = 0; i < 12; i++) {
		memset(sum, 0, sizeof(sum));
		memset(size, 0, sizeof(size));
		error_of(s->x, n, cents, k, sum, size);
		for (uint32_t c = 0; c < k; c++)
			for (uint32_t d = 0; size[c] && d < DIM; d++)
				cents[c * DIM + d] =
					(float)(sum[c * DIM + d] / size[c]);
	}
	return error_of(s->x, n, cents, k, NULL, size);
}

Test(kmeans, errs_no_more_than_plain_iterations)
{
	static const uint32_t ks[] = {100, 255, 256, MANY};
	static uint32_t size[MANY];

	for (int i = 0; i < 4; i++) {
		struct vsx_kmeans km;
		struct seeded s;
		double ours, plain;

		seeded_init(&s, VSX_L2, VSX_F32, MANY_N, DIM);
		train(&km, &s, ks[i], 2, 0);
		ours = error_of(s.x, MANY_N, km.centroids, ks[i], NULL, size);
		plain = plain_error(&s, ks[i]);
		cr_expect_leq(ours, plain * 1.02, "%u: %g, plain %g", ks[i],
			      ours, plain);
		vsx_kmeans_release(&km);
		seeded_release(&s);
	}
}

/* Row i becomes a copy of row of[i]. */
static void copy_rows(struct seeded *s, uint32_t (*of)(uint32_t))
{
	size_t stride = s->space.stride;

	for (uint32_t i = 0; i < s->rows.n; i++) {
		memmove(s->base + i * stride, s->base + of(i) * stride, stride);
		memmove(s->x + i * DIM, s->x + of(i) * DIM,
			DIM * sizeof(float));
	}
}

static uint32_t one(uint32_t i)
{
	return i * 0;
}

static uint32_t three(uint32_t i)
{
	return i % 3;
}

static uint32_t a_hundred(uint32_t i)
{
	return i % 100;
}

static uint32_t mostly_one(uint32_t i)
{
	return i % 20 ? 0 : i;
}

static uint32_t itself(uint32_t i)
{
	return i;
}

/*
 * Rows that are few, far fewer than the centroids or just as many: each row of
 * those that differ gets its centroid.
 */
Test(kmeans, rows_that_are_few_get_a_centroid_each)
{
	static const struct {
		uint32_t (*of)(uint32_t);
		uint32_t n, k;
	} cases[] = {
		{one, 1000, 10},	 {one, 1000, MANY},
		{three, 1000, 10},	 {three, 1000, MANY},
		{a_hundred, 1000, MANY}, {mostly_one, 4000, MANY},
		{itself, MANY, MANY},	 {itself, 100, 100},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t n = cases[i].n, k = cases[i].k, far = 0;
		struct vsx_kmeans km;
		struct seeded s;

		seeded_init(&s, VSX_L2, VSX_F32, n, DIM);
		copy_rows(&s, cases[i].of);
		train(&km, &s, k, 2, 0);
		for (uint32_t r = 0; r < n; r++) {
			double least = INFINITY;

			for (uint32_t c = 0; c < k; c++)
				least = fmin(
					least,
					distance_to(&km, s.x + r * DIM, c));
			far += sqrt(least) > sqrt(DIM) * (double)km.grid.delta;
		}
		for (uint32_t c = 0; c < k * DIM; c++)
			cr_assert(isfinite(km.centroids[c]));
		cr_expect_eq(far, 0, "case %zu: %u rows are far off", i, far);
		vsx_kmeans_release(&km);
		seeded_release(&s);
	}
}

/* Nearly as many centroids as rows, which all differ: few rows share one. */
Test(kmeans, nearly_as_many_centroids_as_rows)
{
	static uint32_t list[600];
	uint32_t size[590] = {0}, empty = 0;
	struct vsx_kmeans km;
	struct seeded s;

	seeded_init(&s, VSX_L2, VSX_F32, 600, DIM);
	/* Some were the same, and codes would be. */
	for (uint32_t i = 0; i < 600 * DIM; i++)
		s.x[i] = (float)vsx_to_unit(vsx_random_at(5, 1, i));
	for (uint32_t i = 0; i < 600; i++)
		memcpy(s.base + (size_t)i * s.space.stride, s.x + i * DIM,
		       DIM * sizeof(float));
	train(&km, &s, 590, 2, 0);
	assign(&km, &s, list);
	for (uint32_t i = 0; i < 600; i++)
		size[list[i]]++;
	for (uint32_t c = 0; c < 590; c++)
		empty += size[c] == 0;
	cr_expect_leq(empty, 10, "%u are empty", empty);
	vsx_kmeans_release(&km);
	seeded_release(&s);
}

/* Nearly all rows within a dot, as seen from the others. */
Test(kmeans, one_giant_cluster_takes_no_centroids_from_the_others)
{
	static uint32_t list[MANY_N];
	uint32_t size[MANY] = {0}, empty = 0;
	struct vsx_kmeans km;
	struct seeded s;

	seeded_init(&s, VSX_L2, VSX_F32, MANY_N, DIM);
	for (uint32_t i = 0; i < MANY_N; i++)
		for (uint32_t d = 0; d < DIM && i % 10; d++)
			s.x[i * DIM + d] *= 1e-4f;
	for (uint32_t i = 0; i < MANY_N; i++)
		memcpy(s.base + (size_t)i * s.space.stride, s.x + i * DIM,
		       DIM * sizeof(float));
	train(&km, &s, MANY, 2, 0);
	assign(&km, &s, list);
	for (uint32_t i = 0; i < MANY_N; i++)
		size[list[i]]++;
	for (uint32_t c = 0; c < MANY; c++)
		empty += size[c] == 0;
	cr_expect_leq(empty, MANY / 10, "%u are empty", empty);
	vsx_kmeans_release(&km);
	seeded_release(&s);
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

static enum vsx_status note_total(struct vsx_job *job,
				  const struct vsx_phase *phase, uint64_t done,
				  uint64_t total, struct vsx_error *err)
{
	(void)err;
	cr_expect_leq(done, total);
	if (strcmp(phase->name, "training") == 0)
		*(uint64_t *)job->context = total;
	return VSX_OK;
}

/* What training takes: how often a row is compared with some centroids. */
Test(kmeans, looks_at_a_row_a_few_times)
{
	uint64_t total = 0;
	struct vsx_job job = {.seed = 3,
			      .n_threads = 1,
			      .progress = note_total,
			      .context = &total};
	struct vsx_error err;
	struct vsx_kmeans km;
	struct seeded s;

	seeded_init(&s, VSX_L2, VSX_F32, 32768, 4);
	cr_assert_eq(vsx_kmeans_train(&km, &job, &s.rows, 256, 0, &err),
		     VSX_OK);
	cr_expect_leq(total, 16 * 32768, "%" PRIu64, total);
	cr_expect_geq(total, 10 * 32768, "%" PRIu64, total);
	vsx_kmeans_release(&km);
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
