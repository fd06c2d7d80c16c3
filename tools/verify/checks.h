/*
 * What a gate found: one check a line of its table, each with the value of the
 * release before, of this one, the limit, and the reason why it fails.
 */
#ifndef VSX_VERIFY_CHECKS_H
#define VSX_VERIFY_CHECKS_H

#include "cli/json.h"
#include "cli/options.h"
#include "vsx_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CHECKS_MAX 32

/* A value: its text, and the number behind it if it is one. */
struct cell {
	char text[128]; /* "" : none */
	bool number;
	double value;
};

enum verdict {
	CHECK_INFORMS, /* there is no limit */
	CHECK_OK,
	CHECK_FAILS,
	CHECK_ALLOWED, /* fails, but --allow says that it may */
	CHECK_NOT_RUN,
};

struct check {
	const char *name;
	struct cell old, now, limit;
	enum verdict verdict;
	char reason[VSX_ERROR_TEXT]; /* of one that fails or was not run */
};

struct checks {
	struct check items[CHECKS_MAX];
	size_t n;
	const struct cli_list *allowed;
};

/*
 * The names that checks have, in the order of the table; ends with NULL. All
 * but the first may be allowed to fail.
 */
extern const char *const check_names[];

/* A new check, which informs; `name` is one of check_names. */
struct check *checks_add(struct checks *c, const char *name);

/*
 * Give the verdict: CHECK_OK, or that it fails for this reason (unless it is
 * allowed to).
 */
void check_decide(const struct checks *c, struct check *check, bool ok,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void check_not_run(struct check *check, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void cell_text(struct cell *cell, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void cell_number(struct cell *cell, double value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void cell_share(struct cell *cell, double share); /* "12.50 %" */

size_t checks_failed(const struct checks *c);

enum vsx_status checks_print(const struct checks *c, FILE *to,
			     struct vsx_error *err);
/* The array "checks". */
void checks_json(const struct checks *c, struct json *j);

#endif
