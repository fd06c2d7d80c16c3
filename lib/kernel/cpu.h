/*
 * What the processor and the operating system allow, in the groups in which
 * this project builds code: one bit for each set of compiler flags.
 *
 * A bit is set when every instruction of its group exists and the system saves
 * the registers that they use. The answer never changes while a process runs;
 * asking costs a few hundred cycles, so ask once.
 */
#ifndef VSX_CPU_H
#define VSX_CPU_H

#include <stdbool.h>
#include <stddef.h>

enum vsx_cpu_feature {
	VSX_CPU_AVX2 = 1 << 0,	 /* AVX2, FMA and F16C */
	VSX_CPU_AVX512 = 1 << 1, /* the above, AVX-512 F BW DQ VL and VNNI */
	VSX_CPU_NEON = 1 << 2,	 /* every AArch64 has it */
	VSX_CPU_AVXVNNI = 1 << 3,
	VSX_CPU_AMX = 1 << 4, /* tiles of 8-bit numbers; to be asked for */
	VSX_CPU_DOTPROD = 1 << 5,
};

/* The bits of enum vsx_cpu_feature that hold here; any thread may call it. */
unsigned int vsx_cpu_features(void);

/*
 * Ask the system for the tile registers of AMX, for the whole process. False if
 * it does not grant them.
 */
bool vsx_cpu_ask_for_amx(void);

/* The instruction set that VSX_ISA in the environment names; may be NULL. */
const char *vsx_isa_forced(void);

/* Functions for one instruction set: a struct that begins with the name of the
 * set, a const char *. */
struct vsx_isa_table {
	const void *table;
	unsigned int needs; /* bits of enum vsx_cpu_feature */
};

#define VSX_MAX_ISA_TABLES 8

/* Of the tables that a build has, those that may be called here. */
struct vsx_isa_choice {
	const void *usable[VSX_MAX_ISA_TABLES];
	unsigned int n_usable;
	const void *chosen; /* the last of them, or the one that is forced */
};

/* built[n]: from the narrowest to the widest; the first needs nothing. Call it
 * once a process, into zeros. */
void vsx_isa_choose(struct vsx_isa_choice *out,
		    const struct vsx_isa_table *built, size_t n);

/* Usable table i; NULL past the last. */
static inline const void *vsx_isa_usable(const struct vsx_isa_choice *c,
					 unsigned int i)
{
	return i < c->n_usable ? c->usable[i] : NULL;
}

#endif
