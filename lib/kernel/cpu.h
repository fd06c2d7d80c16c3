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

#endif
