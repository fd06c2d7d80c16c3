#include "cli/report.h"

#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/tried.h"

#include <stdbool.h>

const char *const report_build_steps[] = {
	"reading",
	"trying layouts",
	"training ranges|training|linking",
	"assigning|connecting",
	"shaping links",
	"training ranges|training codes",
	"writing",
	"finding neighbours",
	"choosing efforts|measuring recall|measuring further",
	"syncing",
	"checking pages",
	NULL,
};

const char *const report_add_steps[] = {
	"reading",
	"merging",
	"training ranges|training|linking",
	"assigning|connecting",
	"training ranges|training codes",
	"writing",
	"measuring recall",
	"syncing",
	NULL,
};

int report_work(void *quiet, const struct vsx_build_event *event)
{
	if (event->what == VSX_BUILD_PROGRESS)
		progress_update(event->text, event->unit, event->done,
				event->total);
	if (event->what == VSX_BUILD_TRIED)
		tried_keep(event);
	if (event->what == VSX_BUILD_TRIED && !*(const bool *)quiet)
		tried_say(event);
	if (event->what == VSX_BUILD_NOTE && !*(const bool *)quiet)
		say("%s", event->text);
	return interrupted();
}
