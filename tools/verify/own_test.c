#include "verify/own_test.h"

#include "cli/fail.h"
#include "input/ids.h"
#include "input/input.h"
#include "input/truth.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static enum vsx_status load_queries(struct own_test *t, const char *path,
				    struct vsx_error *err)
{
	enum vsx_status status;
	struct input *in;
	size_t n;

	status = input_open_queries(&in, path, err);
	if (status != VSX_OK)
		return status;
	n = (size_t)input_n_rows(in);
	t->queries = malloc(n * input_row_bytes(in));
	status = t->queries ? input_read(in, t->queries, n, &n, err)
			    : tool_fail_memory(err, n * input_row_bytes(in));
	t->elem = input_elem(in);
	t->dim = input_dim(in);
	t->n = n;
	input_close(in);
	return status;
}

enum vsx_status own_test_load(struct own_test *t, const char *queries,
			      const char *truth, struct vsx_error *err)
{
	enum vsx_status status = load_queries(t, queries, err);
	uint64_t n_truth = 0;

	t->truth_path = truth;
	if (status == VSX_OK)
		status = input_truth(truth, &t->truth, &n_truth, &t->k, err);
	if (status == VSX_OK && n_truth != t->n)
		status = tool_fail(
			err, VSX_EINVAL,
			"%s: neighbours of %" PRIu64 " quer%s, %s has %" PRIu64,
			truth, n_truth, plural_ies(n_truth), queries, t->n);
	return status;
}

void own_test_release(struct own_test *t)
{
	free(t->queries);
	free(t->truth);
	memset(t, 0, sizeof(*t));
}

enum vsx_status own_test_accepts(const struct own_test *t,
				 const struct vsx *index, const char *name,
				 struct vsx_error *err)
{
	return truth_check_index(t->truth, t->n, t->k, t->truth_path, index,
				 name, err);
}
