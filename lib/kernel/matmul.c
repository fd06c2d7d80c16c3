/* Which table of products serves this process. */
#include "kernel/matmul.h"

#include <pthread.h>

#include "kernel/cpu.h"
#include "kernel/matmul_tables.h"

static const struct vsx_isa_table built[] = {
	{&vsx_matmuls_scalar, 0},
#if defined(__x86_64__)
	{&vsx_matmuls_avx2, VSX_CPU_AVX2},
	{&vsx_matmuls_avx512, VSX_CPU_AVX512},
#endif
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct vsx_isa_choice choice;

static void choose(void)
{
	vsx_isa_choose(&choice, built, sizeof(built) / sizeof(built[0]));
}

const struct vsx_matmuls *vsx_matmuls(void)
{
	pthread_once(&once, choose);
	return choice.chosen;
}

const struct vsx_matmuls *vsx_matmuls_at(unsigned int i)
{
	pthread_once(&once, choose);
	return vsx_isa_usable(&choice, i);
}
