/*
 * Fields of rows, from dicts. Python's types say those of the fields: bool,
 * int, float, str, datetime (and date), and lists of these; None is null. A
 * field that has ints in some rows and floats in others is of floats.
 */
#include "module.h"

#include <stdlib.h>

/* Type of a field as one number, for a dict of them: 0 is not known. */
static long code_of(enum vsx_field_type type, bool is_list)
{
	return (long)type * 2 + is_list;
}

static bool is_time(PyObject *x)
{
	return vsx_py_has(x, "isoformat");
}

/* A value, or what Python has for one of numpy's numbers, or for an array of
 * them: their bool is no bool, and their float32 no float. A new reference. */
static PyObject *plain(PyObject *x)
{
	PyObject *type, *kind = NULL, *made;
	const char *letter = NULL;

	if (x == Py_None || PyUnicode_Check(x) || PyLong_Check(x) ||
	    PyFloat_Check(x) || PyList_Check(x) || PyTuple_Check(x) ||
	    !vsx_py_has(x, "dtype"))
		return Py_NewRef(x);
	type = vsx_py_attr(x, "dtype");
	if (type)
		kind = vsx_py_attr(type, "kind");
	if (kind && PyUnicode_Check(kind))
		letter = PyUnicode_AsUTF8AndSize(kind, NULL);
	if (!letter)
		PyErr_Clear();
	/* Not of times: some would become whole numbers. */
	made = letter && *letter && strchr("biufU", *letter)
		       ? vsx_py_call(x, "tolist")
		       : Py_NewRef(x);
	Py_XDECREF(kind);
	Py_XDECREF(type);
	return made;
}

static PyObject *item_of(PyObject *list, size_t i)
{
	PyObject *x = PySequence_GetItem(list, (Py_ssize_t)i), *item;

	item = x ? plain(x) : NULL;
	Py_XDECREF(x);
	return item;
}

/* Of one value; 0 with no exception: None. */
static enum vsx_field_type type_of(PyObject *x)
{
	if (PyBool_Check(x))
		return VSX_BOOL;
	if (PyLong_Check(x))
		return VSX_INT;
	if (PyFloat_Check(x))
		return VSX_FLOAT;
	if (PyUnicode_Check(x))
		return VSX_STRING;
	if (is_time(x))
		return VSX_TIME;
	if (PyIndex_Check(x))
		return VSX_INT;
	PyErr_Format(PyExc_TypeError,
		     "a field is bool, int, float, str, datetime, None, or a "
		     "list of one of these; it is %R",
		     (PyObject *)Py_TYPE(x));
	return (enum vsx_field_type)0;
}

static long code_of_value(PyObject *x)
{
	bool is_list = PyList_Check(x) || PyTuple_Check(x);
	enum vsx_field_type type = (enum vsx_field_type)0, next;
	Py_ssize_t n = is_list ? PySequence_Size(x) : 0;

	if (!is_list) {
		type = x == Py_None ? type : type_of(x);
		return type ? code_of(type, false) : 0;
	}
	for (Py_ssize_t i = 0; i < n; i++) {
		PyObject *item = item_of(x, (size_t)i);

		next = item ? type_of(item) : (enum vsx_field_type)0;
		Py_XDECREF(item);
		if (!next)
			return 0;
		if (type == VSX_FLOAT && next == VSX_INT)
			next = VSX_FLOAT;
		if (i && type != next &&
		    !(type == VSX_INT && next == VSX_FLOAT)) {
			PyErr_SetString(PyExc_TypeError,
					"the values of a list are of one type");
			return 0;
		}
		type = next;
	}
	return type ? code_of(type, true) : 0;
}

static long code_in(PyObject *types, PyObject *name)
{
	PyObject *number = PyDict_GetItemWithError(types, name);

	return number ? PyLong_AsLong(number) : 0;
}

/* What a value makes of the type that its field had so far. */
static int learn(PyObject *types, PyObject *name, PyObject *value)
{
	long code = code_of_value(value), before = code_in(types, name);
	PyObject *number;
	int failed;

	if (PyErr_Occurred())
		return -1;
	if (!code || (before && code / 2 == VSX_INT &&
		      before / 2 == VSX_FLOAT && code % 2 == before % 2))
		return 0;
	/* What does not suit is told when it is put. */
	if (before && !(code / 2 == VSX_FLOAT && before / 2 == VSX_INT))
		return 0;
	number = PyLong_FromLong(code);
	failed = !number || PyDict_SetItem(types, name, number);
	Py_XDECREF(number);
	return failed;
}

/* Types that the fields of an index have. */
static PyObject *types_of(const struct vsx *index)
{
	PyObject *types = PyDict_New();
	struct vsx_field_facts f;
	struct vsx_error err;

	for (uint32_t i = 0;
	     index && types && !vsx_get_field(index, i, &f, &err); i++) {
		PyObject *number =
			PyLong_FromLong(code_of(f.type, f.is_list != 0));

		if (!number || PyDict_SetItemString(types, f.name, number))
			Py_CLEAR(types);
		Py_XDECREF(number);
	}
	return types;
}

static int number_of(PyObject *x, int64_t *out)
{
	PyObject *whole = PyNumber_Index(x);

	*out = whole ? PyLong_AsLongLong(whole) : 0;
	Py_XDECREF(whole);
	return PyErr_Occurred() ? -1 : 0;
}

static int text_of(PyObject *x, struct vsx_bytes *out, PyObject **owner)
{
	PyObject *text =
		PyUnicode_Check(x) ? Py_NewRef(x) : vsx_py_call(x, "isoformat");

	if (!text)
		return -1;
	*owner = PyUnicode_AsUTF8String(text);
	Py_DECREF(text);
	if (!*owner)
		return -1;
	out->at = PyBytes_AsString(*owner);
	out->n = (size_t)PyBytes_Size(*owner);
	return 0;
}

/* One value as the library has it. Of the wrong type: TypeError. */
static int value_of(struct vsx_value *v, PyObject **owner, PyObject *x,
		    enum vsx_field_type type, const char *name)
{
	bool right = true;
	PyObject *told;

	memset(v, 0, sizeof(*v));
	*owner = NULL;
	switch (type) {
	case VSX_BOOL:
		right = PyBool_Check(x) != 0;
		v->truth = right && x == Py_True;
		break;
	case VSX_INT:
		right = PyIndex_Check(x) && !PyBool_Check(x);
		if (right)
			return number_of(x, &v->number);
		break;
	case VSX_FLOAT:
		right = (PyFloat_Check(x) || PyIndex_Check(x)) &&
			!PyBool_Check(x);
		v->real = right ? PyFloat_AsDouble(x) : 0.0;
		break;
	case VSX_TIME:
		right = is_time(x) || PyUnicode_Check(x);
		if (right)
			return text_of(x, &v->string, owner);
		break;
	default:
		right = PyUnicode_Check(x) != 0;
		if (right)
			return text_of(x, &v->string, owner);
	}
	if (right)
		return PyErr_Occurred() ? -1 : 0;
	told = PyType_GetName(Py_TYPE(x));
	if (told)
		PyErr_Format(PyExc_TypeError,
			     "field %s is %U, other rows have %s", name, told,
			     vsx_field_type_text(type, 0));
	Py_XDECREF(told);
	return -1;
}

static int put_values(struct vsx_fields *fields, const char *name, long code,
		      PyObject *x)
{
	enum vsx_field_type type = (enum vsx_field_type)(code / 2);
	bool is_list = code % 2 != 0;
	size_t n = is_list ? (size_t)PySequence_Size(x) : 1, made = 0;
	struct vsx_value *values = calloc(n + 1, sizeof(*values));
	PyObject **owners = calloc(n + 1, sizeof(PyObject *));
	struct vsx_error err;
	int failed = !values || !owners;

	if (failed)
		PyErr_NoMemory();
	for (; !failed && made < n; made++) {
		PyObject *item = is_list ? item_of(x, made) : Py_NewRef(x);

		failed = !item || value_of(&values[made], &owners[made], item,
					   type, name);
		Py_XDECREF(item);
	}
	if (!failed &&
	    vsx_fields_put(fields, name, type, is_list, values, n, &err)) {
		vsx_py_raise(&err);
		failed = -1;
	}
	for (size_t i = 0; owners && i < n; i++)
		Py_XDECREF(owners[i]);
	free(values);
	free(owners);
	return failed ? -1 : 0;
}

static int put(struct vsx_fields *fields, PyObject *types, PyObject *name,
	       PyObject *x)
{
	const char *text = vsx_py_utf8(name);
	long code = text ? code_in(types, name) : 0;
	bool list = PyList_Check(x) || PyTuple_Check(x);

	if (!text)
		return -1;
	if (!code || x == Py_None)
		return 0; /* null */
	if (list == (code % 2 != 0))
		return put_values(fields, text, code, x);
	PyErr_Format(PyExc_TypeError, "field %s is %s list, other rows have %s",
		     text, list ? "a" : "no",
		     vsx_field_type_text((enum vsx_field_type)(code / 2),
					 (uint32_t)(code % 2)));
	return -1;
}

static int each_field(PyObject *row, PyObject *types, struct vsx_fields *fields)
{
	PyObject *name, *value, *x;
	Py_ssize_t at = 0;

	while (PyDict_Next(row, &at, &name, &value)) {
		int failed = -1;

		/* Methods of values are code that may change the dict. */
		Py_INCREF(name);
		Py_INCREF(value);
		x = plain(value);
		Py_DECREF(value);
		if (x && !PyUnicode_Check(name))
			PyErr_SetString(PyExc_TypeError,
					"names of fields are str");
		else if (x)
			failed = fields ? put(fields, types, name, x)
					: learn(types, name, x);
		Py_XDECREF(x);
		Py_DECREF(name);
		if (failed)
			return -1;
	}
	return 0;
}

/* Of row i; without fields it is only learned from. */
static int take_row(struct vsx_py_fields *out, PyObject *x, size_t i,
		    PyObject *types, struct vsx_fields *fields)
{
	PyObject *row = PySequence_GetItem(x, (Py_ssize_t)i);
	struct vsx_bytes bytes;
	int failed = row ? 0 : -1;

	if (row && row != Py_None && !PyDict_Check(row)) {
		PyErr_Format(PyExc_TypeError,
			     "fields[%zu] must be a dict or "
			     "None",
			     i);
		failed = -1;
	} else if (row && row != Py_None) {
		failed = each_field(row, types, fields);
	}
	Py_XDECREF(row);
	if (failed || !fields)
		return failed;
	bytes = vsx_fields_bytes(fields);
	out->owners[i] =
		PyBytes_FromStringAndSize(bytes.at, (Py_ssize_t)bytes.n);
	vsx_fields_clear(fields);
	if (!out->owners[i])
		return -1;
	out->at[i].at = PyBytes_AsString(out->owners[i]);
	out->at[i].n = bytes.n;
	return 0;
}

static int take(struct vsx_py_fields *out, PyObject *x, PyObject *types)
{
	struct vsx_fields *fields;
	struct vsx_error err;
	int failed = 0;

	for (size_t i = 0; !failed && i < out->n; i++)
		failed = take_row(out, x, i, types, NULL);
	if (failed)
		return -1;
	if (vsx_fields_new(&fields, &err)) {
		vsx_py_raise(&err);
		return -1;
	}
	for (size_t i = 0; !failed && i < out->n; i++)
		failed = take_row(out, x, i, types, fields);
	vsx_fields_free(fields);
	return failed;
}

int vsx_py_fields_get(struct vsx_py_fields *out, PyObject *x,
		      const struct vsx *index)
{
	PyObject *types;
	Py_ssize_t n;
	int failed;

	memset(out, 0, sizeof(*out));
	if (!x || x == Py_None)
		return 0;
	if (!PyList_Check(x) && !PyTuple_Check(x)) {
		PyErr_SetString(PyExc_TypeError,
				"fields must be a list of dicts");
		return -1;
	}
	n = PySequence_Size(x);
	out->n = (size_t)n;
	out->at = calloc(out->n + 1, sizeof(*out->at));
	out->owners = calloc(out->n + 1, sizeof(PyObject *));
	if (!out->at || !out->owners) {
		vsx_py_fields_release(out);
		PyErr_NoMemory();
		return -1;
	}
	types = types_of(index);
	failed = !types || take(out, x, types);
	Py_XDECREF(types);
	if (failed)
		vsx_py_fields_release(out);
	return failed ? -1 : 0;
}

void vsx_py_fields_release(struct vsx_py_fields *fields)
{
	for (size_t i = 0; fields->owners && i < fields->n; i++)
		Py_XDECREF(fields->owners[i]);
	free(fields->at);
	free(fields->owners);
	memset(fields, 0, sizeof(*fields));
}
