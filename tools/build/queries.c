#include "build/queries.h"

#include "cli/fail.h"
#include "input/input.h"
#include "cli/plural.h"

#include <stdlib.h>
#include <string.h>

enum vsx_status queries_pass(const char *path, uint32_t dim,
			     struct vsx_builder *builder, struct vsx_error *err)
{
	enum vsx_status status;
	struct input *in;
	void *all = NULL;
	size_t n;

	status = input_open_queries(&in, path, err);
	if (status != VSX_OK)
		return status;
	if (input_dim(in) != dim) {
		status = tool_fail(err, VSX_EINVAL,
				   "%s: queries of %u component%s, the rows "
				   "have %u",
				   input_name(in), input_dim(in),
				   plural_s(input_dim(in)), dim);
		goto done;
	}
	n = (size_t)input_n_rows(in);
	if (n > UINT32_MAX || !(all = malloc(n * input_row_bytes(in)))) {
		status = tool_fail_memory(err, n * input_row_bytes(in));
		goto done;
	}
	status = input_read(in, all, n, &n, err);
	if (status == VSX_OK)
		status = vsx_builder_queries(builder, all, input_elem(in), n,
					     err);
	if (status == VSX_ENUMERIC)
		tool_name_row(err, input_name(in), 0);
done:
	free(all);
	input_close(in);
	return status;
}
