#include "field/record.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "utf8.h"

static enum vsx_status put(struct vsx_record *r, const void *p, size_t n,
			   struct vsx_error *err)
{
	VSX_TRY(vsx_grow(&r->bytes, &r->cap, r->n + n, 1, err));
	if (n)
		memcpy(r->bytes + r->n, p, n);
	r->n += n;
	return VSX_OK;
}

static enum vsx_status put32(struct vsx_record *r, uint32_t x,
			     struct vsx_error *err)
{
	vsx_le32 v;

	vsx_put32(&v, x);
	return put(r, v.b, sizeof(v), err);
}

enum vsx_status vsx_record_field(struct vsx_record *r, const char *name,
				 struct vsx_field_kind kind, uint32_t n_values,
				 struct vsx_error *err)
{
	uint8_t length = (uint8_t)strlen(name);
	uint8_t type = (uint8_t)((uint32_t)kind.type +
				 (kind.list ? VSX_COLUMN_LIST : 0));

	VSX_TRY(put(r, &length, 1, err));
	VSX_TRY(put(r, name, length, err));
	VSX_TRY(put(r, &type, 1, err));
	return put32(r, n_values, err);
}

enum vsx_status vsx_record_value(struct vsx_record *r, uint64_t value,
				 struct vsx_error *err)
{
	vsx_le64 v;

	vsx_put64(&v, value);
	return put(r, v.b, sizeof(v), err);
}

enum vsx_status vsx_record_string(struct vsx_record *r, const void *s,
				  uint32_t n, struct vsx_error *err)
{
	VSX_TRY(put32(r, n, err));
	return put(r, s, n, err);
}

static enum vsx_status bad_value(const struct vsx_column *col, uint32_t row,
				 const char *what, struct vsx_error *err)
{
	return vsx_at_section(
		err,
		vsx_at_row(err,
			   vsx_fail(err, VSX_ECORRUPT, "field %s, row %u: %s",
				    col->name, row, what),
			   row),
		"COLS");
}

static enum vsx_status copy_value(struct vsx_record *r,
				  const struct vsx_columns *c,
				  const struct vsx_column *col, uint32_t row,
				  uint64_t i, struct vsx_error *err)
{
	const uint8_t *text;
	uint32_t bytes;
	uint64_t v;
	double f;

	VSX_TRY(vsx_column_value(c, col, i, &v, err));
	if (col->kind.type == VSX_STRING) {
		VSX_TRY(vsx_column_text(c, col, v, &text, &bytes, err));
		if (!vsx_utf8_ok(text, bytes))
			return bad_value(col, row, "a string that is not UTF-8",
					 err);
		return vsx_record_string(r, text, bytes, err);
	}
	memcpy(&f, &v, sizeof(f));
	if (col->kind.type == VSX_FLOAT && !isfinite(f))
		return bad_value(col, row, "a number that is not finite", err);
	return vsx_record_value(r, v, err);
}

static enum vsx_status copy_field(struct vsx_record *r,
				  const struct vsx_columns *c,
				  const struct vsx_column *col, uint32_t row,
				  struct vsx_error *err)
{
	uint64_t first = row, end = (uint64_t)row + 1;
	bool null;

	VSX_TRY(vsx_column_is_null(c, col, row, &null, err));
	if (null)
		return vsx_record_field(r, col->name, col->kind,
					VSX_RECORD_NULL, err);
	if (col->kind.list)
		VSX_TRY(vsx_column_list(c, col, row, &first, &end, err));
	if (end - first >= VSX_RECORD_NULL)
		return bad_value(col, row, "too many values", err);
	VSX_TRY(vsx_record_field(r, col->name, col->kind,
				 (uint32_t)(end - first), err));
	for (; first < end; first++)
		VSX_TRY(copy_value(r, c, col, row, first, err));
	return VSX_OK;
}

enum vsx_status vsx_record_of_row(struct vsx_record *r,
				  const struct vsx_columns *c, uint32_t row,
				  struct vsx_error *err)
{
	enum vsx_status first = VSX_OK;

	vsx_record_begin(r);
	for (uint32_t i = 0; i < c->n; i++) {
		size_t before = r->n;
		enum vsx_status status = copy_field(
			r, c, &c->column[i], row, first == VSX_OK ? err : NULL);

		if (status == VSX_ENOMEM)
			return status;
		if (status == VSX_OK)
			continue;
		r->n = before;
		first = status;
	}
	return first;
}

/* ---- from somewhere else ------------------------------------------------ */

struct reading {
	const uint8_t *p, *end;
};

static bool take(struct reading *r, size_t n, const uint8_t **at)
{
	if ((size_t)(r->end - r->p) < n)
		return false;
	*at = r->p;
	r->p += n;
	return true;
}

static bool take_value(struct reading *r, enum vsx_field_type type)
{
	const uint8_t *at;
	uint64_t bits;
	uint32_t n;
	double f;

	if (type == VSX_STRING) {
		if (!take(r, 4, &at))
			return false;
		n = vsx_load32(at);
		return n <= VSX_MAX_STRING_BYTES && take(r, n, &at) &&
		       vsx_utf8_ok(at, n);
	}
	if (!take(r, 8, &at))
		return false;
	bits = vsx_load64(at);
	memcpy(&f, &bits, sizeof(f));
	if (type == VSX_FLOAT)
		return isfinite(f) && (f != 0.0 || !signbit(f));
	return type != VSX_BOOL || bits <= 1;
}

static bool take_field(struct reading *r, char name[VSX_FIELD_NAME],
		       struct vsx_field_kind *kind)
{
	const uint8_t *at;
	uint32_t n;

	if (!take(r, 1, &at) || *at >= VSX_FIELD_NAME)
		return false;
	n = *at;
	if (!take(r, n, &at))
		return false;
	memset(name, 0, VSX_FIELD_NAME);
	memcpy(name, at, n);
	if (!take(r, 5, &at))
		return false;
	kind->list = *at & VSX_COLUMN_LIST;
	kind->type = (enum vsx_field_type)(*at & ~VSX_COLUMN_LIST);
	n = vsx_load32(at + 1);
	if (!vsx_field_kind_name(*kind))
		return false;
	if (n == VSX_RECORD_NULL)
		return true;
	if (!kind->list && n != 1)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!take_value(r, kind->type))
			return false;
	return true;
}

enum vsx_status vsx_record_learn(const uint8_t *bytes, size_t n,
				 struct vsx_schema *schema,
				 struct vsx_error *err)
{
	struct reading r = {bytes, n ? bytes + n : bytes};
	char name[VSX_FIELD_NAME];
	size_t expected = 0;

	while (r.p < r.end) {
		const uint8_t *from = r.p;
		struct vsx_field_kind kind;

		if (!take_field(&r, name, &kind))
			return vsx_fail(err, VSX_EINVAL,
					"byte %zu of %zu of its fields is not "
					"as vsx_fields_bytes() gives them",
					(size_t)(from - bytes), n);
		if (expected >= schema->n ||
		    strcmp(schema->fields[expected].name, name) != 0 ||
		    !vsx_field_kind_same(schema->fields[expected].kind, kind))
			VSX_TRY(vsx_schema_add(schema, name, kind, &expected,
					       err));
		expected++;
	}
	return VSX_OK;
}
