/*
 * What one core of this machine can do at most, measured by loops that do
 * nothing else: loading, multiplying and adding.
 */
#ifndef BENCH_ROOFLINE_H
#define BENCH_ROOFLINE_H

struct roofline {
	/* Loading, GB/s: from the first cache, from the second, and from an
	   array as large as the one that the kernels take random rows from. */
	double l1, l2, memory;
	/* 1e9 components a second: f32 fused, f32 rounded twice as the kernels
	   have to, and u8 times i8 summed up in i32. */
	double fma, mul_add, dot;
};

/*
 * For the instruction set that the kernels name so, which the machine must
 * have. `base` is an array of `megabytes` that is in memory. 0 everywhere
 * where no loops are written for it.
 */
struct roofline roofline_measure(const char *isa, const void *base,
				 unsigned int megabytes);

#endif
