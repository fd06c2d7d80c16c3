/* vsx-verify: is an index whole, and does it still find what it should? */
#include "cli/exit.h"
#include "cli/fail.h"
#include "cli/format_num.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "input/ids.h"
#include "input/input.h"
#include "vsx.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const levels[] = {"full", "pages", "quick", NULL};

struct options {
	int level;
	const char *queries, *ground_truth;
	double min_recall;
	uint64_t threads;
	bool json, quiet;
};

static struct options o;

static const struct cli_option option_table[] = {
	CLI_GROUP("Check"),
	CLI_CHOICE('l', "level", "LEVEL", "how much is checked (full)",
		   &o.level, levels),
	CLI_REAL(0, "min-recall", "R",
		 "least recall@10 at the default effort (none)", &o.min_recall,
		 0.0, 1.0),
	CLI_TEXT(0, "queries", "FILE", "queries of your own to test with",
		 &o.queries),
	CLI_TEXT(0, "ground-truth", "FILE", "their neighbours: .ivecs or .npy",
		 &o.ground_truth),
	CLI_COUNT('t', "threads", "N", "threads that check (all processors)",
		  &o.threads, 1, 1024),
	CLI_GROUP("Output"),
	CLI_FLAG(0, "json", "report as JSON, an object for each index",
		 &o.json),
	CLI_FLAG('q', "quiet", "say nothing but problems", &o.quiet),
	CLI_END,
};

static const struct cli_command command = {
	.name = "vsx-verify",
	.version = VSX_VERSION,
	.usage = "INDEX... [OPTION]...",
	.about = "Check indexes before they are released: every page against "
		 "its checksum, every rule of the format, and the recall of "
		 "the acceptance test inside. All problems are reported.",
	.needs = "an INDEX",
	.more = "Levels\n"
		"  quick   superblock and manifest\n"
		"  pages   and every byte against its checksum\n"
		"  full    and every rule of the format, and the acceptance "
		"test\n"
		"\n"
		"Exit status: 0 sound, 1 problems were found, 2 wrong usage, "
		"3 system error,\n4 not a VSX file or a newer version of one.\n",
	.min_operands = 1,
	.max_operands = SIZE_MAX,
	.options = option_table,
};

/* The report on one index. */
struct report {
	const char *path;
	struct json json;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int on_event(void *context, const struct vsx_verify_event *event)
{
	struct report *r = context;

	if (event->what == VSX_PROGRESS) {
		progress_update(event->text, event->done, event->total);
	} else if (o.json) {
		json_object(&r->json, NULL);
		json_string(&r->json, "kind",
			    event->what == VSX_FINDING ? "problem" : "notice");
		json_string(&r->json, "text", event->text);
		json_close(&r->json);
	} else if (event->what == VSX_FINDING || !o.quiet) {
		progress_clear();
		printf("%s: %s%s\n", r->path,
		       event->what == VSX_NOTICE ? "notice: " : "",
		       event->text);
	}
	return interrupted();
}

static void print_json_end(struct report *r, enum vsx_status status,
			   const struct vsx_verify_result *result,
			   const struct vsx_error *err, double seconds)
{
	struct json *j = &r->json;

	json_close(j);
	if (status == VSX_OK) {
		json_u64(j, "problems", result->n_findings);
		json_bool(j, "sound", result->n_findings == 0);
		json_u64(j, "bytes_read", result->bytes_read);
		json_double(j, "seconds", seconds);
	} else {
		json_string(j, "error", err->text);
	}
	if (status == VSX_OK && result->recall_measured) {
		json_u64(j, "effort", result->effort);
		json_double(j, "recall_at_1", result->recall_at_1);
		json_double(j, "recall_at_10", result->recall_at_10);
		json_double(j, "recall_at_100", result->recall_at_100);
	}
	if (status == VSX_OK && result->own_measured)
		json_double(j, "own_recall", result->own_recall);
	json_close(j);
	json_end(j);
}

static void print_end(const struct report *r,
		      const struct vsx_verify_result *result, double seconds)
{
	char a[NUM_BYTES], b[NUM_BYTES];

	if (result->n_findings) {
		printf("%s: %" PRIu64 " problem%s (%s read in %s)\n", r->path,
		       result->n_findings, result->n_findings == 1 ? "" : "s",
		       num_bytes(a, result->bytes_read),
		       num_duration(b, seconds));
		return;
	}
	if (o.quiet)
		return;
	printf("%s: sound", r->path);
	if (result->recall_measured)
		printf(", recall@10 %.4f", result->recall_at_10);
	if (result->own_measured)
		printf(", on your queries %.4f", result->own_recall);
	printf(" (%s read in %s)\n", num_bytes(a, result->bytes_read),
	       num_duration(b, seconds));
}

static int verify_one(const char *path, const struct vsx_verify_opts *opts)
{
	struct report r = {.path = path};
	struct vsx_verify_result result;
	struct vsx_error err = {0};
	enum vsx_status status;
	double start = now();

	if (o.json) {
		json_begin(&r.json, stdout, false);
		json_object(&r.json, NULL);
		json_string(&r.json, "index", path);
		json_array(&r.json, "findings");
	}
	status = vsx_verify(path, opts, on_event, &r, &result, &err);
	progress_clear();
	if (o.json)
		print_json_end(&r, status, &result, &err, now() - start);
	else if (status == VSX_OK)
		print_end(&r, &result, now() - start);
	if (status != VSX_OK)
		return say_error(&err);
	return result.n_findings ? EXIT_DATA : EXIT_DONE;
}

/* The caller's own test, all of it in memory. */
static enum vsx_status load_test(struct vsx_verify_opts *opts, void **queries,
				 uint64_t **truth, struct vsx_error *err)
{
	uint64_t n_truth;
	enum vsx_status status;
	struct input *in;
	size_t n;

	if (strcmp(o.queries, "-") == 0)
		return tool_fail(err, VSX_EINVAL,
				 "standard input: is no place for the queries "
				 "of a test; name a file");
	status = input_open(&in, o.queries, NULL, err);
	if (status != VSX_OK)
		return status;
	n = (size_t)input_n_rows(in);
	*queries = malloc(n * input_row_bytes(in));
	status = *queries ? input_read(in, *queries, n, &n, err)
			  : tool_fail_memory(err, n * input_row_bytes(in));
	opts->queries = *queries;
	opts->query_elem = input_elem(in);
	opts->query_dim = input_dim(in);
	opts->n_queries = n;
	input_close(in);
	if (status == VSX_OK)
		status = input_truth(o.ground_truth, truth, &n_truth,
				     &opts->truth_k, err);
	if (status == VSX_OK && n_truth != n)
		return tool_fail(err, VSX_EINVAL,
				 "%s: neighbours of %" PRIu64
				 " queries, %s has %zu",
				 o.ground_truth, n_truth, o.queries, n);
	opts->truth = *truth;
	return status;
}

int main(int argc, char **argv)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct cli_operands operands;
	struct vsx_error err = {0};
	void *queries = NULL;
	uint64_t *truth = NULL;
	int worst = EXIT_DONE;
	int code = cli_parse(&command, argc, argv, &operands);

	if (code != CLI_GO_ON)
		return code;
	if (!o.queries != !o.ground_truth)
		return cli_usage_error(&command, "--queries and --ground-truth "
						 "go together");
	if (o.level != VSX_VERIFY_FULL && (o.queries || o.min_recall > 0.0))
		return cli_usage_error(&command, "--%s needs --level full",
				       o.queries ? "queries" : "min-recall");
	interrupt_install();
	opts.level = (enum vsx_verify_level)o.level;
	opts.n_threads = (unsigned int)o.threads;
	opts.min_recall = o.min_recall;
	if (o.queries && load_test(&opts, &queries, &truth, &err) != VSX_OK) {
		worst = say_error(&err);
		goto done;
	}
	progress_begin(o.quiet, PROGRESS_BYTES);
	for (size_t i = 0; i < operands.n && worst != EXIT_STOPPED; i++) {
		code = verify_one(operands.items[i], &opts);
		if (code > worst)
			worst = code;
	}
	progress_end();
done:
	free(queries);
	free(truth);
	return say_end(worst);
}
