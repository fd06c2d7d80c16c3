/* Where the queries of a gate come from, and what they are called. */
#ifndef VSX_VERIFY_QUESTIONS_H
#define VSX_VERIFY_QUESTIONS_H

#include "verify/answers.h"
#include "verify/gate.h"

/* A golden set's, or those of the old index: its test, or rows of it. */
struct question_set {
	struct questions q;
	const struct golden *golden; /* or NULL */
	float *rows;		     /* NULL where they are the golden set's */
	uint64_t *self;
};

enum vsx_status questions_make(struct question_set *s, const struct gate *g,
			       struct vsx_error *err);
void questions_release(struct question_set *s);

/* "line 3: blue shoes", "test query 3", "row 17". */
#define QUESTION_BYTES 96
void question_label(char to[QUESTION_BYTES], const struct question_set *s,
		    size_t i);

#endif
