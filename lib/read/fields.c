/* The fields of an index, and values of rows that a caller puts together. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "field/record.h"
#include "field/time.h"
#include "read/fields.h"
#include "read/opts.h"
#include "utf8.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct vsx_schema_field *)a)->name,
		      ((const struct vsx_schema_field *)b)->name);
}

enum vsx_status vsx_index_fields(struct vsx *index, struct vsx_error *err)
{
	struct vsx_error why;
	size_t number = 0;

	for (uint32_t i = 0; i < index->manifest.n_segments; i++) {
		const struct vsx_columns *c = &index->segments[i].columns;

		for (uint32_t f = 0; f < c->n; f++) {
			enum vsx_status status = vsx_schema_add(
				&index->fields, c->column[f].name,
				c->column[f].kind, &number, &why);

			if (status == VSX_EINVAL)
				return vsx_at_segment(
					err,
					vsx_at_section(
						err,
						vsx_fail(err, VSX_ECORRUPT,
							 "segment %u: %s", i,
							 why.text),
						"COLS"),
					i);
			if (status != VSX_OK)
				return vsx_retell(err, status, &why, "%s",
						  why.text);
		}
	}
	if (index->fields.n)
		qsort(index->fields.fields, index->fields.n,
		      sizeof(*index->fields.fields), by_name);
	index->heap_bytes += index->fields.cap * sizeof(*index->fields.fields);
	return VSX_OK;
}

/* So many fields are named. */
#define NAMED 10

enum vsx_status vsx_index_field(const struct vsx *index, const char *name,
				size_t *number, struct vsx_error *err)
{
	const struct vsx_schema *s = &index->fields;
	char names[NAMED * (VSX_FIELD_NAME + 2)] = "";
	size_t at = 0;

	*number = vsx_schema_find(s, name);
	if (*number < s->n)
		return VSX_OK;
	for (size_t i = 0; i < s->n && i < NAMED && at < 200; i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
				       i ? ", " : "", s->fields[i].name);
	if (s->n == 0)
		return vsx_fail(err, VSX_EINVAL,
				"no field %.80s: the index has no fields",
				name);
	return vsx_fail(err, VSX_EINVAL,
			"no field %.80s, the index has %zu: %s%s", name, s->n,
			names, s->n > NAMED || at >= 200 ? ", ..." : "");
}

const char *vsx_field_type_text(enum vsx_field_type type, uint32_t is_list)
{
	return vsx_field_kind_name((struct vsx_field_kind){type, is_list != 0});
}

enum vsx_status vsx_get_field_sized(const struct vsx *index, uint32_t i,
				    struct vsx_field_facts *facts, size_t size,
				    struct vsx_error *err)
{
	struct vsx_field_facts f;

	if (i >= index->fields.n)
		return vsx_fail(err, VSX_EINVAL, "field %u of %zu", i,
				index->fields.n);
	f = (struct vsx_field_facts){
		.name = index->fields.fields[i].name,
		.type = index->fields.fields[i].kind.type,
		.is_list = index->fields.fields[i].kind.list,
	};
	vsx_give(facts, size, &f, sizeof(f));
	return VSX_OK;
}

/* ---- values of a row ---------------------------------------------------- */

struct vsx_fields {
	struct vsx_record record;
	struct vsx_schema names; /* that are in it */
};

enum vsx_status vsx_fields_new(struct vsx_fields **out, struct vsx_error *err)
{
	*out = NULL;
	return vsx_alloc_to(out, 1, sizeof(**out), err);
}

void vsx_fields_free(struct vsx_fields *f)
{
	if (!f)
		return;
	free(f->record.bytes);
	vsx_schema_release(&f->names);
	free(f);
}

void vsx_fields_clear(struct vsx_fields *f)
{
	vsx_record_begin(&f->record);
	f->names.n = 0;
}

struct vsx_bytes vsx_fields_bytes(const struct vsx_fields *f)
{
	return (struct vsx_bytes){f->record.bytes, f->record.n};
}

static enum vsx_status put_string(struct vsx_fields *f, const char *name,
				  const struct vsx_bytes *s,
				  struct vsx_error *err)
{
	if (s->n > VSX_MAX_STRING_BYTES)
		return vsx_fail(err, VSX_EINVAL,
				"field %s: a string of %zu bytes, expected at "
				"most %u",
				name, s->n, VSX_MAX_STRING_BYTES);
	if (!vsx_utf8_ok(s->at, s->n))
		return vsx_fail(err, VSX_EINVAL,
				"field %s: a string that is not UTF-8, or has "
				"a byte 0",
				name);
	return vsx_record_string(&f->record, s->at, (uint32_t)s->n, err);
}

static enum vsx_status put_value(struct vsx_fields *f, const char *name,
				 enum vsx_field_type type,
				 const struct vsx_value *v,
				 struct vsx_error *err)
{
	uint64_t bits;
	double real = v->real + 0.0; /* there is one 0 */
	int64_t time;

	switch (type) {
	case VSX_BOOL:
		return vsx_record_value(&f->record, v->truth != 0, err);
	case VSX_INT:
		return vsx_record_value(&f->record, (uint64_t)v->number, err);
	case VSX_FLOAT:
		if (!isfinite(real))
			return vsx_fail(err, VSX_EINVAL,
					"field %s: %g, expected a finite "
					"number",
					name, real);
		memcpy(&bits, &real, sizeof(bits));
		return vsx_record_value(&f->record, bits, err);
	case VSX_TIME:
		if (!v->string.n)
			return vsx_record_value(&f->record, (uint64_t)v->number,
						err);
		if (!vsx_time_parse(&time, v->string.at, v->string.n))
			return vsx_fail(
				err, VSX_EINVAL,
				"field %s: '%.*s', expected a time such as "
				"2026-01-31 or 2026-01-31T12:00:00Z",
				name, v->string.n < 40 ? (int)v->string.n : 40,
				(const char *)v->string.at);
		return vsx_record_value(&f->record, (uint64_t)time, err);
	case VSX_STRING:
		return put_string(f, name, &v->string, err);
	}
	return VSX_OK;
}

static enum vsx_status put(struct vsx_fields *f, const char *name,
			   struct vsx_field_kind kind,
			   const struct vsx_value *values, size_t n,
			   struct vsx_error *err)
{
	if (kind.list ? n >= VSX_RECORD_NULL : n != 1)
		return vsx_fail(err, VSX_EINVAL,
				"field %s: %zu values, expected %s", name, n,
				kind.list ? "less than 2^32 - 1" : "1");
	VSX_TRY(vsx_record_field(&f->record, name, kind, (uint32_t)n, err));
	for (size_t i = 0; i < n; i++)
		VSX_TRY(put_value(f, name, kind.type, &values[i], err));
	return VSX_OK;
}

enum vsx_status vsx_fields_put(struct vsx_fields *f, const char *name,
			       enum vsx_field_type type, uint32_t is_list,
			       const struct vsx_value *values, size_t n,
			       struct vsx_error *err)
{
	struct vsx_field_kind kind = {type, is_list != 0};
	size_t before = f->names.n, length = f->record.n, number;
	enum vsx_status status;

	VSX_TRY(vsx_schema_add(&f->names, name, kind, &number, err));
	if (number < before)
		return vsx_fail(err, VSX_EINVAL, "field %s is there twice",
				name);
	status = put(f, name, kind, values, n, err);
	if (status != VSX_OK) {
		f->names.n = before;
		f->record.n = length;
	}
	return status;
}

enum vsx_status vsx_fields_put_null(struct vsx_fields *f, const char *name,
				    enum vsx_field_type type, uint32_t is_list,
				    struct vsx_error *err)
{
	struct vsx_field_kind kind = {type, is_list != 0};
	size_t before = f->names.n, number;

	VSX_TRY(vsx_schema_add(&f->names, name, kind, &number, err));
	if (number < before)
		return vsx_fail(err, VSX_EINVAL, "field %s is there twice",
				name);
	return vsx_record_field(&f->record, name, kind, VSX_RECORD_NULL, err);
}
