/* JSON lines: an object for each row, with all that it has. */
#include "export/text.h"

#include "cli/fail.h"

struct line {
	struct json json;
	const struct export *e;
};

/* A field that is null is left out, but for one that could be mistaken for
 * something else of the line. */
static int put_field(void *context, size_t i, size_t field,
		     const struct vsx_value *values, size_t n)
{
	struct line *l = context;
	const struct value_field *f = &l->e->fields[field];

	(void)i;
	if (values || export_is_taken(f->name))
		value_json(&l->json, f->name, f, values, n);
	return 0;
}

static enum vsx_status put_row(struct export *e, const struct export_row *row,
			       struct vsx_error *err)
{
	struct line l = {.e = e};
	enum vsx_status status = VSX_OK;

	json_begin(&l.json, e->file.to, false);
	json_put_object(&l.json, NULL);
	json_put_u64(&l.json, "id", row->id);
	if (row->n_key)
		json_put_data(&l.json, "key", row->key, row->n_key);
	json_put_floats(&l.json, "vector", row->vector, e->facts.dim);
	if (row->payload->n)
		json_put_data(&l.json, "payload", row->payload->at,
			      row->payload->n);
	if (e->n_fields) {
		json_put_object(&l.json, "fields");
		status = vsx_values(e->index, &row->id, 1, e->names,
				    e->n_fields, put_field, &l, err);
		json_close(&l.json);
	}
	json_close(&l.json);
	json_end(&l.json);
	return status;
}

static enum vsx_status jsonl_rows(struct export *e, const uint64_t *ids,
				  size_t n, struct vsx_error *err)
{
	return export_each(e, ids, n, put_row, err);
}

const struct export_format export_jsonl = {NULL, jsonl_rows};
