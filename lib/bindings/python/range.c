/* Index.range_search: all rows within a distance, as FAISS gives them. */
#include "wish.h"

#include <stdlib.h>
#include <string.h>

/* Hits of all queries so far. */
struct found {
	struct vsx_hit *hits;
	size_t n, room;
	uint64_t *limits; /* [queries + 1] */
	bool no_memory;
};

/* Without the GIL. */
static int keep(void *context, const struct vsx_hit *hit)
{
	struct found *f = context;

	if (f->n == f->room) {
		size_t room = f->room ? 2 * f->room : 64;
		struct vsx_hit *more = realloc(f->hits, room * sizeof(*more));

		if (!more) {
			f->no_memory = true;
			return 1;
		}
		f->hits = more;
		f->room = room;
	}
	f->hits[f->n++] = *hit;
	return 0;
}

static int search_one(struct vsx_searcher *searcher,
		      const struct vsx_py_rows *x, size_t i, double radius,
		      size_t max, struct vsx_search_opts *opts, struct found *f)
{
	size_t row = (size_t)x->dim * vsx_elem_size(x->elem);
	enum vsx_status status;
	struct vsx_error err;

	opts->first_query = i;
	Py_BEGIN_ALLOW_THREADS;
	status = vsx_search_range(searcher, (const char *)x->data + i * row,
				  x->elem, radius, max, opts, keep, f, &err);
	Py_END_ALLOW_THREADS;
	f->limits[i + 1] = f->n;
	if (!status)
		return PyErr_CheckSignals();
	if (f->no_memory)
		PyErr_NoMemory();
	else
		vsx_py_raise(&err);
	return -1;
}

static PyObject *answers_of(const struct found *f, size_t n_queries)
{
	Py_buffer l = {0}, d = {0}, i = {0};
	PyObject *limits = vsx_py_array_new('q', 1, true, n_queries + 1, &l);
	PyObject *distances =
		limits ? vsx_py_array_new('f', 1, true, f->n, &d) : NULL;
	PyObject *ids =
		distances ? vsx_py_array_new('q', 1, true, f->n, &i) : NULL;
	PyObject *result = NULL;

	if (ids) {
		memcpy(l.buf, f->limits, (n_queries + 1) * sizeof(uint64_t));
		for (size_t at = 0; at < f->n; at++) {
			((float *)d.buf)[at] = f->hits[at].distance;
			((uint64_t *)i.buf)[at] = f->hits[at].id;
		}
		PyBuffer_Release(&i);
	}
	if (distances)
		PyBuffer_Release(&d);
	if (limits)
		PyBuffer_Release(&l);
	if (ids)
		result = PyTuple_Pack(3, limits, distances, ids);
	Py_XDECREF(limits);
	Py_XDECREF(distances);
	Py_XDECREF(ids);
	return result;
}

static PyObject *search_all(struct vsx_py_handle *h,
			    const struct vsx_py_rows *x, double radius,
			    size_t max, struct vsx_py_wish *w)
{
	const struct vsx *index = vsx_py_handle_index(h);
	struct vsx_searcher *searcher = NULL;
	struct found f = {0};
	PyObject *result = NULL;
	struct vsx_error err;
	bool fine = false;

	if (x->dim != vsx_py_handle_facts(h)->dim)
		return PyErr_Format(PyExc_ValueError,
				    "x has %u dimensions and the index %u",
				    x->dim, vsx_py_handle_facts(h)->dim);
	f.limits = PyMem_Calloc(x->n + 1, sizeof(*f.limits));
	if (!f.limits)
		return PyErr_NoMemory();
	if (vsx_searcher_new(&searcher, index, &err))
		vsx_py_raise(&err);
	else
		fine = true;
	for (size_t i = 0; fine && i < x->n; i++)
		fine = !search_one(searcher, x, i, radius, max, &w->opts, &f);
	vsx_searcher_free(searcher);
	if (fine)
		result = answers_of(&f, x->n);
	free(f.hits);
	PyMem_Free(f.limits);
	return result;
}

PyObject *vsx_py_index_range_search(PyObject *self, PyObject *const *args,
				    Py_ssize_t n_args, PyObject *names)
{
	static struct vsx_py_signature signature = {
		.function = "range_search",
		.types = "OdnnndpOO",
		.n_required = 2,
		.n_positional = 2,
		.names = {"x", "radius", "max", "ef", "nprobe", "recall",
			  "exact", "filter", "timeout", NULL},
	};
	struct vsx_py_wish w = {.k = 1, .opts = VSX_SEARCH_OPTS_INIT};
	PyObject *array = NULL, *filter = Py_None, *timeout = Py_None,
		 *result = NULL;
	Py_ssize_t ef = 0, nprobe = 0, max = 0;
	struct vsx_py_handle *h;
	struct vsx_py_rows x;
	double radius = 0.0;
	int exact = 0;

	if (vsx_py_parse(&signature, args, n_args, names, &array, &radius, &max,
			 &ef, &nprobe, &w.opts.recall, &exact, &filter,
			 &timeout) ||
	    vsx_py_wish_set(&w, ef, nprobe, 1, timeout))
		return NULL;
	if (max < 0)
		return PyErr_Format(PyExc_ValueError,
				    "max is %zd and must be 0 or more", max);
	w.opts.exact = (uint32_t)exact;
	h = vsx_py_index_handle(self);
	if (!h)
		return NULL;
	if (!vsx_py_among(h, filter, &w.opts.among, &w.among) &&
	    !vsx_py_rows_get(&x, array, "x")) {
		result = search_all(h, &x, radius, (size_t)max, &w);
		vsx_py_rows_release(&x);
	}
	Py_XDECREF(w.among);
	vsx_py_handle_drop(h);
	return result;
}
