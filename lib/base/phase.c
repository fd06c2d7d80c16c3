#include "base/phase.h"

const struct vsx_phase vsx_phase_trying = {"trying layouts", "layouts", false};
const struct vsx_phase vsx_phase_ranges = {"training ranges", "rows", true};
const struct vsx_phase vsx_phase_training = {"training", "", true};
const struct vsx_phase vsx_phase_assigning = {"assigning", "rows", false};
const struct vsx_phase vsx_phase_codes = {"training codes", "rows", true};
const struct vsx_phase vsx_phase_linking = {"linking", "rows", false};
const struct vsx_phase vsx_phase_connecting = {"connecting", "rows", false};
const struct vsx_phase vsx_phase_shaping = {"shaping links", "queries", false};

const struct vsx_phase vsx_phase_waiting = {"waiting for another process", "",
					    false};
const struct vsx_phase vsx_phase_reading = {"reading", "rows", false};
const struct vsx_phase vsx_phase_merging = {"merging", "rows", false};
const struct vsx_phase vsx_phase_writing = {"writing", "bytes", false};
const struct vsx_phase vsx_phase_truth = {"finding neighbours", "queries",
					  false};
const struct vsx_phase vsx_phase_guess = {"choosing efforts", "queries", false};
const struct vsx_phase vsx_phase_recall = {"measuring recall", "queries",
					   false};
const struct vsx_phase vsx_phase_recall_further = {"measuring further",
						   "queries", false};
const struct vsx_phase vsx_phase_syncing = {"syncing", "", false};

const struct vsx_phase vsx_phase_pages = {"checking pages", "bytes", false};
const struct vsx_phase vsx_phase_rows = {"checking rows", "rows", false};
const struct vsx_phase vsx_phase_structure = {"checking structure", "segments",
					      false};

const struct vsx_phase vsx_phase_backup = {"backing up", "bytes", false};
const struct vsx_phase vsx_phase_restore = {"restoring", "bytes", false};
const struct vsx_phase vsx_phase_chunks = {"checking chunks", "bytes", false};
const struct vsx_phase vsx_phase_snapshots = {"reading snapshots", "snapshots",
					      false};
const struct vsx_phase vsx_phase_removing = {"removing chunks", "chunks",
					     false};
