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

enum vsx_cpu_feature {
	VSX_CPU_AVX2 = 1 << 0,	 /* AVX2, FMA and F16C */
	VSX_CPU_AVX512 = 1 << 1, /* the above, AVX-512 F BW DQ VL and VNNI */
	VSX_CPU_NEON = 1 << 2,	 /* every AArch64 has it */
};

/* The bits of enum vsx_cpu_feature that hold here; any thread may call it. */
unsigned int vsx_cpu_features(void);

#endif
