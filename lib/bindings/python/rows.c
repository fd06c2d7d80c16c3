/* Rows of an index: vectors, ids, keys, payloads, and where they lie. */
#include "module.h"

static PyTypeObject *row_type;

static PyObject *vector_of(struct vsx_py_handle *h, uint64_t id)
{
	uint32_t dim = vsx_py_handle_facts(h)->dim;
	enum vsx_status status;
	struct vsx_error err;
	PyObject *vector;
	Py_buffer view;

	vector = vsx_py_array_new('f', 1, true, dim, &view);
	if (!vector)
		return NULL;
	status = vsx_get(vsx_py_handle_index(h), id, view.buf, &err);
	PyBuffer_Release(&view);
	if (!status)
		return vector;
	Py_DECREF(vector);
	return vsx_py_raise(&err);
}

/* What there is of the row with an id. */
static PyObject *of_id(PyObject *self, PyObject *id,
		       PyObject *(*get)(struct vsx_py_handle *, uint64_t))
{
	struct vsx_py_handle *h;
	PyObject *got;
	uint64_t number;

	if (!vsx_py_id(id, &number))
		return NULL;
	h = vsx_py_index_handle(self);
	if (!h)
		return NULL;
	got = get(h, number);
	vsx_py_handle_drop(h);
	return got;
}

/* The same of many ids. */
static PyObject *of_ids(PyObject *self, PyObject *x,
			PyObject *(*get)(struct vsx_py_handle *,
					 const struct vsx_py_ids *))
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	struct vsx_py_ids ids;
	PyObject *got = NULL;

	if (!h)
		return NULL;
	if (!vsx_py_ids_get(&ids, x, "ids")) {
		got = get(h, &ids);
		vsx_py_ids_release(&ids);
	}
	vsx_py_handle_drop(h);
	return got;
}

PyObject *vsx_py_index_reconstruct(PyObject *self, PyObject *id)
{
	return of_id(self, id, vector_of);
}

static PyObject *vectors_of(struct vsx_py_handle *h,
			    const struct vsx_py_ids *ids)
{
	uint32_t dim = vsx_py_handle_facts(h)->dim;
	enum vsx_status status;
	struct vsx_error err;
	PyObject *vectors;
	Py_buffer view;

	vectors = vsx_py_array_new('f', ids->n, false, dim, &view);
	if (!vectors)
		return NULL;
	Py_BEGIN_ALLOW_THREADS;
	status = vsx_get_many(vsx_py_handle_index(h), ids->ids, ids->n,
			      view.buf, NULL, &err);
	Py_END_ALLOW_THREADS;
	PyBuffer_Release(&view);
	if (!status)
		return vectors;
	Py_DECREF(vectors);
	return vsx_py_raise(&err);
}

PyObject *vsx_py_index_reconstruct_batch(PyObject *self, PyObject *ids)
{
	return of_ids(self, ids, vectors_of);
}

Py_ssize_t vsx_py_index_length(PyObject *self)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	uint64_t n;

	if (!h)
		return -1;
	n = vsx_py_handle_facts(h)->n_live;
	vsx_py_handle_drop(h);
	return (Py_ssize_t)n;
}

static enum vsx_status take_ids(const struct vsx *index,
				const struct vsx_facts *facts, uint64_t *ids,
				struct vsx_error *err)
{
	enum vsx_status status;
	uint64_t n = 0, id;

	for (uint64_t row = 0; row < facts->n_rows && n < facts->n_live;
	     row++) {
		status = vsx_id_at(index, row, &id, err);
		if (status == VSX_OK)
			ids[n++] = id;
		else if (status != VSX_ENOTFOUND)
			return status;
	}
	return VSX_OK;
}

/* The ids of all rows, in the order of the file. */
PyObject *vsx_py_index_ids(PyObject *self, PyObject *unused)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	const struct vsx_facts *facts;
	enum vsx_status status;
	struct vsx_error err;
	PyObject *ids;
	Py_buffer view;

	(void)unused;
	if (!h)
		return NULL;
	facts = vsx_py_handle_facts(h);
	ids = vsx_py_array_new('q', 1, true, (size_t)facts->n_live, &view);
	if (ids) {
		memset(view.buf, 0xff, (size_t)facts->n_live * 8);
		status =
			take_ids(vsx_py_handle_index(h), facts, view.buf, &err);
		PyBuffer_Release(&view);
		if (status) {
			Py_CLEAR(ids);
			vsx_py_raise(&err);
		}
	}
	vsx_py_handle_drop(h);
	return ids;
}

PyObject *vsx_py_index_iter(PyObject *self)
{
	PyObject *ids = vsx_py_index_ids(self, NULL), *list, *iter = NULL;

	list = ids ? vsx_py_call(ids, "tolist") : NULL;
	if (list)
		iter = PyObject_GetIter(list);
	Py_XDECREF(ids);
	Py_XDECREF(list);
	return iter;
}

/* ---- keys and payload -----------------------------------------------------
 */

static int find_key(struct vsx_py_handle *h, PyObject *x, uint64_t *id)
{
	struct vsx_bytes key;
	enum vsx_status status;
	struct vsx_error err;
	PyObject *owner;

	if (vsx_py_bytes_get(&key, &owner, x))
		return -1;
	status = vsx_find(vsx_py_handle_index(h), key.at, key.n, id, &err);
	Py_DECREF(owner);
	if (!status)
		return 0;
	vsx_py_raise(&err);
	return -1;
}

PyObject *vsx_py_index_find(PyObject *self, PyObject *key)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	uint64_t id;
	int failed;

	if (!h)
		return NULL;
	failed = find_key(h, key, &id);
	vsx_py_handle_drop(h);
	return failed ? NULL : PyLong_FromUnsignedLongLong(id);
}

PyObject *vsx_py_index_get(PyObject *self, PyObject *id)
{
	struct vsx_py_handle *h;
	PyObject *vector = NULL;
	uint64_t number;

	if (!PyUnicode_Check(id) && !PyBytes_Check(id))
		return vsx_py_index_reconstruct(self, id);
	h = vsx_py_index_handle(self);
	if (!h)
		return NULL;
	if (!find_key(h, id, &number))
		vector = vector_of(h, number);
	vsx_py_handle_drop(h);
	return vector;
}

/* What can be no key, or no id, is none that is there. */
static int is_missing(void)
{
	if (!PyErr_ExceptionMatches(PyExc_KeyError) &&
	    !PyErr_ExceptionMatches(PyExc_TypeError) &&
	    !PyErr_ExceptionMatches(PyExc_ValueError))
		return -1;
	PyErr_Clear();
	return 0;
}

static int contains_id(struct vsx_py_handle *h, uint64_t id)
{
	enum vsx_status status;
	struct vsx_error err;
	uint32_t found;

	status = vsx_contains(vsx_py_handle_index(h), id, &found, &err);
	if (!status)
		return found != 0;
	vsx_py_raise(&err);
	return -1;
}

int vsx_py_index_contains(PyObject *self, PyObject *x)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	uint64_t id;
	int found;

	if (!h)
		return -1;
	if (PyUnicode_Check(x) || PyBytes_Check(x))
		found = find_key(h, x, &id) ? is_missing() : 1;
	else
		found = vsx_py_id(x, &id) ? contains_id(h, id) : is_missing();
	vsx_py_handle_drop(h);
	return found;
}

static PyObject *key_of(struct vsx_py_handle *h, uint64_t id)
{
	char key[VSX_MAX_KEY];
	struct vsx_error err;
	size_t n;

	if (vsx_key(vsx_py_handle_index(h), id, key, &n, &err))
		return vsx_py_raise(&err);
	return n ? vsx_py_text(key, n) : Py_NewRef(Py_None);
}

static PyObject *keys_of(struct vsx_py_handle *h, const struct vsx_py_ids *ids)
{
	PyObject *all = PyList_New((Py_ssize_t)ids->n);

	for (size_t i = 0; all && i < ids->n; i++) {
		PyObject *key = key_of(h, ids->ids[i]);

		if (!key || PyList_SetItem(all, (Py_ssize_t)i, key))
			Py_CLEAR(all);
	}
	return all;
}

/* The keys of rows, None for one that has none. */
PyObject *vsx_py_index_keys(PyObject *self, PyObject *ids)
{
	return of_ids(self, ids, keys_of);
}

static int keep_payload(void *list, size_t i, const struct vsx_bytes *payload)
{
	PyObject *bytes =
		payload->n ? PyBytes_FromStringAndSize(payload->at,
						       (Py_ssize_t)payload->n)
			   : Py_NewRef(Py_None);

	return !bytes || PyList_SetItem(list, (Py_ssize_t)i, bytes);
}

static PyObject *payloads_of(struct vsx_py_handle *h,
			     const struct vsx_py_ids *ids)
{
	PyObject *all = PyList_New((Py_ssize_t)ids->n);
	struct vsx_error err;

	if (all && vsx_payloads(vsx_py_handle_index(h), ids->ids, ids->n,
				keep_payload, all, &err)) {
		vsx_py_raise(&err);
		Py_CLEAR(all);
	}
	return all;
}

/* The payloads of rows, None for one that has none. */
PyObject *vsx_py_index_payloads(PyObject *self, PyObject *ids)
{
	return of_ids(self, ids, payloads_of);
}

/* The fields of rows, a dict for each. */
PyObject *vsx_py_index_values(PyObject *self, PyObject *ids)
{
	return of_ids(self, ids, vsx_py_values_of);
}

/* ---- a row where it lies ------------------------------------------------- */

struct row {
	PyObject ob_base;
	struct vsx_py_handle *handle;
	void *bytes;
	Py_ssize_t n, item_bytes;
	char format[2];
};

static int row_buffer(PyObject *self, Py_buffer *view, int flags)
{
	struct row *r = (struct row *)self;

	if (flags & PyBUF_WRITABLE) {
		view->obj = NULL;
		PyErr_SetString(PyExc_BufferError,
				"rows of an index cannot be written to");
		return -1;
	}
	*view = (Py_buffer){
		.buf = r->bytes,
		.obj = Py_NewRef(self),
		.len = r->n * r->item_bytes,
		.itemsize = r->item_bytes,
		.readonly = 1,
		.ndim = 1,
		.format = flags & PyBUF_FORMAT ? r->format : NULL,
		.shape = &r->n,
		.strides = &r->item_bytes,
	};
	return 0;
}

static void row_dealloc(PyObject *self)
{
	PyTypeObject *type = Py_TYPE(self);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	vsx_py_handle_drop(((struct row *)self)->handle);
	release(self);
	Py_DECREF(type);
}

static PyObject *row_new(struct vsx_py_handle *h, uint64_t id)
{
	static const char formats[] = {
		[VSX_F32] = 'f', [VSX_F16] = 'e', [VSX_BF16] = 'H',
		[VSX_I8] = 'b',	 [VSX_U8] = 'B',
	};
	const struct vsx_facts *facts = vsx_py_handle_facts(h);
	struct vsx_error err;
	const void *bytes;
	PyObject *array;
	struct row *r;

	if (vsx_row(vsx_py_handle_index(h), id, &bytes, &err))
		return vsx_py_raise(&err);
	r = (struct row *)PyType_GenericAlloc(row_type, 0);
	if (!r)
		return NULL;
	r->handle = vsx_py_handle_hold(h);
	memcpy(&r->bytes, &bytes, sizeof(bytes));
	r->n = facts->dim;
	r->item_bytes = (Py_ssize_t)vsx_elem_size(facts->elem);
	r->format[0] = formats[facts->elem];
	array = vsx_py_array_over((PyObject *)r);
	Py_DECREF(r);
	return array;
}

PyObject *vsx_py_index_row(PyObject *self, PyObject *id)
{
	return of_id(self, id, row_new);
}

static PyType_Slot row_slots[] = {
	{Py_tp_dealloc, row_dealloc},
	{Py_bf_getbuffer, row_buffer},
	{0, NULL},
};

static PyType_Spec row_spec = {
	.name = "vsx._Row",
	.basicsize = sizeof(struct row),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
		 Py_TPFLAGS_IMMUTABLETYPE,
	.slots = row_slots,
};

int vsx_py_add_rows(void)
{
	row_type = (PyTypeObject *)PyType_FromSpec(&row_spec);
	return row_type ? 0 : -1;
}
