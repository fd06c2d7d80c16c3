/* JSON with numbers that jansson has no type for. Private to input/. */
#ifndef VSX_INPUT_WIDE_H
#define VSX_INPUT_WIDE_H

#include <jansson.h>
#include <stddef.h>

/*
 * json_loadb() of `text`, where an integer beyond 64 bits or a real beyond f64
 * is a string of its digits: so it is lost to nobody who wants it, and in
 * nobody's way who does not.
 */
json_t *wide_loadb(const char *text, size_t n, size_t flags, json_error_t *why);

#endif
