#include "base/phase.h"

const struct vsx_phase vsx_phase_ranges = {"training ranges", "rows"};
const struct vsx_phase vsx_phase_training = {"training", ""};
const struct vsx_phase vsx_phase_assigning = {"assigning", "rows"};
const struct vsx_phase vsx_phase_codes = {"training codes", "rows"};
const struct vsx_phase vsx_phase_linking = {"linking", "rows"};
const struct vsx_phase vsx_phase_connecting = {"connecting", "rows"};

const struct vsx_phase vsx_phase_waiting = {"waiting for another process", ""};
const struct vsx_phase vsx_phase_reading = {"reading", "rows"};
const struct vsx_phase vsx_phase_merging = {"merging", "rows"};
const struct vsx_phase vsx_phase_writing = {"writing", "bytes"};
const struct vsx_phase vsx_phase_truth = {"finding neighbours", "queries"};
const struct vsx_phase vsx_phase_guess = {"choosing efforts", "queries"};
const struct vsx_phase vsx_phase_recall = {"measuring recall", "queries"};
const struct vsx_phase vsx_phase_recall_further = {"measuring further",
						   "queries"};
const struct vsx_phase vsx_phase_syncing = {"syncing", ""};

const struct vsx_phase vsx_phase_pages = {"checking pages", "bytes"};
const struct vsx_phase vsx_phase_rows = {"checking rows", "rows"};
const struct vsx_phase vsx_phase_structure = {"checking structure", "segments"};

const struct vsx_phase vsx_phase_backup = {"backing up", "bytes"};
const struct vsx_phase vsx_phase_restore = {"restoring", "bytes"};
const struct vsx_phase vsx_phase_chunks = {"checking chunks", "bytes"};
const struct vsx_phase vsx_phase_snapshots = {"reading snapshots", "snapshots"};
const struct vsx_phase vsx_phase_removing = {"removing chunks", "chunks"};
