/*
 * What is said of one index: findings as they come, then the verdict, then the
 * table of the gate. As text, or as one JSON object a line.
 */
#ifndef VSX_VERIFY_REPORT_H
#define VSX_VERIFY_REPORT_H

#include "cli/json.h"
#include "verify/changes.h"
#include "verify/checks.h"
#include "vsx.h"

#include <stdbool.h>

struct report {
	const char *path;
	bool as_json, quiet;
	bool gate; /* the table is printed too */
	struct json json;
};

void report_begin(struct report *r);

/* A vsx_verify_report; the context is the report. Stops on Ctrl-C. */
int report_event(void *report, const struct vsx_verify_event *event);

/* The verdict on the file. */
void report_file(struct report *r, const struct vsx_verify_result *result,
		 double seconds);

/* The verdict of the gate, the reasons on standard error. */
enum vsx_status report_gate(struct report *r, const struct checks *checks,
			    const struct changes *changes,
			    struct vsx_error *err);

/* error: why the rest is missing, or NULL. */
void report_end(struct report *r, const char *error);

#endif
