#include "code/build.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "code/build_loss.h"
#include "code/pq.h"
#include "train/opq.h"

/* Fewer dimensions are scanned as fast without codes. */
#define LEAST_DIM 16

static const struct vsx_codec_build *const builds[] = {
	&vsx_codec_sq8_build,	 &vsx_codec_sq8u_build, &vsx_codec_sq4_build,
	&vsx_codec_pq8_build,	 &vsx_codec_pq4_build,	&vsx_codec_pq4fs_build,
	&vsx_codec_rabitq_build,
};

const struct vsx_codec_build *vsx_codec_build_at(uint32_t i)
{
	return i < sizeof(builds) / sizeof(builds[0]) ? builds[i] : NULL;
}

const struct vsx_codec_build *vsx_codec_for(enum vsx_elem elem, uint32_t dim)
{
	const struct vsx_codec_build *build = &vsx_codec_grid_build;

	return dim >= LEAST_DIM && build->codec->suits(elem) ? build : NULL;
}

/* ---- parameters ------------------------------------------------------- */

struct vsx_code_form vsx_code_form_of(const struct vsx_code_wish *wish,
				      uint32_t dim, uint32_t n_lists)
{
	struct vsx_code_form form = vsx_code_form_plain(dim, wish->size);

	if (!vsx_codec_has_head(wish->build->codec))
		return form;
	if (wish->transform) {
		form.flags |= VSX_CODES_TRANSFORMED;
		if (wish->transform_dim)
			form.coded = wish->transform_dim;
	}
	if (!form.size)
		form.size = wish->build->usual_size ? wish->build->usual_size
						    : form.coded;
	if (wish->build->residual && n_lists)
		form.flags |= VSX_CODES_RESIDUAL;
	if (form.flags == VSX_CODES_FLAGS)
		form.n_centroids = n_lists;
	return form;
}

enum vsx_status vsx_code_params_init(struct vsx_code_params *p,
				     const struct vsx_codec_build *build,
				     const struct vsx_code_form *form,
				     struct vsx_error *err)
{
	*p = (struct vsx_code_params){
		.build = build,
		.form = *form,
		.block_bytes = build->codec->block_bytes(form),
		.n_bytes = build->codec->params_bytes(form),
	};
	VSX_TRY(vsx_alloc_to(&p->bytes, p->n_bytes, 1, err));
	if (vsx_codec_has_head(build->codec))
		vsx_code_form_write((struct vsx_disk_codes *)p->bytes, form);
	return VSX_OK;
}

void vsx_code_params_release(struct vsx_code_params *p)
{
	free(p->bytes);
	*p = (struct vsx_code_params){0};
}

enum vsx_status vsx_code_params_take(struct vsx_code_params *p,
				     const struct vsx_codec_build *build,
				     const struct vsx_code_form *form,
				     const uint8_t *bytes,
				     struct vsx_error *err)
{
	VSX_TRY(vsx_code_params_init(p, build, form, err));
	memcpy(p->bytes, bytes, p->n_bytes);
	return VSX_OK;
}

/* ---- the transform ------------------------------------------------------ */

static struct vsx_opq_wish opq_of(const struct vsx_code_wish *wish,
				  const struct vsx_code_form *form)
{
	return (struct vsx_opq_wish){
		.m = wish->transform_m,
		.ksub = 1u << vsx_pq_bits(wish->build->codec),
		.d = form->coded,
	};
}

/* Rows less their centroids, before they are transformed. */
struct residuals {
	const struct vsx_code_source *from;
	struct vsx_code_params plain;
};

static void load_residual(const void *context, uint64_t row, float *out)
{
	const struct residuals *r = context;

	vsx_code_source_row(r->from, &r->plain, row, out, out);
}

static enum vsx_status learn_transform(const struct vsx_code_wish *wish,
				       struct vsx_job *job,
				       const struct vsx_code_source *from,
				       struct vsx_code_params *p,
				       struct vsx_error *err)
{
	struct residuals r = {from, {.form = p->form}};
	struct vsx_opq_wish opq = opq_of(wish, &p->form);
	struct vsx_linear_map map;
	struct vsx_linear l;

	r.plain.form.coded = p->form.dim;
	r.plain.form.n_centroids = 0;
	r.plain.form.flags = VSX_CODES_RESIDUAL;
	if (p->form.flags & VSX_CODES_RESIDUAL) {
		opq.load = load_residual;
		opq.context = &r;
	}
	if (wish->transform == VSX_OPQ)
		VSX_TRY(vsx_opq_learn(&map, job, from->rows, &opq, err));
	else
		VSX_TRY(vsx_pca_learn(&map, job, from->rows, p->form.coded,
				      err));
	l = vsx_linear_of(&map);
	vsx_linear_put(&l, p->bytes + vsx_code_parts(&p->form).mean);
	vsx_linear_map_release(&map);
	return VSX_OK;
}

/* The centroids, as rows are transformed. */
static void put_centroids(const struct vsx_code_source *from,
			  struct vsx_code_params *p)
{
	uint8_t *at = p->bytes + vsx_code_parts(&p->form).centroids;
	struct vsx_linear l = vsx_code_linear(&p->form, p->bytes);
	float *y = (float *)(void *)at;

	for (uint32_t i = 0; i < p->form.n_centroids; i++)
		vsx_linear_apply(
			&l,
			(const float *)(const void *)(from->centroids +
						      (size_t)i * from->stride),
			l.dim, 1, true, y + (size_t)i * l.d);
}

static enum vsx_status train(const struct vsx_code_wish *wish,
			     struct vsx_job *job,
			     const struct vsx_code_source *from,
			     struct vsx_code_params *p, struct vsx_error *err)
{
	if (p->form.flags & VSX_CODES_TRANSFORMED) {
		VSX_TRY(learn_transform(wish, job, from, p, err));
		put_centroids(from, p);
	}
	return wish->build->train(job, from, p, err);
}

/* So that later ones can be held to what these rows lose. */
static enum vsx_status put_loss(struct vsx_job *job,
				const struct vsx_code_source *from,
				struct vsx_code_params *p,
				struct vsx_error *err)
{
	struct vsx_code_loss loss;

	VSX_TRY(vsx_code_loss(job, from, p, &loss, err));
	vsx_code_head_set_loss(p->bytes, (float)loss.mean);
	return VSX_OK;
}

uint64_t vsx_codes_train_bytes(const struct vsx_code_wish *wish,
			       const struct vsx_code_form *form, uint64_t n,
			       unsigned int threads)
{
	uint64_t codes = 0, transform = 0;

	if (wish->build->train_bytes)
		codes = wish->build->train_bytes(form, n, threads);
	if (wish->transform == VSX_OPQ) {
		struct vsx_opq_wish opq = opq_of(wish, form);

		transform = vsx_opq_learn_bytes(n, form->dim, &opq, threads);
	}
	if (wish->transform == VSX_PCA)
		transform =
			vsx_pca_learn_bytes(n, form->dim, form->coded, threads);
	return codes > transform ? codes : transform;
}

enum vsx_status vsx_codes_train(const struct vsx_code_wish *wish,
				struct vsx_job *job,
				const struct vsx_code_source *from,
				struct vsx_code_params *p,
				struct vsx_error *err)
{
	struct vsx_code_form form;
	enum vsx_status status;

	*p = (struct vsx_code_params){0};
	if (!wish->build || from->rows->n == 0)
		return VSX_OK;
	form = vsx_code_form_of(wish, from->rows->space->dim, from->n_lists);
	VSX_TRY(vsx_code_params_init(p, wish->build, &form, err));
	status = train(wish, job, from, p, err);
	if (status == VSX_OK && vsx_codec_has_head(wish->build->codec))
		status = put_loss(job, from, p, err);
	if (status != VSX_OK)
		vsx_code_params_release(p);
	return status;
}

uint64_t vsx_codes_bytes(const struct vsx_code_params *p, uint64_t n)
{
	return vsx_codec_bytes(p->build->codec, &p->form, n);
}

/* ---- rows ------------------------------------------------------------- */

/* The last list that begins at the row or before: those that are empty come
 * before the one that holds it. */
static uint32_t list_of(const struct vsx_code_source *from, uint64_t row)
{
	uint32_t low = 0, high = from->n_lists - 1;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2 + 1;

		if (from->lists[mid].first_row <= row)
			low = mid;
		else
			high = mid - 1;
	}
	return low;
}

const float *vsx_code_centroid(const struct vsx_code_source *from,
			       const struct vsx_code_params *p, uint64_t row)
{
	const uint8_t *at = from->centroids;
	size_t stride = from->stride;

	if (!(p->form.flags & VSX_CODES_RESIDUAL))
		return NULL;
	if (p->form.n_centroids) {
		at = p->bytes + vsx_code_parts(&p->form).centroids;
		stride = p->form.coded * sizeof(float);
	}
	return (const float *)(const void *)(at + list_of(from, row) * stride);
}

static uint64_t input_of(const struct vsx_code_source *from, uint64_t row)
{
	return from->order ? from->order[row] : row;
}

const uint8_t *vsx_code_there(const struct vsx_code_source *from, uint64_t row)
{
	return from->code_of ? from->code_of(from->context, input_of(from, row))
			     : NULL;
}

static const uint8_t *row_at(const struct vsx_code_source *from, uint64_t row)
{
	const struct vsx_rows *rows = from->rows;

	return rows->base + input_of(from, row) * rows->space->stride;
}

void vsx_code_source_row(const struct vsx_code_source *from,
			 const struct vsx_code_params *p, uint64_t row,
			 float *x, float *y)
{
	vsx_code_input(&p->form, p->bytes, from->rows->space, row_at(from, row),
		       vsx_code_centroid(from, p, row), x, y);
}

size_t vsx_codes_work(const struct vsx_code_params *p)
{
	return p->form.dim +
	       ((size_t)p->form.coded << p->build->codec->block_shift);
}

/* A row is decoded there: its code, what was coded, the row. */
size_t vsx_codes_work_kept(const struct vsx_code_source *from)
{
	const struct vsx_code_params *kept = from->kept;

	return kept ? (kept->block_bytes + 3) / 4 + kept->form.coded +
			       kept->form.dim
		    : 0;
}

/* What is coded of a row that is kept as a code. */
static void decoded_row(const struct vsx_code_source *from,
			const struct vsx_code_params *p, uint64_t row,
			float *work, float *x, float *y)
{
	const struct vsx_code_params *kept = from->kept;
	uint8_t *code = (uint8_t *)work;
	float *coded = work + (kept->block_bytes + 3) / 4;
	float *decoded = coded + kept->form.coded;
	const float *centroid = vsx_code_centroid(from, kept, row);

	memset(code, 0, kept->block_bytes);
	vsx_code_source_row(from, kept, row, decoded, coded);
	kept->build->codec->encode(&kept->form, kept->bytes, coded,
				   centroid ? &centroid : NULL, 1, code);
	kept->build->codec->decode(&kept->form, kept->bytes, code, 0, coded);
	vsx_code_output(&kept->form, kept->bytes, centroid, coded, decoded);
	vsx_code_input(&p->form, p->bytes, from->rows->space,
		       (const uint8_t *)decoded,
		       vsx_code_centroid(from, p, row), x, y);
}

static void encode_rows(const struct vsx_code_params *p,
			const struct vsx_code_source *from, uint64_t first,
			uint32_t n, uint8_t *block)
{
	const uint8_t *rows[VSX_MAX_BLOCK_ROWS];

	for (uint32_t j = 0; j < n; j++)
		rows[j] = row_at(from, first + j);
	p->build->encode(p, from->rows->space, rows, n, block);
}

static void encode_inputs(const struct vsx_code_params *p,
			  const struct vsx_code_source *from, uint64_t first,
			  uint32_t n, float *work, uint8_t *block)
{
	float *y = work + p->form.dim;
	float *more =
		y + ((size_t)p->form.coded << p->build->codec->block_shift);
	const float *centroids[VSX_MAX_BLOCK_ROWS];

	for (uint32_t j = 0; j < n; j++) {
		centroids[j] = vsx_code_centroid(from, p, first + j);
		if (from->kept && !vsx_code_there(from, first + j))
			decoded_row(from, p, first + j, more, work,
				    y + (size_t)j * p->form.coded);
		else
			vsx_code_source_row(from, p, first + j, work,
					    y + (size_t)j * p->form.coded);
	}
	p->build->codec->encode(&p->form, p->bytes, y,
				centroids[0] ? centroids : NULL, n, block);
}

void vsx_codes_encode(const struct vsx_code_params *p,
		      const struct vsx_code_source *from, uint64_t first,
		      uint64_t n, float *work, uint8_t *out)
{
	uint64_t block_rows = UINT64_C(1) << p->build->codec->block_shift;

	for (uint64_t i = 0; i < n; i += block_rows) {
		uint32_t some =
			(uint32_t)(n - i < block_rows ? n - i : block_rows);

		memset(out, 0, p->block_bytes);
		if (!from->kept && block_rows == 1 &&
		    vsx_code_there(from, first + i))
			memcpy(out, vsx_code_there(from, first + i),
			       p->block_bytes);
		else if (p->build->codec->encode)
			encode_inputs(p, from, first + i, some, work, out);
		else
			encode_rows(p, from, first + i, some, out);
		out += p->block_bytes;
	}
}
