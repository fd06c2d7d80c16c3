#include "roofline.h"

#include "row.h"

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)

#define RUNS	9
#define ROUNDS	100000
#define STREAMS 4
#define STEPS	12 /* independent ones: they hide the latency of each other */

struct loops {
	const char *isa;
	void (*load)(const uint8_t *p, size_t n);
	/* rounds times STEPS steps */
	void (*fma)(size_t rounds);
	void (*mul_add)(size_t rounds);
	void (*dot)(size_t rounds);
	double bytes; /* of a register */
};

/* Assembly, as a compiler would see that nothing comes of it. */
#define CLOBBERS                                                               \
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",        \
		"xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",   \
		"xmm15", "memory"

#define ALL_STEPS(step, r)                                                     \
	step(r, "0") step(r, "1") step(r, "2") step(r, "3") step(r, "4")       \
		step(r, "5") step(r, "6") step(r, "7") step(r, "8")            \
			step(r, "9") step(r, "10") step(r, "11")

/* %1 is the width of a register. */
#define LOAD(r, n) "vmovaps " n "*%c1(%0), %%" r n "\n\t"
#define FMA(r, n)  "vfmadd231ps %%" r "14, %%" r "15, %%" r n "\n\t"
#define MUL_ADD(r, n)                                                          \
	"vmulps %%" r "14, %%" r "15, %%" r "13\n\t"                           \
	"vaddps %%" r "13, %%" r n ", %%" r n "\n\t"
#define DOT_VNNI(r, n) "vpdpbusd %%" r "14, %%" r "15, %%" r n "\n\t"
#define DOT_AVX2(r, n)                                                         \
	"vpmaddubsw %%" r "14, %%" r "15, %%" r "13\n\t"                       \
	"vpmaddwd %%" r "14, %%" r "13, %%" r "13\n\t"                         \
	"vpaddd %%" r "13, %%" r n ", %%" r n "\n\t"

#define COMPUTE_LOOP(name, step, r)                                            \
	static void name(size_t rounds)                                        \
	{                                                                      \
		__asm__ volatile("vzeroall" ::: CLOBBERS);                     \
		while (rounds--)                                               \
			__asm__ volatile(ALL_STEPS(step, r)::: CLOBBERS);      \
		__asm__ volatile("vzeroupper" ::: CLOBBERS);                   \
	}

#define LOAD_LOOP(name, r, bytes)                                              \
	static void name(const uint8_t *p, size_t n)                           \
	{                                                                      \
		for (size_t at = 0; at + STEPS * bytes <= n;                   \
		     at += STEPS * bytes)                                      \
			__asm__ volatile(ALL_STEPS(LOAD, r)::"r"(p + at),      \
					 "i"(bytes)                            \
					 : CLOBBERS);                          \
		__asm__ volatile("vzeroupper" ::: CLOBBERS);                   \
	}

LOAD_LOOP(load_avx2, "ymm", 32)
COMPUTE_LOOP(fma_avx2, FMA, "ymm")
COMPUTE_LOOP(mul_add_avx2, MUL_ADD, "ymm")
COMPUTE_LOOP(dot_avx2, DOT_AVX2, "ymm")
LOAD_LOOP(load_avx512, "zmm", 64)
COMPUTE_LOOP(fma_avx512, FMA, "zmm")
COMPUTE_LOOP(mul_add_avx512, MUL_ADD, "zmm")
COMPUTE_LOOP(dot_avx512, DOT_VNNI, "zmm")

static const struct loops all_loops[] = {
	{"avx2", load_avx2, fma_avx2, mul_add_avx2, dot_avx2, 32},
	{"avx512", load_avx512, fma_avx512, mul_add_avx512, dot_avx512, 64},
};

struct loading {
	const struct loops *loops;
	const uint8_t *base;
	size_t bytes, passes;
};

static double load(void *context)
{
	const struct loading *l = context;
	double start = cpu_ns();

	for (size_t i = 0; i < l->passes; i++)
		l->loops->load(l->base, l->bytes);
	return cpu_ns() - start;
}

static double load_speed(const struct loops *loops, const void *base,
			 size_t bytes)
{
	struct loading l = {loops, base, bytes, (32u << 20) / bytes};

	return (double)(l.bytes * l.passes) / least_of(RUNS, load, &l);
}

/* Where results go, so that no compiler leaves the work out. */
static volatile uint64_t sink;

/*
 * A word of each line, from several places at once and asked for ahead: no
 * wider loads and no other distances were faster.
 */
static double stream(void *context)
{
	const struct loading *l = context;
	size_t part = l->bytes / STREAMS;
	double start = cpu_ns();
	uint64_t all = 0;

	for (size_t at = 0; at < part; at += 64)
		for (size_t i = 0; i < STREAMS; i++) {
			const uint8_t *p = l->base + i * part + at;
			uint64_t word;

			__builtin_prefetch(p + 2048);
			memcpy(&word, p, sizeof(word));
			all ^= word;
		}
	sink = all;
	return cpu_ns() - start;
}

static double memory_speed(const void *base, unsigned int megabytes)
{
	struct loading l = {.base = base, .bytes = (size_t)megabytes << 20};

	return (double)l.bytes / least_of(RUNS, stream, &l);
}

struct computing {
	void (*loop)(size_t rounds);
};

static double compute(void *context)
{
	const struct computing *c = context;
	double start = cpu_ns();

	c->loop(ROUNDS);
	return cpu_ns() - start;
}

static double compute_speed(void (*loop)(size_t rounds), double components)
{
	struct computing c = {loop};

	return components * STEPS * ROUNDS / least_of(RUNS, compute, &c);
}

struct roofline roofline_measure(const char *isa, const void *base,
				 unsigned int megabytes)
{
	for (size_t i = 0; i < sizeof(all_loops) / sizeof(all_loops[0]); i++) {
		const struct loops *l = &all_loops[i];

		if (strcmp(l->isa, isa) == 0)
			return (struct roofline){
				load_speed(l, base, 24u << 10),
				load_speed(l, base, 512u << 10),
				memory_speed(base, megabytes),
				compute_speed(l->fma, l->bytes / 4),
				compute_speed(l->mul_add, l->bytes / 4),
				compute_speed(l->dot, l->bytes),
			};
	}
	return (struct roofline){0};
}

#else

struct roofline roofline_measure(const char *isa, const void *base,
				 unsigned int megabytes)
{
	(void)isa;
	(void)base;
	(void)megabytes;
	return (struct roofline){0};
}

#endif
