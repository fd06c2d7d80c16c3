/*
 * Whatever bytes in place of an index, backed up to a stream: what goes through
 * is an index whose pages are sound, and no other.
 */
#include <unistd.h>

#include "fuzz/hostile.h"
#include "support/build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vsx_verify_opts pages = VSX_VERIFY_OPTS_INIT;
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;
	const char *path = hostile_file("send", data, size);
	int fd = support_memory_file("", 0);
	struct vsx_verify_result result;
	struct vsx_error err = {.text = ""};
	unsigned int n_events = 0;
	enum vsx_status status;

	opts.report = hostile_go_on;
	opts.context = &n_events;
	status = vsx_backup_send(path, fd, &opts, NULL, &err);
	if (status != VSX_OK)
		must_tell(&err, status);
	pages.level = VSX_VERIFY_PAGES;
	if (status == VSX_OK)
		must(vsx_verify(path, &pages, NULL, NULL, &result, &err) ==
				     VSX_OK &&
			     result.n_findings == 0,
		     "what is backed up has sound pages");
	close(fd);
	unlink(path);
	return 0;
}
