#include "write/options.h"
#include "write/candidates.h"
#include "write/plan.h"
#include "write/properties.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "code/edge.h"
#include "kind/build_spec.h"
#include "io/limit.h"
#include "manifest.h"
#include "plural.h"
#include "read/opts.h"

#define DEFAULT_RECALL 0.95
#define MIN_MEMORY     (UINT64_C(64) << 20)

/* Take what both sides know; what only the caller knows must be 0. */
static enum vsx_status copy_options(struct vsx_build_opts *out,
				    const struct vsx_build_opts *in,
				    struct vsx_error *err)
{
	memset(out, 0, sizeof(*out));
	if (!in)
		return vsx_fail(err, VSX_EINVAL,
				"a build needs options, at least the "
				"dimension");
	return vsx_take_opts(out, sizeof(*out), in, "vsx_build_opts", err);
}

static uint64_t half_of_memory(void)
{
	uint64_t limit = vsx_memory_limit();

	return limit == UINT64_MAX ? UINT64_C(1) << 30 : limit / 2;
}

uint64_t vsx_options_memory(uint64_t wish)
{
	return wish ? wish : half_of_memory();
}

static void fill_defaults(struct vsx_build_opts *o)
{
	if (!o->metric)
		o->metric = VSX_L2;
	if (!o->elem)
		o->elem = VSX_F32;
	if (!o->ef_construction)
		o->ef_construction = VSX_DEFAULT_EF_CONSTRUCTION;
	o->memory = vsx_options_memory(o->memory);
	if (!o->page_bytes)
		o->page_bytes = 1u << VSX_MIN_PAGE_SHIFT;
	if (o->target_recall == 0.0)
		o->target_recall = DEFAULT_RECALL;
	o->n_threads = vsx_thread_count(o->n_threads);
}

static enum vsx_status check_types(const struct vsx_build_opts *o,
				   struct vsx_error *err)
{
	if (o->dim < 1 || o->dim > VSX_MAX_DIM)
		return vsx_fail(err, VSX_EINVAL,
				"dimension is %u, expected 1 to %d", o->dim,
				VSX_MAX_DIM);
	if (!vsx_metric_name(o->metric))
		return vsx_fail(err, VSX_EINVAL, "metric %d is not known",
				(int)o->metric);
	if (!vsx_elem_name(o->elem))
		return vsx_fail(err, VSX_EINVAL, "element type %d is not known",
				(int)o->elem);
	if (o->normalize > 1 || o->force > 1)
		return vsx_fail(err, VSX_EINVAL,
				"option '%s' is %u, expected 0 or 1",
				o->normalize > 1 ? "normalize" : "force",
				o->normalize > 1 ? o->normalize : o->force);
	if (o->normalize && vsx_elem_is_int(o->elem))
		return vsx_fail(
			err, VSX_EINVAL,
			"rows of length 1 cannot be stored as %s, which "
			"holds whole numbers",
			vsx_elem_name(o->elem));
	return VSX_OK;
}

static enum vsx_status check_numbers(const struct vsx_build_opts *o,
				     struct vsx_error *err)
{
	if (o->page_bytes < 1u << VSX_MIN_PAGE_SHIFT ||
	    o->page_bytes > 1u << VSX_MAX_PAGE_SHIFT ||
	    o->page_bytes & (o->page_bytes - 1))
		return vsx_fail(err, VSX_EINVAL,
				"pages have %u byte%s, expected a power of two "
				"from %u to %u",
				o->page_bytes, vsx_s(o->page_bytes),
				1u << VSX_MIN_PAGE_SHIFT,
				1u << VSX_MAX_PAGE_SHIFT);
	if (!(o->target_recall > 0.0 && o->target_recall <= 1.0))
		return vsx_fail(err, VSX_EINVAL,
				"target recall is %g, expected more than 0 and "
				"at most 1",
				o->target_recall);
	if (o->ef_construction > VSX_MAX_EF_CONSTRUCTION)
		return vsx_fail(err, VSX_EINVAL,
				"efConstruction is %u, expected 1 to %u",
				o->ef_construction, VSX_MAX_EF_CONSTRUCTION);
	return VSX_OK;
}

static enum vsx_status check_builder(const struct vsx_build_opts *o,
				     struct vsx_error *err)
{
	if ((unsigned int)o->builder > VSX_GRAPH_PARTITION)
		return vsx_fail(err, VSX_EINVAL,
				"graph builder is %d, expected 0 to %d",
				(int)o->builder, VSX_GRAPH_PARTITION);
	return VSX_OK;
}

static enum vsx_status check_value(const char *key, const char *value,
				   struct vsx_error *err)
{
	char *entry;
	bool ok;

	if (!value)
		return VSX_OK;
	if (strlen(value) > VSX_MAX_VALUE)
		return vsx_fail(err, VSX_EINVAL,
				"the %s has %zu byte%s, expected at most %d",
				key, strlen(value), vsx_s(strlen(value)),
				VSX_MAX_VALUE);
	if (asprintf(&entry, "%s=%s", key, value) < 0)
		return vsx_fail_memory(err, strlen(value));
	ok = vsx_property_ok(entry);
	free(entry);
	if (!ok)
		return vsx_fail(err, VSX_EINVAL,
				"the %s is not UTF-8 text on one line", key);
	return VSX_OK;
}

/* Names with commas between them. */
static enum vsx_status check_aliases(const char *aliases, struct vsx_error *err)
{
	const char *at = aliases;

	VSX_TRY(check_value("model_alias", aliases, err));
	while (at) {
		size_t n = strcspn(at, ",");

		if (n == 0)
			return vsx_fail(err, VSX_EINVAL,
					"aliases of the model are '%.200s', "
					"expected names with commas between "
					"them",
					aliases);
		at = at[n] ? at + n + 1 : NULL;
	}
	return VSX_OK;
}

static enum vsx_status check_transform(const struct vsx_code_wish *w,
				       const struct vsx_build_opts *o,
				       struct vsx_error *err)
{
	uint32_t d = w->transform_dim ? w->transform_dim : o->dim;
	const char *name = w->transform == VSX_PCA ? "PCA" : "OPQ";

	if (!w->transform)
		return VSX_OK;
	if (o->dim > VSX_MAX_LINEAR_DIM)
		return vsx_fail(err, VSX_EINVAL,
				"index '%.80s': rows have %u dimensions, %s is "
				"for %u at most",
				o->spec, o->dim, name, VSX_MAX_LINEAR_DIM);
	if (d > o->dim)
		return vsx_fail(err, VSX_EINVAL,
				"index '%.80s': d of %s is %u, rows have %u "
				"dimension%s",
				o->spec, name, d, o->dim, vsx_s(o->dim));
	if (w->transform == VSX_OPQ && w->transform_m > d)
		return vsx_fail(err, VSX_EINVAL,
				"index '%.80s': m of OPQ is %u, expected %u at "
				"most, the dimensions that it leaves",
				o->spec, w->transform_m, d);
	return VSX_OK;
}

/* Whether rows of this type and dimension can have the codes of the spec. */
static enum vsx_status check_codes(const struct vsx_spec *spec,
				   const struct vsx_build_opts *o,
				   struct vsx_error *err)
{
	const struct vsx_codec_build *b = spec->codes.build;
	struct vsx_code_form form;

	if (!b)
		return VSX_OK;
	VSX_TRY(check_transform(&spec->codes, o, err));
	if (b->codec->block_shift && vsx_kind_build_find(spec->kind)->walks)
		return vsx_fail(err, VSX_EINVAL,
				"index '%.80s': codes in blocks are for scans, "
				"%s with links compares rows one by one",
				o->spec, vsx_kind_name(spec->kind));
	if (!b->codec->suits(o->elem))
		return vsx_fail(err, VSX_EINVAL,
				"index '%.80s': rows of %s have no codes %s",
				o->spec, vsx_elem_name(o->elem), b->name);
	form = vsx_code_form_of(&spec->codes, o->dim, 0);
	if (b->codec->most_dim && form.coded > b->codec->most_dim)
		return vsx_fail(err, VSX_EINVAL,
				"index '%.80s': rows have %u dimensions, %s is "
				"for %u at most",
				o->spec, form.coded, b->name,
				b->codec->most_dim);
	if (b->codec->fits && !b->codec->fits(&form))
		return vsx_fail(err, VSX_EINVAL,
				"index '%.80s': %s is %u, rows have %u "
				"dimension%s",
				o->spec, b->size_name ? b->size_name : "size",
				form.size, form.coded, vsx_s(form.coded));
	return VSX_OK;
}

/* Whether links over rows as they are compared can have codes. */
static enum vsx_status check_gates(const struct vsx_spec *spec,
				   const struct vsx_build_opts *o,
				   struct vsx_error *err)
{
	bool codes = spec->codes.build != NULL;
	uint32_t dim = o->dim;

	if (!spec->gates)
		return VSX_OK;
	if (codes)
		dim = vsx_code_form_of(&spec->codes, o->dim, 0).coded;
	if (!vsx_edges_suit(o->metric, codes))
		return vsx_fail(err, VSX_EINVAL,
				"index '%.80s': G is for squared distances, %s "
				"of %s has none",
				o->spec, vsx_metric_name(o->metric),
				codes ? "codes" : "rows without codes");
	if (spec->gates > dim)
		return vsx_fail(err, VSX_EINVAL,
				"index '%.80s': parts of G are %u, what is "
				"compared has %u dimension%s",
				o->spec, spec->gates, dim, vsx_s(dim));
	return VSX_OK;
}

enum vsx_status vsx_options_suit(const struct vsx_build_opts *opts,
				 const struct vsx_spec *spec,
				 struct vsx_error *err)
{
	VSX_TRY(check_codes(spec, opts, err));
	return check_gates(spec, opts, err);
}

enum vsx_status vsx_options_check(struct vsx_build_opts *out,
				  const struct vsx_build_opts *in,
				  struct vsx_error *err)
{
	struct vsx_spec spec;

	VSX_TRY(copy_options(out, in, err));
	fill_defaults(out);
	VSX_TRY(check_types(out, err));
	VSX_TRY(check_numbers(out, err));
	VSX_TRY(check_builder(out, err));
	VSX_TRY(check_value("model", out->model, err));
	VSX_TRY(check_value("model_hash", out->model_hash, err));
	VSX_TRY(check_aliases(out->model_aliases, err));
	VSX_TRY(check_value("source", out->source, err));
	VSX_TRY(vsx_own_check(out->properties, out->n_properties, err));
	VSX_TRY(vsx_properties_fit(out, NULL, err));
	VSX_TRY(vsx_spec_parse(&spec, out->spec, err));
	vsx_spec_drop_codes(&spec, out->metric, out->elem);
	out->elem = vsx_spec_elem(&spec, out->elem);
	return vsx_options_suit(out, &spec, err);
}

void vsx_options_space(struct vsx_space *s, const struct vsx_build_opts *opts)
{
	vsx_space_init(s, opts->metric, opts->elem, opts->dim, 0);
}

uint32_t vsx_options_page_shift(const struct vsx_build_opts *opts)
{
	return (uint32_t)__builtin_ctz(opts->page_bytes);
}

uint64_t vsx_options_auto_memory(const struct vsx_build_opts *opts)
{
	return opts->memory > MIN_MEMORY ? opts->memory : MIN_MEMORY;
}

struct vsx_spec_need vsx_options_need(const struct vsx_build_opts *opts,
				      uint64_t n_rows)
{
	struct vsx_space space;

	vsx_options_space(&space, opts);
	return (struct vsx_spec_need){
		.n_rows = n_rows,
		.dim = opts->dim,
		.stride = space.stride,
		.memory = vsx_options_auto_memory(opts),
		.target_recall = opts->target_recall,
		.metric = opts->metric,
		.elem = opts->elem,
		.few_bytes = opts->max_bytes_per_row != 0,
	};
}

bool vsx_options_is_auto(const struct vsx_build_opts *opts)
{
	struct vsx_spec spec;

	return vsx_spec_parse(&spec, opts->spec, NULL) == VSX_OK && !spec.kind;
}

void vsx_options_follow(struct vsx_choice *choice,
			const struct vsx_build_opts *opts, uint64_t n_rows,
			const struct vsx_segment *segments, uint32_t n)
{
	const struct vsx_segment *most = NULL;
	struct vsx_spec spec;

	for (uint32_t i = 0; i < n; i++)
		if (!most || segments[i].n_rows > most->n_rows)
			most = &segments[i];
	if (!most || !vsx_options_is_auto(opts) ||
	    vsx_spec_is_exact(&choice->spec))
		return;
	spec = vsx_spec_of_segment(most);
	if (vsx_spec_is_exact(&spec) ||
	    (vsx_kind_build_find(spec.kind)->walks &&
	     !vsx_kind_build_find(choice->spec.kind)->walks))
		return;
	choice->spec = spec;
	choice->reason[0] = choice->note[0] = '\0';
	vsx_spec_adjust(&choice->spec, n_rows, choice->note,
			sizeof(choice->note));
}

/* What the rule takes may need too many bytes. */
static enum vsx_status choose_within(struct vsx_choice *out,
				     const struct vsx_build_opts *opts,
				     uint64_t n_rows, bool f16,
				     struct vsx_error *err)
{
	struct vsx_candidates c;

	if (!opts->max_bytes_per_row || n_rows == 0)
		return VSX_OK;
	vsx_candidates_find(&c, opts, &out->spec, n_rows, f16);
	VSX_TRY(vsx_candidates_check(&c, opts, n_rows, err));
	out->spec = c.of[0].spec;
	snprintf(out->reason, sizeof(out->reason),
		 "it takes %llu bytes a row, and %u are allowed",
		 (unsigned long long)vsx_contender_row_bytes(&c.of[0], n_rows),
		 opts->max_bytes_per_row);
	return VSX_OK;
}

/* One that was asked for is built as it is, or not at all. */
static enum vsx_status check_bytes(const struct vsx_choice *choice,
				   const struct vsx_build_opts *opts,
				   uint64_t n_rows, struct vsx_error *err)
{
	struct vsx_contender c = {.spec = choice->spec};
	uint64_t bytes;

	if (!opts->max_bytes_per_row || n_rows == 0)
		return VSX_OK;
	c.file_bytes = vsx_plan_file_bytes(opts, &choice->spec, n_rows);
	bytes = vsx_contender_row_bytes(&c, n_rows);
	if (bytes <= opts->max_bytes_per_row)
		return VSX_OK;
	return vsx_fail(err, VSX_EINVAL,
			"index '%.80s' takes %llu bytes a row, of %u that it "
			"may take",
			opts->spec, (unsigned long long)bytes,
			opts->max_bytes_per_row);
}

enum vsx_status vsx_options_choose(struct vsx_choice *out,
				   const struct vsx_build_opts *opts,
				   uint64_t n_rows, bool f16,
				   struct vsx_error *err)
{
	struct vsx_spec_need need = vsx_options_need(opts, n_rows);

	out->reason[0] = out->note[0] = '\0';
	VSX_TRY(vsx_spec_parse(&out->spec, opts->spec, err));
	if (!out->spec.kind) {
		vsx_spec_choose(&out->spec, &need, out->reason,
				sizeof(out->reason));
		return choose_within(out, opts, n_rows, f16, err);
	}
	vsx_spec_size(&out->spec, &need, out->reason, sizeof(out->reason));
	if (vsx_spec_drop_codes(&out->spec, opts->metric, opts->elem))
		snprintf(out->note, sizeof(out->note),
			 "rows of %s are their own codes: searches compare "
			 "these",
			 vsx_elem_name(opts->elem));
	vsx_spec_adjust(&out->spec, n_rows, out->note, sizeof(out->note));
	return check_bytes(out, opts, n_rows, err);
}
