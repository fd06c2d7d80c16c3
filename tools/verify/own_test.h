/* A test of the caller's own: queries, and their true neighbours. */
#ifndef VSX_VERIFY_OWN_TEST_H
#define VSX_VERIFY_OWN_TEST_H

#include "vsx.h"

struct own_test {
	const char *truth_path;
	void *queries;
	uint64_t *truth;
	uint64_t n;
	uint32_t dim, k;
	enum vsx_elem elem;
};

/* All of it in memory. Whatever it answers, *t can be released. */
enum vsx_status own_test_load(struct own_test *t, const char *queries,
			      const char *truth, struct vsx_error *err);
void own_test_release(struct own_test *t);

/* VSX_EINVAL names the first true neighbour that the index lacks. */
enum vsx_status own_test_accepts(const struct own_test *t,
				 const struct vsx *index, const char *name,
				 struct vsx_error *err);

#endif
