/*
 * Whatever bytes, repaired: what comes out is sound, whatever it was made of.
 */
#include <unistd.h>

#include "fuzz/hostile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = hostile_file("broken", data, size);
	const char *out = hostile_path("repaired");
	bool sound = hostile_is_sound(path);
	struct vsx_repair_result result;
	struct vsx_error err = {.text = ""};
	unsigned int n_events;
	struct vsx_compact_opts opts = hostile_compact_opts(&n_events);
	enum vsx_status status;

	status = vsx_repair(path, out, &opts, &result, NULL, &err);
	if (status == VSX_OK) {
		hostile_sound(out);
		must(!sound || result.n_lost == 0,
		     "nothing of a sound file is lost");
	} else {
		must_tell(&err, status);
	}
	unlink(path);
	unlink(out);
	return 0;
}
