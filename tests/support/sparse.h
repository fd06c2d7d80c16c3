/*
 * A large Flat index with next to nothing on the disk: rows of zeros in a hole
 * of the file, the last row apart, and true checksums for all of it.
 */
#ifndef VSX_TEST_SPARSE_H
#define VSX_TEST_SPARSE_H

#include <stdint.h>

/*
 * Write it: n_rows rows of dim f32 components, l2; dim * 4 must divide 4096.
 * The last row is all `last`. Returns 0, or -1 with errno.
 */
int sparse_index(const char *path, uint64_t n_rows, uint32_t dim, float last);

#endif
