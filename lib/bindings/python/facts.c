/* What an index says of itself: attributes of Index. */
#include "module.h"

#include <stddef.h>

static const struct vsx_py_index *index_of(PyObject *self)
{
	return (const struct vsx_py_index *)self;
}

enum fact_type {
	FACT_U32,
	FACT_U64,
	FACT_F64,
	FACT_TEXT,
	FACT_BOOL,
	FACT_METRIC,
	FACT_ELEM,
};

struct fact {
	const char *name, *doc;
	enum fact_type type;
	size_t at;
};

#define FACT(name, type, member, doc)                                          \
	{                                                                      \
		name, doc, type, offsetof(struct vsx_facts, member)            \
	}

static const struct fact facts[] = {
	FACT("dim", FACT_U32, dim, "Components of a vector."),
	FACT("metric", FACT_METRIC, metric, "'l2', 'ip' or 'cosine'."),
	FACT("dtype", FACT_ELEM, elem,
	     "Type of the rows: 'f32', 'f16', 'bf16', 'i8' or 'u8'."),
	FACT("spec", FACT_TEXT, spec, "What it is, such as 'HNSW32'."),
	FACT("asked", FACT_TEXT, asked, "What was asked for."),
	FACT("kept", FACT_TEXT, kept, "What is kept of rows, such as 'f32'."),
	FACT("generation", FACT_U64, generation,
	     "Counts the commits of the file."),
	FACT("n_rows", FACT_U64, n_rows, "Rows, deleted ones too."),
	FACT("n_live", FACT_U64, n_live, "Rows that are not deleted."),
	FACT("n_segments", FACT_U32, n_segments, "Segments."),
	FACT("file_bytes", FACT_U64, file_bytes, "Bytes of the file."),
	FACT("heap_bytes", FACT_U64, heap_bytes,
	     "Bytes of memory that the open index itself takes."),
	FACT("deleted_bytes", FACT_U64, deleted_bytes,
	     "About: bytes of deleted rows, which compact() frees."),
	FACT("superseded_bytes", FACT_U64, superseded_bytes,
	     "Bytes of older generations, which compact() frees."),
	FACT("default_effort", FACT_U32, default_effort,
	     "ef or nprobe of a search that names none."),
	FACT("default_refine", FACT_F64, default_refine,
	     "Refine factor of a search that names none."),
	FACT("effort_name", FACT_TEXT, effort_name, "'ef', 'nprobe' or ''."),
	FACT("target_recall", FACT_F64, target_recall,
	     "The recall@10 that default_effort was chosen for."),
	FACT("normalised", FACT_BOOL, normalised,
	     "Whether rows were scaled to length 1."),
	FACT("format_version", FACT_U32, format_version,
	     "Version of the file format."),
	FACT("has_keys", FACT_BOOL, has_keys, "Whether rows have keys."),
	FACT("has_payload", FACT_BOOL, has_payload,
	     "Whether rows have payload."),
	FACT("seed", FACT_U64, seed, "That it was built with."),
};
#define N_FACTS (sizeof(facts) / sizeof(facts[0]))

static PyObject *fact_value(const struct vsx_facts *all, const struct fact *f)
{
	const char *at = (const char *)all + f->at;
	const char *text;
	uint32_t u32;
	uint64_t u64;
	double f64;

	switch (f->type) {
	case FACT_U64:
		memcpy(&u64, at, sizeof(u64));
		return PyLong_FromUnsignedLongLong(u64);
	case FACT_F64:
		memcpy(&f64, at, sizeof(f64));
		return PyFloat_FromDouble(f64);
	case FACT_TEXT:
		memcpy(&text, at, sizeof(text));
		return PyUnicode_FromString(text);
	case FACT_METRIC:
		return PyUnicode_FromString(vsx_metric_text(all->metric));
	case FACT_ELEM:
		return PyUnicode_FromString(vsx_elem_text(all->elem));
	case FACT_BOOL:
		memcpy(&u32, at, sizeof(u32));
		return PyBool_FromLong((long)u32);
	default:
		memcpy(&u32, at, sizeof(u32));
		return PyLong_FromUnsignedLong(u32);
	}
}

static PyObject *get_fact(PyObject *self, void *fact)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	PyObject *value;

	if (!h)
		return NULL;
	value = fact_value(vsx_py_handle_facts(h), fact);
	vsx_py_handle_drop(h);
	return value;
}

static PyObject *get_path(PyObject *self, void *unused)
{
	const char *path = PyBytes_AsString(index_of(self)->path);

	(void)unused;
	return path ? PyUnicode_DecodeFSDefault(path) : NULL;
}

static PyObject *get_closed(PyObject *self, void *unused)
{
	(void)unused;
	return PyBool_FromLong(!index_of(self)->handle);
}

static PyObject *get_built(PyObject *self, void *unused)
{
	PyObject *built = index_of(self)->built;

	(void)unused;
	return Py_NewRef(built ? built : Py_None);
}

/* Names of fields and their types as a dict. */
static PyObject *get_fields(PyObject *self, void *unused)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	PyObject *all = h ? PyDict_New() : NULL;
	struct vsx_field_facts f;
	struct vsx_error err;

	(void)unused;
	for (uint32_t i = 0;
	     all && !vsx_get_field(vsx_py_handle_index(h), i, &f, &err); i++) {
		PyObject *type = PyUnicode_FromString(
			vsx_field_type_text(f.type, f.is_list));

		if (!type || PyDict_SetItemString(all, f.name, type))
			Py_CLEAR(all);
		Py_XDECREF(type);
	}
	vsx_py_handle_drop(h);
	return all;
}

/* Properties as a dict. */
static PyObject *get_properties(PyObject *self, void *unused)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	PyObject *all = h ? PyDict_New() : NULL;
	const char *line;

	(void)unused;
	for (uint32_t i = 0;
	     all && (line = vsx_property_at(vsx_py_handle_index(h), i)); i++) {
		const char *equals = strchr(line, '=');
		PyObject *key =
			PyUnicode_FromStringAndSize(line, equals - line);
		PyObject *value = PyUnicode_FromString(equals + 1);

		if (!key || !value || PyDict_SetItem(all, key, value))
			Py_CLEAR(all);
		Py_XDECREF(key);
		Py_XDECREF(value);
	}
	vsx_py_handle_drop(h);
	return all;
}

/* The recall table as a list of dicts. */
static PyObject *get_recalls(PyObject *self, void *unused)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	PyObject *all = h ? PyList_New(0) : NULL, *row;
	struct vsx_recall r;
	struct vsx_error err;

	(void)unused;
	for (uint32_t i = 0; all && i < vsx_py_handle_facts(h)->n_recalls;
	     i++) {
		if (vsx_get_recall(vsx_py_handle_index(h), i, &r, &err)) {
			vsx_py_raise(&err);
			Py_CLEAR(all);
			break;
		}
		row = Py_BuildValue("{sIsdsdsdsdsd}", "effort", r.effort,
				    "refine", r.refine, "at_1", r.at_1, "at_10",
				    r.at_10, "at_100", r.at_100, "distances",
				    r.distances);
		if (!row || PyList_Append(all, row))
			Py_CLEAR(all);
		Py_XDECREF(row);
	}
	vsx_py_handle_drop(h);
	return all;
}

PyObject *vsx_py_index_effort_for(PyObject *self, PyObject *args)
{
	struct vsx_py_handle *h;
	enum vsx_status status;
	struct vsx_error err;
	uint32_t effort, k = 10;
	double recall, refine;

	if (!PyArg_ParseTuple(args, "d|O&:effort_for", &recall, vsx_py_u32, &k))
		return NULL;
	h = vsx_py_index_handle(self);
	if (!h)
		return NULL;
	status = vsx_effort_for(vsx_py_handle_index(h), recall, k, &effort,
				&refine, &err);
	vsx_py_handle_drop(h);
	return status ? vsx_py_raise(&err)
		      : Py_BuildValue("(Id)", effort, refine);
}

PyObject *vsx_py_index_repr(PyObject *self)
{
	struct vsx_py_handle *h = index_of(self)->handle;
	PyObject *path = get_path(self, NULL), *text;
	const struct vsx_facts *f;

	if (!path)
		return NULL;
	if (!h) {
		text = PyUnicode_FromFormat("<vsx.Index %R, closed>", path);
	} else {
		f = vsx_py_handle_facts(h);
		text = PyUnicode_FromFormat(
			"<vsx.Index %R: %s, %llu x %u %s, %s>", path, f->spec,
			(unsigned long long)f->n_live, f->dim,
			vsx_elem_text(f->elem), vsx_metric_text(f->metric));
	}
	Py_DECREF(path);
	return text;
}

#define N_OTHERS 6
static PyGetSetDef getters[N_FACTS + N_OTHERS + 1] = {
	{"path", get_path, NULL, "Of the file.", NULL},
	{"closed", get_closed, NULL, "Whether it is closed.", NULL},
	{"built", get_built, NULL,
	 "What build() said of it, a dict; None if it was opened.", NULL},
	{"properties", get_properties, NULL,
	 "Properties of the file ('model', ...), a dict.", NULL},
	{"fields", get_fields, NULL,
	 "Fields of rows and their types, such as {'year': 'int'}.", NULL},
	{"recalls", get_recalls, NULL,
	 "The recall table, a list of dicts: effort, refine, at_1, at_10,\n"
	 "at_100, and distances computed for a query.",
	 NULL},
};

PyGetSetDef *vsx_py_getters(void)
{
	for (size_t i = 0; i < N_FACTS; i++) {
		PyGetSetDef *g = &getters[N_OTHERS + i];

		g->name = facts[i].name;
		g->get = get_fact;
		g->doc = facts[i].doc;
		memcpy(&g->closure, &(const struct fact *){&facts[i]},
		       sizeof(g->closure));
	}
	return getters;
}
