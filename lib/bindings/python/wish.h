/* What the searches of search.c and range.c may be given. */
#ifndef VSX_PYTHON_WISH_H
#define VSX_PYTHON_WISH_H

#include "module.h"

struct vsx_py_wish {
	Py_ssize_t k;
	unsigned int n_threads;
	struct vsx_search_opts opts;
	PyObject *among; /* of opts: its owner, or NULL */
};

/* 0, or -1 with an exception. timeout: seconds, or None. */
int vsx_py_wish_set(struct vsx_py_wish *w, Py_ssize_t ef, Py_ssize_t nprobe,
		    int threads, PyObject *timeout);

#endif
