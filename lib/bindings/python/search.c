/* Searches: Index.search and Index.search_id. */
#include "wish.h"

#include <math.h>
#include <time.h>

/* The numbers of a deadline and of efforts, which the library has as u32. */
static int set_effort(struct vsx_py_wish *w, Py_ssize_t ef, Py_ssize_t nprobe)
{
	if (ef < 0 || nprobe < 0 || ef > UINT32_MAX || nprobe > UINT32_MAX) {
		PyErr_SetString(PyExc_ValueError,
				"ef and nprobe must be 0 or more");
		return -1;
	}
	if (ef && nprobe) {
		PyErr_SetString(PyExc_ValueError,
				"ef is of graphs and nprobe of lists: give one "
				"of them");
		return -1;
	}
	w->opts.effort = (uint32_t)(ef ? ef : nprobe);
	return 0;
}

static int set_timeout(struct vsx_py_wish *w, PyObject *timeout)
{
	struct timespec now;
	double seconds;

	if (timeout == Py_None)
		return 0;
	seconds = PyFloat_AsDouble(timeout);
	if (seconds == -1.0 && PyErr_Occurred())
		return -1;
	if (!(seconds >= 0.0) || seconds > 1e9) {
		PyErr_SetString(PyExc_ValueError,
				"timeout must be seconds from 0 to 1e9");
		return -1;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	w->opts.deadline_ns = (uint64_t)now.tv_sec * 1000000000u +
			      (uint64_t)now.tv_nsec + (uint64_t)(seconds * 1e9);
	return 0;
}

int vsx_py_wish_set(struct vsx_py_wish *w, Py_ssize_t ef, Py_ssize_t nprobe,
		    int threads, PyObject *timeout)
{
	if (w->k < 1) {
		PyErr_Format(PyExc_ValueError, "k is %zd and must be 1 or more",
			     w->k);
		return -1;
	}
	if (threads < 0) {
		PyErr_Format(PyExc_ValueError,
			     "threads is %d and must be 0 or more", threads);
		return -1;
	}
	w->n_threads = (unsigned int)threads;
	return set_effort(w, ef, nprobe) || set_timeout(w, timeout) ? -1 : 0;
}

/* Where answers go, two arrays. */
struct answers {
	PyObject *distances, *ids; /* NULL: none yet */
	Py_buffer d, i;
	bool has_d, has_i;
};

static int make_answers(struct answers *a, PyObject *out, size_t n, bool one,
			size_t k)
{
	PyObject *d, *i;

	if (out == Py_None) {
		a->distances = vsx_py_array_new('f', n, one, k, &a->d);
		a->has_d = a->distances != NULL;
		a->ids = a->has_d ? vsx_py_array_new('q', n, one, k, &a->i)
				  : NULL;
		a->has_i = a->ids != NULL;
		return a->has_i ? 0 : -1;
	}
	if (!PyTuple_Check(out) || PyTuple_Size(out) != 2) {
		PyErr_SetString(PyExc_TypeError,
				"out must be a tuple of two arrays: distances "
				"and ids");
		return -1;
	}
	d = PyTuple_GetItem(out, 0);
	i = PyTuple_GetItem(out, 1);
	if (vsx_py_array_of(d, 'f', n, one, k, "out[0]", &a->d))
		return -1;
	a->has_d = true;
	a->distances = Py_NewRef(d);
	if (vsx_py_array_of(i, 'q', n, one, k, "out[1]", &a->i))
		return -1;
	a->has_i = true;
	a->ids = Py_NewRef(i);
	return 0;
}

/* The two arrays as a tuple, or NULL where the search has failed. */
static PyObject *give_answers(struct answers *a, bool found)
{
	PyObject *result = NULL;

	if (a->has_d)
		PyBuffer_Release(&a->d);
	if (a->has_i)
		PyBuffer_Release(&a->i);
	if (found)
		result = PyTuple_Pack(2, a->distances, a->ids);
	Py_XDECREF(a->distances);
	Py_XDECREF(a->ids);
	return result;
}

/* Queries of one call, between which Ctrl-C is looked for. */
#define STEP 8192

static int search_step(struct vsx_pool *pool, const struct vsx_py_rows *x,
		       size_t from, const struct vsx_py_wish *w,
		       const struct answers *a)
{
	struct vsx_answers answers = VSX_ANSWERS_INIT;
	struct vsx_search_opts opts = w->opts;
	size_t n = x->n - from < STEP ? x->n - from : STEP;
	size_t row = (size_t)x->dim * vsx_elem_size(x->elem);
	enum vsx_status status;
	struct vsx_error err;

	answers.distances = (float *)a->d.buf + from * (size_t)w->k;
	answers.ids = (uint64_t *)a->i.buf + from * (size_t)w->k;
	opts.first_query = from;
	Py_BEGIN_ALLOW_THREADS;
	status = vsx_pool_search(pool, (const char *)x->data + from * row,
				 x->elem, n, (size_t)w->k, &opts, &answers,
				 &err);
	Py_END_ALLOW_THREADS;
	if (!status)
		return 0;
	vsx_py_raise(&err);
	return -1;
}

static int search_all(struct vsx_py_handle *h, const struct vsx_py_rows *x,
		      const struct vsx_py_wish *w, const struct answers *a)
{
	unsigned int n_threads = x->n > 1 ? w->n_threads : 1;
	struct vsx_pool *pool = vsx_py_pool_take(h, n_threads);
	int failed = pool ? 0 : -1;

	for (size_t from = 0; !failed && from < x->n; from += STEP) {
		failed = search_step(pool, x, from, w, a);
		if (!failed && from + STEP < x->n)
			failed = PyErr_CheckSignals();
	}
	if (pool)
		vsx_py_pool_give(h, pool, n_threads);
	return failed;
}

static PyObject *search(struct vsx_py_handle *h, const struct vsx_py_rows *x,
			const struct vsx_py_wish *w, PyObject *out)
{
	uint32_t dim = vsx_py_handle_facts(h)->dim;
	struct answers a = {0};
	bool found;

	if (x->dim != dim) {
		PyErr_Format(PyExc_ValueError,
			     "x has %u dimensions, the index has %u", x->dim,
			     dim);
		return NULL;
	}
	if ((size_t)w->k > (size_t)PY_SSIZE_T_MAX / 8 / (x->n ? x->n : 1)) {
		PyErr_NoMemory();
		return NULL;
	}
	found = make_answers(&a, out, x->n, x->one, (size_t)w->k) == 0 &&
		search_all(h, x, w, &a) == 0;
	return give_answers(&a, found);
}

PyObject *vsx_py_index_search(PyObject *self, PyObject *const *args,
			      Py_ssize_t n_args, PyObject *names)
{
	static struct vsx_py_signature signature = {
		.function = "search",
		.types = "OnnndddpiOOOz",
		.n_required = 1,
		.n_positional = 2,
		.names = {"x", "k", "ef", "nprobe", "recall", "refine", "slack",
			  "exact", "threads", "filter", "timeout", "out",
			  "group_by", NULL},
	};
	struct vsx_py_wish w = {.k = 10, .opts = VSX_SEARCH_OPTS_INIT};
	PyObject *array = NULL, *timeout = Py_None, *out = Py_None,
		 *result = NULL;
	PyObject *filter = Py_None;
	struct vsx_py_handle *h;
	Py_ssize_t ef = 0, nprobe = 0;
	struct vsx_py_rows x;
	int threads = 0, exact = 0;

	if (vsx_py_parse(&signature, args, n_args, names, &array, &w.k, &ef,
			 &nprobe, &w.opts.recall, &w.opts.refine, &w.opts.slack,
			 &exact, &threads, &filter, &timeout, &out,
			 &w.opts.group_by) ||
	    vsx_py_wish_set(&w, ef, nprobe, threads, timeout))
		return NULL;
	w.opts.exact = (uint32_t)exact;
	h = vsx_py_index_handle(self);
	if (!h)
		return NULL;
	if (!vsx_py_among(h, filter, &w.opts.among, &w.among) &&
	    !vsx_py_rows_get(&x, array, "x")) {
		result = search(h, &x, &w, out);
		vsx_py_rows_release(&x);
	}
	Py_XDECREF(w.among);
	vsx_py_handle_drop(h);
	return result;
}

/* ---- by id -------------------------------------------------------------- */

static PyObject *answers_of(const struct vsx_hit *hits, size_t n)
{
	struct answers a = {0};
	bool made = make_answers(&a, Py_None, 1, true, n) == 0;

	for (size_t i = 0; made && i < n; i++) {
		((float *)a.d.buf)[i] = hits[i].distance;
		((uint64_t *)a.i.buf)[i] = hits[i].id;
	}
	return give_answers(&a, made);
}

static PyObject *search_id(struct vsx_py_handle *h, uint64_t id,
			   const struct vsx_py_wish *w)
{
	uint64_t n_live = vsx_py_handle_facts(h)->n_live;
	size_t k = (uint64_t)w->k < n_live ? (size_t)w->k : (size_t)n_live, n;
	struct vsx_searcher *searcher = NULL;
	PyObject *result = NULL;
	enum vsx_status status;
	struct vsx_hit *hits;
	struct vsx_error err;

	hits = PyMem_Malloc((k ? k : 1) * sizeof(*hits));
	if (!hits)
		return PyErr_NoMemory();
	Py_BEGIN_ALLOW_THREADS;
	status = vsx_searcher_new(&searcher, vsx_py_handle_index(h), &err);
	if (!status)
		status = vsx_search_id(searcher, id, k ? k : 1, &w->opts, hits,
				       &n, &err);
	vsx_searcher_free(searcher);
	Py_END_ALLOW_THREADS;
	result = status ? vsx_py_raise(&err) : answers_of(hits, n);
	PyMem_Free(hits);
	return result;
}

PyObject *vsx_py_index_search_id(PyObject *self, PyObject *const *args,
				 Py_ssize_t n_args, PyObject *names)
{
	static struct vsx_py_signature signature = {
		.function = "search_id",
		.types = "OnnndddpOOz",
		.n_required = 1,
		.n_positional = 2,
		.names = {"id", "k", "ef", "nprobe", "recall", "refine",
			  "slack", "exact", "filter", "timeout", "group_by",
			  NULL},
	};
	struct vsx_py_wish w = {.k = 10, .opts = VSX_SEARCH_OPTS_INIT};
	PyObject *timeout = Py_None, *filter = Py_None, *result = NULL;
	Py_ssize_t ef = 0, nprobe = 0;
	struct vsx_py_handle *h;
	PyObject *number = NULL;
	uint64_t id;
	int exact = 0;

	if (vsx_py_parse(&signature, args, n_args, names, &number, &w.k, &ef,
			 &nprobe, &w.opts.recall, &w.opts.refine, &w.opts.slack,
			 &exact, &filter, &timeout, &w.opts.group_by) ||
	    !vsx_py_id(number, &id) ||
	    vsx_py_wish_set(&w, ef, nprobe, 1, timeout))
		return NULL;
	w.opts.exact = (uint32_t)exact;
	h = vsx_py_index_handle(self);
	if (!h)
		return NULL;
	if (!vsx_py_among(h, filter, &w.opts.among, &w.among))
		result = search_id(h, id, &w);
	Py_XDECREF(w.among);
	vsx_py_handle_drop(h);
	return result;
}
