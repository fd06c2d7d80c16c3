/*
 * What a report says in words and numbers, the same in the terminal, in
 * Markdown and in HTML. Each call writes into `to` and returns it. A number
 * that was not measured is "".
 */
#ifndef VSX_BENCH_WORDS_H
#define VSX_BENCH_WORDS_H

#include "bench/report/report.h"

#include <stddef.h>

#define WORDS_CELL 96
#define WORDS_LINE 640

/* "HNSW16", or "FAISS HNSW16" where the report has several engines. */
char *words_label(char to[WORDS_CELL], const struct report *r,
		  const char *engine, const char *spec);
/* "ef 48", or "nprobe 8, refine 1.5"; refine 0: there is none */
char *words_effort(char to[WORDS_CELL], const struct series *s, uint32_t effort,
		   double refine);
/* The name of what a load turned: that of its series. */
char *words_load_effort(char to[WORDS_CELL], const struct report *r,
			const struct load *l);
/* "8 clients", "1 thread", "4 + a writer" */
char *words_load(char to[WORDS_CELL], const struct load *l);

char *words_recall(char to[WORDS_CELL], double recall);	  /* 0.9523 */
char *words_ms(char to[WORDS_CELL], double ms);		  /* 0.0823, 12.35 */
char *words_qps(char to[WORDS_CELL], double qps);	  /* 12,345 */
char *words_spread(char to[WORDS_CELL], struct spread s); /* 3,912 ±2 % */
char *words_seconds(char to[WORDS_CELL], double seconds);
char *words_bytes(char to[WORDS_CELL], uint64_t bytes);

/* What was searched, with what, where: three lines. */
char *words_data(char to[WORDS_LINE], const struct report *r);
char *words_aim(char to[WORDS_LINE], const struct report *r);
char *words_machine(char to[WORDS_LINE], const struct report *r);

/*
 * What must be known of series i beside its numbers: how its spec was adjusted
 * and that it missed the target; "" if nothing.
 */
char *words_note(char to[WORDS_LINE], const struct report *r, uint32_t i);
/* That something cannot be told by this run: it says where the spread of the
   speeds exceeds 20 %, and how far; "" if nowhere. */
char *words_unsteady(char to[WORDS_LINE], const struct report *r);
/* What the ± of the tables mean. */
char *words_spread_note(char to[WORDS_LINE], const struct report *r);

/* The point of least effort at the target, or NULL. */
const struct point *words_reached(const struct report *r,
				  const struct series *s);

#endif
