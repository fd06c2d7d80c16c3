#include "cli/npy_out.h"

#include <inttypes.h>
#include <string.h>

#define HEAD_BYTES 128

void npy_write_head(FILE *to, const char *type, uint64_t n, uint64_t columns)
{
	char head[HEAD_BYTES + 1], shape[64];
	int len;

	if (columns)
		snprintf(shape, sizeof(shape), "%" PRIu64 ", %" PRIu64, n,
			 columns);
	else
		snprintf(shape, sizeof(shape), "%" PRIu64 ",", n);
	len = snprintf(head, sizeof(head),
		       "\x93NUMPY\x01%c%c%c{'descr': '%s', "
		       "'fortran_order': False, 'shape': (%s), }",
		       0, HEAD_BYTES - 10, 0, type, shape);
	memset(head + len, ' ', (size_t)(HEAD_BYTES - 1 - len));
	head[HEAD_BYTES - 1] = '\n';
	fwrite(head, 1, HEAD_BYTES, to);
}
