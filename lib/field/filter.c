#include "field/filter.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "utf8.h"

struct parser {
	struct vsx_lex lex;
	struct vsx_token t; /* the next one */
	struct vsx_filter *f;
	unsigned int depth;
};

static enum vsx_status advance(struct parser *p, struct vsx_error *err)
{
	return vsx_lex_next(&p->lex, &p->t, err);
}

static enum vsx_status expected(const struct parser *p, const char *what,
				struct vsx_error *err)
{
	return vsx_lex_expected(&p->lex, &p->t, what, err);
}

/* Go on if the next token is of this kind. */
static enum vsx_status took(struct parser *p, enum vsx_token_kind kind,
			    bool *is, struct vsx_error *err)
{
	*is = p->t.what == kind;
	return *is ? advance(p, err) : VSX_OK;
}

static enum vsx_status add_node(struct parser *p, enum vsx_filter_what what,
				size_t at, uint32_t *number,
				struct vsx_error *err)
{
	struct vsx_filter *f = p->f;

	VSX_TRY(vsx_grow(&f->nodes, &f->nodes_cap, f->n_nodes + 1,
			 sizeof(*f->nodes), err));
	f->nodes[f->n_nodes] = (struct vsx_filter_node){.what = what, .at = at};
	*number = (uint32_t)f->n_nodes++;
	return VSX_OK;
}

/* ---- tests -------------------------------------------------------------- */

static enum vsx_status field_name(struct parser *p, uint32_t *number,
				  struct vsx_error *err)
{
	struct vsx_filter *f = p->f;
	char name[VSX_FIELD_NAME] = "";
	uint32_t i = 0;

	if (p->t.what != VSX_TOKEN_NAME)
		return expected(p, "a field, not or (", err);
	if (p->t.n >= VSX_FIELD_NAME)
		return expected(p, "a name of up to 63 characters", err);
	memcpy(name, p->lex.text + p->t.at, p->t.n);
	while (i < f->n_names && strcmp(f->names[i], name) != 0)
		i++;
	if (i == VSX_MAX_FIELDS)
		return expected(p, "no more than 1024 fields", err);
	if (i == f->n_names) {
		VSX_TRY(vsx_grow(&f->names, &f->names_cap, i + 1,
				 sizeof(*f->names), err));
		memcpy(f->names[f->n_names++], name, sizeof(name));
	}
	*number = i;
	return advance(p, err);
}

static enum vsx_status value(struct parser *p, struct vsx_filter_node *test,
			     struct vsx_error *err)
{
	struct vsx_filter *f = p->f;

	switch (p->t.what) {
	case VSX_TOKEN_INT:
	case VSX_TOKEN_FLOAT:
	case VSX_TOKEN_STRING:
	case VSX_TOKEN_TRUE:
	case VSX_TOKEN_FALSE:
		break;
	case VSX_TOKEN_NULL:
		return expected(p, "a value (\"is null\" asks for none)", err);
	default:
		return expected(p, "a number, a string, true or false", err);
	}
	VSX_TRY(vsx_grow(&f->values, &f->values_cap, f->n_values + 1,
			 sizeof(*f->values), err));
	f->values[f->n_values++] = p->t;
	test->n_values++;
	return advance(p, err);
}

static enum vsx_status list(struct parser *p, struct vsx_filter_node *test,
			    struct vsx_error *err)
{
	bool more;

	if (p->t.what != VSX_TOKEN_OPEN)
		return expected(p, "( and a list of values", err);
	VSX_TRY(advance(p, err));
	do {
		VSX_TRY(value(p, test, err));
		VSX_TRY(took(p, VSX_TOKEN_COMMA, &more, err));
	} while (more);
	if (p->t.what != VSX_TOKEN_CLOSE)
		return expected(p, ", or )", err);
	return advance(p, err);
}

static enum vsx_status is_what(struct parser *p, struct vsx_filter_node *test,
			       struct vsx_error *err)
{
	bool negated;

	VSX_TRY(took(p, VSX_TOKEN_NOT, &negated, err));
	test->negated ^= negated;
	if (p->t.what == VSX_TOKEN_NULL)
		test->what = VSX_FILTER_NULL;
	else if (p->t.what == VSX_TOKEN_EMPTY)
		test->what = VSX_FILTER_EMPTY;
	else
		return expected(
			p, negated ? "null or empty" : "null, empty or not",
			err);
	return advance(p, err);
}

/* A node of its own for each value: all of them, or with a not one that is not.
 */
static enum vsx_status contains_all(struct parser *p, uint32_t number,
				    struct vsx_error *err)
{
	struct vsx_filter_node test = p->f->nodes[number];
	uint32_t last = 0;

	p->f->nodes[number] = (struct vsx_filter_node){
		.what = test.negated ? VSX_FILTER_OR : VSX_FILTER_AND,
		.at = test.at};
	for (uint32_t i = 0; i < test.n_values; i++) {
		uint32_t part;

		VSX_TRY(add_node(p, VSX_FILTER_CONTAINS, test.at, &part, err));
		p->f->nodes[part].negated = test.negated;
		p->f->nodes[part].field = test.field;
		p->f->nodes[part].first_value = test.first_value + i;
		p->f->nodes[part].n_values = 1;
		if (last)
			p->f->nodes[last].next = part;
		else
			p->f->nodes[number].child = part;
		last = part;
	}
	return VSX_OK;
}

static enum vsx_status contains_what(struct parser *p,
				     struct vsx_filter_node *test, bool *all,
				     struct vsx_error *err)
{
	bool any;

	test->what = VSX_FILTER_CONTAINS;
	VSX_TRY(took(p, VSX_TOKEN_ALL, all, err));
	VSX_TRY(took(p, VSX_TOKEN_ANY, &any, err));
	return *all || any ? list(p, test, err) : value(p, test, err);
}

/* What follows the name of a field. */
static enum vsx_status predicate(struct parser *p, struct vsx_filter_node *test,
				 bool *all, struct vsx_error *err)
{
	enum vsx_token_kind sign = p->t.what;

	switch (sign) {
	case VSX_TOKEN_NE:
		test->negated = !test->negated;
		/* fallthrough */
	case VSX_TOKEN_EQ:
		test->what = VSX_FILTER_IN;
		break;
	case VSX_TOKEN_LT:
		test->what = VSX_FILTER_LT;
		break;
	case VSX_TOKEN_LE:
		test->what = VSX_FILTER_LE;
		break;
	case VSX_TOKEN_GT:
		test->what = VSX_FILTER_GT;
		break;
	case VSX_TOKEN_GE:
		test->what = VSX_FILTER_GE;
		break;
	case VSX_TOKEN_IN:
	case VSX_TOKEN_CONTAINS:
	case VSX_TOKEN_IS:
		break;
	default:
		/* The field alone: it is true. */
		test->first_value = (uint32_t)p->f->n_values;
		VSX_TRY(vsx_grow(&p->f->values, &p->f->values_cap,
				 p->f->n_values + 1, sizeof(*p->f->values),
				 err));
		p->f->values[p->f->n_values++] = (struct vsx_token){
			.what = VSX_TOKEN_TRUE, .at = test->at};
		test->n_values = 1;
		return VSX_OK;
	}
	VSX_TRY(advance(p, err));
	if (sign == VSX_TOKEN_IN)
		return list(p, test, err);
	if (sign == VSX_TOKEN_CONTAINS)
		return contains_what(p, test, all, err);
	return sign == VSX_TOKEN_IS ? is_what(p, test, err)
				    : value(p, test, err);
}

static enum vsx_status test(struct parser *p, bool negated, uint32_t *number,
			    struct vsx_error *err)
{
	struct vsx_filter_node node = {
		.what = VSX_FILTER_IN, .negated = negated, .at = p->t.at};
	bool before = false, all = false;

	node.first_value = (uint32_t)p->f->n_values;
	VSX_TRY(field_name(p, &node.field, err));
	VSX_TRY(took(p, VSX_TOKEN_NOT, &before, err));
	node.negated ^= before;
	if (before && p->t.what != VSX_TOKEN_IN &&
	    p->t.what != VSX_TOKEN_CONTAINS)
		return expected(p, "in or contains", err);
	VSX_TRY(predicate(p, &node, &all, err));
	VSX_TRY(add_node(p, node.what, node.at, number, err));
	p->f->nodes[*number] = node;
	return all ? contains_all(p, *number, err) : VSX_OK;
}

/* ---- what joins them ---------------------------------------------------- */

static enum vsx_status joined(struct parser *p, bool either, bool negated,
			      uint32_t *number, struct vsx_error *err);

static enum vsx_status factor(struct parser *p, bool negated, uint32_t *number,
			      struct vsx_error *err)
{
	bool is;

	if (p->t.what != VSX_TOKEN_NOT && p->t.what != VSX_TOKEN_OPEN)
		return test(p, negated, number, err);
	if (p->depth == VSX_MAX_FILTER_DEPTH)
		return vsx_lex_fail(&p->lex, p->t.at, err,
				    "more than %u of ( and not within each "
				    "other",
				    VSX_MAX_FILTER_DEPTH);
	p->depth++;
	VSX_TRY(took(p, VSX_TOKEN_NOT, &is, err));
	if (is) {
		VSX_TRY(factor(p, !negated, number, err));
	} else {
		VSX_TRY(advance(p, err));
		VSX_TRY(joined(p, true, negated, number, err));
		if (p->t.what != VSX_TOKEN_CLOSE)
			return expected(p, "and, or or )", err);
		VSX_TRY(advance(p, err));
	}
	p->depth--;
	return VSX_OK;
}

/* One or more parts with "or", or "and", between them. */
static enum vsx_status joined(struct parser *p, bool either, bool negated,
			      uint32_t *number, struct vsx_error *err)
{
	size_t at = p->t.at;
	uint32_t last = 0;
	bool more;

	*number = 0;
	do {
		uint32_t part;

		if (either)
			VSX_TRY(joined(p, false, negated, &part, err));
		else
			VSX_TRY(factor(p, negated, &part, err));
		VSX_TRY(took(p, either ? VSX_TOKEN_OR : VSX_TOKEN_AND, &more,
			     err));
		if (!last && !more) {
			*number = part;
			return VSX_OK;
		}
		if (last) {
			p->f->nodes[last].next = part;
		} else {
			VSX_TRY(add_node(p,
					 either != negated ? VSX_FILTER_OR
							   : VSX_FILTER_AND,
					 at, number, err));
			p->f->nodes[*number].child = part;
		}
		last = part;
	} while (more);
	return VSX_OK;
}

static enum vsx_status parse(struct parser *p, struct vsx_error *err)
{
	uint32_t root, number;

	VSX_TRY(advance(p, err));
	/* Number 0 is the root, so that 0 can mean none elsewhere. */
	VSX_TRY(add_node(p, VSX_FILTER_AND, 0, &root, err));
	VSX_TRY(joined(p, true, false, &number, err));
	p->f->nodes[root].child = number;
	if (p->t.what != VSX_TOKEN_END)
		return expected(p, "and, or or the end", err);
	return VSX_OK;
}

static enum vsx_status make(struct vsx_filter *f, const char *text,
			    struct vsx_error *err)
{
	size_t n = strlen(text);
	struct parser p = {.f = f};

	if (n > VSX_MAX_FILTER_BYTES)
		return vsx_fail(err, VSX_EINVAL,
				"a filter of %zu bytes, expected at most %u", n,
				VSX_MAX_FILTER_BYTES);
	if (!vsx_utf8_ok((const uint8_t *)text, n))
		return vsx_fail(err, VSX_EINVAL, "the filter is not UTF-8");
	VSX_TRY(vsx_alloc_to(&f->text, n + 1, 1, err));
	VSX_TRY(vsx_alloc_to(&f->strings, n + 1, 1, err));
	memcpy(f->text, text, n + 1);
	p.lex = (struct vsx_lex){
		.text = f->text, .n = n, .strings = f->strings};
	for (size_t i = 0; i < n; i++)
		if (vsx_utf8_is_control((const uint8_t *)text + i) &&
		    !strchr("\t\r\n", text[i]))
			return vsx_lex_fail(&p.lex, i, err,
					    "a control character");
	return parse(&p, err);
}

enum vsx_status vsx_filter_make(struct vsx_filter **out, const char *text,
				struct vsx_error *err)
{
	enum vsx_status status;
	struct vsx_filter *f;

	*out = NULL;
	VSX_TRY(vsx_alloc_to(&f, 1, sizeof(*f), err));
	status = make(f, text, err);
	if (status == VSX_OK)
		*out = f;
	else
		vsx_filter_drop(f);
	return status;
}

void vsx_filter_drop(struct vsx_filter *f)
{
	if (!f)
		return;
	free(f->text);
	free(f->strings);
	free(f->names);
	free(f->values);
	free(f->nodes);
	free(f);
}

enum vsx_status vsx_filter_refuse(const struct vsx_filter *f, size_t at,
				  struct vsx_error *err, const char *fmt, ...)
{
	struct vsx_lex lex = {.text = f->text, .n = strlen(f->text)};
	char what[VSX_ERROR_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return vsx_lex_fail(&lex, at, err, "%s", what);
}
