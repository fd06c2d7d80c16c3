/*
 * A report in JUnit's XML, which CI servers show: a test suite for each index,
 * a test case for each check.
 */
#ifndef VSX_VERIFY_JUNIT_H
#define VSX_VERIFY_JUNIT_H

#include "verify/checks.h"
#include "vsx_status.h"

/* The file is made, and emptied, at once: no old report is taken for new. */
enum vsx_status junit_open(const char *path, struct vsx_error *err);

/* error: why the index could not be checked, or NULL. */
void junit_suite(const char *index, const struct checks *c, double seconds,
		 const char *error);

/* Ends the document. Both do nothing without a junit_open(). */
enum vsx_status junit_close(struct vsx_error *err);

#endif
