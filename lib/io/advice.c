#include "io/advice.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* The kernel reads no more for one call than its read-ahead, which may be so
 * small. */
#define PIECE (UINT64_C(128) << 10)

#define BLOCKS_PER_PAGE 8
#define ROWS_PER_PAGE	128

static void advise(const void *p, uint64_t bytes, int advice)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)p & ~(page - 1);

	madvise((void *)start, (uintptr_t)p + bytes - start, advice);
}

void vsx_advise_normal(const void *p, uint64_t bytes)
{
	advise(p, bytes, MADV_NORMAL);
}

void vsx_advise_random(const void *p, uint64_t bytes)
{
	advise(p, bytes, MADV_RANDOM);
}

void vsx_ask(const void *p, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += PIECE)
		advise((const uint8_t *)p + at,
		       bytes - at < PIECE ? bytes - at : PIECE, MADV_WILLNEED);
}

uint64_t vsx_disk_pages(void)
{
	struct rusage r;

	if (getrusage(RUSAGE_THREAD, &r) != 0)
		return 0;
	return (uint64_t)r.ru_inblock / BLOCKS_PER_PAGE;
}

bool vsx_disk_is_slow(uint64_t pages, uint64_t rows)
{
	return pages > rows / ROWS_PER_PAGE;
}
