/* What texts mean that an argument may be. */
#include "module.h"

const struct vsx_py_name vsx_py_metrics[] = {
	{"l2", VSX_L2}, {"ip", VSX_IP}, {"cosine", VSX_COSINE}, {NULL, 0}};

const struct vsx_py_name vsx_py_elems[] = {{"f32", VSX_F32},   {"f16", VSX_F16},
					   {"bf16", VSX_BF16}, {"i8", VSX_I8},
					   {"u8", VSX_U8},     {NULL, 0}};

const struct vsx_py_name vsx_py_checks[] = {{"touch", VSX_CHECK_TOUCH},
					    {"none", VSX_CHECK_NONE},
					    {"all", VSX_CHECK_ALL},
					    {NULL, 0}};

const struct vsx_py_name vsx_py_preloads[] = {{"none", VSX_PRELOAD_NONE},
					      {"hot", VSX_PRELOAD_HOT},
					      {"all", VSX_PRELOAD_ALL},
					      {NULL, 0}};

const struct vsx_py_name vsx_py_levels[] = {{"full", VSX_VERIFY_FULL},
					    {"pages", VSX_VERIFY_PAGES},
					    {"quick", VSX_VERIFY_QUICK},
					    {NULL, 0}};

const struct vsx_py_name vsx_py_builders[] = {
	{"auto", VSX_GRAPH_AUTO},
	{"insert", VSX_GRAPH_INSERT},
	{"partition", VSX_GRAPH_PARTITION},
	{NULL, 0}};

int vsx_py_name(const struct vsx_py_name *names, const char *argument,
		const char *text, unsigned int *value)
{
	char all[128] = "";
	size_t n = 0;

	if (!text) {
		*value = names->value;
		return 0;
	}
	for (const struct vsx_py_name *i = names; i->name; i++) {
		if (strcmp(i->name, text) == 0) {
			*value = i->value;
			return 0;
		}
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s'%s'",
				      i == names ? "" : ", ", i->name);
	}
	PyErr_Format(PyExc_ValueError, "%s is '%.100s' and may be %s", argument,
		     text, all);
	return -1;
}

/* As Python's, made once and kept; NULL with an exception. */
static PyObject *name_of(const char *text)
{
	static struct {
		const char *text;
		PyObject *name;
	} names[8]; /* more than are asked for */
	size_t i = 0;

	while (names[i].name && strcmp(names[i].text, text) != 0)
		i++;
	if (!names[i].name) {
		names[i].text = text;
		names[i].name = PyUnicode_InternFromString(text);
	}
	return names[i].name;
}

PyObject *vsx_py_attr(PyObject *x, const char *name)
{
	PyObject *made = name_of(name);

	return made ? PyObject_GetAttr(x, made) : NULL;
}

bool vsx_py_has(PyObject *x, const char *name)
{
	PyObject *made = vsx_py_attr(x, name);

	if (!made)
		PyErr_Clear();
	Py_XDECREF(made);
	return made != NULL;
}

PyObject *vsx_py_call(PyObject *x, const char *method)
{
	PyObject *bound = vsx_py_attr(x, method);
	PyObject *made = bound ? PyObject_CallNoArgs(bound) : NULL;

	Py_XDECREF(bound);
	return made;
}
