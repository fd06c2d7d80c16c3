/* Rows with what comes beside them. */
#include "module.h"

static int as_many(const char *what, bool given, size_t n, size_t rows)
{
	if (!given || n == rows)
		return 0;
	PyErr_Format(PyExc_ValueError, "x is of length %zu, %s of length %zu",
		     rows, what, n);
	return -1;
}

static int get(struct vsx_py_batch *b, const struct vsx_py_given *g,
	       const struct vsx *index)
{
	bool ids = g->ids && g->ids != Py_None;
	size_t n;

	if (vsx_py_rows_get(&b->rows, g->x, "x") ||
	    (ids && vsx_py_ids_get(&b->ids, g->ids, "ids")) ||
	    vsx_py_texts_get(&b->keys, g->keys, "keys") ||
	    vsx_py_texts_get(&b->payloads, g->payloads, "payload") ||
	    vsx_py_fields_get(&b->fields, g->fields, index))
		return -1;
	n = b->rows.n;
	if (as_many("ids", ids, b->ids.n, n) ||
	    as_many("keys", b->keys.at != NULL, b->keys.n, n) ||
	    as_many("payload", b->payloads.at != NULL, b->payloads.n, n) ||
	    as_many("fields", b->fields.at != NULL, b->fields.n, n))
		return -1;
	return 0;
}

int vsx_py_batch_get(struct vsx_py_batch *b, const struct vsx_py_given *given,
		     const struct vsx *index)
{
	memset(b, 0, sizeof(*b));
	if (get(b, given, index)) {
		vsx_py_batch_release(b);
		return -1;
	}
	b->batch = (struct vsx_batch){
		.struct_size = sizeof(b->batch),
		.n = b->rows.n,
		.vectors = b->rows.data,
		.elem = b->rows.elem,
		.ids = b->ids.ids,
		.keys = b->keys.at,
		.payloads = b->payloads.at,
		.fields = b->fields.at,
	};
	return 0;
}

void vsx_py_batch_release(struct vsx_py_batch *b)
{
	vsx_py_rows_release(&b->rows);
	vsx_py_ids_release(&b->ids);
	vsx_py_texts_release(&b->keys);
	vsx_py_texts_release(&b->payloads);
	vsx_py_fields_release(&b->fields);
}
