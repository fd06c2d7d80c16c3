/*
 * Changes of small indexes in the words of the tests, and what must hold after
 * each. A call that must not fail ends the test with its text.
 */
#ifndef LIVING_CHANGE_H
#define LIVING_CHANGE_H

#include <criterion/criterion.h>

#include "support/build.h"

extern struct vsx_error err;

#define MUST(call) cr_assert_eq(call, VSX_OK, "%s", err.text)

/* Whether a call is refused with this status, and these words. */
#define EXPECT_REFUSED(call, due, words)                                       \
	do {                                                                   \
		cr_expect_eq(call, due, "%s", err.text);                       \
		cr_expect(strstr(err.text, words), "%s", err.text);            \
	} while (0)

struct vsx_update *change_begin(const char *path,
				const struct vsx_update_opts *opts);

/* Add rows first .. first+n-1 of the model; ids of the caller's, or NULL. */
void change_add(struct vsx_update *u, const struct support_index *what,
		size_t first, size_t n, const uint64_t *ids);

/* Commit, free, and hold what the result tells against the file. */
struct vsx_update_result change_commit(struct vsx_update *u, const char *path);

/* Both in one: add n rows under the ids first_id and on; delete n_gone ids. */
struct vsx_update_result change(const char *path,
				const struct support_index *what, size_t first,
				size_t n, uint64_t first_id,
				const uint64_t *gone, size_t n_gone);

struct vsx *change_open(const char *path);

/* Whether row i of the model is what the index has under an id. */
bool change_has(const struct vsx *index, const struct support_index *what,
		uint64_t id, size_t i);

/* The bytes of a file, to be compared with later on; that frees them. */
struct kept {
	const char *path;
	uint8_t *bytes;
	size_t n;
};

struct kept keep(const char *path);
void expect_unchanged(struct kept *k);

/* vsx_verify() finds nothing. */
void change_sound(const char *path);

#endif
