/*
 * Which table of kernels serves this process.
 */
#include "kernel/kernel.h"

#include <pthread.h>

#include "kernel/cpu.h"
#include "kernel/tables.h"

static const struct vsx_isa_table built[] = {
	{&vsx_kernels_scalar, 0},
#if defined(__x86_64__)
	{&vsx_kernels_avx2, VSX_CPU_AVX2},
	{&vsx_kernels_avx512, VSX_CPU_AVX512},
#elif defined(__aarch64__)
	{&vsx_kernels_neon, VSX_CPU_NEON},
#endif
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct vsx_isa_choice choice;

static void choose(void)
{
	vsx_isa_choose(&choice, built, sizeof(built) / sizeof(built[0]));
}

const struct vsx_kernels *vsx_kernels(void)
{
	pthread_once(&once, choose);
	return choice.chosen;
}

const struct vsx_kernels *vsx_kernels_at(unsigned int i)
{
	pthread_once(&once, choose);
	return vsx_isa_usable(&choice, i);
}
