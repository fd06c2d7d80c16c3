/*
 * A filter: an expression over fields, parsed. It belongs to no index.
 *
 *     expression  term { "or" term }
 *     term        factor { "and" factor }
 *     factor      "not" factor | "(" expression ")" | test
 *     test        field
 *               | field ( = | == | != | <> | < | <= | > | >= ) value
 *               | field [ "not" ] "in" list
 *               | field [ "not" ] "contains" ( value | ( "any" | "all" ) list )
 *               | field "is" [ "not" ] ( "null" | "empty" )
 *     list        "(" value { "," value } ")"
 *     value       number | string | "true" | "false"
 *
 * A test of a row without a value is neither true nor false, and so is its
 * negation: only `is null` and `is not null` are true of such rows. A row
 * passes where the expression is true.
 */
#ifndef VSX_FILTER_H
#define VSX_FILTER_H

#include <stdbool.h>

#include "field/field.h"
#include "field/lex.h"

#define VSX_MAX_FILTER_BYTES 65536u
#define VSX_MAX_FILTER_DEPTH 64u

enum vsx_filter_what {
	VSX_FILTER_AND, /* of all its parts */
	VSX_FILTER_OR,	/* of any */
	/* Tests. Values are first_value .. first_value + n_values - 1. */
	VSX_FILTER_IN, /* the row's value is one of them */
	VSX_FILTER_LT, /* is less than the only one */
	VSX_FILTER_LE,
	VSX_FILTER_GT,
	VSX_FILTER_GE,
	VSX_FILTER_CONTAINS, /* one of the row's values is one of them */
	VSX_FILTER_EMPTY,    /* it has no values, and is not null */
	VSX_FILTER_NULL,
};

/*
 * Negation is in the tests alone: with neither true nor false about, `not (a
 * and b)` is `not a or not b`, and where a test is true is all that matters.
 */
struct vsx_filter_node {
	enum vsx_filter_what what;
	bool negated;	/* of a test */
	uint32_t field; /* number of its name */
	uint32_t first_value, n_values;
	uint32_t child, next; /* of AND and OR, and within one; 0: none */
	size_t at;	      /* in the text */
};

struct vsx_filter {
	char *text;		       /* as it was given */
	char *strings;		       /* what values point into */
	char (*names)[VSX_FIELD_NAME]; /* of fields */
	size_t n_names, names_cap;
	struct vsx_token *values;
	size_t n_values, values_cap;
	struct vsx_filter_node *nodes; /* the first is the root */
	size_t n_nodes, nodes_cap;
};

/* VSX_EINVAL says what is expected at which character. */
enum vsx_status vsx_filter_make(struct vsx_filter **out, const char *text,
				struct vsx_error *err);
void vsx_filter_drop(struct vsx_filter *f);

/* VSX_EINVAL at a test of the filter. */
enum vsx_status vsx_filter_refuse(const struct vsx_filter *f, size_t at,
				  struct vsx_error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
