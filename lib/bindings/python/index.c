/* The type Index, and rows of it that stay where they lie. */
#include "module.h"

#include <stddef.h>

PyTypeObject *vsx_py_index_type, *vsx_py_row_type;

static struct vsx_py_index *index_of(PyObject *self)
{
	return (struct vsx_py_index *)self;
}

struct vsx_py_handle *vsx_py_index_handle(PyObject *self)
{
	struct vsx_py_handle *h = index_of(self)->handle;

	if (h)
		return vsx_py_handle_hold(h);
	PyErr_SetString(PyExc_ValueError, "the index is closed");
	return NULL;
}

/* ---- open and close ----------------------------------------------------- */

static PyObject *open_index(PyObject *path, PyObject *options,
			    const struct vsx_open_opts *opts)
{
	const char *name = PyBytes_AsString(path);
	struct vsx_py_index *self;
	enum vsx_status status;
	struct vsx_error err;
	struct vsx *index;

	if (!name)
		return NULL;
	Py_BEGIN_ALLOW_THREADS;
	status = vsx_open(&index, name, opts, &err);
	Py_END_ALLOW_THREADS;
	if (status)
		return vsx_py_raise(&err);
	self = (struct vsx_py_index *)PyType_GenericAlloc(vsx_py_index_type, 0);
	if (!self) {
		vsx_close(index);
		return NULL;
	}
	self->handle = vsx_py_handle_new(index);
	self->path = Py_NewRef(path);
	self->options = Py_XNewRef(options);
	self->opts = *opts;
	if (!self->handle) {
		Py_DECREF(self);
		return NULL;
	}
	return (PyObject *)self;
}

PyObject *vsx_py_open_path(PyObject *path)
{
	static const struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;

	return open_index(path, NULL, &opts);
}

PyObject *vsx_py_open(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"path",	  "check",     "preload",     "copy",
				"memory", "untrusted", "lock_memory", NULL};
	const char *check = NULL, *preload = NULL;
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	int copy = 0, untrusted = 0, lock_memory = 0;
	unsigned int number;
	PyObject *path, *index;
	unsigned long long memory = 0;

	(void)module;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|$sspKpp:open", names,
					 PyUnicode_FSConverter, &path, &check,
					 &preload, &copy, &memory, &untrusted,
					 &lock_memory))
		return NULL;
	if (vsx_py_name(vsx_py_checks, "check", check, &number)) {
		Py_DECREF(path);
		return NULL;
	}
	opts.check = (enum vsx_check)number;
	if (vsx_py_name(vsx_py_preloads, "preload", preload, &number)) {
		Py_DECREF(path);
		return NULL;
	}
	opts.preload = (enum vsx_preload)number;
	opts.load = copy ? VSX_LOAD_COPY : VSX_LOAD_MAP;
	opts.memory = memory;
	opts.untrusted = (uint32_t)untrusted;
	opts.lock_memory = (uint32_t)lock_memory;
	index = open_index(path, kwargs, &opts);
	Py_DECREF(path);
	return index;
}

static PyObject *index_close(PyObject *self, PyObject *unused)
{
	struct vsx_py_handle *h = index_of(self)->handle;

	(void)unused;
	index_of(self)->handle = NULL;
	vsx_py_handle_drop(h);
	Py_RETURN_NONE;
}

static void index_dealloc(PyObject *self)
{
	struct vsx_py_index *i = index_of(self);
	PyTypeObject *type = Py_TYPE(self);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	vsx_py_handle_drop(i->handle);
	Py_XDECREF(i->path);
	Py_XDECREF(i->options);
	Py_XDECREF(i->built);
	release(self);
	Py_DECREF(type);
}

PyObject *vsx_py_index_refresh(PyObject *self, PyObject *unused)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self), *fresh;
	enum vsx_status status;
	struct vsx_error err;
	struct vsx *newer;

	(void)unused;
	if (!h)
		return NULL;
	Py_BEGIN_ALLOW_THREADS;
	status = vsx_refresh(&newer, vsx_py_handle_index(h), &err);
	Py_END_ALLOW_THREADS;
	vsx_py_handle_drop(h);
	if (status)
		return vsx_py_raise(&err);
	if (!newer)
		Py_RETURN_FALSE;
	fresh = vsx_py_handle_new(newer);
	if (!fresh)
		return NULL;
	/* Somebody else may have closed or refreshed it meanwhile. */
	h = index_of(self)->handle;
	if (!h) {
		vsx_py_handle_drop(fresh);
		Py_RETURN_FALSE;
	}
	index_of(self)->handle = fresh;
	vsx_py_handle_drop(h);
	Py_RETURN_TRUE;
}

static PyObject *index_enter(PyObject *self, PyObject *unused)
{
	(void)unused;
	return Py_NewRef(self);
}

static PyObject *index_exit(PyObject *self, PyObject *args)
{
	(void)args;
	return index_close(self, NULL);
}

/* An index travels as its path. */
static PyObject *index_reduce(PyObject *self, PyObject *unused)
{
	struct vsx_py_index *i = index_of(self);
	PyObject *module = PyImport_ImportModule("vsx");
	PyObject *again =
		module ? PyObject_GetAttrString(module, "_open_again") : NULL;
	PyObject *result = NULL;

	(void)unused;
	if (again)
		result = Py_BuildValue("(O(OO))", again, i->path,
				       i->options ? i->options : Py_None);
	Py_XDECREF(module);
	Py_XDECREF(again);
	return result;
}

/* ---- rows ---------------------------------------------------------------- */

static PyObject *vector_of(struct vsx_py_handle *h, uint64_t id)
{
	uint32_t dim = vsx_py_handle_facts(h)->dim;
	enum vsx_status status;
	struct vsx_error err;
	PyObject *vector;
	Py_buffer view;

	vector = vsx_py_array_new('f', 1, true, dim, &view);
	if (!vector)
		return NULL;
	status = vsx_get(vsx_py_handle_index(h), id, view.buf, &err);
	PyBuffer_Release(&view);
	if (!status)
		return vector;
	Py_DECREF(vector);
	return vsx_py_raise(&err);
}

static PyObject *index_reconstruct(PyObject *self, PyObject *id)
{
	struct vsx_py_handle *h;
	PyObject *vector;
	uint64_t number;

	if (!vsx_py_id(id, &number))
		return NULL;
	h = vsx_py_index_handle(self);
	if (!h)
		return NULL;
	vector = vector_of(h, number);
	vsx_py_handle_drop(h);
	return vector;
}

static PyObject *vectors_of(struct vsx_py_handle *h,
			    const struct vsx_py_ids *ids)
{
	uint32_t dim = vsx_py_handle_facts(h)->dim;
	enum vsx_status status;
	struct vsx_error err;
	PyObject *vectors;
	Py_buffer view;

	vectors = vsx_py_array_new('f', ids->n, false, dim, &view);
	if (!vectors)
		return NULL;
	Py_BEGIN_ALLOW_THREADS;
	status = vsx_get_many(vsx_py_handle_index(h), ids->ids, ids->n,
			      view.buf, NULL, &err);
	Py_END_ALLOW_THREADS;
	PyBuffer_Release(&view);
	if (!status)
		return vectors;
	Py_DECREF(vectors);
	return vsx_py_raise(&err);
}

static PyObject *index_reconstruct_batch(PyObject *self, PyObject *x)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	struct vsx_py_ids ids;
	PyObject *vectors = NULL;

	if (!h)
		return NULL;
	if (!vsx_py_ids_get(&ids, x, "ids")) {
		vectors = vectors_of(h, &ids);
		vsx_py_ids_release(&ids);
	}
	vsx_py_handle_drop(h);
	return vectors;
}

static Py_ssize_t index_length(PyObject *self)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	uint64_t n;

	if (!h)
		return -1;
	n = vsx_py_handle_facts(h)->n_live;
	vsx_py_handle_drop(h);
	return (Py_ssize_t)n;
}

/* The ids of all rows, in the order of the file. */
static PyObject *index_ids(PyObject *self, PyObject *unused)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	const struct vsx_facts *facts;
	enum vsx_status status;
	struct vsx_error err;
	PyObject *ids;
	Py_buffer view;
	uint64_t n = 0;

	(void)unused;
	if (!h)
		return NULL;
	facts = vsx_py_handle_facts(h);
	ids = vsx_py_array_new('q', 1, true, (size_t)facts->n_live, &view);
	for (uint64_t row = 0; ids && row < facts->n_rows; row++) {
		uint64_t id;

		status = vsx_id_at(vsx_py_handle_index(h), row, &id, &err);
		if (status == VSX_ENOTFOUND)
			continue;
		if (status || n == facts->n_live) {
			PyBuffer_Release(&view);
			Py_CLEAR(ids);
			vsx_py_raise(&err);
			break;
		}
		((uint64_t *)view.buf)[n++] = id;
	}
	if (ids)
		PyBuffer_Release(&view);
	vsx_py_handle_drop(h);
	return ids;
}

static PyObject *index_iter(PyObject *self)
{
	PyObject *ids = index_ids(self, NULL), *list, *iter = NULL;

	list = ids ? PyObject_CallMethod(ids, "tolist", NULL) : NULL;
	if (list)
		iter = PyObject_GetIter(list);
	Py_XDECREF(ids);
	Py_XDECREF(list);
	return iter;
}

/* ---- keys and payload -----------------------------------------------------
 */

static int find_key(struct vsx_py_handle *h, PyObject *x, uint64_t *id)
{
	struct vsx_bytes key;
	enum vsx_status status;
	struct vsx_error err;
	PyObject *owner;

	if (vsx_py_bytes_get(&key, &owner, x))
		return -1;
	status = vsx_find(vsx_py_handle_index(h), key.at, key.n, id, &err);
	Py_DECREF(owner);
	if (!status)
		return 0;
	vsx_py_raise(&err);
	return -1;
}

static PyObject *index_find(PyObject *self, PyObject *key)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	uint64_t id;
	int failed;

	if (!h)
		return NULL;
	failed = find_key(h, key, &id);
	vsx_py_handle_drop(h);
	return failed ? NULL : PyLong_FromUnsignedLongLong(id);
}

static PyObject *index_get(PyObject *self, PyObject *id)
{
	struct vsx_py_handle *h;
	PyObject *vector = NULL;
	uint64_t number;

	if (!PyUnicode_Check(id) && !PyBytes_Check(id))
		return index_reconstruct(self, id);
	h = vsx_py_index_handle(self);
	if (!h)
		return NULL;
	if (!find_key(h, id, &number))
		vector = vector_of(h, number);
	vsx_py_handle_drop(h);
	return vector;
}

static int contains_key(PyObject *self, PyObject *key)
{
	PyObject *id = index_find(self, key);

	Py_XDECREF(id);
	if (id)
		return 1;
	if (!PyErr_ExceptionMatches(PyExc_KeyError))
		return -1;
	PyErr_Clear();
	return 0;
}

static int index_contains(PyObject *self, PyObject *id)
{
	struct vsx_py_handle *h;
	enum vsx_status status;
	struct vsx_error err;
	uint64_t number;
	uint32_t found;

	if (PyUnicode_Check(id) || PyBytes_Check(id))
		return contains_key(self, id);
	if (!vsx_py_id(id, &number)) {
		if (!PyErr_ExceptionMatches(PyExc_TypeError) &&
		    !PyErr_ExceptionMatches(PyExc_ValueError))
			return -1;
		PyErr_Clear(); /* nothing of the kind is in it */
		return 0;
	}
	h = vsx_py_index_handle(self);
	if (!h)
		return -1;
	status = vsx_contains(vsx_py_handle_index(h), number, &found, &err);
	vsx_py_handle_drop(h);
	if (!status)
		return found != 0;
	vsx_py_raise(&err);
	return -1;
}

static PyObject *key_of(struct vsx_py_handle *h, uint64_t id)
{
	char key[VSX_MAX_KEY];
	struct vsx_error err;
	size_t n;

	if (vsx_key(vsx_py_handle_index(h), id, key, &n, &err))
		return vsx_py_raise(&err);
	return n ? vsx_py_text(key, n) : Py_NewRef(Py_None);
}

/* The keys of rows, None for one that has none. */
static PyObject *index_keys(PyObject *self, PyObject *x)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	struct vsx_py_ids ids;
	PyObject *all = NULL;

	if (!h)
		return NULL;
	if (!vsx_py_ids_get(&ids, x, "ids")) {
		all = PyList_New((Py_ssize_t)ids.n);
		for (size_t i = 0; all && i < ids.n; i++) {
			PyObject *key = key_of(h, ids.ids[i]);

			if (!key || PyList_SetItem(all, (Py_ssize_t)i, key))
				Py_CLEAR(all);
		}
		vsx_py_ids_release(&ids);
	}
	vsx_py_handle_drop(h);
	return all;
}

static int keep_payload(void *list, size_t i, const struct vsx_bytes *payload)
{
	PyObject *bytes =
		payload->n ? PyBytes_FromStringAndSize(payload->at,
						       (Py_ssize_t)payload->n)
			   : Py_NewRef(Py_None);

	return !bytes || PyList_SetItem(list, (Py_ssize_t)i, bytes);
}

/* The payloads of rows, None for one that has none. */
static PyObject *index_payloads(PyObject *self, PyObject *x)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	struct vsx_py_ids ids;
	struct vsx_error err;
	PyObject *all = NULL;

	if (!h)
		return NULL;
	if (!vsx_py_ids_get(&ids, x, "ids")) {
		all = PyList_New((Py_ssize_t)ids.n);
		if (all && vsx_payloads(vsx_py_handle_index(h), ids.ids, ids.n,
					keep_payload, all, &err)) {
			vsx_py_raise(&err);
			Py_CLEAR(all);
		}
		vsx_py_ids_release(&ids);
	}
	vsx_py_handle_drop(h);
	return all;
}

/* ---- a row where it lies ------------------------------------------------- */

struct row {
	PyObject ob_base;
	struct vsx_py_handle *handle;
	void *bytes;
	Py_ssize_t n, item_bytes;
	char format[2];
};

static int row_buffer(PyObject *self, Py_buffer *view, int flags)
{
	struct row *r = (struct row *)self;

	if (flags & PyBUF_WRITABLE) {
		view->obj = NULL;
		PyErr_SetString(PyExc_BufferError,
				"rows of an index cannot be written to");
		return -1;
	}
	*view = (Py_buffer){
		.buf = r->bytes,
		.obj = Py_NewRef(self),
		.len = r->n * r->item_bytes,
		.itemsize = r->item_bytes,
		.readonly = 1,
		.ndim = 1,
		.format = flags & PyBUF_FORMAT ? r->format : NULL,
		.shape = &r->n,
		.strides = &r->item_bytes,
	};
	return 0;
}

static void row_dealloc(PyObject *self)
{
	PyTypeObject *type = Py_TYPE(self);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	vsx_py_handle_drop(((struct row *)self)->handle);
	release(self);
	Py_DECREF(type);
}

static PyObject *row_new(struct vsx_py_handle *h, uint64_t id)
{
	static const char formats[] = {
		[VSX_F32] = 'f', [VSX_F16] = 'e', [VSX_BF16] = 'H',
		[VSX_I8] = 'b',	 [VSX_U8] = 'B',
	};
	const struct vsx_facts *facts = vsx_py_handle_facts(h);
	struct vsx_error err;
	const void *bytes;
	PyObject *array;
	struct row *r;

	if (vsx_row(vsx_py_handle_index(h), id, &bytes, &err))
		return vsx_py_raise(&err);
	r = (struct row *)PyType_GenericAlloc(vsx_py_row_type, 0);
	if (!r)
		return NULL;
	r->handle = vsx_py_handle_hold(h);
	memcpy(&r->bytes, &bytes, sizeof(bytes));
	r->n = facts->dim;
	r->item_bytes = (Py_ssize_t)vsx_elem_size(facts->elem);
	r->format[0] = formats[facts->elem];
	array = vsx_py_array_over((PyObject *)r);
	Py_DECREF(r);
	return array;
}

static PyObject *index_row(PyObject *self, PyObject *id)
{
	struct vsx_py_handle *h;
	PyObject *array;
	uint64_t number;

	if (!vsx_py_id(id, &number))
		return NULL;
	h = vsx_py_index_handle(self);
	if (!h)
		return NULL;
	array = row_new(h, number);
	vsx_py_handle_drop(h);
	return array;
}

/* ---- facts --------------------------------------------------------------- */

enum fact_type { FACT_U32, FACT_U64, FACT_F64, FACT_TEXT, FACT_BOOL };

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

static PyObject *get_metric(PyObject *self, void *unused)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	PyObject *text;

	(void)unused;
	if (!h)
		return NULL;
	text = PyUnicode_FromString(
		vsx_metric_text(vsx_py_handle_facts(h)->metric));
	vsx_py_handle_drop(h);
	return text;
}

static PyObject *get_dtype(PyObject *self, void *unused)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	PyObject *text;

	(void)unused;
	if (!h)
		return NULL;
	text = PyUnicode_FromString(
		vsx_elem_text(vsx_py_handle_facts(h)->elem));
	vsx_py_handle_drop(h);
	return text;
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

static PyObject *index_effort_for(PyObject *self, PyObject *args)
{
	struct vsx_py_handle *h;
	enum vsx_status status;
	struct vsx_error err;
	unsigned int k = 10;
	uint32_t effort;
	double recall, refine;

	if (!PyArg_ParseTuple(args, "d|I:effort_for", &recall, &k))
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

static PyObject *index_repr(PyObject *self)
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

/* ---- the types ----------------------------------------------------------- */

#define CALL(f) ((PyCFunction)(void (*)(void))(f))

static PyMethodDef methods[] = {
	{"search", CALL(vsx_py_index_search), METH_VARARGS | METH_KEYWORDS,
	 "search(x, k=10, *, ef=0, nprobe=0, recall=0.0, refine=0.0,\n"
	 "       exact=False, threads=0, filter=None, timeout=None, out=None)\n--\n\n"
	 "The k nearest rows of each query: (D, I).\n\n"
	 "x        array [n, dim] or [dim]; float32 is searched where it lies\n"
	 "ef       of graphs, nprobe of lists: how much is looked at\n"
	 "recall   instead: the cheapest setting that was measured to reach it\n"
	 "refine   where codes are estimates: rows looked at for each of the k\n"
	 "exact    compare with every row\n"
	 "threads  for many queries; 0: one for each processor\n"
	 "filter   rows that may be found: a str such as 'year >= 2024', or a\n"
	 "         Selection, which serves many searches\n"
	 "timeout  seconds; StoppedError when they have passed\n"
	 "out      (D, I) to be filled: float32 and int64 or uint64\n\n"
	 "D is float32 [n, k]: squared distances (l2), products (ip) or\n"
	 "similarities (cosine). I is int64 [n, k]. Where the index has fewer\n"
	 "rows, NaN and -1. A single query gives arrays of one dimension.\n"
	 "Any thread may call it at any time."},
	{"search_id", CALL(vsx_py_index_search_id),
	 METH_VARARGS | METH_KEYWORDS,
	 "search_id(id, k=10, *, ef=0, nprobe=0, recall=0.0, refine=0.0,\n"
	 "          exact=False, filter=None, timeout=None)\n--\n\n"
	 "The k rows that are nearest to a row of the index, without itself:\n"
	 "(D, I), arrays of one dimension."},
	{"reconstruct", index_reconstruct, METH_O,
	 "reconstruct(id, /)\n--\n\n"
	 "The vector with this id, float32 [dim]; NotFoundError, a KeyError,\n"
	 "if there is none. index[id] is the same, and index[key] by key."},
	{"reconstruct_batch", index_reconstruct_batch, METH_O,
	 "reconstruct_batch(ids, /)\n--\n\n"
	 "The vectors with these ids, float32 [n, dim]."},
	{"row", index_row, METH_O,
	 "row(id, /)\n--\n\n"
	 "The row with this id where it lies in the file: a read-only array\n"
	 "of the index's own type (bf16 as uint16), without a copy. It stays\n"
	 "valid when the index is closed."},
	{"select", vsx_py_index_select, METH_O,
	 "select(filter, /)\n--\n\n"
	 "The rows that a filter is true of, such as\n"
	 "'lang = \"en\" and year >= 2024': a Selection. The language is in\n"
	 "vsx-query(1)."},
	{"find", index_find, METH_O,
	 "find(key, /)\n--\n\n"
	 "The id of the row with a key, str or bytes; NotFoundError, a\n"
	 "KeyError, if there is none."},
	{"keys", index_keys, METH_O,
	 "keys(ids, /)\n--\n\n"
	 "The keys of rows, a list: str, bytes where a key is not UTF-8, None\n"
	 "where a row has none."},
	{"payloads", index_payloads, METH_O,
	 "payloads(ids, /)\n--\n\n"
	 "The payloads of rows, a list of bytes, or None where a row has none."},
	{"ids", index_ids, METH_NOARGS,
	 "ids()\n--\n\nThe ids of all rows, int64, in the order of the file."},
	{"add", CALL(vsx_py_index_add), METH_VARARGS | METH_KEYWORDS,
	 "add(x, ids=None, *, keys=None, payloads=None, fields=None,\n"
	 "    threads=0, memory=0, wait=0.0, progress=None)\n--\n\n"
	 "Add rows as a new generation of the file, and see them: a dict of\n"
	 "what was done. Without ids numbering goes on from the greatest.\n"
	 "An id or a key that is there is ExistsError."},
	{"upsert", CALL(vsx_py_index_upsert), METH_VARARGS | METH_KEYWORDS,
	 "upsert(x, ids=None, *, keys=None, payloads=None, fields=None,\n"
	 "       threads=0, memory=0, wait=0.0, progress=None)\n--\n\n"
	 "The same, in place of rows that have these ids or keys."},
	{"remove", CALL(vsx_py_index_remove), METH_VARARGS | METH_KEYWORDS,
	 "remove(ids=None, *, keys=None, where=None, wait=0.0)\n--\n\n"
	 "Delete rows, by ids, keys or a filter: a dict with n_deleted and the unknown ids."},
	{"compact", CALL(vsx_py_index_compact), METH_VARARGS | METH_KEYWORDS,
	 "compact(out=None, *, spec=None, threads=0, memory=0, wait=0.0,\n"
	 "        overwrite=False, progress=None)\n--\n\n"
	 "Write the live rows into one new segment, in place of the file or\n"
	 "to another path: a dict of what was done."},
	{"verify", CALL(vsx_py_index_verify), METH_VARARGS | METH_KEYWORDS,
	 "verify(level='full', *, min_recall=0.0, threads=0, progress=None)\n"
	 "--\n\n"
	 "Check the file ('full', 'pages', 'quick'): a dict with `findings`,\n"
	 "a list of lines that is empty for a sound file, and the recall."},
	{"backup", CALL(vsx_py_index_backup), METH_VARARGS | METH_KEYWORDS,
	 "backup(repo, name=None, *, wait=0.0, progress=None)\n--\n\n"
	 "Make a snapshot in a repository: a dict of what was done."},
	{"effort_for", index_effort_for, METH_VARARGS,
	 "effort_for(recall, k=10, /)\n--\n\n"
	 "(effort, refine) of the cheapest setting that reaches a recall;\n"
	 "NotFoundError says the best there is."},
	{"refresh", vsx_py_index_refresh, METH_NOARGS,
	 "refresh()\n--\n\n"
	 "See the newest generation of the file: True if there is a newer\n"
	 "one. Searches that run are not disturbed."},
	{"close", index_close, METH_NOARGS,
	 "close()\n--\n\nClose it; calls that run end first. Twice is once."},
	{"__enter__", index_enter, METH_NOARGS, NULL},
	{"__exit__", index_exit, METH_VARARGS, NULL},
	{"__reduce__", index_reduce, METH_NOARGS, NULL},
	{NULL, NULL, 0, NULL},
};

#define N_OTHERS 8
static PyGetSetDef getters[N_FACTS + N_OTHERS + 1] = {
	{"metric", get_metric, NULL, "'l2', 'ip' or 'cosine'.", NULL},
	{"dtype", get_dtype, NULL,
	 "Type of the rows: 'f32', 'f16', 'bf16', 'i8' or 'u8'.", NULL},
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

static PyType_Slot index_slots[] = {
	{Py_tp_doc,
	 "An open index; see vsx.open() and vsx.build().\n\n"
	 "len(index) is the number of live rows, index[id] a vector,\n"
	 "iteration gives ids. Any thread may use it."},
	{Py_tp_dealloc, index_dealloc},
	{Py_tp_repr, index_repr},
	{Py_tp_iter, index_iter},
	{Py_tp_methods, methods},
	{Py_tp_getset, getters},
	{Py_mp_length, index_length},
	{Py_mp_subscript, index_get},
	{Py_sq_contains, index_contains},
	{0, NULL},
};

static PyType_Spec index_spec = {
	.name = "vsx.Index",
	.basicsize = sizeof(struct vsx_py_index),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
		 Py_TPFLAGS_IMMUTABLETYPE,
	.slots = index_slots,
};

static PyType_Slot row_slots[] = {
	{Py_tp_dealloc, row_dealloc},
	{Py_bf_getbuffer, row_buffer},
	{0, NULL},
};

static PyType_Spec row_spec = {
	.name = "vsx._Row",
	.basicsize = sizeof(struct row),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
		 Py_TPFLAGS_IMMUTABLETYPE,
	.slots = row_slots,
};

int vsx_py_add_types(PyObject *module)
{
	for (size_t i = 0; i < N_FACTS; i++) {
		PyGetSetDef *g = &getters[N_OTHERS + i];

		g->name = facts[i].name;
		g->get = get_fact;
		g->doc = facts[i].doc;
		memcpy(&g->closure, &(const struct fact *){&facts[i]},
		       sizeof(g->closure));
	}
	vsx_py_index_type = (PyTypeObject *)PyType_FromSpec(&index_spec);
	vsx_py_row_type = (PyTypeObject *)PyType_FromSpec(&row_spec);
	if (!vsx_py_index_type || !vsx_py_row_type)
		return -1;
	return PyModule_AddObjectRef(module, "Index",
				     (PyObject *)vsx_py_index_type);
}
