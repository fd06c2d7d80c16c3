/*
 * Products of matrices on AArch64 against plain loops. A program of its own, as
 * the tests are not cross-compiled; it ends with 1 if one differs.
 */
#include <stdio.h>
#include <string.h>

#include "kernel/matmul.h"

#define MOST 40u

static uint32_t state = 1;

static float number(void)
{
	state = state * 1664525 + 1013904223;
	return (float)(int32_t)state * 0x1p-20f;
}

static int differs(const struct vsx_matmuls *t, uint32_t n, uint32_t k,
		   uint32_t d)
{
	static float a[MOST * MOST], b[MOST * MOST], c[MOST * MOST];
	static float due[MOST * MOST];
	static double a64[MOST * MOST], b64[MOST * MOST], c64[MOST * MOST];
	static double due64[MOST * MOST];

	for (uint32_t i = 0; i < MOST * MOST; i++) {
		a64[i] = (double)(a[i] = number()) / 3;
		b64[i] = (double)(b[i] = number()) / 3;
		c[i] = due[i] = number();
		c64[i] = due64[i] = (double)c[i] / 3;
	}
	for (uint32_t r = 0; r < n; r++)
		for (uint32_t j = 0; j < d; j++)
			for (uint32_t i = 0; i < k; i++) {
				uint32_t at = r * MOST + j;

				due[at] += a[r * MOST + i] * b[i * MOST + j];
				due64[at] +=
					a64[r * MOST + i] * b64[i * MOST + j];
			}
	t->f32(a, MOST, n, k, b, MOST, d, c, MOST);
	t->f64(a64, MOST, n, k, b64, MOST, d, c64, MOST);
	return memcmp(c, due, sizeof(c)) != 0 ||
	       memcmp(c64, due64, sizeof(c64)) != 0;
}

int main(void)
{
	const struct vsx_matmuls *t;

	for (unsigned int i = 0; (t = vsx_matmuls_at(i)) != NULL; i++)
		for (uint32_t n = 1; n <= 9; n++)
			for (uint32_t d = 1; d <= MOST; d++)
				if (differs(t, n, d % 13 + n, d)) {
					printf("%s: %u rows, %u columns\n",
					       t->name, n, d);
					return 1;
				}
	return 0;
}
