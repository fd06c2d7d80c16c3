/* From callbacks of the libraries to Python's. */
#include "module.h"

int vsx_py_callable(PyObject *x, const char *what)
{
	if (x == Py_None || PyCallable_Check(x))
		return 0;
	PyErr_Format(PyExc_TypeError, "%s must be callable or None", what);
	return -1;
}

/* Not zero: the call is to stop, and an exception is set. */
static int tell(const struct vsx_py_report *r, const char *what,
		const char *text, unsigned long long done,
		unsigned long long total, const char *unit)
{
	PyObject *answer;

	if (PyErr_CheckSignals())
		return 1;
	if (!r->call || r->call == Py_None)
		return 0;
	answer = PyObject_CallFunction(r->call, "ssKKs", what, text, done,
				       total, unit);
	if (!answer)
		return 1;
	Py_DECREF(answer);
	return 0;
}

static int keep(const struct vsx_py_report *r, const char *text)
{
	PyObject *line = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text),
					      "backslashreplace");
	int failed = !line || PyList_Append(r->notes, line);

	Py_XDECREF(line);
	return failed;
}

/* A line of what "auto" tried. */
static int keep_tried(const struct vsx_py_report *r, const struct vsx_tried *t)
{
	char text[200];

	snprintf(text, sizeof(text),
		 "%s%s: recall@10 %.4f at %s %u, %llu bytes a row, %.1f us",
		 t->spec, t->is_chosen ? " (chosen)" : "", t->recall_at_10,
		 *t->effort_name ? t->effort_name : "effort", t->effort,
		 (unsigned long long)t->row_bytes, t->cost / 1000.0);
	return keep(r, text);
}

int vsx_py_report_build(void *report, const struct vsx_build_event *event)
{
	struct vsx_py_report *r = report;
	bool note = event->what != VSX_BUILD_PROGRESS;
	int stop = 0;

	VSX_PY_LOCK(r);
	if (note && r->notes)
		stop = keep(r, event->text);
	for (uint32_t i = 0; i < event->n_tried && r->notes && !stop; i++)
		stop = keep_tried(r, &event->tried[i]);
	if (!stop)
		stop = tell(r, note ? "note" : "progress", event->text,
			    event->done, event->total,
			    event->unit ? event->unit : "");
	VSX_PY_UNLOCK(r);
	return stop;
}

int vsx_py_report_verify(void *report, const struct vsx_verify_event *event)
{
	static const char *const what[] = {"finding", "note", "progress"};
	struct vsx_py_report *r = report;
	int stop = 0;

	VSX_PY_LOCK(r);
	if (event->what == VSX_FINDING && r->notes)
		stop = keep(r, event->text);
	if (!stop)
		stop = tell(r, what[event->what], event->text, event->done,
			    event->total, event->unit ? event->unit : "");
	VSX_PY_UNLOCK(r);
	return stop;
}
