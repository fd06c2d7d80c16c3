/* Small input files for the tests, made by hand in a folder of their own. */
#ifndef VSX_TESTS_INPUT_FILES_H
#define VSX_TESTS_INPUT_FILES_H

#include <stddef.h>

#include "vsx_status.h"

/*
 * files_begin() makes a folder and goes there, so that names are short;
 * files_end() removes it. For .init and .fini of a suite.
 */
void files_begin(void);
void files_end(void);

void files_put(const char *name, const void *bytes, size_t len);
void files_put_text(const char *name, const char *text);

/* A .npy of version 1 with this dict, padded as NumPy does, and the data. */
void files_put_npy(const char *name, const char *dict, const void *data,
		   size_t len);

/* The file becomes standard input. */
void files_as_stdin(const char *name);

/*
 * Opens and reads the input to its end. The status of whichever failed, with
 * the text in files_error.
 */
enum vsx_status files_read_all(const char *name);
extern struct vsx_error files_error;

/* files_read_all() gives VSX_EINVAL and this text, to the letter. */
void files_refused(const char *name, const char *text);

#endif
