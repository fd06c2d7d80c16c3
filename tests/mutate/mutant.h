/*
 * What sources with changes woven into them include: which change is in force,
 * by VSX_MUTANT, and which are come by, in the file VSX_MUTANT_SEEN, a byte
 * each.
 */
#ifndef MUTANT_H
#define MUTANT_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define VSX_MUTANTS 65536
#define VSX_ONCE    __attribute__((weak, visibility("hidden")))

VSX_ONCE int vsx_mutant_number = -1;
VSX_ONCE volatile unsigned char *vsx_mutant_seen;

VSX_ONCE __attribute__((constructor)) void vsx_mutant_begin(void)
{
	const char *number = getenv("VSX_MUTANT");
	const char *seen = getenv("VSX_MUTANT_SEEN");
	int fd;

	if (vsx_mutant_number != -1)
		return;
	vsx_mutant_number = number ? atoi(number) : 0;
	fd = seen ? open(seen, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	vsx_mutant_seen = mmap(NULL, VSX_MUTANTS, PROT_READ | PROT_WRITE,
			       MAP_SHARED, fd, 0);
	close(fd);
}

static inline int vsx_mutant(int number)
{
	if (vsx_mutant_seen)
		vsx_mutant_seen[number] = 1;
	return vsx_mutant_number == number;
}

#endif
