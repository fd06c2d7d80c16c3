/* Words that FAISS has for parts of a spec, and VSX has not. */
#ifndef VSX_SPEC_FOREIGN_H
#define VSX_SPEC_FOREIGN_H

#include <stddef.h>

/* What to write in place of a part of n bytes; NULL: it is no such word. */
const char *vsx_spec_foreign(const char *part, size_t n);

#endif
