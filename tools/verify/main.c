#include "cli/clock.h"
/* vsx-verify: is an index whole, and does it still find what it should? */
#include "cli/colour.h"
#include "cli/common.h"
#include "cli/exit.h"
#include "cli/fail.h"
#include "cli/files.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/wait.h"
#include "verify/gate.h"
#include "verify/junit.h"
#include "verify/own_test.h"
#include "verify/repair.h"
#include "verify/report.h"
#include "vsx.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const levels[] = {"full", "pages", "quick", NULL};

struct options {
	int level;
	const char *queries, *ground_truth;
	const char *golden, *against, *junit;
	struct gate_limits limits;
	struct cli_list allowed;
	uint64_t threads, seed;
	const char *repair;
	struct wait wait;
	bool force, json, quiet;
};

static struct options o = {
	/* -1: not given */
	.limits = {.max_p95 = -1.0,
		   .max_drop = -1.0,
		   .min_overlap = -1.0,
		   .max_missing = -1.0,
		   .max_changed = -1.0,
		   .max_moved = -1.0,
		   .max_drift = -1.0},
	.wait = WAIT_INIT,
};

static const struct cli_option option_table[] = {
	CLI_GROUP("Check"),
	CLI_CHOICE('l', "level", "LEVEL", "how much is checked (full)",
		   &o.level, levels),
	CLI_REAL(0, "min-recall", "R",
		 "least recall: on the golden set, or @10 at the default "
		 "effort (none)",
		 &o.limits.min_recall, 0.0, 1.0),
	CLI_TEXT(0, "queries", "FILE", "queries of your own to test with",
		 &o.queries),
	CLI_TEXT(0, "ground-truth", "FILE", "their neighbours: .ivecs or .npy",
		 &o.ground_truth),
	CLI_THREADS("check", &o.threads),
	CLI_GROUP("Gate"),
	CLI_TEXT(0, "golden", "FILE",
		 "queries and the ids that they must find: JSON lines, or "
		 ".fvecs beside .ivecs",
		 &o.golden),
	CLI_REAL(0, "max-p95", "MS",
		 "milliseconds that 95 of 100 queries may take at most (none)",
		 &o.limits.max_p95, 0.0, 1e9),
	CLI_TEXT(0, "against", "INDEX", "the previous release, to compare with",
		 &o.against),
	CLI_REAL(0, "max-drop", "D", "largest loss of recall (0.05)",
		 &o.limits.max_drop, 0.0, 1.0),
	CLI_REAL(0, "min-overlap", "S",
		 "least share of answers that stay (0.5)",
		 &o.limits.min_overlap, 0.0, 1.0),
	CLI_REAL(0, "max-missing", "S",
		 "largest share of rows that may be gone (0.05)",
		 &o.limits.max_missing, 0.0, 1.0),
	CLI_REAL(0, "max-changed", "S",
		 "largest share of ids with another vector (0.1)",
		 &o.limits.max_changed, 0.0, 1.0),
	CLI_REAL(0, "max-moved", "S",
		 "largest share of vectors under other ids (0.01)",
		 &o.limits.max_moved, 0.0, 1.0),
	CLI_REAL(0, "max-drift", "S",
		 "largest drift of lengths and spread (0.1)",
		 &o.limits.max_drift, 0.0, 1e9),
	/* Not the first of them, "file": no damaged file is released. */
	CLI_CHOICES(0, "allow", "CHECK", "let this check fail (repeatable)",
		    &o.allowed, check_names + 1),
	CLI_COUNT(0, "seed", "N",
		  "seed for drawing the rows that are compared (0)", &o.seed, 0,
		  UINT64_MAX),
	CLI_GROUP("Repair"),
	CLI_TEXT(0, "repair", "OUT",
		 "write a new index with every row whose pages are sound",
		 &o.repair),
	CLI_FLAG('f', "force", "replace an OUT that exists", &o.force),
	CLI_WAIT(&o.wait),
	CLI_GROUP("Output"),
	CLI_FLAG(0, "json", "report as JSON, an object for each index",
		 &o.json),
	CLI_TEXT(0, "junit", "FILE", "also write a report in JUnit's XML",
		 &o.junit),
	CLI_QUIET("problems", &o.quiet),
	CLI_COLOUR,
	CLI_END,
};

static const struct cli_command command = {
	.name = "vsx-verify",
	.version = VSX_VERSION,
	.usage = "INDEX... [OPTION]...",
	.about = "Check indexes before they are released: every page against "
		 "its checksum, every rule of the format, and the recall of "
		 "the acceptance test inside. All problems are reported. With "
		 "--golden or --against it is a gate: what users ask must find "
		 "what it should, and the index must not differ too much from "
		 "the previous release.",
	.needs = "an INDEX",
	.more = "Levels\n"
		"  quick   the superblock and the manifest\n"
		"  pages   also every byte against its checksum\n"
		"  full    also every rule of the format, and the acceptance "
		"test\n",
	.examples = "  vsx-verify photos.vsx --min-recall 0.95\n"
		    "  vsx-verify new.vsx --golden golden.jsonl --against "
		    "old.vsx\n"
		    "  vsx-verify photos.vsx --repair repaired.vsx\n",
	.exits = "0 sound, 1 problems were found or a check fails, 2 wrong "
		 "usage or bad input, 3 system error, 4 not a VSX file or a "
		 "newer version of one, 130 stopped",
	.min_operands = 1,
	.max_operands = SIZE_MAX,
	.options = option_table,
};

/* What all indexes are held against. */
struct work {
	struct vsx_verify_opts opts;
	struct own_test test;
	struct golden golden;
	struct gate gate;
	bool is_gate;
};

/* ---- one index ----------------------------------------------------------- */

/* What the verification itself said, as the first rows of the table. */
static void add_file_checks(const struct work *w, struct checks *checks,
			    const struct vsx_verify_result *result)
{
	struct check *check = checks_add(checks, "file");
	double floor = w->opts.min_recall;
	uint32_t n = result->n_queries > result->n_own ? result->n_queries
						       : result->n_own;

	cell_number(&check->now, (double)result->n_findings,
		    "%" PRIu64 " problem%s", result->n_findings,
		    plural_s(result->n_findings));
	cell_number(&check->limit, 0.0, "0");
	check_decide(checks, check, result->n_findings == 0,
		     "%" PRIu64 " problem%s in the file%s", result->n_findings,
		     plural_s(result->n_findings),
		     w->is_gate ? "; the other checks were not run" : "");
	if (w->is_gate || !result->recall_measured)
		return;
	check = checks_add(checks, "recall");
	cell_number(&check->now, result->recall_at_10, "%.4f",
		    result->recall_at_10);
	if (floor <= 0.0)
		return;
	cell_number(&check->limit, floor, ">= %.4f", floor);
	if (n < result->due_queries)
		check_decide(checks, check, false,
			     "recall cannot be judged from %u quer%s, expected "
			     "%u or more",
			     n, plural_ies(n), result->due_queries);
	else
		check_decide(checks, check, result->recall_at_10 >= floor,
			     "recall@10 is %.4f, expected %.4f or more",
			     result->recall_at_10, floor);
}

/* Bad input is told before any work. An index that cannot be opened is not
 * told here: vsx_verify() knows more of it. */
static enum vsx_status accept_input(struct work *w, const char *path,
				    struct vsx_error *err)
{
	struct release r = {0};
	enum vsx_status status = VSX_OK;

	if (!w->is_gate && !w->test.truth)
		return VSX_OK;
	if (release_open(&r, path, NULL) != VSX_OK)
		return VSX_OK;
	w->gate.now = r;
	if (w->is_gate)
		status = gate_accepts(&w->gate, err);
	if (status == VSX_OK && w->test.truth)
		status = own_test_accepts(&w->test, r.index, r.name, err);
	release_close(&w->gate.now);
	return status;
}

/* A file that is damaged is not searched any more. */
static enum vsx_status run_gate(struct work *w, const char *path,
				struct checks *checks, struct changes *changes,
				struct vsx_error *err)
{
	enum vsx_status status;

	if (!w->is_gate || checks_failed(checks))
		return VSX_OK;
	w->gate.checks = checks;
	w->gate.changes = changes;
	status = release_open(&w->gate.now, path, err);
	if (status == VSX_OK)
		status = gate_run(&w->gate, err);
	release_close(&w->gate.now);
	return status;
}

static enum vsx_status check_index(struct work *w, struct report *r,
				   struct checks *checks, struct vsx_error *err)
{
	struct vsx_verify_result result;
	struct changes changes = {0};
	enum vsx_status status;
	double start = clock_now();

	status = vsx_verify(r->path, &w->opts, report_event, r, &result, err);
	if (status != VSX_OK)
		return status;
	report_file(r, &result, clock_now() - start);
	add_file_checks(w, checks, &result);
	status = run_gate(w, r->path, checks, &changes, err);
	if (status != VSX_OK)
		return status;
	return report_gate(r, checks, &changes, err);
}

static int verify_one(struct work *w, const char *path)
{
	struct report r = {.path = path,
			   .as_json = o.json,
			   .quiet = o.quiet,
			   .gate = w->is_gate};
	struct checks checks = {.allowed = &o.allowed};
	struct vsx_error err = {0};
	enum vsx_status status = accept_input(w, path, &err);
	double start = clock_now();

	report_begin(&r);
	if (status == VSX_OK)
		status = check_index(w, &r, &checks, &err);
	progress_clear();
	report_end(&r, status == VSX_OK ? NULL : err.text);
	junit_suite(path, &checks, clock_now() - start,
		    status == VSX_OK ? NULL : err.text);
	if (status != VSX_OK)
		return say_error(&err);
	return checks_failed(&checks) ? EXIT_DATA : EXIT_DONE;
}

/* ---- all of them --------------------------------------------------------- */

/* Limits that only the release before can break, and what they are if unset. */
static const struct {
	const char *name;
	double *limit, otherwise;
} of_release[] = {
	{"max-drop", &o.limits.max_drop, 0.05},
	{"min-overlap", &o.limits.min_overlap, 0.5},
	{"max-missing", &o.limits.max_missing, 0.05},
	{"max-changed", &o.limits.max_changed, 0.1},
	{"max-moved", &o.limits.max_moved, 0.01},
	{"max-drift", &o.limits.max_drift, 0.1},
};

static int check_usage(void)
{
	bool gate = o.golden || o.against;

	if (!o.queries != !o.ground_truth)
		return cli_usage_error(&command, "--queries and --ground-truth "
						 "must be given together");
	if (o.queries && gate)
		return cli_usage_error(&command,
				       "--queries and --%s cannot be combined",
				       o.golden ? "golden" : "against");
	if (o.level != VSX_VERIFY_FULL &&
	    (o.queries || (o.limits.min_recall > 0.0 && !gate)))
		return cli_usage_error(&command, "--%s needs --level full",
				       o.queries ? "queries" : "min-recall");
	if (o.limits.max_p95 >= 0.0 && !gate)
		return cli_usage_error(&command,
				       "--max-p95 needs --golden or --against");
	if (o.allowed.n && !gate)
		return cli_usage_error(&command,
				       "--allow needs --golden or --against");
	for (size_t i = 0; i < sizeof(of_release) / sizeof(*of_release); i++)
		if (*of_release[i].limit >= 0.0 && !o.against)
			return cli_usage_error(&command, "--%s needs --against",
					       of_release[i].name);
	return CLI_GO_ON;
}

static enum vsx_status check_files(const struct cli_operands *operands,
				   struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	char *ids = NULL;

	files_read_all(operands->items, operands->n);
	files_read(o.queries);
	files_read(o.ground_truth);
	files_read(o.golden);
	files_read(o.against);
	files_write(o.junit);
	if (o.golden)
		status = golden_beside(&ids, o.golden, err);
	files_read(ids);
	free(ids);
	return status == VSX_OK ? files_check(err) : status;
}

static enum vsx_status load(struct work *w, struct vsx_error *err)
{
	/* First of all: it tells the rest of what goes wrong. */
	enum vsx_status status = o.junit ? junit_open(o.junit, err) : VSX_OK;

	w->opts.level = (enum vsx_verify_level)o.level;
	w->opts.n_threads = (unsigned int)o.threads;
	/* The floor of a gate is that of its own queries. */
	w->opts.min_recall = w->is_gate ? 0.0 : o.limits.min_recall;
	w->gate.n_threads = (unsigned int)o.threads;
	w->gate.seed = o.seed;
	for (size_t i = 0; i < sizeof(of_release) / sizeof(*of_release); i++)
		if (*of_release[i].limit < 0.0)
			*of_release[i].limit = of_release[i].otherwise;
	w->gate.limits = o.limits;
	if (status == VSX_OK && o.queries)
		status =
			own_test_load(&w->test, o.queries, o.ground_truth, err);
	w->opts.queries = w->test.queries;
	w->opts.query_elem = w->test.elem;
	w->opts.query_dim = w->test.dim;
	w->opts.n_queries = w->test.n;
	w->opts.truth = w->test.truth;
	w->opts.truth_k = w->test.k;
	if (status == VSX_OK && o.golden) {
		status = golden_load(&w->golden, o.golden, err);
		w->gate.golden = &w->golden;
	}
	if (status == VSX_OK && o.against)
		status = release_open(&w->gate.old, o.against, err);
	return status;
}

static const char *const steps[] = {
	"checking pages",
	"checking rows|checking structure",
	"measuring recall",
	NULL,
};

/* With what a gate compares. */
static const char *const gate_steps[] = {
	"checking pages",
	"checking rows|checking structure",
	"measuring recall",
	"searching|measuring answers",
	NULL,
};

static int verify_all(struct work *w, const struct cli_operands *operands)
{
	int worst = EXIT_DONE;

	progress_begin(o.quiet, w->is_gate		     ? gate_steps
				: o.level == VSX_VERIFY_FULL ? steps
							     : NULL);
	for (size_t i = 0; i < operands->n && worst != EXIT_STOPPED; i++) {
		int code = verify_one(w, operands->items[i]);

		if (code > worst)
			worst = code;
	}
	progress_end();
	return worst;
}

/* What they should be held against cannot be had. */
static int refuse_all(const struct cli_operands *operands,
		      const struct vsx_error *err)
{
	const struct checks none = {0};

	for (size_t i = 0; i < operands->n; i++)
		junit_suite(operands->items[i], &none, 0, err->text);
	return say_error(err);
}

static int repair(const struct cli_operands *operands)
{
	struct repair_wish wish = {.out = o.repair,
				   .force = o.force,
				   .json = o.json,
				   .quiet = o.quiet,
				   .threads = o.threads,
				   .wait_ms = wait_ms(&o.wait)};

	if (operands->n != 1 || o.golden || o.against || o.queries || o.junit)
		return cli_usage_error(&command,
				       "--repair takes one INDEX and checks "
				       "nothing else");
	return say_end(repair_index(operands->items[0], &wish));
}

int main(int argc, char **argv)
{
	struct work w = {.opts = VSX_VERIFY_OPTS_INIT};
	struct cli_operands operands;
	struct vsx_error err = {0};
	int code = cli_parse(&command, argc, argv, &operands);
	int worst;

	if (code == CLI_GO_ON)
		code = check_usage();
	if (code == CLI_GO_ON && o.repair)
		code = repair(&operands);
	if (code != CLI_GO_ON) {
		free(o.allowed.items);
		return code;
	}
	interrupt_install();
	w.is_gate = o.golden || o.against;
	if (check_files(&operands, &err) == VSX_OK && load(&w, &err) == VSX_OK)
		worst = verify_all(&w, &operands);
	else
		worst = refuse_all(&operands, &err);
	if (junit_close(&err) != VSX_OK && worst < EXIT_SYSTEM)
		worst = say_error(&err);
	release_close(&w.gate.old);
	golden_release(&w.golden);
	own_test_release(&w.test);
	free(o.allowed.items);
	return say_end(worst);
}
