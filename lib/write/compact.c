/* Writing the live rows of indexes into a new one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kind/build_spec.h"
#include "names.h"
#include "read/opts.h"
#include "read/test.h"
#include "segment/codes.h"
#include "write/compact.h"
#include "write/compact_alike.h"
#include "write/compact_ids.h"
#include "write/intake/live_rows.h"
#include "write/newer.h"
#include "write/properties.h"
#include "write/update.h"

struct compaction {
	struct vsx_compact_opts opts;
	struct vsx_report report;
	const struct vsx_file_ops *ops;
	const char *const *paths;
	struct vsx **inputs; /* [n] */
	size_t n;
	uint64_t *ends; /* [n]: rows that inputs 0 to i have given */
	size_t at;	/* the input that is read */
	uint64_t *ids;	/* [n_ids], those of a block, moved */
	size_t n_ids;
	struct vsx_compact_model model;
	struct vsx_output in_place; /* where the input is that is replaced */
	struct vsx_claim claim;	    /* of it */
	struct vsx_builder *builder;
	struct vsx_compact_result *result;
	struct vsx_build_result built;
	struct vsx_selection *among; /* of the input at hand; NULL: all */
};

static bool is_in_place(const struct compaction *c)
{
	return c->in_place.target != NULL;
}

/* ---- the inputs ------------------------------------------------------- */

static enum vsx_status open_inputs(struct compaction *c, struct vsx_error *err)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;

	opts.memory = UINT64_MAX; /* rows are read in order */
	VSX_TRY(vsx_alloc_to(&c->inputs, c->n, sizeof(*c->inputs), err));
	VSX_TRY(vsx_alloc_to(&c->ends, c->n, sizeof(*c->ends), err));
	for (size_t i = 0; i < c->n; i++) {
		const struct vsx_manifest *m;
		struct vsx_usage usage;

		VSX_TRY(vsx_open(&c->inputs[i], c->paths[i], &opts, err));
		VSX_TRY(vsx_newer_check(c->inputs[i], err));
		if (c->n > 1 && vsx_newer_has_sections(c->inputs[i]))
			return vsx_fail(err, VSX_EVERSION,
					"%s: has sections that this library "
					"does not know how to merge",
					c->inputs[i]->name);
		if (is_in_place(c))
			VSX_TRY(vsx_update_check(c->inputs[i], &c->claim, err));
		m = &c->inputs[i]->manifest;
		c->result->n_rows += m->n_live;
		c->result->n_dropped += m->n_rows - m->n_live;
		c->result->bytes_before += c->inputs[i]->file_bytes;
		vsx_manifest_usage(&usage, m, &c->inputs[i]->super);
		c->result->bytes_dead += usage.deleted + usage.superseded;
	}
	VSX_TRY(vsx_compact_check_shape(c->inputs, c->paths, c->n, err));
	return vsx_compact_take_model(&c->model, c->inputs, c->paths, c->n,
				      &c->opts, &c->report, err);
}

static bool is_due(const struct compaction *c)
{
	const struct vsx_compact_result *r = c->result;

	return (double)r->bytes_dead >=
	       c->opts.if_dead * (double)r->bytes_before;
}

/* ---- the output ------------------------------------------------------- */

static void take_facts(struct vsx_build_opts *out,
		       const struct vsx_compact_opts *opts,
		       const struct vsx *index, const struct vsx_model *model,
		       char spec[64])
{
	const struct vsx_manifest *m = &index->manifest;

	snprintf(spec, 64, "%s", opts->spec ? opts->spec : m->asked);
	*out = (struct vsx_build_opts)VSX_BUILD_OPTS_INIT;
	out->dim = m->dim;
	out->metric = m->metric;
	out->elem = m->elem;
	out->spec = spec;
	out->seed = m->seed;
	out->n_threads = opts->n_threads;
	out->memory = opts->memory;
	out->normalize = !!(m->flags & VSX_MANIFEST_NORMALISED);
	out->force = opts->force;
	out->page_bytes = 1u << m->page_shift;
	out->target_recall = m->target_recall / 1e6;
	out->n_test_queries = m->asked_queries;
	out->ef_construction = m->asked_ef_construction;
	out->model = model->name;
	out->model_hash = model->hash;
	out->model_aliases = model->aliases;
	out->source = vsx_property(index, "source");
	out->properties = opts->properties;
	out->n_properties = opts->n_properties;
	out->wait_ms = opts->wait_ms;
	out->report = opts->report;
	out->context = opts->context;
}

enum vsx_status vsx_compact_builder(struct vsx_builder **out, const char *path,
				    const struct vsx_compact_opts *opts,
				    const struct vsx *index,
				    const struct vsx_model *model,
				    const struct vsx_claim *claim,
				    const struct vsx_file_ops *ops,
				    struct vsx_error *err)
{
	struct vsx_build_opts build;
	char spec[64];

	take_facts(&build, opts, index, model, spec);
	VSX_TRY(vsx_own_check(build.properties, build.n_properties, err));
	VSX_TRY(vsx_properties_fit(&build, &index->manifest, err));
	VSX_TRY(vsx_builder_new_on(out, path, &build, claim, ops, err));
	(*out)->origin = index;
	return VSX_OK;
}

/* The caller's queries go on to the new index. */
static enum vsx_status take_queries(struct compaction *c, struct vsx_error *err)
{
	enum vsx_status status;
	float *queries;

	VSX_TRY(vsx_test_given(&queries, c->inputs[0], err));
	if (!queries)
		return VSX_OK;
	status = vsx_builder_queries(c->builder, queries, VSX_F32,
				     c->inputs[0]->manifest.n_queries, err);
	free(queries);
	return status;
}

static enum vsx_status take_rows(void *context, const struct vsx_segment *seg,
				 const uint32_t *numbers,
				 const struct vsx_batch *rows,
				 struct vsx_error *err)
{
	struct compaction *c = context;
	struct vsx_batch moved = *rows;
	uint64_t live = 0;

	for (size_t i = 0; i < c->n; i++)
		live += c->inputs[i]->manifest.n_live;
	VSX_TRY(vsx_report_progress(&c->report, &vsx_phase_reading,
				    c->builder->intake.spool.n, live, err));
	if (c->opts.id_offsets) {
		VSX_TRY(vsx_grow(&c->ids, &c->n_ids, rows->n, sizeof(*c->ids),
				 err));
		VSX_TRY(vsx_compact_ids_move(c->ids, rows,
					     c->opts.id_offsets[c->at],
					     c->paths[c->at], err));
		moved.ids = c->ids;
	}
	return vsx_live_add(&c->builder->intake, seg, numbers, &moved, err);
}

/* Those of one input that pass. */
static enum vsx_status select_rows(struct compaction *c,
				   const struct vsx *index,
				   struct vsx_error *err)
{
	vsx_selection_free(c->among);
	VSX_TRY(vsx_select(&c->among, index, c->opts.where, err));
	c->result->n_left_out += index->manifest.n_live - c->among->n;
	c->result->n_rows -= index->manifest.n_live - c->among->n;
	return VSX_OK;
}

static enum vsx_status read_input(struct compaction *c, size_t i,
				  struct vsx_error *err)
{
	const struct vsx *index = c->inputs[i];
	struct vsx_spool *spool = &c->builder->intake.spool;
	uint64_t first = spool->n;
	struct vsx_error why;

	c->at = i;
	if (c->opts.where)
		VSX_TRY(select_rows(c, index, err));
	for (uint32_t s = 0; s < index->manifest.n_segments; s++) {
		enum vsx_status status =
			vsx_live_rows(&index->segments[s],
				      c->among ? &c->among->chosen[s] : NULL,
				      take_rows, c, &why);

		if (status == VSX_ECORRUPT)
			return vsx_with_path(index, status, &why, err);
		if (status != VSX_OK) {
			if (err)
				*err = why;
			return status;
		}
	}
	c->ends[i] = spool->n;
	return c->opts.renumber ? vsx_compact_ids_renumber(spool, first, err)
				: VSX_OK;
}

/* So that no number of a row that is dropped is given again. */
static enum vsx_status remember_ids(struct compaction *c, size_t i,
				    struct vsx_error *err)
{
	uint64_t id;

	VSX_TRY(vsx_greatest_id(c->inputs[i], &id, err));
	/* A row that is gone has no number that is too much: so none else. */
	if (c->opts.renumber ||
	    (c->opts.id_offsets &&
	     __builtin_add_overflow(id, c->opts.id_offsets[i], &id)))
		return VSX_OK;
	if (id > c->builder->greatest_id)
		c->builder->greatest_id = id;
	return VSX_OK;
}

/* All that is read from the inputs. */
static enum vsx_status gather(struct compaction *c, struct vsx_error *err)
{
	for (size_t i = 0; i < c->n; i++)
		VSX_TRY(remember_ids(c, i, err));
	VSX_TRY(take_queries(c, err));
	for (size_t i = 0; i < c->n; i++)
		VSX_TRY(read_input(c, i, err));
	VSX_TRY(vsx_compact_ids_check(&c->builder->intake.spool, c->paths,
				      c->ends, c->n, err));
	return vsx_compact_keys_check(&c->builder->intake.spool, c->paths,
				      c->ends, c->n, err);
}

/* Whether rows that a spec asks for can be coded as those of a segment are. */
static bool is_of(const struct vsx_segment *seg, const struct vsx_spec *spec)
{
	struct vsx_code_wish kept = vsx_spec_kept(spec);
	bool has_codes = vsx_spec_codes_beside(spec);

	return vsx_is_coded(seg) && !seg->params[VSX_PARAM_SHARED] &&
	       seg->kind->code == spec->kind && kept.build &&
	       kept.build->codec == seg->kept_codec &&
	       vsx_spec_kept_bytes(spec, seg->space.dim) == seg->kept_bytes &&
	       vsx_codes_present(seg) == has_codes &&
	       (!has_codes || spec->codes.build->codec == seg->codec);
}

/*
 * The segment whose codes stay as they are: learned from most rows. NULL: there
 * is none, or all is to be learned anew.
 */
static const struct vsx_segment *find_trained(const struct compaction *c)
{
	const struct vsx *index = c->inputs[0];
	const struct vsx_segment *best = NULL;
	struct vsx_spec spec;

	if (c->n > 1 || c->opts.spec ||
	    vsx_spec_parse(&spec, index->manifest.asked, NULL) != VSX_OK)
		return NULL;
	for (uint32_t i = 0; i < index->manifest.n_segments; i++) {
		const struct vsx_segment *seg = &index->segments[i];

		if (is_of(seg, &spec) && (!best || seg->n_rows > best->n_rows))
			best = seg;
	}
	return best;
}

static enum vsx_status write_output(struct compaction *c, const char *path,
				    struct vsx_error *err)
{
	enum vsx_status status;

	VSX_TRY(vsx_compact_builder(
		&c->builder, path, &c->opts, c->inputs[0], &c->model.model,
		is_in_place(c) ? &c->claim : NULL, c->ops, err));
	c->builder->trained = find_trained(c);
	status = gather(c, err);
	for (size_t i = 0; i < c->n; i++)
		status = vsx_settle(c->inputs[i], status, err);
	if (status != VSX_OK)
		return status;
	return vsx_builder_finish(c->builder, &c->built, err);
}

static enum vsx_status claim_input(struct compaction *c, struct vsx_error *err)
{
	const struct vsx_claim_wait wait =
		vsx_report_wait(&c->report, c->opts.wait_ms);
	struct vsx_place place;

	VSX_TRY(vsx_output_beside(&c->in_place, c->paths[0], c->ops, err));
	place = vsx_output_place(&c->in_place);
	return vsx_claim_open(&c->claim, &place, &wait, err);
}

static enum vsx_status run(struct compaction *c, const char *path,
			   struct vsx_error *err)
{
	if (c->n == 0 || (c->n > 1 && !path))
		return vsx_fail(err, VSX_EINVAL,
				"%zu inputs and %s output, expected one input, "
				"or an output",
				c->n, path ? "an" : "no");
	if (path) {
		for (size_t i = 0; i < c->n; i++)
			VSX_TRY(vsx_output_differs(path, c->paths[i], err));
	} else {
		/* Whoever adds meanwhile would add to what is thrown away. */
		VSX_TRY(claim_input(c, err));
		c->opts.force = 1;
	}
	VSX_TRY(open_inputs(c, err));
	if (!is_due(c)) {
		c->result->skipped = 1;
		return VSX_OK;
	}
	return write_output(c, path ? path : c->paths[0], err);
}

static enum vsx_status check_opts(const struct vsx_compact_opts *o,
				  const char *path, struct vsx_error *err)
{
	if (o->where && !path)
		return vsx_fail(err, VSX_EINVAL,
				"a filter needs an output of its own: rows "
				"that do not pass would be lost");
	if (o->if_dead >= 0.0 && o->if_dead <= 1.0)
		return VSX_OK;
	return vsx_fail(err, VSX_EINVAL, "if_dead is %g, expected 0 to 1",
			o->if_dead);
}

enum vsx_status vsx_compact_on(const char *const *inputs, size_t n_inputs,
			       const char *path,
			       const struct vsx_compact_opts *opts,
			       const struct vsx_file_ops *ops,
			       struct vsx_compact_result *result,
			       struct vsx_build_result *built,
			       struct vsx_error *err)
{
	struct vsx_compact_result local = {0};
	struct compaction c = {
		.opts = VSX_COMPACT_OPTS_INIT,
		.ops = ops,
		.paths = inputs,
		.n = n_inputs,
		.result = &local,
	};
	enum vsx_status status;

	VSX_TRY(vsx_take_opts(&c.opts, sizeof(c.opts), opts, "vsx_compact_opts",
			      err));
	c.report = vsx_report_to(c.opts.report, c.opts.context, "build");
	VSX_TRY(check_opts(&c.opts, path, err));
	VSX_TRY(vsx_compact_ids_opts(&c.opts, n_inputs, err));
	status = run(&c, path, err);
	vsx_builder_free(c.builder);
	for (size_t i = 0; c.inputs && i < n_inputs; i++)
		vsx_close(c.inputs[i]);
	free(c.inputs);
	free(c.ends);
	free(c.ids);
	vsx_selection_free(c.among);
	free(c.model.room);
	vsx_claim_release(&c.claim);
	vsx_output_release(&c.in_place);
	if (status == VSX_OK && result)
		*result = local;
	if (status == VSX_OK && built)
		*built = c.built;
	return status;
}

enum vsx_status vsx_compact_sized(const char *const *inputs, size_t n_inputs,
				  const char *path,
				  const struct vsx_compact_opts *opts,
				  struct vsx_compact_result *result,
				  size_t size, struct vsx_build_result *built,
				  size_t built_size, struct vsx_error *err)
{
	struct vsx_compact_result local = {0};
	struct vsx_build_result made = {0};

	VSX_TRY(vsx_compact_on(inputs, n_inputs, path, opts, &vsx_system_files,
			       &local, &made, err));
	vsx_give(result, size, &local, sizeof(local));
	vsx_give(built, built_size, &made, sizeof(made));
	return VSX_OK;
}
