/* Under a sanitizer: what is only computed takes 10 times as long, and memory
 * cannot be counted, since freed blocks are kept. Tests of much work do less of
 * it then. */
#ifndef VSX_TEST_SANITIZED_H
#define VSX_TEST_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

#endif
