/* What the measuring came to, in two or three sentences. */
#ifndef VSX_BENCH_HTML_ANSWER_H
#define VSX_BENCH_HTML_ANSWER_H

#include "bench/report/report.h"

void html_answer(FILE *to, const struct report *r);

#endif
