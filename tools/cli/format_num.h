/*
 * Numbers for people. Each call writes into `to` and returns it, so that it
 * can stand as an argument of printf. Bytes are counted in powers of 1024.
 */
#ifndef VSX_CLI_FORMAT_NUM_H
#define VSX_CLI_FORMAT_NUM_H

#include <stdint.h>

#define NUM_BYTES    32
#define NUM_OF_BYTES 48

char *num_bytes(char to[NUM_BYTES], uint64_t bytes); /* 41.7 GiB */
char *num_count(char to[NUM_BYTES], uint64_t n);     /* 1,234,567 */
char *num_short(char to[NUM_BYTES], double n);	     /* 1.23 M */
char *num_of(char to[NUM_OF_BYTES], uint64_t n,
	     const char *thing);	      /* 1 row, 1,234 rows, 2 queries */
char *num_mean(char to[NUM_BYTES], double n); /* 1,234, 12.5, 3 */
char *num_duration(char to[NUM_BYTES], double seconds); /* 12.5 ms, 1m 05s */
char *num_exact(char to[NUM_BYTES], double n); /* 0.1; reads back as n */
char *num_exact_float(char to[NUM_BYTES], float n);
char *num_clock(char to[NUM_BYTES], double seconds); /* 00:31, 2:00:31 */

#endif
