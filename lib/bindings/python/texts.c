/* Keys and payloads: byte strings, which most people have as str. */
#include "module.h"

#include <stdlib.h>

int vsx_py_bytes_get(struct vsx_bytes *out, PyObject **owner, PyObject *x)
{
	Py_ssize_t n = 0;

	if (PyUnicode_Check(x)) {
		*owner = PyUnicode_AsUTF8String(x);
	} else if (PyBytes_Check(x)) {
		*owner = Py_NewRef(x);
	} else {
		PyErr_SetString(PyExc_TypeError, "must be str or bytes");
		*owner = NULL;
	}
	if (!*owner)
		return -1;
	n = PyBytes_Size(*owner);
	out->at = PyBytes_AsString(*owner);
	out->n = (size_t)n;
	return 0;
}

const char *vsx_py_utf8(PyObject *text)
{
	Py_ssize_t n;
	const char *at = PyUnicode_AsUTF8AndSize(text, &n);

	if (!at || strlen(at) == (size_t)n)
		return at;
	PyErr_SetString(PyExc_ValueError, "embedded null character");
	return NULL;
}

static int take(struct vsx_py_texts *out, PyObject *x, const char *what)
{
	for (size_t i = 0; i < out->n; i++) {
		PyObject *item = PySequence_GetItem(x, (Py_ssize_t)i);
		int failed = item ? 0 : -1;

		if (item && item != Py_None)
			failed = vsx_py_bytes_get(&out->at[i], &out->owners[i],
						  item);
		Py_XDECREF(item);
		if (!failed)
			continue;
		if (PyErr_ExceptionMatches(PyExc_TypeError))
			PyErr_Format(PyExc_TypeError,
				     "%s[%zu] must be str, bytes or None", what,
				     i);
		return -1;
	}
	return 0;
}

int vsx_py_texts_get(struct vsx_py_texts *out, PyObject *x, const char *what)
{
	Py_ssize_t n;

	memset(out, 0, sizeof(*out));
	if (!x || x == Py_None)
		return 0;
	if (PyUnicode_Check(x) || PyBytes_Check(x) || !PySequence_Check(x)) {
		PyErr_Format(PyExc_TypeError,
			     "%s must be a list of str or bytes", what);
		return -1;
	}
	n = PySequence_Size(x);
	if (n < 0)
		return -1;
	out->n = (size_t)n;
	out->at = calloc(out->n + 1, sizeof(*out->at));
	out->owners = calloc(out->n + 1, sizeof(PyObject *));
	if (!out->at || !out->owners) {
		vsx_py_texts_release(out);
		PyErr_NoMemory();
		return -1;
	}
	if (!take(out, x, what))
		return 0;
	vsx_py_texts_release(out);
	return -1;
}

void vsx_py_texts_release(struct vsx_py_texts *texts)
{
	for (size_t i = 0; texts->owners && i < texts->n; i++)
		Py_XDECREF(texts->owners[i]);
	free(texts->at);
	free(texts->owners);
	memset(texts, 0, sizeof(*texts));
}

PyObject *vsx_py_text(const void *bytes, size_t n)
{
	PyObject *text = PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)n, NULL);

	if (text || !PyErr_ExceptionMatches(PyExc_UnicodeDecodeError))
		return text;
	PyErr_Clear();
	return PyBytes_FromStringAndSize(bytes, (Py_ssize_t)n);
}
