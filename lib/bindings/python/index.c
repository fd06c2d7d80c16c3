/* The type Index: opened, closed, and the table of what it can do. */
#include "module.h"

PyTypeObject *vsx_py_index_type;

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

/* Takes the handle. */
static PyObject *index_of_handle(struct vsx_py_handle *h, PyObject *path,
				 PyObject *options)
{
	struct vsx_py_index *self = (struct vsx_py_index *)PyType_GenericAlloc(
		vsx_py_index_type, 0);

	if (!self) {
		vsx_py_handle_drop(h);
		return NULL;
	}
	self->handle = h;
	self->path = Py_NewRef(path);
	self->options = Py_XNewRef(options);
	return (PyObject *)self;
}

static PyObject *open_index(PyObject *path, PyObject *options,
			    const struct vsx_open_opts *opts)
{
	const char *name = PyBytes_AsString(path);
	struct vsx_py_handle *handle;
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
	handle = vsx_py_handle_new(index);
	return handle ? index_of_handle(handle, path, options) : NULL;
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

	(void)module;
	if (!PyArg_ParseTupleAndKeywords(
		    args, kwargs, "O&|$sspO&pp:open", names,
		    PyUnicode_FSConverter, &path, &check, &preload, &copy,
		    vsx_py_u64, &opts.memory, &untrusted, &lock_memory))
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

/* What is seen now, for as long as somebody wants it: the file stays open, and
 * closing or refreshing the index does not change the view. */
static PyObject *index_view(PyObject *self, PyObject *unused)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);

	(void)unused;
	return h ? index_of_handle(h, index_of(self)->path,
				   index_of(self)->options)
		 : NULL;
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

/* ---- the types ----------------------------------------------------------- */

#define CALL(f) ((PyCFunction)(void (*)(void))(f))

static PyMethodDef methods[] = {
	{"search", CALL(vsx_py_index_search), METH_FASTCALL | METH_KEYWORDS,
	 "search($self, /, x, k=10, *, ef=0, nprobe=0, recall=0.0, refine=0.0,\n"
	 "       slack=0.0, exact=False, threads=0, filter=None, timeout=None,\n"
	 "       out=None, group_by=None)\n--\n\n"
	 "The k nearest rows of each query: (D, I).\n\n"
	 "x        array [n, dim] or [dim]; float32 is searched where it lies\n"
	 "ef       of graphs, nprobe of lists: how much is looked at\n"
	 "recall   instead: the cheapest setting that was measured to reach it\n"
	 "refine   where codes are estimates: rows looked at for each of the k\n"
	 "slack    where codes of links choose: how far too far one must seem;\n"
	 "         0: 0.5; math.inf: all links are followed\n"
	 "exact    compare with every row\n"
	 "threads  for many queries; 0: one for each processor\n"
	 "filter   rows that may be found: a str such as 'year >= 2024', or a\n"
	 "         Selection, which serves many searches\n"
	 "timeout  seconds; StoppedError when they have passed\n"
	 "out      (D, I) to be filled: float32 and int64 or uint64\n"
	 "group_by name of a field with one value a row: the nearest row alone of\n"
	 "         those that share a value, so that k values are found\n\n"
	 "D is float32 [n, k]: squared distances (l2), products (ip) or\n"
	 "similarities (cosine). I is int64 [n, k]. Where the index has fewer\n"
	 "rows, NaN and -1. A single query gives arrays of one dimension.\n"
	 "Any thread may call it at any time."},
	{"range_search", CALL(vsx_py_index_range_search),
	 METH_FASTCALL | METH_KEYWORDS,
	 "range_search($self, /, x, radius, *, max=0, ef=0, nprobe=0, recall=0.0,\n"
	 "             exact=False, filter=None, timeout=None)\n--\n\n"
	 "All rows within a distance of each query: (lims, D, I), where those\n"
	 "of query i are D[lims[i]:lims[i + 1]] and I, the nearest first.\n\n"
	 "radius  l2: the greatest squared distance; ip and cosine: the least\n"
	 "        product or similarity; rows exactly there are in\n"
	 "max     the nearest so many of a query at most; 0: all\n\n"
	 "All of them on Flat, and with exact=True; on graphs and lists with\n"
	 "an effort, as in search()."},
	{"search_id", CALL(vsx_py_index_search_id),
	 METH_FASTCALL | METH_KEYWORDS,
	 "search_id($self, /, id, k=10, *, ef=0, nprobe=0, recall=0.0, refine=0.0,\n"
	 "          slack=0.0, exact=False, filter=None, timeout=None,\n"
	 "          group_by=None)\n--\n\n"
	 "The k rows that are nearest to a row of the index, without itself:\n"
	 "(D, I), arrays of one dimension."},
	{"reconstruct", vsx_py_index_reconstruct, METH_O,
	 "reconstruct($self, id, /)\n--\n\n"
	 "The vector with this id, float32 [dim]; NotFoundError, a KeyError,\n"
	 "if there is none. index[id] is the same, and index[key] by key."},
	{"reconstruct_batch", vsx_py_index_reconstruct_batch, METH_O,
	 "reconstruct_batch($self, ids, /)\n--\n\n"
	 "The vectors with these ids, float32 [n, dim]."},
	{"row", vsx_py_index_row, METH_O,
	 "row($self, id, /)\n--\n\n"
	 "The row with this id where it lies in the file: a read-only array\n"
	 "of the index's own type (bf16 as uint16), without a copy. It stays\n"
	 "valid when the index is closed. Rows that are kept as codes, or\n"
	 "floats as bytes, have none: get() gives these."},
	{"select", CALL(vsx_py_index_select), METH_VARARGS | METH_KEYWORDS,
	 "select($self, /, filter=None, *, ids=None, keys=None)\n--\n\n"
	 "Rows that searches may find, a Selection: those that a filter such as\n"
	 "'lang = \"en\" and year >= 2024' is true of, that have one of these\n"
	 "ids or of these keys, or all of what is given. Ids and keys that no\n"
	 "row has select none. The language is in vsx-query(1)."},
	{"find", vsx_py_index_find, METH_O,
	 "find($self, key, /)\n--\n\n"
	 "The id of the row with a key, str or bytes; NotFoundError, a\n"
	 "KeyError, if there is none."},
	{"keys", vsx_py_index_keys, METH_O,
	 "keys($self, ids, /)\n--\n\n"
	 "The keys of rows, a list: str, bytes where a key is not UTF-8, None\n"
	 "where a row has none."},
	{"payloads", vsx_py_index_payloads, METH_O,
	 "payloads($self, ids, /)\n--\n\n"
	 "The payloads of rows, a list of bytes, or None where a row has none."},
	{"values", vsx_py_index_values, METH_O,
	 "values($self, ids, /)\n--\n\n"
	 "The fields of rows, a list of dicts without those that a row lacks;\n"
	 "times are datetimes of UTC."},
	{"ids", vsx_py_index_ids, METH_NOARGS,
	 "ids($self, /)\n--\n\nThe ids of all rows, int64, in the order of the file."},
	{"add", CALL(vsx_py_index_add), METH_VARARGS | METH_KEYWORDS,
	 "add($self, /, x, ids=None, *, keys=None, payload=None, fields=None,\n"
	 "    threads=0, memory=0, wait=0.0, progress=None)\n--\n\n"
	 "Add rows as a new generation of the file, and see them: a dict of\n"
	 "what was done. Without ids numbering goes on from the greatest.\n"
	 "An id or a key that is there is ExistsError."},
	{"upsert", CALL(vsx_py_index_upsert), METH_VARARGS | METH_KEYWORDS,
	 "upsert($self, /, x, ids=None, *, keys=None, payload=None, fields=None,\n"
	 "       threads=0, memory=0, wait=0.0, progress=None)\n--\n\n"
	 "The same, in place of rows that have these ids or keys."},
	{"remove", CALL(vsx_py_index_remove), METH_VARARGS | METH_KEYWORDS,
	 "remove($self, /, ids=None, *, keys=None, where=None, wait=0.0)\n--\n\n"
	 "Delete rows, by ids, keys or a filter: a dict with n_deleted and the unknown ids."},
	{"compact", CALL(vsx_py_index_compact), METH_VARARGS | METH_KEYWORDS,
	 "compact($self, /, out=None, *, spec=None, threads=0, memory=0, wait=0.0,\n"
	 "        overwrite=False, progress=None)\n--\n\n"
	 "Write the live rows into one new segment, in place of the file or\n"
	 "to another path: a dict of what was done."},
	{"verify", CALL(vsx_py_index_verify), METH_VARARGS | METH_KEYWORDS,
	 "verify($self, /, level='full', *, min_recall=0.0, threads=0, progress=None)\n"
	 "--\n\n"
	 "Check the file ('full', 'pages', 'quick'): a dict with `findings`,\n"
	 "a list of lines that is empty for a sound file, and the recall."},
	{"backup", CALL(vsx_py_index_backup), METH_VARARGS | METH_KEYWORDS,
	 "backup($self, /, repo, name=None, *, wait=0.0, progress=None)\n--\n\n"
	 "Make a snapshot in a repository: a dict of what was done."},
	{"effort_for", vsx_py_index_effort_for, METH_VARARGS,
	 "effort_for($self, recall, k=10, /)\n--\n\n"
	 "(effort, refine) of the cheapest setting that reaches a recall;\n"
	 "NotFoundError says the best there is."},
	{"refresh", vsx_py_index_refresh, METH_NOARGS,
	 "refresh($self, /)\n--\n\n"
	 "See the newest generation of the file: True if there is a newer\n"
	 "one. Searches that run are not disturbed."},
	{"view", index_view, METH_NOARGS,
	 "view($self, /)\n--\n\n"
	 "An Index that goes on seeing what this one sees now, whatever others\n"
	 "add, remove, refresh or close: for calls that belong together, such\n"
	 "as a search and the payloads of what it found."},
	{"close", index_close, METH_NOARGS,
	 "close($self, /)\n--\n\nClose it; calls that run end first. Twice is once."},
	{"__enter__", index_enter, METH_NOARGS, NULL},
	{"__exit__", index_exit, METH_VARARGS, NULL},
	{"__reduce__", index_reduce, METH_NOARGS, NULL},
	{NULL, NULL, 0, NULL},
};

static PyType_Slot index_slots[] = {
	{Py_tp_doc,
	 "An open index; see vsx.open() and vsx.build().\n\n"
	 "len(index) is the number of live rows, index[id] a vector,\n"
	 "iteration gives ids. Any thread may use it."},
	{Py_tp_dealloc, index_dealloc},
	{Py_tp_repr, vsx_py_index_repr},
	{Py_tp_iter, vsx_py_index_iter},
	{Py_tp_methods, methods},
	{Py_tp_getset, NULL} /* those of facts.c */,
	{Py_mp_length, vsx_py_index_length},
	{Py_mp_subscript, vsx_py_index_get},
	{Py_sq_contains, vsx_py_index_contains},
	{0, NULL},
};

static PyType_Spec index_spec = {
	.name = "vsx.Index",
	.basicsize = sizeof(struct vsx_py_index),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
		 Py_TPFLAGS_IMMUTABLETYPE,
	.slots = index_slots,
};

int vsx_py_add_types(PyObject *module)
{
	for (PyType_Slot *s = index_slots; s->slot; s++)
		if (s->slot == Py_tp_getset)
			s->pfunc = vsx_py_getters();
	vsx_py_index_type = (PyTypeObject *)PyType_FromSpec(&index_spec);
	if (!vsx_py_index_type || vsx_py_add_rows())
		return -1;
	return PyModule_AddObjectRef(module, "Index",
				     (PyObject *)vsx_py_index_type);
}
