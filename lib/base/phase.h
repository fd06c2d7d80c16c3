/*
 * The phases of long work, as they are told to the caller: a name that says
 * what is being done, and what `done` and `total` count.
 */
#ifndef VSX_PHASE_H
#define VSX_PHASE_H

#include <stdbool.h>

struct vsx_phase {
	const char *name;
	const char *unit; /* "" where only the share of the whole is known */
	bool is_training; /* its time is counted as that of training */
};

/* Building. */
extern const struct vsx_phase vsx_phase_trying;
extern const struct vsx_phase vsx_phase_ranges;
extern const struct vsx_phase vsx_phase_training;
extern const struct vsx_phase vsx_phase_assigning;
extern const struct vsx_phase vsx_phase_codes;
extern const struct vsx_phase vsx_phase_linking;
extern const struct vsx_phase vsx_phase_connecting;
extern const struct vsx_phase vsx_phase_shaping;

/* Writing. */
extern const struct vsx_phase vsx_phase_waiting;
extern const struct vsx_phase vsx_phase_reading;
extern const struct vsx_phase vsx_phase_merging;
extern const struct vsx_phase vsx_phase_writing;
extern const struct vsx_phase vsx_phase_truth;
extern const struct vsx_phase vsx_phase_guess;
extern const struct vsx_phase vsx_phase_recall;
extern const struct vsx_phase vsx_phase_recall_further;
extern const struct vsx_phase vsx_phase_syncing;

/* Checking. */
extern const struct vsx_phase vsx_phase_pages;
extern const struct vsx_phase vsx_phase_rows;
extern const struct vsx_phase vsx_phase_structure;

/* Backups. */
extern const struct vsx_phase vsx_phase_backup;
extern const struct vsx_phase vsx_phase_restore;
extern const struct vsx_phase vsx_phase_chunks;
extern const struct vsx_phase vsx_phase_snapshots;
extern const struct vsx_phase vsx_phase_removing;

#endif
