/*
 * Whatever bytes, changed by an update that deletes and adds. A sound file
 * stays sound; one that is not keeps its old generation or gets a new one.
 */
#include <unistd.h>

#include "fuzz/hostile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	static const uint64_t gone[] = {0, 3, 1000};
	const char *path = hostile_file("change", data, size);
	bool sound = hostile_is_sound(path);
	static float row[VSX_MAX_DIM];
	struct vsx_error err = {.text = ""};
	unsigned int n_events = 0;
	struct vsx_update *u;
	enum vsx_status status;

	opts.flat_below = 1;
	for (size_t d = 0; d < VSX_MAX_DIM; d++)
		row[d] = (float)(1 + d % 3);
	opts.report = hostile_go_on;
	opts.context = &n_events;
	opts.n_threads = 1;
	opts.memory = 64u << 20;
	status = vsx_update_begin(&u, path, &opts, &err);
	if (status == VSX_OK)
		status = vsx_update_delete(u, gone, 3, &err);
	if (status == VSX_OK)
		status = vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, NULL),
					&err);
	if (status == VSX_OK)
		status = vsx_update_commit(u, NULL, &err);
	if (status != VSX_OK)
		must_tell(&err, status);
	else if (sound)
		hostile_sound(path);
	vsx_update_free(u);
	unlink(path);
	return 0;
}
