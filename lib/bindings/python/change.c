/* What changes files, checks and copies them: methods of Index, and restore().
 */
#include "module.h"

typedef unsigned long long ull;

int vsx_py_wait(double seconds, uint32_t *ms)
{
	if (!(seconds >= 0.0)) {
		PyErr_SetString(PyExc_ValueError,
				"wait must be seconds, 0 or more");
		return -1;
	}
	*ms = seconds >= 4e6 ? VSX_WAIT_FOREVER : (uint32_t)(seconds * 1e3);
	return 0;
}

/* Of an index that is open; or NULL with an exception. */
static const char *path_of(PyObject *self)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);

	vsx_py_handle_drop(h);
	return h ? PyBytes_AsString(((struct vsx_py_index *)self)->path) : NULL;
}

/* What was written is seen, but by an index that was closed meanwhile. */
static int see_newest(PyObject *self)
{
	PyObject *seen;

	if (!((struct vsx_py_index *)self)->handle)
		return 0;
	seen = vsx_py_index_refresh(self, NULL);
	Py_XDECREF(seen);
	return seen ? 0 : -1;
}

/* ---- add, upsert, remove ------------------------------------------------- */

static PyObject *unknown_of(const struct vsx_update_result *r)
{
	PyObject *ids = PyList_New(0);

	for (uint64_t i = 0; ids && i < r->n_unknown; i++) {
		PyObject *id = PyLong_FromUnsignedLongLong(r->unknown[i]);

		if (!id || PyList_Append(ids, id))
			Py_CLEAR(ids);
		Py_XDECREF(id);
	}
	return ids;
}

static PyObject *update_result(const struct vsx_update_result *r)
{
	PyObject *unknown = unknown_of(r);

	if (!unknown)
		return NULL;
	return Py_BuildValue("{sKsKsKsKsKsKsNsIsIsKsdsdss}", "generation",
			     (ull)r->generation, "n_added", (ull)r->n_added,
			     "n_replaced", (ull)r->n_replaced, "n_deleted",
			     (ull)r->n_deleted, "n_live", (ull)r->n_live,
			     "n_dead", (ull)r->n_dead, "unknown", unknown,
			     "n_segments", r->n_segments, "n_merged",
			     r->n_merged, "file_bytes", (ull)r->file_bytes,
			     "recall_at_10", r->recall_at_10, "recall_built",
			     r->recall_built, "advice", r->advice);
}

/* One update: rows that come (NULL: none), ids that go. */
struct update {
	struct vsx_update_opts opts;
	struct vsx_py_report report;
	const struct vsx_batch *add;
	const struct vsx_py_ids *remove;
	const struct vsx_py_texts *remove_keys; /* with the ids */
};

static PyObject *run_update(PyObject *self, struct update *u)
{
	const char *path = path_of(self);
	struct vsx_update *update = NULL;
	struct vsx_update_result result;
	PyObject *said = NULL;
	enum vsx_status status;
	struct vsx_error err;

	if (!path)
		return NULL;
	u->opts.report = vsx_py_report_build;
	u->opts.context = &u->report;
	VSX_PY_UNLOCK(&u->report);
	status = vsx_update_begin(&update, path, &u->opts, &err);
	if (!status && u->remove)
		status = vsx_update_delete(update, u->remove->ids, u->remove->n,
					   &err);
	if (!status && u->remove && u->remove_keys->n)
		status = vsx_update_delete_keys(update, u->remove_keys->at,
						u->remove_keys->n, NULL, &err);
	if (!status && u->add)
		status = vsx_update_add(update, u->add, &err);
	if (!status)
		status = vsx_update_commit(update, &result, &err);
	VSX_PY_LOCK(&u->report);
	said = status ? vsx_py_raise(&err) : update_result(&result);
	VSX_PY_UNLOCK(&u->report);
	vsx_update_free(update);
	VSX_PY_LOCK(&u->report);
	if (said && see_newest(self))
		Py_CLEAR(said);
	return said;
}

/* The types of fields are those that the index has. */
static PyObject *add_rows(PyObject *self, struct update *u,
			  const struct vsx_py_given *given)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	struct vsx_py_batch rows;
	PyObject *said = NULL;
	uint32_t dim;

	if (!h)
		return NULL;
	dim = vsx_py_handle_facts(h)->dim;
	if (vsx_py_batch_get(&rows, given, vsx_py_handle_index(h))) {
		vsx_py_handle_drop(h);
		return NULL;
	}
	vsx_py_handle_drop(h);
	u->add = &rows.batch;
	if (rows.rows.dim == dim)
		said = run_update(self, u);
	else
		PyErr_Format(PyExc_ValueError,
			     "x has %u dimensions, the index has %u",
			     rows.rows.dim, dim);
	vsx_py_batch_release(&rows);
	return said;
}

static PyObject *add(PyObject *self, PyObject *args, PyObject *kwargs,
		     const char *format, bool replace)
{
	static char *names[] = {"x",	    "ids",     "keys",	 "payload",
				"fields",   "threads", "memory", "wait",
				"progress", NULL};
	struct update u = {.opts = VSX_UPDATE_OPTS_INIT};
	struct vsx_py_given g = {0};
	PyObject *progress = Py_None;
	double wait = 0.0;

	if (!PyArg_ParseTupleAndKeywords(
		    args, kwargs, format, names, &g.x, &g.ids, &g.keys,
		    &g.payloads, &g.fields, vsx_py_u32, &u.opts.n_threads,
		    vsx_py_u64, &u.opts.memory, &wait, &progress) ||
	    vsx_py_wait(wait, &u.opts.wait_ms) ||
	    vsx_py_callable(progress, "progress"))
		return NULL;
	u.opts.replace = replace;
	u.report.call = progress;
	return add_rows(self, &u, &g);
}

PyObject *vsx_py_index_add(PyObject *self, PyObject *args, PyObject *kwargs)
{
	return add(self, args, kwargs, "O|O$OOOO&O&dO:add", false);
}

PyObject *vsx_py_index_upsert(PyObject *self, PyObject *args, PyObject *kwargs)
{
	return add(self, args, kwargs, "O|O$OOOO&O&dO:upsert", true);
}

/* Ids, keys, or what a filter selects: one of these. */
static PyObject *remove_rows(PyObject *self, struct update *u, PyObject *ids,
			     PyObject *keys, PyObject *where)
{
	struct vsx_py_handle *h = vsx_py_index_handle(self);
	struct vsx_py_ids numbers = {0};
	struct vsx_py_texts names = {0};
	PyObject *said = NULL;
	int failed;

	if (!h)
		return NULL;
	if (ids != Py_None)
		failed = vsx_py_ids_get(&numbers, ids, "ids");
	else if (keys != Py_None)
		failed = vsx_py_texts_get(&names, keys, "keys");
	else
		failed = vsx_py_ids_among(h, where, &numbers);
	vsx_py_handle_drop(h);
	u->remove = &numbers;
	u->remove_keys = &names;
	if (!failed)
		said = run_update(self, u);
	vsx_py_ids_release(&numbers);
	vsx_py_texts_release(&names);
	return said;
}

PyObject *vsx_py_index_remove(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"ids", "keys", "where", "wait", NULL};
	struct update u = {.opts = VSX_UPDATE_OPTS_INIT};
	PyObject *ids = Py_None, *keys = Py_None, *where = Py_None;
	double wait = 0.0;
	int n;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$OOd:remove", names,
					 &ids, &keys, &where, &wait) ||
	    vsx_py_wait(wait, &u.opts.wait_ms))
		return NULL;
	n = (ids != Py_None) + (keys != Py_None) + (where != Py_None);
	if (n == 1)
		return remove_rows(self, &u, ids, keys, where);
	PyErr_SetString(PyExc_TypeError,
			"remove() takes ids, keys or where, one of them");
	return NULL;
}

/* ---- compact ------------------------------------------------------------- */

static PyObject *compact(PyObject *self, const char *out,
			 struct vsx_compact_opts *opts,
			 struct vsx_py_report *report)
{
	const char *path = path_of(self);
	struct vsx_compact_result result;
	struct vsx_build_result built;
	enum vsx_status status;
	struct vsx_error err;

	if (!path)
		return NULL;
	opts->report = vsx_py_report_build;
	opts->context = report;
	VSX_PY_UNLOCK(report);
	status = vsx_compact(&path, 1, out, opts, &result, &built, &err);
	VSX_PY_LOCK(report);
	if (status)
		return vsx_py_raise(&err);
	if (!out && see_newest(self))
		return NULL;
	return Py_BuildValue(
		"{sKsKsKsKsssdsO}", "n_rows", (ull)result.n_rows, "n_dropped",
		(ull)result.n_dropped, "bytes_before", (ull)result.bytes_before,
		"file_bytes", (ull)built.file_bytes, "spec", built.spec,
		"recall_at_10", built.recall_at_10, "notes", report->notes);
}

PyObject *vsx_py_index_compact(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"out",	"spec",	     "threads",	 "memory",
				"wait", "overwrite", "progress", NULL};
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	PyObject *out = NULL, *name = Py_None, *progress = Py_None;
	PyObject *said = NULL;
	struct vsx_py_report report = {0};
	double wait = 0.0;
	int overwrite = 0;

	if (!PyArg_ParseTupleAndKeywords(
		    args, kwargs, "|O$zO&O&dpO:compact", names, &name,
		    &opts.spec, vsx_py_u32, &opts.n_threads, vsx_py_u64,
		    &opts.memory, &wait, &overwrite, &progress) ||
	    vsx_py_wait(wait, &opts.wait_ms) ||
	    vsx_py_callable(progress, "progress") ||
	    (name != Py_None && !PyUnicode_FSConverter(name, &out)))
		return NULL;
	opts.force = (uint32_t)overwrite;
	report.call = progress;
	report.notes = PyList_New(0);
	if (report.notes)
		said = compact(self, out ? PyBytes_AsString(out) : NULL, &opts,
			       &report);
	Py_XDECREF(report.notes);
	Py_XDECREF(out);
	return said;
}

/* ---- verify -------------------------------------------------------------- */

PyObject *vsx_py_index_verify(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"level", "min_recall", "threads", "progress",
				NULL};
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result r;
	struct vsx_py_report report = {0};
	PyObject *progress = Py_None, *said;
	const char *level = NULL, *path = path_of(self);
	enum vsx_status status;
	struct vsx_error err;
	unsigned int number;

	if (!path ||
	    !PyArg_ParseTupleAndKeywords(args, kwargs, "|s$dO&O:verify", names,
					 &level, &opts.min_recall, vsx_py_u32,
					 &opts.n_threads, &progress) ||
	    vsx_py_name(vsx_py_levels, "level", level, &number) ||
	    vsx_py_callable(progress, "progress"))
		return NULL;
	opts.level = (enum vsx_verify_level)number;
	report.call = progress;
	report.notes = PyList_New(0);
	if (!report.notes)
		return NULL;
	VSX_PY_UNLOCK(&report);
	status = vsx_verify(path, &opts, vsx_py_report_verify, &report, &r,
			    &err);
	VSX_PY_LOCK(&report);
	if (status)
		said = vsx_py_raise(&err);
	else
		said = Py_BuildValue(
			"{sOsKsOsdsIsI}", "findings", report.notes,
			"bytes_read", (ull)r.bytes_read, "recall_measured",
			r.recall_measured ? Py_True : Py_False, "recall_at_10",
			r.recall_measured ? r.recall_at_10 : 0.0, "effort",
			r.recall_measured ? r.effort : 0, "n_queries",
			r.recall_measured ? r.n_queries : 0);
	Py_DECREF(report.notes);
	return said;
}

/* ---- back up and restore --------------------------------------------------
 */

static PyObject *backup_result(const struct vsx_backup_result *r)
{
	return Py_BuildValue(
		"{sssKsKsKsKsKsK}", "name", r->name, "index_bytes",
		(ull)r->index_bytes, "generation", (ull)r->generation, "n_rows",
		(ull)r->n_rows, "n_chunks", (ull)r->n_chunks, "new_chunks",
		(ull)r->new_chunks, "new_bytes", (ull)r->new_bytes);
}

PyObject *vsx_py_index_backup(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"repo", "name", "wait", "progress", NULL};
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;
	struct vsx_py_report report = {0};
	struct vsx_backup_result result;
	PyObject *repo, *progress = Py_None;
	const char *path = path_of(self), *folder;
	enum vsx_status status;
	struct vsx_error err;
	double wait = 0.0;

	if (!path ||
	    !PyArg_ParseTupleAndKeywords(args, kwargs, "O&|z$dO:backup", names,
					 PyUnicode_FSConverter, &repo,
					 &opts.name, &wait, &progress))
		return NULL;
	folder = PyBytes_AsString(repo);
	if (!folder || vsx_py_wait(wait, &opts.wait_ms) ||
	    vsx_py_callable(progress, "progress")) {
		Py_DECREF(repo);
		return NULL;
	}
	report.call = progress;
	opts.report = vsx_py_report_build;
	opts.context = &report;
	VSX_PY_UNLOCK(&report);
	status = vsx_backup_create(path, folder, &opts, &result, &err);
	VSX_PY_LOCK(&report);
	Py_DECREF(repo);
	return status ? vsx_py_raise(&err) : backup_result(&result);
}

PyObject *vsx_py_restore(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"repo",	     "path", "name",
				"overwrite", "wait", NULL};
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;
	PyObject *repo = NULL, *path = NULL, *said = NULL;
	struct vsx_py_report report = {0};
	struct vsx_backup_result result;
	const char *name = "latest", *from, *to;
	enum vsx_status status;
	struct vsx_error err;
	double wait = 0.0;
	int overwrite = 0;

	(void)module;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&O&|s$pd:restore",
					 names, PyUnicode_FSConverter, &repo,
					 PyUnicode_FSConverter, &path, &name,
					 &overwrite, &wait))
		return NULL;
	from = PyBytes_AsString(repo);
	to = PyBytes_AsString(path);
	if (from && to && !vsx_py_wait(wait, &opts.wait_ms)) {
		opts.force = (uint32_t)overwrite;
		opts.report = vsx_py_report_build;
		opts.context = &report;
		VSX_PY_UNLOCK(&report);
		status = vsx_backup_restore(from, name, to, &opts, &result,
					    &err);
		VSX_PY_LOCK(&report);
		said = status ? vsx_py_raise(&err) : backup_result(&result);
	}
	Py_DECREF(repo);
	Py_DECREF(path);
	return said;
}
