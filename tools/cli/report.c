#include "cli/report.h"

#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/say.h"

#include <stdbool.h>

int report_work(void *quiet, const struct vsx_build_event *event)
{
	if (event->what == VSX_BUILD_PROGRESS)
		progress_update(event->text, event->done, event->total);
	else if (!*(const bool *)quiet)
		say("%s", event->text);
	return interrupted();
}
