#include "code/grid.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "disk.h"
#include "manifest.h"
#include "names.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "parameters are read in place: this needs a little-endian machine"
#endif

static_assert(sizeof(struct vsx_grid_header) == 16, "SPEC.md 5.7");

static float load_f32(const uint8_t *p, size_t i)
{
	float f;

	memcpy(&f, p + i * 4, 4);
	return f;
}

struct vsx_grid_header vsx_grid_header(const uint8_t *params)
{
	struct vsx_grid_header h;

	memcpy(&h, params, sizeof(h));
	return h;
}

static uint32_t record_bytes(const struct vsx_code_form *f)
{
	return vsx_row_stride(vsx_grid_eps_at(f->dim) + 4);
}

static uint64_t params_bytes(const struct vsx_code_form *f)
{
	return sizeof(struct vsx_grid_header) + (uint64_t)f->dim * 4;
}

static bool suits(enum vsx_elem elem)
{
	return !vsx_elem_is_int(elem);
}

static enum vsx_status open_grid(struct vsx_codes *c, struct vsx_error *err)
{
	struct vsx_grid_header h = vsx_grid_header(c->params);

	vsx_space_init(&c->space, c->rows.metric == VSX_IP ? VSX_IP : VSX_L2,
		       VSX_U8, c->rows.dim, c->block_bytes);
	c->unsure = h.wild != 0;
	if (!(h.delta > 0.0f && h.delta <= FLT_MAX) ||
	    !(h.eps_cap >= 0.0f && h.eps_cap <= FLT_MAX) || h.wild > 1 ||
	    h.zero)
		return vsx_fail(err, VSX_ECORRUPT,
				"codes with delta %g, eps_cap %g, wild %u, "
				"zero %u",
				(double)h.delta, (double)h.eps_cap, h.wild,
				h.zero);
	return VSX_OK;
}

/* ---- the query on the grid ------------------------------------------ */

/* What both ways of writing the query on the grid have lost, squared. */
struct losses {
	double whole, rounded, length;
};

static struct losses to_grid(const struct vsx_codes *c,
			     const struct vsx_query *q, struct vsx_query *code,
			     double delta)
{
	struct losses sum = {0.0, 0.0, 0.0};
	const uint8_t *lo = vsx_grid_lo(c->params);
	double inverse = 1.0 / delta;
	uint8_t *whole = code->native_buffer;

	for (uint32_t i = 0; i < c->rows.dim; i++) {
		double at = q->f64_buffer[i] - (double)load_f32(lo, i);
		double x = at * inverse, r;
		/* NaN from a hostile file becomes 0. */
		double kept = x > 0.0 ? (x < 255.0 ? x : 255.0) : 0.0;

		whole[i] = (uint8_t)(kept + 0.5);
		r = x - whole[i];
		sum.whole += r * r;
		code->f32_buffer[i] = (float)x;
		r = x - (double)code->f32_buffer[i];
		sum.rounded += r * r;
		sum.length += at * at;
	}
	return sum;
}

static enum vsx_status no_number(struct vsx_error *err)
{
	return vsx_at_section(
		err,
		vsx_fail(err, VSX_ECORRUPT,
			 "section CPAR has an offset that is not a number"),
		"CPAR");
}

static enum vsx_status prepare_distances(const struct vsx_codes *c,
					 struct vsx_code_query *q,
					 struct vsx_error *err)
{
	struct vsx_grid_header h = vsx_grid_header(c->params);
	struct vsx_query *code = &q->query;
	struct vsx_bounds *b = &q->bounds;
	uint32_t dim = c->rows.dim;
	bool cosine = c->rows.metric == VSX_COSINE;
	double delta = h.delta;
	struct losses sum = to_grid(c, q->asked, code, delta);
	double lost = sum.rounded;

	if (!(sum.length <= DBL_MAX))
		return no_number(err);
	/* Rounding loses half a step in each dimension at most; what is above
	 * comes from components outside of the grid. */
	if (sum.whole <= 0.36 * dim) {
		code->native = code->native_buffer;
		lost = sum.whole;
	} else {
		b->relative = vsx_sum_error(dim);
		b->absolute = vsx_sum_underflow(dim);
	}
	b->shape = cosine ? VSX_BOUNDS_ANGLE : VSX_BOUNDS_SQUARE;
	b->unit = delta;
	b->error = sqrt(lost) * delta * (1.0 + VSX_HAIR) + (double)h.eps_cap +
		   sqrt(sum.length) * 1e-14 + (cosine ? 1e-14 : 0.0);
	b->slack = vsx_exact_error(dim);
	return VSX_OK;
}

static enum vsx_status prepare_products(const struct vsx_codes *c,
					struct vsx_code_query *q,
					struct vsx_error *err)
{
	struct vsx_grid_header h = vsx_grid_header(c->params);
	const uint8_t *offsets = vsx_grid_lo(c->params);
	struct vsx_bounds *b = &q->bounds;
	uint32_t dim = c->rows.dim;
	double length = vsx_query_length(q->asked, dim), delta = h.delta;
	double lo_length = 0.0, code_length = 255.0 * sqrt(dim), most;
	double eps_cap = h.eps_cap;

	for (uint32_t i = 0; i < dim; i++) {
		double lo = load_f32(offsets, i);

		b->shift -= q->asked->f64_buffer[i] * lo;
		lo_length += lo * lo;
	}
	if (!(lo_length <= DBL_MAX))
		return no_number(err);
	memcpy(q->query.f32_buffer, q->asked->f32, dim * sizeof(float));
	b->shape = VSX_BOUNDS_LINEAR;
	b->unit = delta;
	most = length * code_length;
	if (!(most < FLT_MAX / 4)) {
		b->error = INFINITY;
		return VSX_OK;
	}
	b->error =
		length * eps_cap +
		delta * (most * vsx_sum_error(dim) + vsx_sum_underflow(dim)) +
		length * (sqrt(lo_length) + delta * code_length + eps_cap) *
			(vsx_exact_error(dim) + VSX_HAIR * 0x1p-4);
	return VSX_OK;
}

/*
 * For distances the query becomes one of whole numbers, so that the integer
 * kernels serve, unless it lies too far outside of the grid.
 */
static enum vsx_status prepare(const struct vsx_codes *c,
			       struct vsx_code_query *q, struct vsx_error *err)
{
	enum vsx_status status;

	q->query.f32 = q->query.f32_buffer;
	q->query.native = NULL;
	q->query.scale = 1.0f;
	q->longest = 0.0;
	q->compared = &q->query;
	q->bounds = (struct vsx_bounds){0};
	status = c->rows.metric == VSX_IP ? prepare_products(c, q, err)
					  : prepare_distances(c, q, err);
	q->bounds.form = vsx_space_key_form(&c->space, &q->query);
	return status;
}

/* ---- keys ----------------------------------------------------------- */

static const uint8_t *record(const struct vsx_codes *c, uint32_t row)
{
	return c->base + (size_t)row * c->block_bytes;
}

static float eps_of(const struct vsx_codes *c, uint32_t row)
{
	return load_f32(record(c, row) + vsx_grid_eps_at(c->rows.dim), 0);
}

static void keys_of_run(const struct vsx_codes *c, struct vsx_code_query *q,
			const struct vsx_run *run, uint32_t *keys)
{
	vsx_space_keys(&c->space, &q->query, record(c, run->first_row), NULL,
		       run->n_rows, keys);
}

static void keys_of_rows(const struct vsx_codes *c, struct vsx_code_query *q,
			 const uint32_t *rows, size_t n, uint32_t *keys)
{
	vsx_space_keys(&c->space, &q->query, c->base, rows, n, keys);
}

/* Wild rows: so far out that the grid was not made for them. */
static void mark(const struct vsx_codes *c, const struct vsx_run *run,
		 uint32_t *keys)
{
	float most = vsx_grid_header(c->params).eps_cap;

	for (uint32_t i = 0; i < run->n_rows; i++)
		if (!(eps_of(c, run->first_row + i) <= most))
			keys[i] = VSX_KEY_UNSURE;
}

/* ---- rows and their codes ------------------------------------------- */

float vsx_grid_loss(const struct vsx_space *rows, float delta,
		    const uint8_t *lo, const uint8_t *row, const uint8_t *code)
{
	float x[VSX_SPACE_PIECE];
	double scale = vsx_space_scale(rows, row);
	double sum = 0.0, length = 0.0, loss;

	for (uint32_t d = 0; d < rows->dim; d += VSX_SPACE_PIECE) {
		uint32_t n = vsx_space_piece(rows->dim, d);

		vsx_space_load_some(rows, x, row, d, n);
		for (uint32_t i = 0; i < n; i++) {
			double at = (double)load_f32(lo, d + i) +
				    (double)delta * code[d + i];
			double r = (double)x[i] * scale - at;

			sum += r * r;
			length += at * at;
		}
	}
	/* The second part is what the arithmetic here may have lost. */
	loss = sqrt(sum) * (1.0 + VSX_HAIR) +
	       (sqrt(length) + (scale != 1.0)) * 1e-14;
	return nextafterf((float)loss, INFINITY);
}

static enum vsx_status check(const struct vsx_codes *c, struct vsx_error *err)
{
	for (uint32_t i = 0; i < c->rows.dim; i++) {
		float lo = load_f32(vsx_grid_lo(c->params), i);

		if (!isfinite(lo))
			return vsx_fail(err, VSX_ECORRUPT,
					"lo[%u] of the codes is %g, expected a "
					"finite number",
					i, (double)lo);
	}
	return VSX_OK;
}

static enum vsx_status check_row(const struct vsx_codes *c, uint32_t row,
				 const uint8_t *at, struct vsx_error *err)
{
	struct vsx_grid_header h = vsx_grid_header(c->params);
	const uint8_t *code = record(c, row);
	uint32_t dim = c->rows.dim, end = vsx_grid_eps_at(dim);
	float eps = eps_of(c, row);
	float loss = vsx_grid_loss(&c->rows, h.delta, vsx_grid_lo(c->params),
				   at, code);

	if (!vsx_is_zero(code + dim, end - dim) ||
	    !vsx_is_zero(code + end + 4, c->block_bytes - end - 4))
		return vsx_fail(err, VSX_ECORRUPT,
				"the bytes after its code are not its eps and "
				"zeros");
	if (!(eps >= loss))
		return vsx_fail(err, VSX_ECORRUPT,
				"its code is %g off, it says %g", (double)loss,
				(double)eps);
	if (!h.wild && !(eps <= h.eps_cap))
		return vsx_fail(err, VSX_ECORRUPT,
				"its code is %g off, expected %g at most",
				(double)eps, (double)h.eps_cap);
	return VSX_OK;
}

const struct vsx_codec vsx_codec_grid = {
	.id = VSX_CODEC_GRID,
	.name = "8-bit grid",
	.block_bytes = record_bytes,
	.params_bytes = params_bytes,
	.suits = suits,
	.open = open_grid,
	.prepare = prepare,
	.keys_of_run = keys_of_run,
	.keys_of_rows = keys_of_rows,
	.mark = mark,
	.check = check,
	.check_row = check_row,
};
