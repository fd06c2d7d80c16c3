/*
 * Arguments of the calls that must cost little: by position and by name, as
 * METH_FASTCALL has them. PyArg_ParseTupleAndKeywords() wants a tuple and a
 * dict for each call and makes a str of each name that it looks for in it.
 */
#include "module.h"

#include <limits.h>
#include <stdarg.h>

static int make_names(struct vsx_py_signature *s)
{
	for (size_t i = 0; s->names[i]; i++) {
		if (!s->made[i])
			s->made[i] = PyUnicode_InternFromString(s->names[i]);
		if (!s->made[i])
			return -1;
		s->n = i + 1;
	}
	return 0;
}

/* Which parameter a name is; s->n: none. Names of a call's source are
 * interned, so that the first loop finds them. */
static size_t find(const struct vsx_py_signature *s, PyObject *name)
{
	size_t i = 0;

	while (i < s->n && s->made[i] != name)
		i++;
	if (i < s->n)
		return i;
	for (i = 0; i < s->n; i++)
		if (PyUnicode_Compare(s->made[i], name) == 0)
			break;
	return i;
}

static int bind_names(const struct vsx_py_signature *s, PyObject *const *args,
		      size_t n_args, PyObject *names, PyObject **values)
{
	Py_ssize_t n = names ? PyTuple_Size(names) : 0;

	for (Py_ssize_t i = 0; i < n; i++) {
		PyObject *name = PyTuple_GetItem(names, i);
		size_t at = find(s, name);

		if (at == s->n) {
			PyErr_Format(PyExc_TypeError,
				     "%R is an invalid keyword argument for "
				     "%s()",
				     name, s->function);
			return -1;
		}
		if (values[at]) {
			PyErr_Format(PyExc_TypeError,
				     "argument for %s() given by name (%R) and "
				     "position (%zu)",
				     s->function, name, at + 1);
			return -1;
		}
		values[at] = args[n_args + (size_t)i];
	}
	return 0;
}

static int bind(const struct vsx_py_signature *s, PyObject *const *args,
		size_t n_args, PyObject *names, PyObject **values)
{
	if (n_args > s->n_positional) {
		PyErr_Format(PyExc_TypeError,
			     "%s() takes at most %zu positional arguments "
			     "(%zu given)",
			     s->function, s->n_positional, n_args);
		return -1;
	}
	for (size_t i = 0; i < n_args; i++)
		values[i] = args[i];
	if (bind_names(s, args, n_args, names, values))
		return -1;
	for (size_t i = 0; i < s->n_required; i++) {
		if (values[i])
			continue;
		PyErr_Format(PyExc_TypeError,
			     "%s() missing required argument '%s' (pos %zu)",
			     s->function, s->names[i], i + 1);
		return -1;
	}
	return 0;
}

static int take_int(PyObject *x, int *out)
{
	long value = PyLong_AsLong(x);

	if (value == -1 && PyErr_Occurred())
		return -1;
	if (value < INT_MIN || value > INT_MAX) {
		PyErr_SetString(PyExc_OverflowError,
				"Python int too large to convert to C int");
		return -1;
	}
	*out = (int)value;
	return 0;
}

static int take_text(const struct vsx_py_signature *s, size_t i, PyObject *x,
		     const char **out)
{
	*out = NULL;
	if (x == Py_None)
		return 0;
	if (!PyUnicode_Check(x)) {
		PyErr_Format(PyExc_TypeError,
			     "%s() argument '%s' must be str or None",
			     s->function, s->names[i]);
		return -1;
	}
	*out = vsx_py_utf8(x);
	return *out ? 0 : -1;
}

/* By the letter of its type, as PyArg_Parse() has them. */
static int take(const struct vsx_py_signature *s, size_t i, PyObject *x,
		void *out)
{
	Py_ssize_t size;
	double real;
	int truth;

	switch (s->types[i]) {
	case 'O':
		*(PyObject **)out = x;
		return 0;
	case 'n':
		size = PyNumber_AsSsize_t(x, PyExc_OverflowError);
		*(Py_ssize_t *)out = size;
		return size == -1 && PyErr_Occurred() ? -1 : 0;
	case 'd':
		real = PyFloat_AsDouble(x);
		*(double *)out = real;
		return real == -1.0 && PyErr_Occurred() ? -1 : 0;
	case 'p':
		truth = PyObject_IsTrue(x);
		*(int *)out = truth;
		return truth < 0 ? -1 : 0;
	case 'i':
		return take_int(x, out);
	default:
		return take_text(s, i, x, out);
	}
}

int vsx_py_parse(struct vsx_py_signature *s, PyObject *const *args,
		 Py_ssize_t n_args, PyObject *names, ...)
{
	PyObject *values[VSX_PY_MOST_PARAMETERS] = {NULL};
	int failed;
	va_list to;

	if ((!s->n && make_names(s)) ||
	    bind(s, args, (size_t)n_args, names, values))
		return -1;
	failed = 0;
	va_start(to, names);
	for (size_t i = 0; i < s->n && !failed; i++) {
		void *out = va_arg(to, void *);

		if (values[i])
			failed = take(s, i, values[i], out);
	}
	va_end(to);
	return failed;
}
