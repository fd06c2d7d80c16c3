/*
 * CPUID and XCR0, as Intel's Software Developer's Manual, volume 1, chapters
 * 14.3 (AVX, F16C), 14.5 (FMA), 14.7 (AVX2) and 15.2 to 15.4 (AVX-512)
 * prescribe: first OSXSAVE, then the register state that the system has
 * enabled, only then the instruction bits.
 */
#include "kernel/cpu.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const char *vsx_isa_forced(void)
{
	return getenv("VSX_ISA");
}

#if defined(__x86_64__)

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

/* State components in XCR0. */
#define XCR0_SSE     (1u << 1)
#define XCR0_AVX     (1u << 2)
#define XCR0_OPMASK  (1u << 5)
#define XCR0_ZMM_HI  (1u << 6)	/* upper halves of zmm0 to zmm15 */
#define XCR0_ZMM_16  (1u << 7)	/* zmm16 to zmm31 */
#define XCR0_TILES   (3u << 17) /* their configuration and they */
#define XCR0_AVX_ALL (XCR0_SSE | XCR0_AVX)
#define XCR0_512_ALL (XCR0_AVX_ALL | XCR0_OPMASK | XCR0_ZMM_HI | XCR0_ZMM_16)

/* CPUID leaf 1, ecx. */
#define CPU1C_FMA     (1u << 12)
#define CPU1C_OSXSAVE (1u << 27)
#define CPU1C_AVX     (1u << 28)
#define CPU1C_F16C    (1u << 29)

/* CPUID leaf 7, subleaf 0, ebx and ecx. */
#define CPU7B_AVX2	 (1u << 5)
#define CPU7B_AVX512F	 (1u << 16)
#define CPU7B_AVX512DQ	 (1u << 17)
#define CPU7B_AVX512BW	 (1u << 30)
#define CPU7B_AVX512VL	 (1u << 31)
#define CPU7C_AVX512VNNI (1u << 11)
#define CPU7D_AMX_TILE	 (1u << 24)
#define CPU7D_AMX_INT8	 (1u << 25)
#define CPU7_1A_AVXVNNI	 (1u << 4)

/* arch_prctl(2): Linux gives large registers to those who ask for them. */
#define ASK_FOR_STATE 0x1023
#define STATE_TILES   18

/* XCR0 by hand: the intrinsic would need -mxsave. */
static uint32_t enabled_state(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	(void)high;
	return low;
}

static bool all(uint32_t word, uint32_t bits)
{
	return (word & bits) == bits;
}

unsigned int vsx_cpu_features(void)
{
	unsigned int eax, ebx, ecx, edx, features = 0;
	uint32_t state;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) ||
	    !all(ecx, CPU1C_OSXSAVE | CPU1C_AVX | CPU1C_FMA | CPU1C_F16C))
		return 0;
	state = enabled_state();
	if (!all(state, XCR0_AVX_ALL))
		return 0;
	if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
		return 0;
	if (!all(ebx, CPU7B_AVX2))
		return 0;
	features |= VSX_CPU_AVX2;

	if (all(state, XCR0_512_ALL) &&
	    all(ebx, CPU7B_AVX512F | CPU7B_AVX512DQ | CPU7B_AVX512BW |
			     CPU7B_AVX512VL) &&
	    all(ecx, CPU7C_AVX512VNNI))
		features |= VSX_CPU_AVX512;
	if (all(state, XCR0_TILES) && all(edx, CPU7D_AMX_TILE | CPU7D_AMX_INT8))
		features |= VSX_CPU_AMX;
	if (__get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) &&
	    all(eax, CPU7_1A_AVXVNNI))
		features |= VSX_CPU_AVXVNNI;
	return features;
}

bool vsx_cpu_ask_for_amx(void)
{
#if defined(__linux__)
	return syscall(SYS_arch_prctl, ASK_FOR_STATE, STATE_TILES) == 0;
#else
	return false;
#endif
}

#elif defined(__aarch64__)

#include <sys/auxv.h>

#define HWCAP_DOT_PRODUCT (1u << 20)

unsigned int vsx_cpu_features(void)
{
	unsigned int features = VSX_CPU_NEON;

	if (getauxval(AT_HWCAP) & HWCAP_DOT_PRODUCT)
		features |= VSX_CPU_DOTPROD;
	return features;
}

bool vsx_cpu_ask_for_amx(void)
{
	return false;
}

#else

unsigned int vsx_cpu_features(void)
{
	return 0;
}

bool vsx_cpu_ask_for_amx(void)
{
	return false;
}

#endif

static bool is_usable(unsigned int needs, unsigned int have)
{
	return (needs & have) == needs &&
	       (!(needs & VSX_CPU_AMX) || vsx_cpu_ask_for_amx());
}

void vsx_isa_choose(struct vsx_isa_choice *out,
		    const struct vsx_isa_table *built, size_t n)
{
	unsigned int have = vsx_cpu_features();
	const char *forced = vsx_isa_forced();
	bool named = false;

	for (size_t i = 0; i < n; i++) {
		const char *const *name = built[i].table;

		if (!is_usable(built[i].needs, have))
			continue;
		out->usable[out->n_usable++] = built[i].table;
		if (named)
			continue;
		out->chosen = built[i].table;
		named = forced && strcmp(*name, forced) == 0;
	}
}
