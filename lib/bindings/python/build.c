/* vsx.build(). */
#include "module.h"

#include <stdlib.h>

static PyObject *result_of(const struct vsx_build_result *r, PyObject *notes)
{
	return Py_BuildValue("{sKsKsKsssIsssdsdsIsdsdsdsdsO}", "n_rows",
			     (unsigned long long)r->n_rows, "n_rejected",
			     (unsigned long long)r->n_rejected, "file_bytes",
			     (unsigned long long)r->file_bytes, "spec", r->spec,
			     "default_effort", r->default_effort, "effort_name",
			     r->effort_name, "default_refine",
			     r->default_refine, "recall_at_10", r->recall_at_10,
			     "n_queries", r->n_queries, "seconds_train",
			     r->seconds_train, "seconds_build",
			     r->seconds_build, "seconds_test", r->seconds_test,
			     "seconds_write", r->seconds_write, "notes", notes);
}

/* "x_key=value" of a dict, owned, for the options. */
struct properties {
	const char **text; /* [n] */
	PyObject **owner;
	size_t n;
};

static void properties_release(struct properties *p)
{
	for (size_t i = 0; i < p->n; i++)
		Py_XDECREF(p->owner[i]);
	free(p->text);
	free(p->owner);
}

static int properties_get(struct properties *p, PyObject *dict)
{
	PyObject *key, *value;
	Py_ssize_t at = 0, n;

	memset(p, 0, sizeof(*p));
	if (dict == Py_None)
		return 0;
	n = PyDict_Check(dict) ? PyDict_Size(dict) : -1;
	if (n < 0) {
		PyErr_SetString(PyExc_TypeError,
				"properties must be a dict of texts");
		return -1;
	}
	p->text = calloc((size_t)n + 1, sizeof(*p->text));
	p->owner = calloc((size_t)n + 1, sizeof(*p->owner));
	if (!p->text || !p->owner) {
		properties_release(p);
		PyErr_NoMemory();
		return -1;
	}
	while (p->n < (size_t)n && PyDict_Next(dict, &at, &key, &value)) {
		PyObject *line;

		/* Texts are made by code that may change the dict. */
		Py_INCREF(key);
		Py_INCREF(value);
		line = PyUnicode_FromFormat("%S=%S", key, value);
		Py_DECREF(key);
		Py_DECREF(value);
		p->owner[p->n++] = line;
		if (line)
			p->text[p->n - 1] = vsx_py_utf8(line);
		if (!line || !p->text[p->n - 1]) {
			properties_release(p);
			return -1;
		}
	}
	return 0;
}

/* What build() was given, beside the rows. */
struct wish {
	struct vsx_build_opts opts;
	PyObject *path, *queries, *progress, *properties;
	struct vsx_py_given given;
	struct vsx_py_report report;
	uint32_t dim; /* of the rows; 0: none yet */
};

static int begin(struct wish *w, uint32_t dim, struct vsx_builder **b)
{
	enum vsx_status status;
	struct vsx_error err;
	const char *path = PyBytes_AsString(w->path);

	if (!path)
		return -1;
	w->opts.dim = w->dim = dim;
	VSX_PY_UNLOCK(&w->report);
	status = vsx_builder_new(b, path, &w->opts, &err);
	VSX_PY_LOCK(&w->report);
	if (!status)
		return 0;
	vsx_py_raise(&err);
	return -1;
}

static int add_rows(struct wish *w, struct vsx_builder **b,
		    const struct vsx_py_batch *rows)
{
	enum vsx_status status;
	struct vsx_error err;
	uint32_t dim = rows->rows.dim;

	if (rows->rows.one) {
		PyErr_SetString(PyExc_ValueError,
				"x must have 2 dimensions and has 1");
		return -1;
	}
	if (w->dim && w->dim != dim) {
		PyErr_Format(PyExc_ValueError,
			     "x has rows of %u dimensions after some of %u",
			     dim, w->dim);
		return -1;
	}
	if (!*b && begin(w, dim, b))
		return -1;
	VSX_PY_UNLOCK(&w->report);
	status = vsx_builder_add(*b, &rows->batch, &err);
	VSX_PY_LOCK(&w->report);
	if (!status)
		return 0;
	vsx_py_raise(&err);
	return -1;
}

static int add_given(struct wish *w, struct vsx_builder **b,
		     const struct vsx_py_given *given)
{
	struct vsx_py_batch rows;
	int failed;

	if (vsx_py_batch_get(&rows, given, NULL))
		return -1;
	failed = add_rows(w, b, &rows);
	vsx_py_batch_release(&rows);
	return failed;
}

/* What is made of it is made by code that may change the dict: a copy of it
 * holds all until then. */
static int add_dict(struct wish *w, struct vsx_builder **b, PyObject *part)
{
	PyObject *all = PyDict_Copy(part), *x;
	int failed = -1;

	if (!all)
		return -1;
	x = PyDict_GetItemString(all, "x");
	if (x)
		failed = add_given(
			w, b,
			&(struct vsx_py_given){
				.x = x,
				.ids = PyDict_GetItemString(all, "ids"),
				.keys = PyDict_GetItemString(all, "keys"),
				.payloads =
					PyDict_GetItemString(all, "payload"),
				.fields = PyDict_GetItemString(all, "fields"),
			});
	else
		PyErr_SetString(PyExc_TypeError, "a part has no x");
	Py_DECREF(all);
	return failed;
}

/* An array, a pair of one and of its ids, or a dict of all that there is. */
static int add_part(struct wish *w, struct vsx_builder **b, PyObject *part)
{
	struct vsx_py_given given = {.x = part};

	if (PyDict_Check(part))
		return add_dict(w, b, part);
	if (PyTuple_Check(part) && PyTuple_Size(part) == 2) {
		given.x = PyTuple_GetItem(part, 0);
		given.ids = PyTuple_GetItem(part, 1);
	}
	return add_given(w, b, &given);
}

static bool is_given(PyObject *x)
{
	return x && x != Py_None;
}

static int add_parts(struct wish *w, struct vsx_builder **b)
{
	const struct vsx_py_given *g = &w->given;
	PyObject *parts = PyObject_GetIter(g->x), *part;
	int failed = parts ? 0 : -1;

	if (!failed && (is_given(g->ids) || is_given(g->keys) ||
			is_given(g->payloads) || is_given(g->fields))) {
		PyErr_SetString(PyExc_TypeError,
				"parts that come one after the other bring "
				"ids, keys, payload and fields with them");
		failed = -1;
	}
	while (!failed && (part = PyIter_Next(parts))) {
		failed = add_part(w, b, part);
		Py_DECREF(part);
	}
	Py_XDECREF(parts);
	if (!failed && PyErr_Occurred())
		failed = -1;
	if (!failed && !*b) {
		PyErr_SetString(PyExc_ValueError, "x has no rows");
		failed = -1;
	}
	return failed;
}

static int add_queries(struct wish *w, struct vsx_builder *b)
{
	struct vsx_py_rows q;
	enum vsx_status status;
	struct vsx_error err;

	if (w->queries == Py_None)
		return 0;
	if (vsx_py_rows_get(&q, w->queries, "queries"))
		return -1;
	if (q.dim != w->dim) {
		PyErr_Format(PyExc_ValueError,
			     "queries have %u dimensions, rows have %u", q.dim,
			     w->dim);
		vsx_py_rows_release(&q);
		return -1;
	}
	status = vsx_builder_queries(b, q.data, q.elem, q.n, &err);
	vsx_py_rows_release(&q);
	if (!status)
		return 0;
	vsx_py_raise(&err);
	return -1;
}

static PyObject *finish(struct wish *w, struct vsx_builder *b)
{
	struct vsx_build_result result;
	enum vsx_status status;
	PyObject *index, *built;
	struct vsx_error err;

	VSX_PY_UNLOCK(&w->report);
	status = vsx_builder_finish(b, &result, &err);
	VSX_PY_LOCK(&w->report);
	if (status)
		return vsx_py_raise(&err);
	built = result_of(&result, w->report.notes);
	index = built ? vsx_py_open_path(w->path) : NULL;
	if (index)
		((struct vsx_py_index *)index)->built = built;
	else
		Py_XDECREF(built);
	return index;
}

static PyObject *build(struct wish *w)
{
	PyObject *x = w->given.x;
	bool array =
		PyObject_CheckBuffer(x) || PyList_Check(x) || PyTuple_Check(x);
	struct vsx_builder *b = NULL;
	PyObject *index = NULL;
	int failed;

	failed = array ? add_given(w, &b, &w->given) : add_parts(w, &b);
	if (!failed && !add_queries(w, b))
		index = finish(w, b);
	Py_BEGIN_ALLOW_THREADS;
	vsx_builder_free(b);
	Py_END_ALLOW_THREADS;
	return index;
}

static int set_names(struct wish *w, const char *metric, const char *dtype,
		     const char *builder)
{
	unsigned int number;

	if (vsx_py_name(vsx_py_metrics, "metric", metric, &number))
		return -1;
	w->opts.metric = (enum vsx_metric)number;
	if (vsx_py_name(vsx_py_elems, "dtype", dtype, &number))
		return -1;
	w->opts.elem = (enum vsx_elem)number;
	if (vsx_py_name(vsx_py_builders, "builder", builder, &number))
		return -1;
	w->opts.builder = (enum vsx_graph_builder)number;
	return vsx_py_callable(w->progress, "progress");
}

PyObject *vsx_py_build(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"x",
				"path",
				"spec",
				"metric",
				"dtype",
				"ids",
				"keys",
				"payload",
				"fields",
				"queries",
				"recall",
				"overwrite",
				"threads",
				"memory",
				"seed",
				"normalize",
				"ef_construction",
				"builder",
				"model",
				"model_hash",
				"properties",
				"progress",
				"wait",
				"max_bytes_per_row",
				NULL};
	struct wish w = {
		.opts = VSX_BUILD_OPTS_INIT,
		.queries = Py_None,
		.progress = Py_None,
		.properties = Py_None,
	};
	const char *metric = NULL, *dtype = NULL, *builder = NULL;
	int overwrite = 0, normalize = 0;
	struct properties properties;
	PyObject *index = NULL;
	double wait = 0.0;

	(void)module;
	if (!PyArg_ParseTupleAndKeywords(
		    args, kwargs, "OO&|z$zzOOOOOdpO&O&O&pO&zzzOOdO&:build",
		    names, &w.given.x, PyUnicode_FSConverter, &w.path,
		    &w.opts.spec, &metric, &dtype, &w.given.ids, &w.given.keys,
		    &w.given.payloads, &w.given.fields, &w.queries,
		    &w.opts.target_recall, &overwrite, vsx_py_u32,
		    &w.opts.n_threads, vsx_py_u64, &w.opts.memory, vsx_py_u64,
		    &w.opts.seed, &normalize, vsx_py_u32,
		    &w.opts.ef_construction, &builder, &w.opts.model,
		    &w.opts.model_hash, &w.properties, &w.progress, &wait,
		    vsx_py_u32, &w.opts.max_bytes_per_row))
		return NULL;
	w.opts.force = (uint32_t)overwrite;
	w.opts.normalize = (uint32_t)normalize;
	w.opts.report = vsx_py_report_build;
	w.opts.context = &w.report;
	w.report.call = w.progress;
	if (!set_names(&w, metric, dtype, builder) &&
	    !vsx_py_wait(wait, &w.opts.wait_ms) &&
	    !properties_get(&properties, w.properties)) {
		w.opts.properties = properties.text;
		w.opts.n_properties = properties.n;
		w.report.notes = PyList_New(0);
		if (w.report.notes)
			index = build(&w);
		Py_XDECREF(w.report.notes);
		properties_release(&properties);
	}
	Py_DECREF(w.path);
	return index;
}
