/*
 * A report in JUnit's XML, which CI servers show: a test suite for each index,
 * a test case for each check.
 */
#ifndef VSX_VERIFY_JUNIT_H
#define VSX_VERIFY_JUNIT_H

#include "verify/checks.h"
#include "vsx_status.h"

/*
 * Begin the file, which appears whole at the end (cli/outfile.h). What an
 * earlier run wrote stays until then.
 */
enum vsx_status junit_open(const char *path, struct vsx_error *err);

/* error: why the index could not be checked, or NULL. */
void junit_suite(const char *index, const struct checks *c, double seconds,
		 const char *error);

/* Ends the document. Both do nothing without a junit_open(). */
enum vsx_status junit_close(struct vsx_error *err);

#endif
