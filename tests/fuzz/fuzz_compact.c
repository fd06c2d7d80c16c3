/*
 * Whatever bytes, compacted, alone and as the second of two. Of a file that is
 * not sound rows may go on that no check has seen; of a sound one comes a sound
 * one.
 */
#include <unistd.h>

#include "fuzz/hostile.h"
#include "support/build.h"

static void compact(const char *const *inputs, size_t n, bool sound)
{
	const char *out = hostile_path("compacted");
	struct vsx_error err = {.text = ""};
	unsigned int n_events;
	struct vsx_compact_opts opts = hostile_compact_opts(&n_events);
	enum vsx_status status;

	status = vsx_compact(inputs, n, out, &opts, NULL, NULL, &err);
	if (status != VSX_OK)
		must_tell(&err, status);
	if (status == VSX_OK && sound)
		hostile_sound(out);
	unlink(out);
}

/* Of the shape that the seeds have that are f32 and l2. */
static const char *first_input(void)
{
	static const char *path;

	if (path)
		return path;
	path = hostile_path("first");
	support_build(path, (struct support_index){.dim = 5, .n = 20});
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *inputs[2] = {first_input(),
				 hostile_file("input", data, size)};
	bool sound = hostile_is_sound(inputs[1]);

	compact(inputs + 1, 1, sound);
	compact(inputs, 2, sound);
	unlink(inputs[1]);
	return 0;
}
