/*
 * The gate: what a release must reach on a golden set, and how far it may be
 * from the release before. A file that is damaged is not let in.
 */
#ifndef VSX_VERIFY_GATE_H
#define VSX_VERIFY_GATE_H

#include "input/golden.h"
#include "verify/changes.h"
#include "verify/checks.h"
#include "vsx.h"

struct gate_limits {
	double min_recall;  /* 0: none */
	double max_p95;	    /* milliseconds; < 0: none */
	double max_drop;    /* of recall, from old to new */
	double min_overlap; /* of answers, old and new */
	/* Shares of the old rows. */
	double max_missing, max_changed, max_moved;
	double max_drift; /* of lengths and of distances to centroids */
};

/* A file that was opened, or NULL with the rest unset. */
struct release {
	struct vsx *index;
	struct vsx_facts facts;
	char name[TOOL_NAME_BYTES];
};

struct gate {
	const struct golden *golden; /* or NULL */
	struct release old;	     /* index NULL: there is none */
	struct release now;
	struct gate_limits limits;
	uint64_t seed;
	unsigned int n_threads;
	struct checks *checks;
	struct changes *changes;
};

enum vsx_status release_open(struct release *r, const char *path,
			     struct vsx_error *err);
void release_close(struct release *r);

/*
 * Is the golden set one for these indexes? Before any work: VSX_EINVAL,
 * VSX_ENUMERIC names its file, line and value.
 */
enum vsx_status gate_accepts(const struct gate *g, struct vsx_error *err);

/* Run all checks of g->now, which is sound. */
enum vsx_status gate_run(struct gate *g, struct vsx_error *err);

#endif
