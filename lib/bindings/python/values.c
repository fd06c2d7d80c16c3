/* Values of fields as Python has them: the other way of fields.c. */
#include "module.h"

/* What the dicts are made with, for one call. */
struct made {
	PyObject *dicts; /* list[n] */
	PyObject *epoch; /* datetime(1970, 1, 1) of UTC */
	PyObject *delta; /* timedelta */
	struct field *fields;
	size_t n_fields;
};

struct field {
	enum vsx_field_type type;
	bool is_list;
	PyObject *name;
};

/* Of years that datetime lacks it is the number of microseconds. */
static PyObject *time_of(const struct made *m, int64_t time)
{
	PyObject *after =
		PyObject_CallFunction(m->delta, "iiL", 0, 0, (long long)time);
	PyObject *x = after ? PyNumber_Add(m->epoch, after) : NULL;

	Py_XDECREF(after);
	if (!x && PyErr_ExceptionMatches(PyExc_OverflowError)) {
		PyErr_Clear();
		x = PyLong_FromLongLong(time);
	}
	return x;
}

static PyObject *value_of(const struct made *m, enum vsx_field_type type,
			  const struct vsx_value *v)
{
	switch (type) {
	case VSX_BOOL:
		return PyBool_FromLong(v->truth != 0);
	case VSX_INT:
		return PyLong_FromLongLong(v->number);
	case VSX_FLOAT:
		return PyFloat_FromDouble(v->real);
	case VSX_TIME:
		return time_of(m, v->number);
	default:
		return PyUnicode_FromStringAndSize(v->string.at,
						   (Py_ssize_t)v->string.n);
	}
}

static PyObject *list_of(const struct made *m, enum vsx_field_type type,
			 const struct vsx_value *values, size_t n)
{
	PyObject *list = PyList_New((Py_ssize_t)n);

	for (size_t i = 0; list && i < n; i++) {
		PyObject *x = value_of(m, type, values + i);

		if (!x || PyList_SetItem(list, (Py_ssize_t)i, x))
			Py_CLEAR(list);
	}
	return list;
}

/* A field that a row lacks is not in its dict. */
static int keep(void *context, size_t i, size_t field,
		const struct vsx_value *values, size_t n)
{
	const struct made *m = context;
	const struct field *f = m->fields + field;
	PyObject *x;
	int failed;

	if (!values)
		return 0;
	x = f->is_list ? list_of(m, f->type, values, n)
		       : value_of(m, f->type, values);
	failed = !x || PyDict_SetItem(PyList_GetItem(m->dicts, (Py_ssize_t)i),
				      f->name, x);
	Py_XDECREF(x);
	return failed;
}

static int get_fields(struct made *m, const struct vsx *index)
{
	struct vsx_field_facts f;
	struct vsx_error err;

	while (!vsx_get_field(index, (uint32_t)m->n_fields, &f, &err)) {
		struct field *more = PyMem_Realloc(
			m->fields, (m->n_fields + 1) * sizeof(*more));

		if (!more) {
			PyErr_NoMemory();
			return -1;
		}
		m->fields = more;
		more += m->n_fields;
		*more = (struct field){f.type, f.is_list != 0,
				       PyUnicode_FromString(f.name)};
		if (!more->name)
			return -1;
		m->n_fields++;
	}
	return 0;
}

static int get_times(struct made *m)
{
	PyObject *module = PyImport_ImportModule("datetime"), *zone, *utc;

	zone = module ? PyObject_GetAttrString(module, "timezone") : NULL;
	utc = zone ? PyObject_GetAttrString(zone, "utc") : NULL;
	m->delta = utc ? PyObject_GetAttrString(module, "timedelta") : NULL;
	m->epoch = m->delta
			   ? PyObject_CallMethod(module, "datetime", "iiiiiiiO",
						 1970, 1, 1, 0, 0, 0, 0, utc)
			   : NULL;
	Py_XDECREF(utc);
	Py_XDECREF(zone);
	Py_XDECREF(module);
	return m->epoch ? 0 : -1;
}

PyObject *vsx_py_values_of(struct vsx_py_handle *h,
			   const struct vsx_py_ids *ids)
{
	const struct vsx *index = vsx_py_handle_index(h);
	struct made m = {.dicts = PyList_New((Py_ssize_t)ids->n)};
	struct vsx_error err;
	bool made = m.dicts != NULL;

	for (size_t i = 0; made && i < ids->n; i++) {
		PyObject *dict = PyDict_New();

		made = dict && !PyList_SetItem(m.dicts, (Py_ssize_t)i, dict);
	}
	made = made && !get_times(&m) && !get_fields(&m, index);
	if (made &&
	    vsx_values(index, ids->ids, ids->n, NULL, 0, keep, &m, &err)) {
		made = false;
		vsx_py_raise(&err);
	}
	for (size_t i = 0; i < m.n_fields; i++)
		Py_DECREF(m.fields[i].name);
	PyMem_Free(m.fields);
	Py_XDECREF(m.epoch);
	Py_XDECREF(m.delta);
	if (!made)
		Py_CLEAR(m.dicts);
	return m.dicts;
}
