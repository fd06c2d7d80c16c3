/* A report that nobody measured, for the tests of what is made of one. */
#ifndef VSX_TEST_BENCH_MADE_UP_H
#define VSX_TEST_BENCH_MADE_UP_H

#include "bench/report/report.h"

/*
 * Seven series: three specs of VSX, Flat, HNSW16 and an IVF that is too short
 * of lists to reach the target, two of FAISS, one of hnswlib that is searched
 * in memory; and growth curves of HNSW16 and IVF with 1/100 and 1/10 of the
 * rows, with other numbers of lists. Choosing is done. The text in data name
 * and note is hostile.
 */
#define MADE_UP_NAME "a<b>&\"c\" 'd'"
void made_up(struct report *r);

/* Some loads to it: clients at three rates, threads and processes. */
void made_up_loads(struct report *r);

#endif
