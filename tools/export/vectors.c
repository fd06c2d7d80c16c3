/* .npy and .fvecs: vectors alone, with a .npy of their ids beside. */
#include "export/export.h"

#include "cli/fail.h"
#include "cli/npy_out.h"
#include "cli/say.h"

#include <stdlib.h>
#include <string.h>

char *export_ids_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dot = strrchr(slash ? slash : path, '.');
	size_t len = dot ? (size_t)(dot - path) : strlen(path);
	char *to;

	return asprintf(&to, "%.*s.ids.npy", (int)len, path) < 0 ? NULL : to;
}

static enum vsx_status begin_ids(struct export *e, struct vsx_error *err)
{
	enum vsx_status status;
	char *path;

	if (!e->file.replaces) /* standard output, a pipe */
		return VSX_OK;
	path = export_ids_path(e->out);
	if (!path)
		return tool_fail_memory(err, strlen(e->out));
	status = outfile_open(&e->ids, path, err);
	free(path);
	if (status == VSX_OK)
		npy_write_head(e->ids.to, "<u8", e->n, 0);
	return status;
}

static void put_id(struct export *e, uint64_t id)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(id >> 8 * i);
	if (e->ids.to)
		fwrite(bytes, 1, sizeof(bytes), e->ids.to);
}

static void put32(FILE *to, uint32_t x)
{
	uint8_t bytes[4] = {(uint8_t)x, (uint8_t)(x >> 8), (uint8_t)(x >> 16),
			    (uint8_t)(x >> 24)};

	fwrite(bytes, 1, sizeof(bytes), to);
}

/* As f32, to which all types go without loss. */
static enum vsx_status put_vector(struct export *e, uint64_t id,
				  struct vsx_error *err)
{
	enum vsx_status status = vsx_get(e->index, id, e->vector, err);

	for (uint32_t i = 0; status == VSX_OK && i < e->facts.dim; i++) {
		uint32_t bits;

		memcpy(&bits, &e->vector[i], sizeof(bits));
		put32(e->file.to, bits);
	}
	return status;
}

/* ---- .fvecs -------------------------------------------------------------- */

static enum vsx_status fvecs_begin(struct export *e, struct vsx_error *err)
{
	return begin_ids(e, err);
}

static enum vsx_status fvecs_rows(struct export *e, const uint64_t *ids,
				  size_t n, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	for (size_t i = 0; status == VSX_OK && i < n; i++) {
		put_id(e, ids[i]);
		put32(e->file.to, e->facts.dim);
		status = put_vector(e, ids[i], err);
	}
	return status;
}

const struct export_format export_fvecs = {fvecs_begin, fvecs_rows};

/* ---- .npy ---------------------------------------------------------------- */

/* NULL: the rows are written as f32, since NumPy has no such type, or they do
 * not lie in the file as such. */
static const char *npy_type(const struct export *e)
{
	if (e->facts.kept_as_codes || e->facts.kept_narrow)
		return NULL;
	switch (e->facts.elem) {
	case VSX_F32:
		return "<f4";
	case VSX_F16:
		return "<f2";
	case VSX_I8:
		return "|i1";
	case VSX_U8:
		return "|u1";
	case VSX_BF16:
		break;
	}
	return NULL;
}

static enum vsx_status npy_begin(struct export *e, struct vsx_error *err)
{
	const char *type = npy_type(e);

	npy_write_head(e->file.to, type ? type : "<f4", e->n, e->facts.dim);
	return begin_ids(e, err);
}

static enum vsx_status npy_rows(struct export *e, const uint64_t *ids, size_t n,
				struct vsx_error *err)
{
	bool as_kept = npy_type(e) != NULL;
	enum vsx_status status = VSX_OK;

	for (size_t i = 0; status == VSX_OK && i < n; i++) {
		const void *row;

		put_id(e, ids[i]);
		if (!as_kept) {
			status = put_vector(e, ids[i], err);
			continue;
		}
		status = vsx_row(e->index, ids[i], &row, err);
		if (status == VSX_OK)
			fwrite(row, 1, e->facts.vector_bytes, e->file.to);
	}
	return status;
}

const struct export_format export_npy = {npy_begin, npy_rows};
