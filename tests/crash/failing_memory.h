/*
 * The allocator of the whole program, which fails on demand: allocation number
 * `at` of those that are made while it is armed, counted from 0, or that one
 * and all after it. A mapping counts as an allocation. What the C library
 * allocates comes here, too.
 */
#ifndef CRASH_FAILING_MEMORY_H
#define CRASH_FAILING_MEMORY_H

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* For the C library to find it. */
#pragma GCC visibility push(default)

static struct {
	bool armed, sticky;
	long at, n;
	long live, mapped;
} memory;

/* For what dlsym() itself allocates. */
static _Alignas(16) char early[4096];
static size_t early_used;

/*
 * AddressSanitizer has functions of its own that allocate past these, and tells
 * of leaks when the program ends.
 */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZER_COUNTS 1
#else
#define SANITIZER_COUNTS 0
#endif

/* The function of this name that would be called without this file. */
#ifdef __SANITIZE_ADDRESS__
#define REAL(name)                                                             \
	extern __typeof__(name) __interceptor_##name;                          \
	static __typeof__(name) *const real_##name = __interceptor_##name;
#else
static void *find(const char *name)
{
	static bool searching;
	void *p;

	if (searching)
		return NULL;
	searching = true;
	p = dlsym(RTLD_NEXT, name);
	searching = false;
	return p;
}

#define REAL(name)                                                             \
	static __typeof__(name) *real_##name;                                  \
	if (!real_##name) {                                                    \
		void *found = find(#name);                                     \
		memcpy(&real_##name, &found, sizeof(found));                   \
	}
#endif

static bool fails(void)
{
	long i;

	if (!memory.armed)
		return false;
	i = memory.n++;
	if (memory.at < 0 || (memory.sticky ? i < memory.at : i != memory.at))
		return false;
	errno = ENOMEM;
	return true;
}

static void *count(void *p)
{
	memory.live += p != NULL;
	return p;
}

static void *take_early(size_t n)
{
	void *p = early + early_used;

	n = (n + 15) & ~(size_t)15;
	if (n > sizeof(early) - early_used)
		return NULL;
	early_used += n;
	return p;
}

void *malloc(size_t n)
{
	REAL(malloc)

	if (!real_malloc)
		return take_early(n);
	return fails() ? NULL : count(real_malloc(n));
}

void *calloc(size_t n, size_t size)
{
	REAL(calloc)

	if (!real_calloc)
		return take_early(n * size);
	return fails() ? NULL : count(real_calloc(n, size));
}

void *realloc(void *old, size_t n)
{
	REAL(realloc)
	void *p = fails() ? NULL : real_realloc(old, n);

	return old ? p : count(p);
}

void *aligned_alloc(size_t align, size_t n)
{
	REAL(aligned_alloc)

	return fails() ? NULL : count(real_aligned_alloc(align, n));
}

int posix_memalign(void **out, size_t align, size_t n)
{
	REAL(posix_memalign)
	int r = fails() ? ENOMEM : real_posix_memalign(out, align, n);

	memory.live += r == 0;
	return r;
}

void free(void *p)
{
	REAL(free)

	if ((char *)p >= early && (char *)p < early + sizeof(early))
		return;
	memory.live -= p != NULL;
	real_free(p);
}

static void *call(long number, void *at, size_t n, long a, long b, long c,
		  long d)
{
	return (void *)syscall(number, at, n, a, b, c, d);
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	void *p = fails() ? MAP_FAILED
			  : call(SYS_mmap, at, n, prot, flags, fd, offset);

	memory.mapped += p != MAP_FAILED && !(flags & MAP_FIXED);
	return p;
}

int munmap(void *p, size_t n)
{
	memory.mapped--;
	return (int)syscall(SYS_munmap, p, n);
}

void *mremap(void *old, size_t n, size_t more, int flags, ...)
{
	return fails() ? MAP_FAILED
		       : call(SYS_mremap, old, n, (long)more, flags, 0, 0);
}

#pragma GCC visibility pop

static void arm(long at, bool sticky)
{
	memory.at = at;
	memory.sticky = sticky;
	memory.n = 0;
	memory.armed = true;
}

static long disarm(void)
{
	memory.armed = false;
	return memory.n;
}

#endif
