#include "verify/report.h"

#include "cli/colour.h"
#include "cli/format_num.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/plural.h"

#include <inttypes.h>

void report_begin(struct report *r)
{
	if (!r->as_json)
		return;
	json_begin(&r->json, stdout, false);
	json_put_object(&r->json, NULL);
	json_put_string(&r->json, "index", r->path);
	json_put_array(&r->json, "findings");
}

int report_event(void *report, const struct vsx_verify_event *event)
{
	struct report *r = report;

	if (event->what == VSX_PROGRESS) {
		progress_update(event->text, event->unit, event->done,
				event->total);
	} else if (r->as_json) {
		json_put_object(&r->json, NULL);
		json_put_string(&r->json, "kind",
				event->what == VSX_FINDING ? "problem"
							   : "notice");
		json_put_string(&r->json, "text", event->text);
		json_close(&r->json);
	} else if (event->what == VSX_FINDING || !r->quiet) {
		progress_clear();
		printf("%s: %s%s%s%s\n", r->path, colour(stdout, COLOUR_NOTICE),
		       event->what == VSX_NOTICE ? "notice: " : "",
		       colour_off(stdout), event->text);
	}
	return interrupted();
}

static void file_json(struct report *r, const struct vsx_verify_result *result,
		      double seconds)
{
	struct json *j = &r->json;

	json_close(j);
	json_put_u64(j, "problems", result->n_findings);
	json_put_bool(j, "sound", result->n_findings == 0);
	json_put_u64(j, "bytes_read", result->bytes_read);
	json_put_double(j, "seconds", seconds);
	if (result->recall_measured) {
		json_put_u64(j, "effort", result->effort);
		json_put_double(j, "refine", result->refine);
		json_put_double(j, "recall_at_1", result->recall_at_1);
		json_put_double(j, "recall_at_10", result->recall_at_10);
		json_put_double(j, "recall_at_100", result->recall_at_100);
		json_put_u64(j, "recall_queries", result->n_queries);
	}
	if (result->own_measured) {
		json_put_double(j, "own_recall", result->own_recall);
		json_put_u64(j, "own_queries", result->n_own);
	}
	if (result->recall_measured || result->own_measured)
		json_put_u64(j, "due_queries", result->due_queries);
}

static void file_text(const struct report *r,
		      const struct vsx_verify_result *result, double seconds)
{
	char a[NUM_BYTES], b[NUM_BYTES], c[NUM_BYTES];

	if (result->n_findings) {
		printf("%s: %s%s problem%s%s (%s read in %s)\n", r->path,
		       colour(stdout, COLOUR_BAD),
		       num_count(c, result->n_findings),
		       plural_s(result->n_findings), colour_off(stdout),
		       num_bytes(a, result->bytes_read),
		       num_duration(b, seconds));
		return;
	}
	if (r->quiet)
		return;
	printf("%s: %ssound%s", r->path, colour(stdout, COLOUR_GOOD),
	       colour_off(stdout));
	if (result->recall_measured)
		printf(", recall@10 %.4f", result->recall_at_10);
	if (result->own_measured)
		printf(", on your queries %.4f", result->own_recall);
	printf(" (%s read in %s)\n", num_bytes(a, result->bytes_read),
	       num_duration(b, seconds));
}

void report_file(struct report *r, const struct vsx_verify_result *result,
		 double seconds)
{
	progress_clear();
	if (r->as_json)
		file_json(r, result, seconds);
	else
		file_text(r, result, seconds);
}

static enum vsx_status gate_text(const struct report *r,
				 const struct checks *checks,
				 const struct changes *changes,
				 struct vsx_error *err)
{
	size_t failed = checks_failed(checks);
	enum vsx_status status = checks_print(checks, stdout, err);

	if (status == VSX_OK)
		status = changes_print(changes, stdout, err);
	if (failed)
		printf("%s: %sdoes not pass%s: %zu of %zu check%s %s\n",
		       r->path, colour(stdout, COLOUR_BAD), colour_off(stdout),
		       failed, checks->n, plural_s(checks->n),
		       failed == 1 ? "fails" : "fail");
	else
		printf("%s: %spasses%s\n", r->path, colour(stdout, COLOUR_GOOD),
		       colour_off(stdout));
	return status;
}

enum vsx_status report_gate(struct report *r, const struct checks *checks,
			    const struct changes *changes,
			    struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	progress_clear();
	if (!r->gate)
		return VSX_OK;
	if (r->as_json) {
		json_put_bool(&r->json, "passed", checks_failed(checks) == 0);
		checks_json(checks, &r->json);
		changes_json(changes, &r->json);
	} else if (!r->quiet) {
		status = gate_text(r, checks, changes, err);
		/* Before the reasons also where the two streams are one. */
		fflush(stdout);
	}
	for (size_t i = 0; i < checks->n; i++)
		if (checks->items[i].verdict == CHECK_FAILS)
			say("%s: %s", r->path, checks->items[i].reason);
	return status;
}

void report_end(struct report *r, const char *error)
{
	if (!r->as_json)
		return;
	/* Out of the findings, if they are where it ended. */
	while (r->json.depth > 1)
		json_close(&r->json);
	if (error)
		json_put_string(&r->json, "error", error);
	json_close(&r->json);
	json_end(&r->json);
}
