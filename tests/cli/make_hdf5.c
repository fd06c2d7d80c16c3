/*
 * Files as ann-benchmarks has them, good ones and broken ones, for
 * bench_input.sh: 60 rows and 8 queries of 5 components with their 20 nearest
 * rows. Each case alters one thing.
 */
#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS	60
#define QUERIES 8
#define DIM	5
#define K	20

static float train[ROWS * DIM], test[QUERIES * DIM];
static int32_t neighbors[QUERIES * K];

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "make_hdf5: %s\n", what);
	exit(1);
}

static float distance(int query, int row)
{
	float sum = 0;

	for (int j = 0; j < DIM; j++) {
		float d = test[query * DIM + j] - train[row * DIM + j];

		sum += d * d;
	}
	return sum;
}

static void find(int query, int32_t *ids)
{
	bool taken[ROWS] = {false};

	for (int k = 0; k < K; k++) {
		int best = -1;

		for (int i = 0; i < ROWS; i++)
			if (!taken[i] &&
			    (best < 0 ||
			     distance(query, i) < distance(query, best)))
				best = i;
		taken[best] = true;
		ids[k] = best;
	}
}

static void make_data(void)
{
	for (int i = 0; i < ROWS * DIM; i++)
		train[i] = (float)(i * i * 7 % 97 + 1);
	for (int i = 0; i < QUERIES * DIM; i++)
		test[i] = (float)(i * i * 11 % 89 + 1);
	for (int i = 0; i < QUERIES; i++)
		find(i, neighbors + i * K);
}

static hid_t create(const char *name, const char *metric)
{
	hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	hid_t space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1), at;

	check(file >= 0, name);
	if (metric) {
		H5Tset_size(type, H5T_VARIABLE);
		at = H5Acreate2(file, "distance", type, space, H5P_DEFAULT,
				H5P_DEFAULT);
		check(H5Awrite(at, type, &metric) >= 0, "distance");
		H5Aclose(at);
	}
	H5Tclose(type);
	H5Sclose(space);
	return file;
}

/* columns 0: one dimension */
static void add(hid_t file, const char *name, hid_t stored, hid_t type,
		hsize_t rows, hsize_t columns, const void *data)
{
	hsize_t dims[2] = {rows, columns};
	hid_t space = H5Screate_simple(columns ? 2 : 1, dims, NULL);
	hid_t set = H5Dcreate2(file, name, stored, space, H5P_DEFAULT,
			       H5P_DEFAULT, H5P_DEFAULT);

	check(set >= 0, name);
	if (data)
		check(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
			       data) >= 0,
		      name);
	H5Dclose(set);
	H5Sclose(space);
}

static void add_floats(hid_t file, const char *name, hsize_t rows,
		       hsize_t columns, const float *data)
{
	add(file, name, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, rows, columns, data);
}

static void add_ids(hid_t file, hsize_t rows, hsize_t columns)
{
	add(file, "neighbors", H5T_STD_I32LE, H5T_NATIVE_INT32, rows, columns,
	    neighbors);
}

static void whole(const char *name, const char *metric, hid_t stored, hid_t ids)
{
	hid_t file = create(name, metric);

	add(file, "train", stored, H5T_NATIVE_FLOAT, ROWS, DIM, train);
	add(file, "test", stored, H5T_NATIVE_FLOAT, QUERIES, DIM, test);
	add(file, "neighbors", ids, H5T_NATIVE_INT32, QUERIES, K, neighbors);
	H5Fclose(file);
}

/* The attribute of another kind of string, and no neighbours. */
static void make_fixed(void)
{
	hid_t file = create("fixed.hdf5", NULL);
	hid_t space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1), at;

	H5Tset_size(type, 7);
	at = H5Acreate2(file, "distance", type, space, H5P_DEFAULT,
			H5P_DEFAULT);
	check(H5Awrite(at, type, "angular") >= 0, "fixed");
	H5Aclose(at);
	H5Tclose(type);
	H5Sclose(space);
	add_floats(file, "train", ROWS, DIM, train);
	add_floats(file, "test", QUERIES, DIM, test);
	H5Fclose(file);
}

static void make_missing(void)
{
	hid_t file = create("no-test.hdf5", "euclidean");

	add_floats(file, "train", ROWS, DIM, train);
	add_ids(file, QUERIES, K);
	H5Fclose(file);
	file = create("no-train.hdf5", "euclidean");
	add_floats(file, "test", QUERIES, DIM, test);
	H5Fclose(file);
}

static void make_shapes(void)
{
	hid_t file = create("flat.hdf5", "euclidean");

	add_floats(file, "train", ROWS * DIM, 0, train);
	H5Fclose(file);
	file = create("dims.hdf5", "euclidean");
	add_floats(file, "train", ROWS, DIM, train);
	add_floats(file, "test", QUERIES, DIM - 1, test);
	H5Fclose(file);
	file = create("empty.hdf5", "euclidean");
	add_floats(file, "train", 0, DIM, NULL);
	H5Fclose(file);
	file = create("short-truth.hdf5", "euclidean");
	add_floats(file, "train", ROWS, DIM, train);
	add_floats(file, "test", QUERIES, DIM, test);
	add_ids(file, QUERIES - 1, K);
	H5Fclose(file);
}

static void make_values(void)
{
	int32_t id = neighbors[3 * K + 4];
	hid_t file;

	file = create("odd.hdf5", "euclidean");
	add(file, "train", H5T_STD_I32LE, H5T_NATIVE_INT32, ROWS, DIM,
	    (int32_t[ROWS * DIM]){1, 2, 16777217});
	H5Fclose(file);
	neighbors[3 * K + 4] = ROWS;
	whole("far.hdf5", "euclidean", H5T_IEEE_F32LE, H5T_STD_I32LE);
	neighbors[3 * K + 4] = -3;
	whole("negative.hdf5", "euclidean", H5T_IEEE_F32LE, H5T_STD_I64LE);
	neighbors[3 * K + 4] = id;
	whole("real-ids.hdf5", "euclidean", H5T_IEEE_F32LE, H5T_IEEE_F32LE);
}

static void make_types(void)
{
	hid_t file = create("strings.hdf5", "euclidean");
	hid_t type = H5Tcopy(H5T_C_S1);

	add(file, "train", type, type, ROWS, DIM, NULL);
	H5Tclose(type);
	H5Fclose(file);
}

/* More than any machine has, in a file of a few kilobytes. */
static void make_huge(void)
{
	hsize_t dims[2] = {(hsize_t)1 << 40, 1000}, chunk[2] = {16, 1000};
	hid_t file = create("huge.hdf5", "euclidean");
	hid_t space = H5Screate_simple(2, dims, NULL);
	hid_t plist = H5Pcreate(H5P_DATASET_CREATE), set;

	H5Pset_chunk(plist, 2, chunk);
	set = H5Dcreate2(file, "train", H5T_IEEE_F32LE, space, H5P_DEFAULT,
			 plist, H5P_DEFAULT);
	check(set >= 0, "huge");
	H5Dclose(set);
	H5Pclose(plist);
	H5Sclose(space);
	H5Fclose(file);
}

/* Data that lies in other files. */
static void make_outside(void)
{
	hsize_t dims[2] = {ROWS, DIM};
	hid_t file = create("link.hdf5", "euclidean"), plist, space, set;

	H5Lcreate_external("good.hdf5", "train", file, "train", H5P_DEFAULT,
			   H5P_DEFAULT);
	H5Fclose(file);
	file = create("outside.hdf5", "euclidean");
	space = H5Screate_simple(2, dims, NULL);
	plist = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_external(plist, "/etc/passwd", 0, sizeof(train));
	set = H5Dcreate2(file, "train", H5T_IEEE_F32LE, space, H5P_DEFAULT,
			 plist, H5P_DEFAULT);
	check(set >= 0, "outside");
	H5Dclose(set);
	H5Pclose(plist);
	plist = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_virtual(plist, space, "good.hdf5", "train", space);
	H5Fclose(file);
	file = create("virtual.hdf5", "euclidean");
	set = H5Dcreate2(file, "train", H5T_IEEE_F32LE, space, H5P_DEFAULT,
			 plist, H5P_DEFAULT);
	check(set >= 0, "virtual");
	H5Dclose(set);
	H5Pclose(plist);
	H5Sclose(space);
	H5Fclose(file);
}

int main(void)
{
	make_data();
	whole("good.hdf5", "euclidean", H5T_IEEE_F32LE, H5T_STD_I32LE);
	whole("double.hdf5", "euclidean", H5T_IEEE_F64BE, H5T_STD_I64LE);
	whole("bytes.hdf5", "euclidean", H5T_STD_U8LE, H5T_STD_U64BE);
	whole("jaccard.hdf5", "jaccard", H5T_IEEE_F32LE, H5T_STD_I32LE);
	make_fixed();
	make_missing();
	make_shapes();
	make_values();
	make_types();
	make_huge();
	make_outside();
	return 0;
}
