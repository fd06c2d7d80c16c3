/* The words of the filter language. */
#ifndef VSX_LEX_H
#define VSX_LEX_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum vsx_token_kind {
	VSX_TOKEN_END,
	VSX_TOKEN_NAME,
	VSX_TOKEN_INT,
	VSX_TOKEN_FLOAT,
	VSX_TOKEN_STRING,
	VSX_TOKEN_OPEN,
	VSX_TOKEN_CLOSE,
	VSX_TOKEN_COMMA,
	VSX_TOKEN_EQ,
	VSX_TOKEN_NE,
	VSX_TOKEN_LT,
	VSX_TOKEN_LE,
	VSX_TOKEN_GT,
	VSX_TOKEN_GE,
	VSX_TOKEN_AND, /* the first of the words */
	VSX_TOKEN_OR,
	VSX_TOKEN_NOT,
	VSX_TOKEN_IN,
	VSX_TOKEN_CONTAINS,
	VSX_TOKEN_ANY,
	VSX_TOKEN_ALL,
	VSX_TOKEN_IS,
	VSX_TOKEN_NULL,
	VSX_TOKEN_EMPTY,
	VSX_TOKEN_TRUE,
	VSX_TOKEN_FALSE,
};

struct vsx_token {
	enum vsx_token_kind what;
	size_t at, n; /* its bytes in the text */
	int64_t i;    /* of an INT */
	double f;     /* of a FLOAT */
	char *string; /* of a STRING: what it stands for, not terminated */
	size_t bytes;
};

struct vsx_lex {
	const char *text;
	size_t at, n;
	char *strings; /* room for n bytes, filled one after the other */
	size_t used;
};

/* VSX_TOKEN_NAME if n characters are no word of the language. */
enum vsx_token_kind vsx_word_of(const char *s, size_t n);

enum vsx_status vsx_lex_next(struct vsx_lex *l, struct vsx_token *t,
			     struct vsx_error *err);

/* "filter, character 12: ...", of a byte of the text. */
enum vsx_status vsx_lex_fail(const struct vsx_lex *l, size_t at,
			     struct vsx_error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* VSX_EINVAL: expected `what`, found t. */
enum vsx_status vsx_lex_expected(const struct vsx_lex *l,
				 const struct vsx_token *t, const char *what,
				 struct vsx_error *err);

#endif
