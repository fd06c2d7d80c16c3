/* Values of fields, row by row. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "field/time.h"
#include "utf8.h"
#include "read/fields.h"
#include "read/handle.h"

struct asked {
	const struct vsx *index;
	size_t n_fields;
	size_t *fields; /* [n_fields], numbers of those of the index */
	struct vsx_value *values; /* of the field at hand */
	size_t n, cap;
	vsx_values_report *report;
	void *context;
};

static enum vsx_status ask(struct asked *a, const char *const *names,
			   size_t n_names, struct vsx_error *err)
{
	a->n_fields = names ? n_names : a->index->fields.n;
	VSX_TRY(vsx_alloc_to(&a->fields, a->n_fields, sizeof(*a->fields), err));
	for (size_t i = 0; i < a->n_fields; i++) {
		a->fields[i] = i;
		if (names)
			VSX_TRY(vsx_index_field(a->index, names[i],
						&a->fields[i], err));
	}
	return VSX_OK;
}

static enum vsx_status take_value(struct asked *a, const struct vsx_columns *c,
				  const struct vsx_column *col, uint64_t i,
				  struct vsx_error *err)
{
	struct vsx_value *v;
	const uint8_t *text;
	uint32_t bytes;
	uint64_t bits;

	VSX_TRY(vsx_grow(&a->values, &a->cap, a->n + 1, sizeof(*a->values),
			 err));
	v = &a->values[a->n++];
	*v = (struct vsx_value){0};
	VSX_TRY(vsx_column_value(c, col, i, &bits, err));
	switch (col->kind.type) {
	case VSX_BOOL:
		v->truth = bits != 0;
		break;
	case VSX_INT:
	case VSX_TIME:
		v->number = (int64_t)bits;
		break;
	case VSX_FLOAT:
		memcpy(&v->real, &bits, sizeof(v->real));
		if (!isfinite(v->real))
			return vsx_fail(err, VSX_ECORRUPT,
					"field %s: a number that is not finite",
					col->name);
		break;
	case VSX_STRING:
		VSX_TRY(vsx_column_text(c, col, bits, &text, &bytes, err));
		if (!vsx_utf8_ok(text, bytes))
			return vsx_fail(err, VSX_ECORRUPT,
					"field %s: a string that is not UTF-8",
					col->name);
		v->string = (struct vsx_bytes){text, bytes};
		break;
	}
	return VSX_OK;
}

/* Of a row that has a value. At least one fits, so that no list is NULL. */
static enum vsx_status take_field(struct asked *a, const struct vsx_columns *c,
				  const struct vsx_column *col, uint32_t row,
				  struct vsx_error *err)
{
	uint64_t first = row, end = (uint64_t)row + 1;

	a->n = 0;
	VSX_TRY(vsx_grow(&a->values, &a->cap, 1, sizeof(*a->values), err));
	if (col->kind.list)
		VSX_TRY(vsx_column_list(c, col, row, &first, &end, err));
	for (; first < end; first++)
		VSX_TRY(take_value(a, c, col, first, err));
	return VSX_OK;
}

static enum vsx_status report_field(struct asked *a, size_t i, size_t field,
				    const struct vsx_segment *seg, uint32_t row,
				    struct vsx_error *err)
{
	const struct vsx_columns *c = &seg->columns;
	const struct vsx_column *col = vsx_columns_find(
		c, a->index->fields.fields[a->fields[field]].name);
	bool null = col == NULL;
	enum vsx_status status = VSX_OK;

	if (col)
		status = vsx_column_is_null(c, col, row, &null, err);
	if (status == VSX_OK && !null)
		status = take_field(a, c, col, row, err);
	if (status != VSX_OK)
		return vsx_at_section(err, vsx_at_row(err, status, row),
				      "COLS");
	/* Before anybody believes them: bytes may have been lost. */
	VSX_TRY(vsx_settle(a->index, VSX_OK, err));
	if (a->report(a->context, i, field, null ? NULL : a->values,
		      null ? 0 : a->n))
		return vsx_fail(err, VSX_ESTOPPED, "row %zu: stopped", i);
	return VSX_OK;
}

static enum vsx_status report_all(struct asked *a, const uint64_t *ids,
				  size_t n, struct vsx_error *err)
{
	const struct vsx_segment *seg;
	uint32_t row;

	for (size_t i = 0; i < n; i++)
		VSX_TRY(vsx_find_row(a->index, ids[i], &seg, &row, err));
	for (size_t i = 0; i < n; i++) {
		VSX_TRY(vsx_find_row(a->index, ids[i], &seg, &row, err));
		for (size_t f = 0; f < a->n_fields; f++)
			VSX_TRY(report_field(a, i, f, seg, row, err));
	}
	return VSX_OK;
}

enum vsx_status vsx_values(const struct vsx *index, const uint64_t *ids,
			   size_t n, const char *const *names, size_t n_names,
			   vsx_values_report *report, void *context,
			   struct vsx_error *err)
{
	struct asked a = {.index = index, .report = report, .context = context};
	struct vsx_error why = {0};
	enum vsx_status status = ask(&a, names, n_names, &why);

	if (status == VSX_OK)
		status = report_all(&a, ids, n, &why);
	free(a.fields);
	free(a.values);
	if (status == VSX_EINVAL || status == VSX_ENOMEM ||
	    status == VSX_ESTOPPED) {
		if (err)
			*err = why;
	} else if (status != VSX_OK) {
		vsx_with_path(index, status, &why, err);
	}
	return vsx_settle(index, status, err);
}

void vsx_time_text(char text[VSX_TIME_TEXT], int64_t time)
{
	_Static_assert(VSX_TIME_TEXT >= VSX_TIME_BYTES, "room for all");
	vsx_time_print(text, time);
}
