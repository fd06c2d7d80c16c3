/* vsx-bench from the command line to the exit code. */
#include "bench/data/golden_out.h"
#include "bench/engine/engine.h"
#include "bench/measure/machine.h"
#include "bench/options.h"
#include "bench/workdir.h"
#include "cli/exit.h"
#include "cli/fail.h"
#include "cli/files.h"
#include "cli/format_num.h"
#include "cli/interrupt.h"
#include "cli/outfile.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "input/golden.h"

#include <stdlib.h>

struct run {
	struct bench_options o;
	struct dataset_opts data_opts;
	struct measure_opts measure;
	struct dataset data;
	struct report report;
	struct workdir folder;
	const struct engine_ops **engines;
};

/* VSX first, then the peers. */
static enum vsx_status list_engines(struct run *r,
				    const struct engine_ops *const *peers,
				    struct vsx_error *err)
{
	size_t n = 0;

	while (peers && peers[n])
		n++;
	r->engines = calloc(n + 2, sizeof(*r->engines));
	if (!r->engines)
		return tool_fail_memory(err, (n + 2) * sizeof(*r->engines));
	r->engines[0] = &engine_vsx;
	for (size_t i = 0; i < n; i++)
		r->engines[i + 1] = peers[i];
	r->measure.engines = r->engines;
	return VSX_OK;
}

static void list_files(const struct bench_options *o)
{
	files_read(o->data);
	files_read(o->queries);
	files_read(o->ground_truth);
	for (size_t i = 0; i < o->indexes.n; i++)
		files_read(o->indexes.items[i]);
	files_write(o->html);
	files_write(o->golden);
	files_write(o->rejects);
}

/* What has no place is found out before the work. */
static enum vsx_status check_places(const struct bench_options *o,
				    struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	char *ids = NULL;

	list_files(o);
	if (o->golden)
		status = golden_beside(&ids, o->golden, err);
	files_write(ids);
	if (status == VSX_OK)
		status = files_check(err);
	if (status == VSX_OK && o->html)
		status = outfile_check(o->html, err);
	if (status == VSX_OK && o->golden)
		status = outfile_check(o->golden, err);
	if (status == VSX_OK && ids)
		status = outfile_check(ids, err);
	if (status == VSX_OK && o->svg)
		status = workdir_can_fill(o->svg, err);
	free(ids);
	return status;
}

static enum vsx_status make_golden(const struct run *r, struct vsx_error *err)
{
	const struct golden_out out = {
		.path = r->o.golden,
		.source = r->o.queries ? r->o.queries : r->o.data,
		.n = r->o.golden_queries,
		.k = (uint32_t)r->o.k,
	};
	char name[TOOL_NAME_BYTES], count[NUM_OF_BYTES];
	enum vsx_status status;
	uint64_t n;

	status = golden_write(&out, &r->data, &n, err);
	if (status == VSX_OK && !r->o.quiet)
		say("%s: %s", tool_name(name, r->o.golden),
		    num_of(count, n, "query"));
	return status;
}

static void fill_facts(struct run *r)
{
	struct report *to = &r->report;
	const struct dataset *d = &r->data;

	machine_facts(to);
	snprintf(to->name, sizeof(to->name), "%s", d->name);
	snprintf(to->origin, sizeof(to->origin), "%s", d->origin);
	to->seed = r->o.seed;
	to->n_rows = d->n_rows;
	to->n_queries = d->n_queries;
	to->dim = d->dim;
	to->metric = d->metric;
	to->elem = d->elem;
}

static enum vsx_status print(const struct run *r, struct vsx_error *err)
{
	if (r->o.markdown)
		return report_markdown(&r->report, stdout, err);
	if (!r->o.json && !r->o.csv)
		return report_table(&r->report, stdout, err);
	(r->o.json ? report_json : report_csv)(&r->report, stdout);
	return VSX_OK;
}

static enum vsx_status measure(struct run *r, struct vsx_error *err)
{
	enum vsx_status status;

	fill_facts(r);
	status = measure_run(&r->report, &r->data, &r->data_opts, &r->measure,
			     err);
	progress_end();
	if (status == VSX_OK)
		status = print(r, err);
	if (status == VSX_OK && r->o.html)
		status = report_html(&r->report, r->o.html, err);
	if (status == VSX_OK && r->o.svg)
		status = report_svg(&r->report, r->o.svg, err);
	return status;
}

static enum vsx_status run(struct run *r, const struct engine_ops *const *peers,
			   struct vsx_error *err)
{
	enum vsx_status status = list_engines(r, peers, err);

	if (status == VSX_OK)
		status = check_places(&r->o, err);
	if (status == VSX_OK)
		status = workdir_make(&r->folder, r->o.work_dir, err);
	if (status != VSX_OK)
		return status;
	r->data_opts.folder = r->measure.folder = r->folder.path;
	status = dataset_load(&r->data, &r->data_opts, err);
	if (status == VSX_OK && r->o.golden)
		status = make_golden(r, err);
	if (status == VSX_OK && options_measure(&r->o))
		status = measure(r, err);
	return status;
}

int bench_main(int argc, char **argv, const struct engine_ops *const *peers)
{
	struct run r = {.o = {0}};
	struct vsx_error err = {0};
	enum vsx_status status;
	int code;

	/* Before the parser moves the operands behind the options. */
	machine_command(&r.report, argc, argv);
	code = options_parse(&r.o, argc, argv);
	if (code != CLI_GO_ON) {
		options_release(&r.o);
		return code;
	}
	options_of_data(&r.data_opts, &r.o);
	options_of_measuring(&r.measure, &r.o);
	interrupt_install();
	progress_begin(r.o.quiet, NULL);
	status = run(&r, peers, &err);
	progress_end();
	workdir_remove(&r.folder);
	report_release(&r.report);
	dataset_release(&r.data);
	options_release(&r.o);
	free(r.engines);
	return say_end(status == VSX_OK ? EXIT_DONE : say_error(&err));
}
