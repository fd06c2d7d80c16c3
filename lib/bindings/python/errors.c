/* Exceptions: one class a status, all of them vsx.Error. */
#include "module.h"

#include <errno.h>

struct error_class {
	enum vsx_status status;
	const char *name;
	PyObject **also; /* what else it is, of Python's own */
	int sys_errno;	 /* of this alone; 0: any */
	const char *doc; /* NULL: the text of the status */
};

static const struct error_class classes[] = {
	{VSX_EINVAL, "InvalidError", &PyExc_ValueError, 0, NULL},
	{VSX_ENOTFOUND, "NotFoundError", &PyExc_KeyError, 0, NULL},
	{VSX_ENUMERIC, "NumericError", &PyExc_ValueError, 0, NULL},
	{VSX_EEXIST, "ExistsError", &PyExc_FileExistsError, 0, NULL},
	{VSX_ECORRUPT, "CorruptError", NULL, 0, NULL},
	{VSX_ETRUNCATED, "TruncatedError", NULL, 0, NULL},
	{VSX_EFORMAT, "FormatError", &PyExc_ValueError, 0, NULL},
	{VSX_EVERSION, "VersionError", NULL, 0, NULL},
	{VSX_EIO, "SystemError", &PyExc_OSError, 0, NULL},
	{VSX_EIO, "NoFileError", &PyExc_FileNotFoundError, ENOENT,
	 "a SystemError: there is no such file or folder"},
	{VSX_EIO, "AccessError", &PyExc_PermissionError, EACCES,
	 "a SystemError: the system does not allow it"},
	{VSX_ENOMEM, "OutOfMemoryError", &PyExc_MemoryError, 0, NULL},
	{VSX_ESTOPPED, "StoppedError", &PyExc_TimeoutError, 0, NULL},
	{VSX_EBUSY, "BusyError", &PyExc_BlockingIOError, 0, NULL},
};
#define N_CLASSES (sizeof(classes) / sizeof(classes[0]))

static PyObject *error_base, *error_of[N_CLASSES];

/*
 * What all of them have: the text as it is, which KeyError would put into
 * quotes; and, so that they travel whole, all that OSError has of its own as
 * attributes like any others.
 */
static PyObject *base_members(void)
{
	PyObject *text = PyObject_GetAttrString(PyExc_Exception, "__str__");
	PyObject *reduce =
		text ? PyObject_GetAttrString(PyExc_Exception, "__reduce__")
		     : NULL;
	PyObject *members =
		reduce ? Py_BuildValue("{sOsOsOsOsOsOsOsO}", "__str__", text,
				       "__reduce__", reduce, "row", Py_None,
				       "query", Py_None, "page", Py_None,
				       "segment", Py_None, "section", Py_None,
				       "errno", Py_None)
		       : NULL;

	Py_XDECREF(text);
	Py_XDECREF(reduce);
	return members;
}

static PyObject *new_base(void)
{
	PyObject *members = base_members();
	PyObject *base =
		members ? PyErr_NewExceptionWithDoc(
				  "vsx.Error",
				  "What a call to VSX failed with, in one "
				  "line.\n\n"
				  "status: the number of the kind of failure;\n"
				  "row, query, page, segment: the place, or "
				  "None;\n"
				  "section: four letters, or None;\n"
				  "errno: the system's number, or None.",
				  NULL, members)
			: NULL;

	Py_XDECREF(members);
	return base;
}

/* The class of a status and one of its errno: that one is the other, too. */
static PyObject *parent_of(const struct error_class *c)
{
	for (size_t i = 0; c->sys_errno && i < N_CLASSES; i++)
		if (classes[i].status == c->status && !classes[i].sys_errno)
			return error_of[i];
	return error_base;
}

static PyObject *new_class(const struct error_class *c)
{
	PyObject *bases, *made = NULL, *parent = parent_of(c);
	char name[64];

	bases = c->also ? PyTuple_Pack(2, parent, *c->also)
			: PyTuple_Pack(1, parent);
	snprintf(name, sizeof(name), "vsx.%s", c->name);
	if (bases)
		made = PyErr_NewExceptionWithDoc(
			name, c->doc ? c->doc : vsx_status_text(c->status),
			bases, NULL);
	Py_XDECREF(bases);
	return made;
}

int vsx_py_add_errors(PyObject *module)
{
	if (!error_base)
		error_base = new_base();
	if (!error_base || PyModule_AddObjectRef(module, "Error", error_base))
		return -1;
	for (size_t i = 0; i < N_CLASSES; i++) {
		if (!error_of[i])
			error_of[i] = new_class(&classes[i]);
		if (!error_of[i] ||
		    PyModule_AddObjectRef(module, classes[i].name, error_of[i]))
			return -1;
	}
	return 0;
}

static int set_number(PyObject *exception, const char *name, int64_t value,
		      bool known)
{
	PyObject *n = known ? PyLong_FromLongLong(value) : Py_NewRef(Py_None);
	int failed = !n || PyObject_SetAttrString(exception, name, n);

	Py_XDECREF(n);
	return failed;
}

static int set_text(PyObject *exception, const char *name, const char *text)
{
	PyObject *s = *text ? PyUnicode_FromString(text) : Py_NewRef(Py_None);
	int failed = !s || PyObject_SetAttrString(exception, name, s);

	Py_XDECREF(s);
	return failed;
}

PyObject *vsx_py_raise(const struct vsx_error *e)
{
	PyObject *type = error_base, *text, *exception = NULL;
	const struct vsx_where *at = &e->at;

	if (PyErr_Occurred())
		return NULL;
	for (size_t i = 0; i < N_CLASSES; i++)
		if (classes[i].status == e->status &&
		    (!classes[i].sys_errno ||
		     classes[i].sys_errno == e->sys_errno))
			type = error_of[i];
	/* A path may be anything. */
	text = PyUnicode_DecodeUTF8(e->text, (Py_ssize_t)strlen(e->text),
				    "backslashreplace");
	if (text)
		exception = PyObject_CallFunctionObjArgs(type, text, NULL);
	if (exception && !set_number(exception, "status", e->status, true) &&
	    !set_number(exception, "row", at->row, at->row >= 0) &&
	    !set_number(exception, "query", at->query, at->query >= 0) &&
	    !set_number(exception, "page", at->page, at->page >= 0) &&
	    !set_number(exception, "segment", at->segment, at->segment >= 0) &&
	    !set_number(exception, "errno", e->sys_errno, e->sys_errno != 0) &&
	    !set_text(exception, "section", at->section))
		PyErr_SetObject(type, exception);
	Py_XDECREF(text);
	Py_XDECREF(exception);
	return NULL;
}
