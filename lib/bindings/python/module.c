/* The module vsx._vsx. */
#include "module.h"

#define CALL(f) ((PyCFunction)(void (*)(void))(f))

static PyMethodDef functions[] = {
	{"open", CALL(vsx_py_open), METH_VARARGS | METH_KEYWORDS,
	 "open(path, *, check='touch', preload='none', copy=False, memory=0,\n"
	 "     untrusted=False, lock_memory=False)\n--\n\n"
	 "Open an index: the same time and memory for a file of any size.\n\n"
	 "check        when checksums of pages are compared: before the first\n"
	 "             answer that needs them ('touch'), 'none', or 'all' now\n"
	 "preload      what is brought into memory now: 'none', 'hot', 'all'\n"
	 "copy         into memory of this process alone\n"
	 "untrusted    for a file from an untrusted source\n"
	 "lock_memory  mlock() it\n\n"
	 "Raises FormatError, VersionError, TruncatedError, CorruptError,\n"
	 "SystemError (NoFileError, which is FileNotFoundError, too)."},
	{"build", CALL(vsx_py_build), METH_VARARGS | METH_KEYWORDS,
	 "build(x, path, spec=None, *, metric='l2', dtype='f32', ids=None,\n"
	 "      keys=None, payload=None, fields=None, queries=None, recall=0.0, overwrite=False, threads=0,\n"
	 "      memory=0, seed=0, normalize=False, ef_construction=0,\n"
	 "      builder='auto', model=None, model_hash=None,\n"
	 "      properties=None, progress=None, wait=0.0,\n"
	 "      max_bytes_per_row=0)\n--\n\n"
	 "Build an index of vectors and open it.\n\n"
	 "x         array [n, dim], or an iterable of such, of (array, ids), or of\n"
	 "          dicts with x, ids, keys, payload, fields\n"
	 "spec      'Flat', 'IVF1024,Flat', 'HNSW32', 'IVF256,PQ16', ...; None\n"
	 "          or 'auto': what suits the rows\n"
	 "metric    'l2', 'ip' or 'cosine'\n"
	 "dtype     of the rows kept: 'f32', 'f16', 'bf16', 'i8', 'u8'\n"
	 "ids       whole numbers, each once; None: 0, 1, 2, ...\n"
	 "keys      names of rows: str or bytes, each once, with no ids; None in\n"
	 "          the list: that row has none\n"
	 "payload   what belongs to a row, str or bytes, such as JSON\n"
	 "fields    a list of dicts: bool, int, float, str, datetime, lists of\n"
	 "          these, None; what filters go by\n"
	 "queries   array [m, dim] of the acceptance test; None: rows serve\n"
	 "max_bytes_per_row  of the file, for what 'auto' takes; 0: any\n"
	 "recall    recall@10 that the default effort is to reach; 0: 0.95\n"
	 "overwrite replace a file that exists, else ExistsError\n"
	 "progress  called as progress(what, text, done, total, unit); what is\n"
	 "          'progress' or 'note'. An exception ends the build, and so\n"
	 "          does Ctrl-C; nothing is left behind then.\n\n"
	 "index.built says what was built, with its recall."},
	{"restore", CALL(vsx_py_restore), METH_VARARGS | METH_KEYWORDS,
	 "restore(repo, path, name='latest', *, overwrite=False, wait=0.0)\n"
	 "--\n\nWrite the index of a snapshot to a path."},
	{NULL, NULL, 0, NULL},
};

static int start(PyObject *module)
{
	/* Types, exceptions and numpy's functions are of one interpreter. */
	if (PyInterpreterState_GetID(PyInterpreterState_Get()) != 0) {
		PyErr_SetString(PyExc_ImportError,
				"vsx works in the main interpreter alone");
		return -1;
	}
	if (vsx_py_add_errors(module) || vsx_py_add_types(module) ||
	    vsx_py_add_selection(module) ||
	    PyModule_AddStringConstant(module, "__version__", vsx_version()) ||
	    PyModule_AddStringConstant(module, "isa", vsx_isa()))
		return -1;
	return 0;
}

static PyModuleDef_Slot slots[] = {
	{Py_mod_exec, (void *)start},
	{0, NULL},
};

static struct PyModuleDef definition = {
	.m_base = PyModuleDef_HEAD_INIT,
	.m_name = "_vsx",
	.m_doc = "What the package vsx is made of.",
	.m_methods = functions,
	.m_slots = slots,
};

PyMODINIT_FUNC PyInit__vsx(void);
PyMODINIT_FUNC PyInit__vsx(void)
{
	return PyModuleDef_Init(&definition);
}
