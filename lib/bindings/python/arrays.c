/* Arrays in, by the buffer protocol, and out, as numpy's where that is there.
 */
#include "module.h"

#include <math.h>
#include <stdlib.h>

/* ---- vectors in --------------------------------------------------------- */

/* The one letter of a format, without a mark of the byte order that machines
 * such as this one have; 0: another. */
static char letter_of(const char *format)
{
	if (!format)
		return 'B';
	if (*format == '@' || *format == '=' || *format == '<')
		format++;
	return format[0] && !format[1] ? format[0] : 0;
}

static int elem_of(char letter, enum vsx_elem *elem)
{
	switch (letter) {
	case 'f':
		*elem = VSX_F32;
		return 1;
	case 'e':
		*elem = VSX_F16;
		return 1;
	case 'b':
		*elem = VSX_I8;
		return 1;
	case 'B':
		*elem = VSX_U8;
		return 1;
	default:
		return 0;
	}
}

static int set_shape(struct vsx_py_rows *r, int n_dims, size_t first,
		     size_t second, const char *what)
{
	size_t dim = n_dims == 1 ? first : second;

	if (n_dims != 1 && n_dims != 2) {
		PyErr_Format(PyExc_ValueError,
			     "%s must have 1 or 2 dimensions and has %d", what,
			     n_dims);
		return -1;
	}
	if (dim == 0 || dim > VSX_MAX_DIM) {
		PyErr_Format(
			PyExc_ValueError,
			"%s has vectors of length %zu; 1 to %d is possible",
			what, dim, VSX_MAX_DIM);
		return -1;
	}
	r->one = n_dims == 1;
	r->n = r->one ? 1 : first;
	r->dim = (uint32_t)dim;
	return 0;
}

/* f32 of n f64. */
static void narrow(float *out, const double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (float)x[i];
}

static void *room(size_t n, size_t size)
{
	void *p = NULL;

	/* One more than none: malloc(0) may be NULL. */
	if (n < (size_t)PY_SSIZE_T_MAX / size)
		p = malloc(n * size + 1);
	if (!p)
		PyErr_NoMemory();
	return p;
}

/* Without gaps, into memory of our own. */
static int copy_buffer(struct vsx_py_rows *r, const char *what)
{
	Py_buffer *v = &r->view;
	char letter = letter_of(v->format);
	void *bytes = room((size_t)v->len, 1);

	(void)what;
	if (!bytes)
		return -1;
	if (PyBuffer_ToContiguous(bytes, v, v->len, 'C')) {
		free(bytes);
		return -1;
	}
	r->copy = bytes;
	if (letter == 'd') {
		size_t n = (size_t)v->len / sizeof(double);
		float *narrowed = room(n, sizeof(float));

		if (!narrowed)
			return -1;
		narrow(narrowed, bytes, n);
		free(bytes);
		r->copy = narrowed;
		r->elem = VSX_F32;
	}
	r->data = r->copy;
	return 0;
}

static int take_buffer(struct vsx_py_rows *r, PyObject *x, const char *what)
{
	Py_buffer *v = &r->view;
	char letter;

	if (PyObject_GetBuffer(x, v, PyBUF_FULL_RO))
		return -1;
	r->has_view = true;
	letter = letter_of(v->format);
	if (!elem_of(letter, &r->elem) && letter != 'd') {
		PyErr_Format(PyExc_TypeError,
			     "%s has elements of type '%s'; float32, float64, "
			     "float16, int8 and uint8 of this machine's byte "
			     "order are possible",
			     what, v->format ? v->format : "");
		return -1;
	}
	if (v->ndim != 1 && v->ndim != 2)
		return set_shape(r, v->ndim, 0, 0, what);
	if (set_shape(r, v->ndim, (size_t)v->shape[0],
		      v->ndim == 2 ? (size_t)v->shape[1] : 0, what))
		return -1;
	if (letter == 'd' || !PyBuffer_IsContiguous(v, 'C'))
		return copy_buffer(r, what);
	r->data = v->buf;
	return 0;
}

/* n numbers of a sequence. */
static int take_numbers(float *out, PyObject *x, size_t n, const char *what)
{
	for (size_t i = 0; i < n; i++) {
		PyObject *item = PySequence_GetItem(x, (Py_ssize_t)i);
		double value = item ? PyFloat_AsDouble(item) : -1.0;

		Py_XDECREF(item);
		if (value == -1.0 && PyErr_Occurred()) {
			if (PyErr_ExceptionMatches(PyExc_TypeError))
				PyErr_Format(PyExc_TypeError,
					     "%s must be an array of numbers, "
					     "or a list of them",
					     what);
			return -1;
		}
		out[i] = (float)value;
	}
	return 0;
}

/* The components of a row of float32 where they lie; 0: it is another one. */
static int take_floats(float *out, PyObject *row, size_t dim)
{
	Py_buffer v;
	int right;

	if (!PyObject_CheckBuffer(row))
		return 0;
	if (PyObject_GetBuffer(row, &v, PyBUF_FULL_RO)) {
		PyErr_Clear();
		return 0;
	}
	right = letter_of(v.format) == 'f' && v.ndim == 1 &&
		v.shape[0] == (Py_ssize_t)dim && PyBuffer_IsContiguous(&v, 'C');
	if (right)
		memcpy(out, v.buf, dim * sizeof(*out));
	PyBuffer_Release(&v);
	return right;
}

static int take_row(float *out, PyObject *x, size_t i, size_t dim,
		    const char *what)
{
	PyObject *row = PySequence_GetItem(x, (Py_ssize_t)i);
	Py_ssize_t n = row ? PySequence_Size(row) : -1;
	int failed = -1;

	if (n >= 0 && (size_t)n != dim)
		PyErr_Format(PyExc_ValueError,
			     "%s: row %zu has %zd components, those before "
			     "have %zu",
			     what, i, n, dim);
	else if (n >= 0 && take_floats(out, row, dim))
		failed = 0;
	else if (n >= 0)
		failed = take_numbers(out, row, dim, what);
	Py_XDECREF(row);
	return failed;
}

/* Whether the first item of a sequence is a row of it: arrays are, although
 * those of numpy are numbers, too, of which the ones without dimensions have no
 * length. */
static bool is_row(PyObject *x)
{
	if (!PyNumber_Check(x))
		return true;
	if (PySequence_Check(x) && PySequence_Size(x) >= 0)
		return true;
	PyErr_Clear();
	return false;
}

/* A list of numbers, or of lists or arrays of them. */
static int take_sequence(struct vsx_py_rows *r, PyObject *x, const char *what)
{
	Py_ssize_t n = PySequence_Size(x), dim = -1;
	PyObject *first = n > 0 ? PySequence_GetItem(x, 0) : NULL;
	bool nested = first && is_row(first);
	float *out;

	if (nested)
		dim = PySequence_Size(first);
	Py_XDECREF(first);
	if (n < 0 || (n > 0 && !first) || (nested && dim < 0))
		return -1;
	if (set_shape(r, nested ? 2 : 1, (size_t)n, nested ? (size_t)dim : 0,
		      what))
		return -1;
	r->copy = out = room(r->n * r->dim, sizeof(float));
	if (!out)
		return -1;
	r->data = out;
	r->elem = VSX_F32;
	if (!nested)
		return take_numbers(out, x, r->dim, what);
	for (size_t i = 0; i < r->n; i++)
		if (take_row(out + i * r->dim, x, i, r->dim, what))
			return -1;
	return 0;
}

int vsx_py_rows_get(struct vsx_py_rows *r, PyObject *x, const char *what)
{
	int failed;

	memset(r, 0, sizeof(*r));
	if (PyObject_CheckBuffer(x) && !PyBytes_Check(x) &&
	    !PyByteArray_Check(x))
		failed = take_buffer(r, x, what);
	else if (PySequence_Check(x) && !PyUnicode_Check(x) &&
		 !PyBytes_Check(x) && !PyByteArray_Check(x))
		failed = take_sequence(r, x, what);
	else {
		PyErr_Format(PyExc_TypeError,
			     "%s must be an array of numbers, or a list of "
			     "them",
			     what);
		failed = -1;
	}
	if (failed)
		vsx_py_rows_release(r);
	return failed;
}

void vsx_py_rows_release(struct vsx_py_rows *r)
{
	if (r->has_view)
		PyBuffer_Release(&r->view);
	free(r->copy);
	memset(r, 0, sizeof(*r));
}

/* ---- ids in ------------------------------------------------------------- */

/* Whole numbers where they lie; 0: of another type, or with gaps. */
static int ids_of_buffer(struct vsx_py_ids *out, const Py_buffer *v,
			 const char *what)
{
	char letter = letter_of(v->format);
	bool is_signed = letter == 'q' || letter == 'l';
	const int64_t *ids = v->buf;

	if (v->ndim != 1) {
		PyErr_Format(PyExc_ValueError,
			     "%s must have 1 dimension and has %d", what,
			     v->ndim);
		return -1;
	}
	if (v->itemsize != 8 || !PyBuffer_IsContiguous(v, 'C') ||
	    !(is_signed || letter == 'Q' || letter == 'L'))
		return 0;
	out->n = (size_t)v->len / 8;
	out->ids = room(out->n, 8);
	if (!out->ids)
		return -1;
	memcpy(out->ids, ids, out->n * 8);
	for (size_t i = 0; is_signed && i < out->n; i++) {
		if (ids[i] >= 0)
			continue;
		PyErr_Format(PyExc_ValueError, "%s: id %zu is %lld, below 0",
			     what, i, (long long)ids[i]);
		return -1;
	}
	return 1;
}

static int ids_of_sequence(struct vsx_py_ids *out, PyObject *x,
			   const char *what)
{
	Py_ssize_t n = PySequence_Size(x);

	if (n < 0)
		return -1;
	out->n = (size_t)n;
	out->ids = room(out->n, 8);
	if (!out->ids)
		return -1;
	for (size_t i = 0; i < out->n; i++) {
		PyObject *item = PySequence_GetItem(x, (Py_ssize_t)i);
		PyObject *whole = item ? PyNumber_Index(item) : NULL;

		out->ids[i] = whole ? PyLong_AsUnsignedLongLong(whole) : 0;
		Py_XDECREF(whole);
		Py_XDECREF(item);
		if (!PyErr_Occurred())
			continue;
		if (PyErr_ExceptionMatches(PyExc_OverflowError))
			PyErr_Format(PyExc_ValueError,
				     "%s: id %zu is not from 0 to 2**64 - 1",
				     what, i);
		return -1;
	}
	return 0;
}

int vsx_py_ids_get(struct vsx_py_ids *out, PyObject *x, const char *what)
{
	Py_buffer v;
	int taken = 0;

	out->ids = NULL;
	out->n = 0;
	if (PyUnicode_Check(x) || PyBytes_Check(x) || !PySequence_Check(x)) {
		PyErr_Format(PyExc_TypeError,
			     "%s must be an array of whole numbers, or a list "
			     "of them",
			     what);
		return -1;
	}
	if (PyObject_CheckBuffer(x)) {
		if (PyObject_GetBuffer(x, &v, PyBUF_FULL_RO))
			return -1;
		taken = ids_of_buffer(out, &v, what);
		PyBuffer_Release(&v);
	}
	if (taken == 0)
		taken = ids_of_sequence(out, x, what);
	if (taken < 0)
		vsx_py_ids_release(out);
	return taken < 0 ? -1 : 0;
}

/* 1; or 0 with an exception: format with x, ValueError. */
static int whole_number(PyObject *x, uint64_t most, const char *format,
			uint64_t *out)
{
	PyObject *whole = PyNumber_Index(x);
	unsigned long long value = whole ? PyLong_AsUnsignedLongLong(whole) : 0;

	Py_XDECREF(whole);
	*out = value;
	if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_OverflowError))
		return 0;
	if (!PyErr_Occurred() && value <= most)
		return 1;
	PyErr_Clear();
	PyErr_Format(PyExc_ValueError, format, x);
	return 0;
}

int vsx_py_id(PyObject *x, void *id)
{
	return whole_number(x, UINT64_MAX, "an id is from 0 to 2**64 - 1", id);
}

int vsx_py_u64(PyObject *x, void *number)
{
	return whole_number(x, UINT64_MAX, "%R is not from 0 to 2**64 - 1",
			    number);
}

int vsx_py_u32(PyObject *x, void *number)
{
	uint64_t wide;

	if (!whole_number(x, UINT32_MAX, "%R is not from 0 to 2**32 - 1",
			  &wide))
		return 0;
	*(uint32_t *)number = (uint32_t)wide;
	return 1;
}

void vsx_py_ids_release(struct vsx_py_ids *ids)
{
	free(ids->ids);
	ids->ids = NULL;
	ids->n = 0;
}

/* ---- answers out -------------------------------------------------------- */

/* numpy's functions; NULL where there is no numpy. Looked for once. */
static PyObject *numpy_empty, *numpy_asarray, *type_of_f, *type_of_q;
static bool numpy_sought;

static void seek_numpy(void)
{
	PyObject *numpy = PyImport_ImportModule("numpy");

	numpy_sought = true;
	if (numpy) {
		numpy_empty = PyObject_GetAttrString(numpy, "empty");
		numpy_asarray = PyObject_GetAttrString(numpy, "asarray");
		type_of_f = PyObject_GetAttrString(numpy, "float32");
		type_of_q = PyObject_GetAttrString(numpy, "int64");
		Py_DECREF(numpy);
	}
	PyErr_Clear();
	if (!numpy_empty || !numpy_asarray || !type_of_f || !type_of_q)
		numpy_empty = NULL;
}

static PyObject *shape_of(size_t n_rows, bool one, size_t n_columns)
{
	return one ? Py_BuildValue("(n)", (Py_ssize_t)n_columns)
		   : Py_BuildValue("(nn)", (Py_ssize_t)n_rows,
				   (Py_ssize_t)n_columns);
}

/* A view of bytes; of no rows without a shape, which has none there. */
static PyObject *plain_array(char type, size_t n_rows, bool one,
			     size_t n_columns, PyObject *shape)
{
	char format[2] = {type, 0};
	size_t bytes = n_rows * n_columns * (type == 'f' ? 4 : 8);
	PyObject *array =
		PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)bytes);
	PyObject *view = array ? PyMemoryView_FromObject(array) : NULL;
	PyObject *caster = view ? vsx_py_attr(view, "cast") : NULL;
	PyObject *cast = NULL;

	if (caster && (one || bytes == 0))
		cast = PyObject_CallFunction(caster, "s", format);
	else if (caster)
		cast = PyObject_CallFunction(caster, "sO", format, shape);
	Py_XDECREF(caster);
	Py_XDECREF(array);
	Py_XDECREF(view);
	return cast;
}

PyObject *vsx_py_array_new(char type, size_t n_rows, bool one, size_t n_columns,
			   Py_buffer *view)
{
	PyObject *shape, *array = NULL;

	if (!numpy_sought)
		seek_numpy();
	shape = shape_of(n_rows, one, n_columns);
	if (shape && numpy_empty)
		array = PyObject_CallFunctionObjArgs(
			numpy_empty, shape, type == 'f' ? type_of_f : type_of_q,
			NULL);
	else if (shape)
		array = plain_array(type, n_rows, one, n_columns, shape);
	Py_XDECREF(shape);
	if (array && PyObject_GetBuffer(array, view, PyBUF_WRITABLE)) {
		Py_DECREF(array);
		return NULL;
	}
	return array;
}

static bool fits(const Py_buffer *v, char type, size_t n_rows, bool one,
		 size_t n_columns)
{
	char letter = letter_of(v->format);
	bool right = type == 'f' ? letter == 'f'
				 : letter && strchr("qQlL", letter) &&
					   v->itemsize == 8;

	if (!right || v->ndim != (one ? 1 : 2))
		return false;
	return one ? v->shape[0] == (Py_ssize_t)n_columns
		   : v->shape[0] == (Py_ssize_t)n_rows &&
			       v->shape[1] == (Py_ssize_t)n_columns;
}

int vsx_py_array_of(PyObject *x, char type, size_t n_rows, bool one,
		    size_t n_columns, const char *what, Py_buffer *view)
{
	if (PyObject_GetBuffer(x, view,
			       PyBUF_WRITABLE | PyBUF_FORMAT |
				       PyBUF_C_CONTIGUOUS))
		return -1;
	if (fits(view, type, n_rows, one, n_columns))
		return 0;
	PyBuffer_Release(view);
	if (one)
		PyErr_Format(PyExc_ValueError, "%s must be %s of shape (%zu,)",
			     what, type == 'f' ? "float32" : "int64 or uint64",
			     n_columns);
	else
		PyErr_Format(PyExc_ValueError,
			     "%s must be %s of shape (%zu, %zu)", what,
			     type == 'f' ? "float32" : "int64 or uint64",
			     n_rows, n_columns);
	return -1;
}

PyObject *vsx_py_array_over(PyObject *exporter)
{
	PyObject *view, *array;

	if (!numpy_sought)
		seek_numpy();
	view = PyMemoryView_FromObject(exporter);
	if (!view || !numpy_empty)
		return view;
	array = PyObject_CallFunctionObjArgs(numpy_asarray, view, NULL);
	Py_DECREF(view);
	return array;
}
