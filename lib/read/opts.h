/*
 * Options as a caller of any version hands them over: what his structure lacks
 * is default, what this library does not know must be 0.
 */
#ifndef VSX_OPTS_H
#define VSX_OPTS_H

#include <string.h>

#include "bytes.h"
#include "error.h"

/* *out holds the defaults; every structure begins with size_t struct_size. */
static inline enum vsx_status vsx_take_opts(void *out, size_t n, const void *in,
					    const char *name,
					    struct vsx_error *err)
{
	size_t given;

	if (!in)
		return VSX_OK;
	memcpy(&given, in, sizeof(given));
	if (given < sizeof(given) || given > 65536)
		return vsx_fail(err, VSX_EINVAL,
				"struct_size of struct %s is %zu, expected %zu",
				name, given, n);
	if (given > n && !vsx_is_zero((const uint8_t *)in + n, given - n))
		return vsx_fail(err, VSX_EINVAL,
				"struct %s has a member set that this version "
				"of the library does not know",
				name);
	memcpy(out, in, given < n ? given : n);
	memcpy(out, &n, sizeof(n));
	return VSX_OK;
}

#endif
