/*
 * The Python module `vsx`: a plain C extension on the limited API of 3.11, so
 * that one build serves all later versions. It sees vsx.h and vsx_write.h
 * alone.
 *
 * Rules: a function that returns NULL, or -1, has set an exception. Nothing of
 * a library call is held by two calls at once but struct vsx_py_handle, whose
 * fields change only while the GIL is held. Long calls are made without it.
 */
#ifndef VSX_PYTHON_MODULE_H
#define VSX_PYTHON_MODULE_H

#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "vsx_write.h"

/* ---- errors.c ---------------------------------------------------------- */

/* Exception classes, one a status, into the module. */
int vsx_py_add_errors(PyObject *module);

/* Raise what a call says; an exception that is set already, of a callback,
 * stays. Returns NULL. */
PyObject *vsx_py_raise(const struct vsx_error *e);

/* ---- names.c ----------------------------------------------------------- */

/* What the texts of an argument mean. */
struct vsx_py_name {
	const char *name;
	unsigned int value;
};

/* -1 with ValueError, naming the argument and what it may be. The list ends
 * with a NULL. text of NULL gives the first. */
int vsx_py_name(const struct vsx_py_name *names, const char *argument,
		const char *text, unsigned int *value);

/*
 * Attributes, and methods without arguments, by names that are made once: the
 * interpreter keeps what it looked up by the object that is the name, and a new
 * one each time would fill that cache. At most 8 names, which are literals.
 * vsx_py_has() clears what is raised.
 */
PyObject *vsx_py_attr(PyObject *x, const char *name);
bool vsx_py_has(PyObject *x, const char *name);
PyObject *vsx_py_call(PyObject *x, const char *method);

extern const struct vsx_py_name vsx_py_metrics[], vsx_py_elems[],
	vsx_py_checks[], vsx_py_preloads[], vsx_py_levels[], vsx_py_builders[];

/* ---- arguments.c -------------------------------------------------------- */

#define VSX_PY_MOST_PARAMETERS 16

/* The parameters of a method of METH_FASTCALL | METH_KEYWORDS. */
struct vsx_py_signature {
	const char *function;
	const char *types; /* a letter each, of O n d p i z */
	size_t n_required, n_positional;
	const char *names[VSX_PY_MOST_PARAMETERS + 1]; /* ends with NULL */
	PyObject *made[VSX_PY_MOST_PARAMETERS];	       /* when first called */
	size_t n;
};

/* As PyArg_ParseTupleAndKeywords(): a pointer for each parameter, which is set
 * where an argument is given; objects are borrowed. */
int vsx_py_parse(struct vsx_py_signature *s, PyObject *const *args,
		 Py_ssize_t n_args, PyObject *names, ...);

/* ---- arrays.c ---------------------------------------------------------- */

/* Vectors of the caller: [n][dim] of elem, row-major without gaps. */
struct vsx_py_rows {
	const void *data;
	enum vsx_elem elem;
	size_t n;
	uint32_t dim;
	bool one; /* it was one vector, not an array of some */
	Py_buffer view;
	bool has_view;
	void *copy;
};

/*
 * Take an array of one or two dimensions by the buffer protocol, or a sequence
 * of numbers or of such. f16, f32, i8 and u8 are taken where they lie if they
 * have no gaps; f64 and other layouts are copied. what: of messages.
 */
int vsx_py_rows_get(struct vsx_py_rows *r, PyObject *x, const char *what);
void vsx_py_rows_release(struct vsx_py_rows *r);

/* Ids of the caller: any sequence or array of whole numbers from 0. */
struct vsx_py_ids {
	uint64_t *ids; /* owned */
	size_t n;
};
int vsx_py_ids_get(struct vsx_py_ids *out, PyObject *x, const char *what);
/* For "O&" of PyArg_Parse: an id, a uint64_t; other numbers, of which
 * ValueError, and not another number, is made where they are too small or too
 * great. */
int vsx_py_id(PyObject *x, void *id);
int vsx_py_u64(PyObject *x, void *number);
int vsx_py_u32(PyObject *x, void *number);
void vsx_py_ids_release(struct vsx_py_ids *ids);

/* Keys or payloads of the caller: str (as UTF-8), bytes, or None for a row that
 * has none. */
struct vsx_py_texts {
	struct vsx_bytes *at; /* [n], owned; NULL: none were given */
	PyObject **owners;    /* [n], of the bytes */
	size_t n;
};
/* x may be None or NULL. */
int vsx_py_texts_get(struct vsx_py_texts *out, PyObject *x, const char *what);
void vsx_py_texts_release(struct vsx_py_texts *texts);

/* The bytes of a str or of bytes, which *owner holds: a new reference. */
int vsx_py_bytes_get(struct vsx_bytes *out, PyObject **owner, PyObject *x);

/* A str that has no NUL, as UTF-8 that lives as long as it does; ValueError. */
const char *vsx_py_utf8(PyObject *text);

/* Bytes as str where they are UTF-8, otherwise as bytes. */
PyObject *vsx_py_text(const void *bytes, size_t n);

/* The fields of rows that the caller has as dicts. */
struct vsx_py_fields {
	struct vsx_bytes *at; /* [n], owned; NULL: none were given */
	PyObject **owners;    /* [n], of the bytes */
	size_t n;
};
/* x may be None or NULL. index: whose fields have types already, or NULL. */
int vsx_py_fields_get(struct vsx_py_fields *out, PyObject *x,
		      const struct vsx *index);
void vsx_py_fields_release(struct vsx_py_fields *fields);

/* Rows that a call was given, with all that comes beside them. */
struct vsx_py_batch {
	struct vsx_py_rows rows;
	struct vsx_py_ids ids;
	struct vsx_py_texts keys, payloads;
	struct vsx_py_fields fields;
	struct vsx_batch batch; /* for the library */
};
/* What of each row a call was given; all but x may be None or NULL. */
struct vsx_py_given {
	PyObject *x, *ids, *keys, *payloads, *fields;
};
/* index: that the rows come into, or NULL. */
int vsx_py_batch_get(struct vsx_py_batch *b, const struct vsx_py_given *given,
		     const struct vsx *index);
void vsx_py_batch_release(struct vsx_py_batch *b);

/*
 * An array for answers: a numpy array where numpy is there, otherwise a
 * memoryview. type: "f" float32, "q" int64.
 *
 * n_rows 0: of one dimension, [n_columns].
 */
PyObject *vsx_py_array_new(char type, size_t n_rows, bool one, size_t n_columns,
			   Py_buffer *view);

/* The caller's array for answers, writable, without gaps, of that shape; or
 * TypeError, ValueError. */
int vsx_py_array_of(PyObject *x, char type, size_t n_rows, bool one,
		    size_t n_columns, const char *what, Py_buffer *view);

/* n_bytes that somebody keeps, as a read-only array of one dimension. */
PyObject *vsx_py_array_over(PyObject *exporter);

/* ---- report.c ---------------------------------------------------------- */

/* Calls a Python callback, and looks for Ctrl-C, from a call that was made
 * without the GIL. */
struct vsx_py_report {
	PyObject *call;	   /* NULL: none */
	PyObject *notes;   /* a list; NULL: not wanted */
	PyThreadState *at; /* of the thread that made the call */
};
#define VSX_PY_UNLOCK(report) ((report)->at = PyEval_SaveThread())
#define VSX_PY_LOCK(report)   PyEval_RestoreThread((report)->at)

int vsx_py_report_build(void *report, const struct vsx_build_event *event);
int vsx_py_report_verify(void *report, const struct vsx_verify_event *event);

/* A callable, or None. */
int vsx_py_callable(PyObject *x, const char *what);

/* Seconds to wait for other writers; ValueError. */
int vsx_py_wait(double seconds, uint32_t *ms);

/* ---- handle.c ---------------------------------------------------------- */

/* An open index, and the pools that search it. */
struct vsx_py_handle;

struct vsx_py_handle *vsx_py_handle_new(struct vsx *index);
struct vsx_py_handle *vsx_py_handle_hold(struct vsx_py_handle *h);
/* The last one closes the index. Accepts NULL. */
void vsx_py_handle_drop(struct vsx_py_handle *h);
struct vsx *vsx_py_handle_index(const struct vsx_py_handle *h);
const struct vsx_facts *vsx_py_handle_facts(const struct vsx_py_handle *h);

/* A pool of so many threads for one search. NULL with an exception. */
struct vsx_pool *vsx_py_pool_take(struct vsx_py_handle *h,
				  unsigned int n_threads);
void vsx_py_pool_give(struct vsx_py_handle *h, struct vsx_pool *pool,
		      unsigned int n_threads);

/* ---- select.c ----------------------------------------------------------- */

int vsx_py_add_selection(PyObject *module);

/* Index.select */
PyObject *vsx_py_index_select(PyObject *self, PyObject *args, PyObject *kwargs);

/*
 * The rows that a search may find: x is None, the text of a filter, or a
 * Selection. *owner: NULL or a new reference, which is kept for as long as *out
 * is used.
 */
int vsx_py_among(struct vsx_py_handle *h, PyObject *x,
		 const struct vsx_selection **out, PyObject **owner);

/* The ids that a filter selects, for what takes ids. */
int vsx_py_ids_among(struct vsx_py_handle *h, PyObject *x,
		     struct vsx_py_ids *out);

/* ---- facts.c ------------------------------------------------------------ */

/* The attributes of Index; lives for ever. */
PyGetSetDef *vsx_py_getters(void);

PyObject *vsx_py_index_effort_for(PyObject *self, PyObject *args);
PyObject *vsx_py_index_repr(PyObject *self);

/* ---- rows.c ------------------------------------------------------------- */

int vsx_py_add_rows(void);

PyObject *vsx_py_index_reconstruct(PyObject *self, PyObject *id);
PyObject *vsx_py_index_reconstruct_batch(PyObject *self, PyObject *ids);
PyObject *vsx_py_index_get(PyObject *self, PyObject *id_or_key);
PyObject *vsx_py_index_row(PyObject *self, PyObject *id);
PyObject *vsx_py_index_ids(PyObject *self, PyObject *unused);
PyObject *vsx_py_index_iter(PyObject *self);
Py_ssize_t vsx_py_index_length(PyObject *self);
int vsx_py_index_contains(PyObject *self, PyObject *id_or_key);
PyObject *vsx_py_index_find(PyObject *self, PyObject *key);
PyObject *vsx_py_index_keys(PyObject *self, PyObject *ids);
PyObject *vsx_py_index_payloads(PyObject *self, PyObject *ids);
PyObject *vsx_py_index_values(PyObject *self, PyObject *ids);

/* values.c: a list of dicts */
PyObject *vsx_py_values_of(struct vsx_py_handle *h,
			   const struct vsx_py_ids *ids);

/* ---- index.c, search.c, build.c, change.c ------------------------------- */

struct vsx_py_index {
	PyObject ob_base;
	struct vsx_py_handle *handle; /* NULL: closed */
	PyObject *path;		      /* bytes */
	PyObject *options;	      /* of open(), a dict */
	PyObject *built;	      /* what a build said, or NULL */
};

extern PyTypeObject *vsx_py_index_type;
int vsx_py_add_types(PyObject *module);

/* The handle, held; NULL with ValueError when the index is closed. */
struct vsx_py_handle *vsx_py_index_handle(PyObject *self);

PyObject *vsx_py_open(PyObject *module, PyObject *args, PyObject *kwargs);
PyObject *vsx_py_build(PyObject *module, PyObject *args, PyObject *kwargs);

/* An index at a path, which is bytes, with default options. */
PyObject *vsx_py_open_path(PyObject *path);

PyObject *vsx_py_index_search(PyObject *self, PyObject *const *args,
			      Py_ssize_t n_args, PyObject *names);
PyObject *vsx_py_index_range_search(PyObject *self, PyObject *const *args,
				    Py_ssize_t n_args, PyObject *names);
PyObject *vsx_py_index_search_id(PyObject *self, PyObject *const *args,
				 Py_ssize_t n_args, PyObject *names);
PyObject *vsx_py_index_add(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *vsx_py_index_upsert(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *vsx_py_index_remove(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *vsx_py_index_compact(PyObject *self, PyObject *args,
			       PyObject *kwargs);
PyObject *vsx_py_index_verify(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *vsx_py_index_backup(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *vsx_py_index_refresh(PyObject *self, PyObject *unused);
PyObject *vsx_py_restore(PyObject *module, PyObject *args, PyObject *kwargs);

#endif
