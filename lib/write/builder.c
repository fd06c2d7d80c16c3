/* The public calls of a build, up to its end: see finish.c for that. */
#include "read/opts.h"
#include "write/builder.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "names.h"
#include "write/intake/batch.h"
#include "write/options.h"
#include "write/properties.h"
#include "plural.h"

/* The members that are strings. */
#define N_STRINGS 5

static void find_strings(const char **at[N_STRINGS],
			 struct vsx_build_opts *opts)
{
	at[0] = &opts->spec;
	at[1] = &opts->model;
	at[2] = &opts->model_hash;
	at[3] = &opts->model_aliases;
	at[4] = &opts->source;
}

/* The caller's strings need not outlive the call. */
static enum vsx_status own_strings(struct vsx_build_opts *opts,
				   struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	const char *const *properties = opts->properties;
	const char **at[N_STRINGS];

	opts->properties = NULL;
	find_strings(at, opts);
	for (int i = 0; i < N_STRINGS; i++) {
		const char *theirs = *at[i];

		*at[i] = theirs && status == VSX_OK ? strdup(theirs) : NULL;
		if (theirs && status == VSX_OK && !*at[i])
			status = vsx_fail_memory(err, strlen(theirs) + 1);
	}
	if (status == VSX_OK)
		status = vsx_own_copy(&opts->properties, properties,
				      opts->n_properties, err);
	return status;
}

static void free_strings(struct vsx_build_opts *opts)
{
	const char **at[N_STRINGS];

	find_strings(at, opts);
	for (int i = 0; i < N_STRINGS; i++)
		free((char *)(uintptr_t)*at[i]);
	free((void *)(uintptr_t)opts->properties);
}

enum vsx_status vsx_builder_new_on(struct vsx_builder **out, const char *path,
				   const struct vsx_build_opts *opts,
				   const struct vsx_claim *claim,
				   const struct vsx_file_ops *ops,
				   struct vsx_error *err)
{
	struct vsx_build_opts checked;
	struct vsx_claim_wait wait;
	struct vsx_builder *b;
	enum vsx_status status;

	*out = NULL;
	VSX_TRY(vsx_options_check(&checked, opts, err));
	VSX_TRY(vsx_alloc_to(&b, 1, sizeof(*b), err));
	vsx_intake_init(&b->intake, &checked, &b->space, &b->output);
	vsx_areas_init(&b->areas, &b->output, checked.memory);
	status = vsx_output_init(&b->output, path, checked.force, ops, err);
	if (status == VSX_OK) {
		b->opts = checked;
		status = own_strings(&b->opts, err);
	}
	if (status == VSX_OK) {
		b->report =
			vsx_report_to(b->opts.report, b->opts.context, "build");
		b->job = vsx_report_job(&b->report, &b->opts);
		b->job.arrays = &b->areas.arrays;
		b->output.claim = claim;
		wait = vsx_report_wait(&b->report, b->opts.wait_ms);
		status = vsx_output_claim(&b->output, &wait, err);
	}
	if (status != VSX_OK) {
		vsx_builder_free(b);
		return status;
	}
	vsx_options_space(&b->space, &b->opts);
	*out = b;
	return VSX_OK;
}

enum vsx_status vsx_builder_new(struct vsx_builder **out, const char *path,
				const struct vsx_build_opts *opts,
				struct vsx_error *err)
{
	return vsx_builder_new_on(out, path, opts, NULL, &vsx_system_files,
				  err);
}

static enum vsx_status check_open(const struct vsx_builder *b,
				  struct vsx_error *err)
{
	return b->finished ? vsx_fail(err, VSX_EINVAL, "the build is finished")
			   : VSX_OK;
}

enum vsx_status vsx_builder_add(struct vsx_builder *b,
				const struct vsx_batch *rows,
				struct vsx_error *err)
{
	struct vsx_batch batch;

	VSX_TRY(check_open(b, err));
	VSX_TRY(vsx_batch_take(&batch, rows, err));
	return vsx_intake_add(&b->intake, &batch, err);
}

/* Queries are kept as f32, whatever the rows are. */
static enum vsx_status copy_queries(const struct vsx_builder *b, float *out,
				    const uint8_t *from, enum vsx_elem elem,
				    size_t n, struct vsx_error *err)
{
	size_t query_bytes = (size_t)b->opts.dim * vsx_elem_bytes(elem);
	struct vsx_space space;
	enum vsx_status status = VSX_OK;
	struct vsx_error why;
	uint8_t *row;

	vsx_space_init(&space, b->opts.metric, VSX_F32, b->opts.dim, 0);
	VSX_TRY(vsx_alloc_to(&row, space.stride, 1, err));
	for (size_t i = 0; i < n; i++) {
		status = vsx_space_store(&space, row, from + i * query_bytes,
					 elem, false, &why);
		if (status != VSX_OK) {
			vsx_fail_query(err, status, i, &why);
			break;
		}
		vsx_space_load(&space, out + i * b->opts.dim, row);
	}
	free(row);
	return status;
}

enum vsx_status vsx_builder_queries(struct vsx_builder *b, const void *queries,
				    enum vsx_elem elem, size_t n,
				    struct vsx_error *err)
{
	enum vsx_status status;
	float *copy;

	VSX_TRY(check_open(b, err));
	VSX_TRY(vsx_batch_check(VSX_BATCH(queries, elem, n, NULL), err));
	if (n == 0 || n > UINT32_MAX)
		return vsx_fail(err, VSX_EINVAL, "%zu quer%s, expected 1 to %u",
				n, vsx_ies(n), UINT32_MAX);
	VSX_TRY(vsx_alloc_to(&copy, n, (size_t)b->opts.dim * sizeof(float),
			     err));
	status = copy_queries(b, copy, queries, elem, n, err);
	if (status != VSX_OK) {
		free(copy);
		return status;
	}
	free(b->queries);
	b->queries = copy;
	b->n_queries = (uint32_t)n;
	return VSX_OK;
}

enum vsx_status vsx_builder_finish_sized(struct vsx_builder *b,
					 struct vsx_build_result *result,
					 size_t size, struct vsx_error *err)
{
	struct vsx_build_result local = {0};
	enum vsx_status status;

	VSX_TRY(check_open(b, err));
	b->finished = true;
	status = vsx_builder_run(b, &local, err);
	/* Nothing of it is of use any more, and it may be large. */
	vsx_intake_release(&b->intake);
	vsx_measure_release(&b->measure);
	vsx_output_release(&b->output);
	if (status == VSX_OK)
		vsx_give(result, size, &local, sizeof(local));
	return status;
}

void vsx_builder_free(struct vsx_builder *b)
{
	if (!b)
		return;
	vsx_intake_release(&b->intake);
	vsx_areas_release(&b->areas);
	vsx_measure_release(&b->measure);
	vsx_output_release(&b->output);
	free(b->queries);
	free_strings(&b->opts);
	free(b);
}
