/* Which table of products serves this process. */
#include "kernel/matmul.h"

#include <pthread.h>
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/matmul_tables.h"

/* From the narrowest to the widest; `needs` are bits of the processor. */
static const struct {
	const struct vsx_matmuls *table;
	unsigned int needs;
} built[] = {
	{&vsx_matmuls_scalar, 0},
#if defined(__x86_64__)
	{&vsx_matmuls_avx2, VSX_CPU_AVX2},
	{&vsx_matmuls_avx512, VSX_CPU_AVX512},
#endif
};

#define N_BUILT (sizeof(built) / sizeof(built[0]))

static struct {
	pthread_once_t once;
	const struct vsx_matmuls *usable[N_BUILT];
	unsigned int n_usable;
	const struct vsx_matmuls *chosen;
} state = {.once = PTHREAD_ONCE_INIT};

static void choose(void)
{
	unsigned int have = vsx_cpu_features();
	const char *forced = vsx_isa_forced();

	for (size_t i = 0; i < N_BUILT; i++)
		if ((built[i].needs & have) == built[i].needs)
			state.usable[state.n_usable++] = built[i].table;

	state.chosen = state.usable[state.n_usable - 1];
	for (unsigned int i = 0; forced && i < state.n_usable; i++)
		if (strcmp(state.usable[i]->name, forced) == 0)
			state.chosen = state.usable[i];
}

const struct vsx_matmuls *vsx_matmuls(void)
{
	pthread_once(&state.once, choose);
	return state.chosen;
}

const struct vsx_matmuls *vsx_matmuls_at(unsigned int i)
{
	pthread_once(&state.once, choose);
	return i < state.n_usable ? state.usable[i] : NULL;
}
