/*
 * The members of a JSON object in text, one after the other, without making
 * anything of their values: it finds where they end, and leaves it to others to
 * see whether they are right. Private to input/.
 */
#ifndef VSX_INPUT_MEMBERS_H
#define VSX_INPUT_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

struct members {
	const char *at, *end;
	bool begun, ended, broken; /* broken: this is no object */
	/* Of the member that members_next() found: */
	const char *name; /* between its quotes, as it stands there */
	size_t name_len;
	bool escaped;	   /* the name has a \ */
	const char *value; /* where its value begins */
};

void members_begin(struct members *m, const char *text, size_t len);

/*
 * The next member. Its value is passed by members_skip(), or by whoever sets
 * m->at to its end. false: there is none, or m->broken.
 */
bool members_next(struct members *m);

/* Pass the value; its bytes from m->value. */
size_t members_skip(struct members *m);

#endif
