/* Recall that was measured on too few queries to say much. */
#ifndef VSX_TOOLS_CLI_FEW_H
#define VSX_TOOLS_CLI_FEW_H

#include <stdint.h>

#define FEW_BYTES 64

/*
 * " (measured on 3 queries, too few to tell)", or "" when there are as many as
 * are due; `due` is that of struct vsx_facts.
 */
const char *few_text(char to[FEW_BYTES], uint64_t n_queries, uint64_t due);

#endif
