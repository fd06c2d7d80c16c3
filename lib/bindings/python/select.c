/* The type Selection: rows that a filter is true of. */
#include "module.h"

#include <stdlib.h>

struct selection {
	PyObject ob_base;
	struct vsx_py_handle *handle; /* whose rows they are */
	struct vsx_selection *rows;
	PyObject *text;
};

static PyTypeObject *selection_type;

/* Rows of an open index, by the text of a filter. */
static struct vsx_selection *select_rows(struct vsx_py_handle *h,
					 PyObject *text)
{
	const char *filter_text = vsx_py_utf8(text);
	struct vsx_selection *rows = NULL;
	struct vsx_filter *filter;
	enum vsx_status status;
	struct vsx_error err;

	if (!filter_text)
		return NULL;
	Py_BEGIN_ALLOW_THREADS;
	status = vsx_filter_parse(&filter, filter_text, &err);
	if (!status) {
		status =
			vsx_select(&rows, vsx_py_handle_index(h), filter, &err);
		vsx_filter_free(filter);
	}
	Py_END_ALLOW_THREADS;
	if (!status)
		return rows;
	vsx_py_raise(&err);
	return NULL;
}

static PyObject *selection_new(struct vsx_py_handle *h, PyObject *text)
{
	struct vsx_selection *rows = select_rows(h, text);
	struct selection *s;

	if (!rows)
		return NULL;
	s = (struct selection *)PyType_GenericAlloc(selection_type, 0);
	if (!s) {
		vsx_selection_free(rows);
		return NULL;
	}
	s->handle = vsx_py_handle_hold(h);
	s->rows = rows;
	s->text = Py_NewRef(text);
	return (PyObject *)s;
}

PyObject *vsx_py_index_select(PyObject *self, PyObject *text)
{
	struct vsx_py_handle *h;
	PyObject *s;

	if (!PyUnicode_Check(text)) {
		PyErr_SetString(PyExc_TypeError, "a filter is a str");
		return NULL;
	}
	h = vsx_py_index_handle(self);
	if (!h)
		return NULL;
	s = selection_new(h, text);
	vsx_py_handle_drop(h);
	return s;
}

int vsx_py_among(struct vsx_py_handle *h, PyObject *x,
		 const struct vsx_selection **out, PyObject **owner)
{
	struct selection *s = (struct selection *)x;

	*out = NULL;
	*owner = NULL;
	if (x == Py_None)
		return 0;
	if (PyUnicode_Check(x)) {
		*owner = selection_new(h, x);
	} else if (Py_TYPE(x) == selection_type) {
		/* Of an older generation: what the filter selects now. */
		*owner = s->handle == h ? Py_NewRef(x)
					: selection_new(h, s->text);
	} else {
		PyErr_SetString(PyExc_TypeError,
				"filter must be a str or a Selection");
	}
	if (!*owner)
		return -1;
	*out = ((struct selection *)*owner)->rows;
	return 0;
}

static int ids_of(struct vsx_py_handle *h, const struct vsx_selection *rows,
		  struct vsx_py_ids *out)
{
	const struct vsx *index = vsx_py_handle_index(h);
	uint64_t n_rows = vsx_py_handle_facts(h)->n_rows;
	size_t n = (size_t)vsx_selection_count(rows);
	struct vsx_error err;

	out->n = 0;
	out->ids = calloc(n + 1, sizeof(*out->ids));
	if (!out->ids) {
		PyErr_NoMemory();
		return -1;
	}
	for (uint64_t row = vsx_selection_next(rows, 0);
	     row < n_rows && out->n < n;
	     row = vsx_selection_next(rows, row + 1)) {
		if (vsx_id_at(index, row, &out->ids[out->n++], &err)) {
			vsx_py_ids_release(out);
			vsx_py_raise(&err);
			return -1;
		}
	}
	return 0;
}

int vsx_py_ids_among(struct vsx_py_handle *h, PyObject *x,
		     struct vsx_py_ids *out)
{
	const struct vsx_selection *rows;
	PyObject *owner;
	int failed;

	if (vsx_py_among(h, x, &rows, &owner))
		return -1;
	failed = ids_of(h, rows, out);
	Py_DECREF(owner);
	return failed;
}

static void selection_dealloc(PyObject *self)
{
	struct selection *s = (struct selection *)self;
	PyTypeObject *type = Py_TYPE(self);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	vsx_selection_free(s->rows);
	vsx_py_handle_drop(s->handle);
	Py_XDECREF(s->text);
	release(self);
	Py_DECREF(type);
}

static Py_ssize_t selection_length(PyObject *self)
{
	return (Py_ssize_t)vsx_selection_count(
		((struct selection *)self)->rows);
}

static PyObject *selection_ids(PyObject *self, PyObject *unused)
{
	struct selection *s = (struct selection *)self;
	struct vsx_py_ids ids;
	PyObject *array;
	Py_buffer view;

	(void)unused;
	if (ids_of(s->handle, s->rows, &ids))
		return NULL;
	array = vsx_py_array_new('q', 1, true, ids.n, &view);
	if (array) {
		memcpy(view.buf, ids.ids, ids.n * sizeof(*ids.ids));
		PyBuffer_Release(&view);
	}
	vsx_py_ids_release(&ids);
	return array;
}

static PyObject *selection_repr(PyObject *self)
{
	struct selection *s = (struct selection *)self;

	return PyUnicode_FromFormat(
		"<vsx.Selection %R: %llu>", s->text,
		(unsigned long long)vsx_selection_count(s->rows));
}

static PyMethodDef methods[] = {
	{"ids", selection_ids, METH_NOARGS,
	 "ids()\n--\n\nThe ids of the rows, int64, in the order of the file."},
	{NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
	{Py_tp_doc,
	 "Rows that a filter is true of; see Index.select(). len() of\n"
	 "it is how many."},
	{Py_tp_dealloc, selection_dealloc},
	{Py_tp_repr, selection_repr},
	{Py_tp_methods, methods},
	{Py_sq_length, selection_length},
	{0, NULL},
};

static PyType_Spec spec = {
	.name = "vsx.Selection",
	.basicsize = sizeof(struct selection),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
		 Py_TPFLAGS_IMMUTABLETYPE,
	.slots = slots,
};

int vsx_py_add_selection(PyObject *module)
{
	selection_type = (PyTypeObject *)PyType_FromSpec(&spec);
	return selection_type
		       ? PyModule_AddObjectRef(module, "Selection",
					       (PyObject *)selection_type)
		       : -1;
}
