#include "bench/data/hdf5_send.h"

#include "cli/fail.h"

#include <stdio.h>

#ifdef VSX_HAVE_HDF5

#include "input/convert.h"
#include "vsx.h"

#include <errno.h>
#include <hdf5.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)8 << 20) /* read at a time */
#define NONE	    ((hid_t)-1)

/* Converts n cells; returns how many it could. */
typedef size_t take_cells(void *to, const void *from, enum cell cell, size_t n);

/* A dataset of rows of numbers. */
struct table {
	const char *file, *name;
	hid_t id, space;
	uint64_t n, width;
	uint64_t columns; /* that are read, from the first on */
	hid_t type;	  /* as it is read */
	enum cell cell;	  /* the same */
	take_cells *take; /* to what is handed over */
	size_t out_bytes;
	const char *why; /* take() would not */
};

/* What the library says of its last failure: the innermost cause. */
static herr_t take_cause(unsigned n, const H5E_error2_t *e, void *to)
{
	if (n == 0)
		snprintf(to, 128, ": %s", e->desc ? e->desc : "unknown");
	return 0;
}

static enum vsx_status fail_in(struct vsx_error *err, const char *file,
			       const char *what)
{
	char cause[128] = "";

	H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_cause, cause);
	return tool_fail(err, VSX_EINVAL, "%s: %s%s", file, what, cause);
}

static enum vsx_status fail_dataset(const struct table *t, const char *what,
				    struct vsx_error *err)
{
	return tool_fail(err, VSX_EINVAL, "%s: dataset '%s' %s", t->file,
			 t->name, what);
}

/* The numbers as the library is to hand them over. */
static enum vsx_status choose_type(struct table *t, struct vsx_error *err)
{
	hid_t type = H5Dget_type(t->id);
	H5T_class_t class = H5Tget_class(type);
	size_t bytes = H5Tget_size(type);
	bool is_signed = class == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_2;

	H5Tclose(type);
	if (class == H5T_FLOAT) {
		t->type = bytes > 4 ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
		t->cell = bytes > 4 ? CELL_F64 : CELL_F32;
	} else if (class == H5T_INTEGER && bytes == 1) {
		t->type = is_signed ? H5T_NATIVE_INT8 : H5T_NATIVE_UINT8;
		t->cell = is_signed ? CELL_I8 : CELL_U8;
	} else if (class == H5T_INTEGER && bytes <= 8) {
		t->type = is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
		t->cell = is_signed ? CELL_I64 : CELL_U64;
	} else {
		return fail_dataset(t, "holds neither floats nor integers",
				    err);
	}
	return VSX_OK;
}

static enum vsx_status check_shape(struct table *t, struct vsx_error *err)
{
	hsize_t dims[2];
	int rank;

	t->space = H5Dget_space(t->id);
	rank = H5Sget_simple_extent_ndims(t->space);
	if (rank != 2)
		return tool_fail(
			err, VSX_EINVAL,
			"%s: dataset '%s' has %d dimension%s, expected "
			"2 (rows and columns)",
			t->file, t->name, rank, rank == 1 ? "" : "s");
	H5Sget_simple_extent_dims(t->space, dims, NULL);
	if (dims[0] == 0 || dims[1] == 0 || dims[1] > VSX_MAX_DIM)
		return tool_fail(err, VSX_EINVAL,
				 "%s: dataset '%s' has %" PRIu64
				 " row%s of %" PRIu64
				 ", expected 1 or more of 1 to %d",
				 t->file, t->name, (uint64_t)dims[0],
				 dims[0] == 1 ? "" : "s", (uint64_t)dims[1],
				 VSX_MAX_DIM);
	t->n = dims[0];
	t->width = t->columns = dims[1];
	return VSX_OK;
}

/* A hostile file could make the library read others. */
static enum vsx_status check_inside(const struct table *t,
				    struct vsx_error *err)
{
	hid_t plist = H5Dget_create_plist(t->id);
	bool inside = H5Pget_layout(plist) != H5D_VIRTUAL &&
		      H5Pget_external_count(plist) == 0;

	H5Pclose(plist);
	return inside ? VSX_OK
		      : fail_dataset(t,
				     "lies in another file, which is not "
				     "followed",
				     err);
}

static enum vsx_status open_table(struct table *t, hid_t file,
				  struct vsx_error *err)
{
	enum vsx_status status;
	H5L_info_t link;

	t->id = t->space = NONE;
	if (H5Lexists(file, t->name, H5P_DEFAULT) <= 0)
		return tool_fail(err, VSX_EINVAL, "%s: has no dataset '%s'",
				 t->file, t->name);
	if (H5Lget_info(file, t->name, &link, H5P_DEFAULT) < 0 ||
	    link.type != H5L_TYPE_HARD)
		return fail_dataset(t, "is a link, which is not followed", err);
	t->id = H5Dopen2(file, t->name, H5P_DEFAULT);
	if (t->id < 0)
		return fail_in(err, t->file, t->name);
	status = check_inside(t, err);
	if (status == VSX_OK)
		status = check_shape(t, err);
	if (status == VSX_OK)
		status = choose_type(t, err);
	return status;
}

static void close_table(struct table *t)
{
	if (t->space >= 0)
		H5Sclose(t->space);
	if (t->id >= 0)
		H5Dclose(t->id);
}

static enum vsx_status read_block(const struct table *t, void *to,
				  uint64_t first, size_t n,
				  struct vsx_error *err)
{
	hsize_t start[2] = {first, 0}, count[2] = {n, t->columns};
	hid_t memory = H5Screate_simple(2, count, NULL);
	herr_t bad = H5Sselect_hyperslab(t->space, H5S_SELECT_SET, start, NULL,
					 count, NULL);
	char what[96];

	if (bad >= 0)
		bad = H5Dread(t->id, t->type, memory, t->space, H5P_DEFAULT,
			      to);
	H5Sclose(memory);
	if (bad < 0) {
		snprintf(what, sizeof(what),
			 "dataset '%s' cannot be read at row %" PRIu64, t->name,
			 first);
		return fail_in(err, t->file, what);
	}
	return VSX_OK;
}

static enum vsx_status say_cell(const struct table *t, const void *block,
				uint64_t first, size_t at,
				struct vsx_error *err)
{
	char text[CONVERT_TEXT_BYTES];

	convert_text(text, block, t->cell, at);
	return tool_fail(err, VSX_EINVAL,
			 "%s: dataset '%s', row %" PRIu64 ", column %" PRIu64
			 ": %s is %s",
			 t->file, t->name, first + at / t->columns,
			 at % t->columns, text, t->why);
}

static enum vsx_status send(int fd, const void *bytes, size_t n,
			    struct vsx_error *err)
{
	const char *from = bytes;

	while (n > 0) {
		ssize_t done = write(fd, from, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return tool_fail_errno(err, "cannot hand over data");
		from += done;
		n -= (size_t)done;
	}
	return VSX_OK;
}

static enum vsx_status send_blocks(const struct table *t, int fd, void *block,
				   void *out, size_t max, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	for (uint64_t i = 0; i < t->n && status == VSX_OK; i += max) {
		size_t n = t->n - i < max ? (size_t)(t->n - i) : max, good;
		size_t cells = n * (size_t)t->columns;

		status = read_block(t, block, i, n, err);
		if (status != VSX_OK)
			break;
		good = t->take(out, block, t->cell, cells);
		if (good < cells)
			return say_cell(t, block, i, good, err);
		status = send(fd, out, cells * t->out_bytes, err);
	}
	return status;
}

/* What it is, then all rows, block by block. */
static enum vsx_status send_table(const struct table *t, int fd,
				  struct vsx_error *err)
{
	struct hdf5_table head = {
		.elem = convert_elem(t->cell),
		.n = t->n,
		.width = t->columns,
	};
	size_t columns = (size_t)t->columns;
	size_t max = BLOCK_BYTES / (columns * cell_bytes(t->cell)) + 1;
	void *block = malloc(max * columns * cell_bytes(t->cell));
	void *out = malloc(max * columns * t->out_bytes);
	enum vsx_status status;

	if (block && out)
		status = send(fd, &head, sizeof(head), err);
	else
		status = tool_fail_memory(err, max * columns * t->out_bytes);
	if (status == VSX_OK)
		status = send_blocks(t, fd, block, out, max, err);
	free(block);
	free(out);
	return status;
}

static size_t take_same(void *to, const void *from, enum cell cell, size_t n)
{
	memcpy(to, from, n * cell_bytes(cell));
	return n;
}

static size_t take_f32(void *to, const void *from, enum cell cell, size_t n)
{
	return convert_to_f32(to, from, cell, n);
}

static size_t take_id(void *to, const void *from, enum cell cell, size_t n)
{
	return convert_to_truth(to, from, cell, n);
}

static enum vsx_status send_vectors(int fd, hid_t file, const char *path,
				    const char *name, struct vsx_error *err)
{
	struct table t = {.file = path, .name = name};
	enum vsx_status status = open_table(&t, file, err);

	if (status == VSX_OK) {
		t.take = convert_is_same(t.cell) ? take_same : take_f32;
		t.out_bytes = vsx_elem_size(convert_elem(t.cell));
		t.why = "not a value of f32";
		status = send_table(&t, fd, err);
	}
	close_table(&t);
	return status;
}

static enum vsx_status send_truth(int fd, hid_t file, const char *path,
				  uint32_t max_k, struct vsx_error *err)
{
	static const struct hdf5_table none;
	struct table t = {.file = path, .name = "neighbors"};
	enum vsx_status status;

	if (H5Lexists(file, t.name, H5P_DEFAULT) == 0)
		return send(fd, &none, sizeof(none), err);
	status = open_table(&t, file, err);
	if (status == VSX_OK && !convert_is_id(t.cell))
		status = fail_dataset(&t, "holds no ids, which are integers",
				      err);
	if (status == VSX_OK) {
		if (t.columns > max_k)
			t.columns = max_k;
		t.take = take_id;
		t.out_bytes = sizeof(uint64_t);
		t.why = "not a row number";
		status = send_table(&t, fd, err);
	}
	close_table(&t);
	return status;
}

/* A string of either kind; anything else is as if it were not there. */
static void read_distance(char *to, size_t room, hid_t file)
{
	hid_t attribute, type;
	char *text = NULL;

	if (H5Aexists(file, "distance") <= 0)
		return;
	attribute = H5Aopen(file, "distance", H5P_DEFAULT);
	if (attribute < 0)
		return;
	type = H5Aget_type(attribute);
	if (H5Tis_variable_str(type) > 0) {
		hid_t space = H5Aget_space(attribute);

		if (H5Sget_simple_extent_npoints(space) == 1 &&
		    H5Aread(attribute, type, &text) >= 0 && text)
			snprintf(to, room, "%s", text);
		H5free_memory(text);
		H5Sclose(space);
	} else if (H5Tget_class(type) == H5T_STRING &&
		   H5Aget_storage_size(attribute) < room) {
		if (H5Aread(attribute, type, to) < 0)
			to[0] = '\0';
		to[room - 1] = '\0';
	}
	H5Tclose(type);
	H5Aclose(attribute);
}

static enum vsx_status send_all(int fd, struct hdf5_shared *shared,
				const char *path, bool queries, uint32_t max_k,
				struct vsx_error *err)
{
	char shown[TOOL_NAME_BYTES];
	enum vsx_status status;
	hid_t file;

	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	H5PLset_loading_state(0); /* nothing of the file names code to run */
	file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	tool_name(shown, path);
	if (file < 0)
		return fail_in(err, shown, "is not a whole HDF5 file");
	read_distance(shared->distance, sizeof(shared->distance), file);
	status = send_vectors(fd, file, shown, "train", err);
	if (status == VSX_OK && queries)
		status = send_vectors(fd, file, shown, "test", err);
	if (status == VSX_OK && queries)
		status = send_truth(fd, file, shown, max_k, err);
	H5Fclose(file);
	return status;
}

void hdf5_send(int fd, struct hdf5_shared *shared, const char *path,
	       bool queries, uint32_t max_k)
{
	struct vsx_error err = {0};
	enum vsx_status status =
		send_all(fd, shared, path, queries, max_k, &err);

	memcpy(shared->text, err.text, sizeof(shared->text));
	shared->status = status;
}

#else

void hdf5_send(int fd, struct hdf5_shared *shared, const char *path,
	       bool queries, uint32_t max_k)
{
	char shown[TOOL_NAME_BYTES];

	(void)fd;
	(void)queries;
	(void)max_k;
	snprintf(shared->text, sizeof(shared->text),
		 "%s: is an HDF5 file, and this vsx-bench was built without "
		 "libhdf5",
		 tool_name(shown, path));
	shared->status = VSX_EINVAL;
}

#endif
