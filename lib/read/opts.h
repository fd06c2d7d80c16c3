/*
 * Structures of a caller of any version. What its options lack is default, what
 * this library does not know of them must be 0; of results it gets as much as
 * its structure holds, and zeros where it holds more.
 */
#ifndef VSX_OPTS_H
#define VSX_OPTS_H

#include <string.h>

#include "bytes.h"
#include "error.h"

/* "vsx_open_opts" is to begin with VSX_OPEN_OPTS_INIT. */
static inline enum vsx_status vsx_bad_struct_size(size_t given, size_t due,
						  const char *name,
						  struct vsx_error *err)
{
	char macro[48];
	size_t n = 0;

	for (; name[n] && n < sizeof(macro) - 1; n++)
		macro[n] = name[n] == '_' ? '_' : (char)(name[n] - 'a' + 'A');
	macro[n] = '\0';
	return vsx_fail(err, VSX_EINVAL,
			"struct_size of struct %s is %zu, expected %zu: "
			"begin it with %s_INIT",
			name, given, due, macro);
}

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
		return vsx_bad_struct_size(given, n, name, err);
	if (given > n && !vsx_is_zero((const uint8_t *)in + n, given - n))
		return vsx_fail(err, VSX_EINVAL,
				"struct %s has a member set that this version "
				"of the library does not know",
				name);
	memcpy(out, in, given < n ? given : n);
	memcpy(out, &n, sizeof(n));
	return VSX_OK;
}

/* `size` bytes are at `out`, which may be NULL; this library has n to give. */
static inline void vsx_give(void *out, size_t size, const void *result,
			    size_t n)
{
	if (!out)
		return;
	memcpy(out, result, size < n ? size : n);
	if (size > n)
		memset((uint8_t *)out + n, 0, size - n);
}

#endif
