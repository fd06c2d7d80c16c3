/* The type Selection: rows that a filter is true of, or that have certain ids
 * or keys. */
#include "module.h"

#include <stdlib.h>

/* What chose the rows: those that have all that is given. */
struct wanted {
	PyObject *text; /* of a filter: str, or None */
	PyObject *ids;	/* bytes, of u64, or None */
	PyObject *keys; /* tuple, or None */
};

struct selection {
	PyObject ob_base;
	struct vsx_py_handle *handle; /* whose rows they are */
	struct vsx_selection *rows;
	struct wanted wanted; /* NULLs in an object half made */
};

static PyTypeObject *selection_type;

static struct wanted held(const struct wanted *w)
{
	return (struct wanted){Py_NewRef(w->text), Py_NewRef(w->ids),
			       Py_NewRef(w->keys)};
}

static void let_go(struct wanted *w)
{
	Py_CLEAR(w->text);
	Py_CLEAR(w->ids);
	Py_CLEAR(w->keys);
}

/* Takes the second of two; the first may be NULL. */
static enum vsx_status narrow(struct vsx_selection **rows,
			      struct vsx_selection *more, struct vsx_error *err)
{
	enum vsx_status status;

	if (!*rows) {
		*rows = more;
		return VSX_OK;
	}
	status = vsx_selection_narrow(*rows, more, err);
	vsx_selection_free(more);
	return status;
}

static enum vsx_status by_text(struct vsx_selection **rows,
			       const struct vsx *index, const char *text,
			       struct vsx_error *err)
{
	struct vsx_selection *more;
	struct vsx_filter *filter;
	enum vsx_status status = vsx_filter_parse(&filter, text, err);

	if (status)
		return status;
	status = vsx_select(&more, index, filter, err);
	vsx_filter_free(filter);
	return status ? status : narrow(rows, more, err);
}

static enum vsx_status by_ids(struct vsx_selection **rows,
			      const struct vsx *index, const void *ids,
			      size_t n, struct vsx_error *err)
{
	struct vsx_selection *more;
	enum vsx_status status = vsx_select_ids(&more, index, ids, n, err);

	return status ? status : narrow(rows, more, err);
}

static enum vsx_status by_keys(struct vsx_selection **rows,
			       const struct vsx *index,
			       const struct vsx_py_texts *keys,
			       struct vsx_error *err)
{
	struct vsx_selection *more;
	enum vsx_status status =
		vsx_select_keys(&more, index, keys->at, keys->n, err);

	return status ? status : narrow(rows, more, err);
}

/* Rows of an open index. */
static struct vsx_selection *select_rows(struct vsx_py_handle *h,
					 const struct wanted *w)
{
	const struct vsx *index = vsx_py_handle_index(h);
	const char *text = w->text == Py_None ? NULL : vsx_py_utf8(w->text);
	const char *ids = w->ids == Py_None ? NULL : PyBytes_AsString(w->ids);
	struct vsx_selection *rows = NULL;
	enum vsx_status status = VSX_OK;
	struct vsx_py_texts keys;
	struct vsx_error err;

	if ((w->text != Py_None && !text) ||
	    vsx_py_texts_get(&keys, w->keys, "keys"))
		return NULL;
	Py_BEGIN_ALLOW_THREADS;
	if (text)
		status = by_text(&rows, index, text, &err);
	if (!status && ids)
		status = by_ids(&rows, index, ids,
				(size_t)PyBytes_Size(w->ids) / 8, &err);
	if (!status && keys.at)
		status = by_keys(&rows, index, &keys, &err);
	Py_END_ALLOW_THREADS;
	vsx_py_texts_release(&keys);
	if (!status)
		return rows;
	vsx_selection_free(rows);
	vsx_py_raise(&err);
	return NULL;
}

static PyObject *selection_new(struct vsx_py_handle *h, const struct wanted *w)
{
	struct vsx_selection *rows = select_rows(h, w);
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
	s->wanted = held(w);
	return (PyObject *)s;
}

static PyObject *bytes_of_ids(PyObject *x)
{
	struct vsx_py_ids ids;
	PyObject *bytes;

	if (vsx_py_ids_get(&ids, x, "ids"))
		return NULL;
	bytes = PyBytes_FromStringAndSize((const char *)ids.ids,
					  (Py_ssize_t)(ids.n * 8));
	vsx_py_ids_release(&ids);
	return bytes;
}

/* What the caller gave, so that it changes no more. */
static int take_wanted(struct wanted *w, PyObject *text, PyObject *ids,
		       PyObject *keys)
{
	*w = (struct wanted){NULL, NULL, NULL};
	if (text == Py_None && ids == Py_None && keys == Py_None) {
		PyErr_SetString(PyExc_TypeError,
				"select() needs a filter, ids or keys");
		return -1;
	}
	if (text != Py_None && !PyUnicode_Check(text)) {
		PyErr_SetString(PyExc_TypeError, "a filter is a str");
		return -1;
	}
	if (keys != Py_None && (PyUnicode_Check(keys) || PyBytes_Check(keys))) {
		PyErr_SetString(PyExc_TypeError,
				"keys must be a list of str or bytes");
		return -1;
	}
	w->text = Py_NewRef(text);
	w->ids = ids == Py_None ? Py_NewRef(ids) : bytes_of_ids(ids);
	w->keys = keys == Py_None ? Py_NewRef(keys) : PySequence_Tuple(keys);
	if (w->ids && w->keys)
		return 0;
	let_go(w);
	return -1;
}

PyObject *vsx_py_index_select(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"filter", "ids", "keys", NULL};
	PyObject *text = Py_None, *ids = Py_None, *keys = Py_None, *s = NULL;
	struct vsx_py_handle *h;
	struct wanted wanted;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$OO:select", names,
					 &text, &ids, &keys) ||
	    take_wanted(&wanted, text, ids, keys))
		return NULL;
	h = vsx_py_index_handle(self);
	if (h)
		s = selection_new(h, &wanted);
	vsx_py_handle_drop(h);
	let_go(&wanted);
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
		struct wanted by_text_alone = {x, Py_None, Py_None};

		*owner = selection_new(h, &by_text_alone);
	} else if (Py_TYPE(x) == selection_type) {
		/* Of an older generation: what it selects now. */
		*owner = s->handle == h ? Py_NewRef(x)
					: selection_new(h, &s->wanted);
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
	let_go(&s->wanted);
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
	unsigned long long n = vsx_selection_count(s->rows);

	if (s->wanted.text != Py_None)
		return PyUnicode_FromFormat("<vsx.Selection %R: %llu>",
					    s->wanted.text, n);
	return PyUnicode_FromFormat("<vsx.Selection of %s: %llu>",
				    s->wanted.ids != Py_None ? "ids" : "keys",
				    n);
}

static PyMethodDef methods[] = {
	{"ids", selection_ids, METH_NOARGS,
	 "ids($self, /)\n--\n\nThe ids of the rows, int64, in the order of the file."},
	{NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
	{Py_tp_doc,
	 "Rows that searches may find; see Index.select(). len() of\n"
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
