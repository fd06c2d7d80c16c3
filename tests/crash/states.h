/*
 * The states that a crash may leave behind.
 *
 * After the first `prefix` operations of a record, what was synced is there.
 * Of the rest, each write is there or not, or some of its sectors of 512 bytes
 * are; each change of a length and of a name is there or not; and what is there
 * may have got there in any order.
 */
#ifndef CRASH_STATES_H
#define CRASH_STATES_H

#include "base/rng.h"
#include "crash/record.h"

/* What becomes of the operations that were not synced. */
enum state_how {
	STATE_NONE,   /* all lost */
	STATE_ALL,    /* none lost */
	STATE_ONLY,   /* all lost but number `which` */
	STATE_BUT,    /* only number `which` lost */
	STATE_RANDOM, /* by the random numbers */
};

/* How many operations are not synced after the first `prefix` of them. */
size_t states_pending(const struct record *r, size_t prefix);

/* Does operation i leave more than there was to lose before it? */
bool states_adds(const struct record *r, size_t i);

/* Make a state; to be freed by tree_release(). */
void states_make(struct tree *out, const struct record *r, size_t prefix,
		 enum state_how how, size_t which, struct vsx_rng *rng);

#endif
