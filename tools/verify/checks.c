#include "verify/checks.h"

#include "cli/table.h"
#include "cli/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

const char *const check_names[] = {
	"file",	 "recall", "p95",    "expected", "model",   "metric",
	"dim",	 "elem",   "rows",   "missing",	 "added",   "changed",
	"moved", "unit",   "length", "spread",	 "overlap", NULL,
};

static bool is_allowed(const struct checks *c, const char *name)
{
	for (size_t i = 0; c->allowed && i < c->allowed->n; i++)
		if (strcmp(c->allowed->items[i], name) == 0)
			return true;
	return false;
}

struct check *checks_add(struct checks *c, const char *name)
{
	struct check *check = &c->items[c->n++];

	assert(c->n <= CHECKS_MAX);
	memset(check, 0, sizeof(*check));
	check->name = name;
	return check;
}

void check_decide(const struct checks *c, struct check *check, bool ok,
		  const char *fmt, ...)
{
	va_list args;

	if (ok) {
		check->verdict = CHECK_OK;
		return;
	}
	check->verdict =
		is_allowed(c, check->name) ? CHECK_ALLOWED : CHECK_FAILS;
	va_start(args, fmt);
	vsnprintf(check->reason, sizeof(check->reason), fmt, args);
	va_end(args);
	utf8_clean(check->reason);
}

void check_not_run(struct check *check, const char *fmt, ...)
{
	va_list args;

	check->verdict = CHECK_NOT_RUN;
	va_start(args, fmt);
	vsnprintf(check->reason, sizeof(check->reason), fmt, args);
	va_end(args);
	utf8_clean(check->reason);
}

void cell_text(struct cell *cell, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(cell->text, sizeof(cell->text), fmt, args);
	va_end(args);
	utf8_clean(cell->text);
}

void cell_number(struct cell *cell, double value, const char *fmt, ...)
{
	va_list args;

	cell->number = true;
	cell->value = value;
	va_start(args, fmt);
	vsnprintf(cell->text, sizeof(cell->text), fmt, args);
	va_end(args);
}

void cell_share(struct cell *cell, double share)
{
	cell_number(cell, share, "%.2f %%", 100.0 * share);
}

size_t checks_failed(const struct checks *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->items[i].verdict == CHECK_FAILS;
	return n;
}

static const char *verdict_text(enum verdict verdict)
{
	static const char *const texts[] = {"no limit", "ok", "FAIL", "allowed",
					    "not run"};

	return texts[verdict];
}

static enum colour verdict_colour(enum verdict verdict)
{
	switch (verdict) {
	case CHECK_OK:
		return COLOUR_GOOD;
	case CHECK_FAILS:
		return COLOUR_BAD;
	case CHECK_ALLOWED:
	case CHECK_NOT_RUN:
		return COLOUR_NOTICE;
	default:
		return COLOUR_NONE;
	}
}

enum vsx_status checks_print(const struct checks *c, FILE *to,
			     struct vsx_error *err)
{
	static const char *const headings[] = {"check", "old", "new", "limit",
					       "verdict"};
	struct table *t = table_new();
	enum vsx_status status;

	for (size_t i = 0; i < sizeof(headings) / sizeof(*headings); i++)
		table_column(t, headings[i],
			     i == 0 || i == 4 ? TABLE_LEFT : TABLE_RIGHT);
	for (size_t i = 0; i < c->n; i++) {
		const struct check *check = &c->items[i];

		table_row(t);
		table_cell(t, "%s", check->name);
		table_cell(t, "%s", check->old.text);
		table_cell(t, "%s", check->now.text);
		table_cell(t, "%s", check->limit.text);
		table_cell(t, "%s", verdict_text(check->verdict));
		table_colour(t, verdict_colour(check->verdict));
	}
	status = table_print(t, to, err);
	table_free(t);
	return status;
}

static void cell_json(const struct cell *cell, struct json *j, const char *key)
{
	if (cell->number)
		json_put_double(j, key, cell->value);
	else if (cell->text[0])
		json_put_string(j, key, cell->text);
	else
		json_put_null(j, key);
}

void checks_json(const struct checks *c, struct json *j)
{
	json_put_array(j, "checks");
	for (size_t i = 0; i < c->n; i++) {
		const struct check *check = &c->items[i];

		json_put_object(j, NULL);
		json_put_string(j, "check", check->name);
		cell_json(&check->old, j, "old");
		cell_json(&check->now, j, "new");
		cell_json(&check->limit, j, "limit");
		json_put_string(j, "verdict", verdict_text(check->verdict));
		if (check->reason[0])
			json_put_string(j, "reason", check->reason);
		json_close(j);
	}
	json_close(j);
}
