#include "nibbles.h"

#include <math.h>
#include <string.h>

#define ROWS 32

/* Parameters: this, then f32 lo[dim]. */
struct head {
	float delta, eps_cap;
};

static struct head head_of(const uint8_t *params)
{
	struct head h;

	memcpy(&h, params, sizeof(h));
	return h;
}

static double lo_of(const uint8_t *params, uint32_t d)
{
	float lo;

	memcpy(&lo, params + sizeof(struct head) + d * 4, 4);
	return lo;
}

static uint32_t block_bytes(const struct vsx_code_form *f)
{
	return f->dim * ROWS / 2;
}

static uint64_t params_bytes(const struct vsx_code_form *f)
{
	return sizeof(struct head) + (uint64_t)f->dim * 4;
}

static bool suits(enum vsx_elem elem)
{
	(void)elem;
	return true;
}

static enum vsx_status open_nibbles(struct vsx_codes *c, struct vsx_error *err)
{
	struct head h = head_of(c->params);

	if (!(h.delta > 0.0f))
		return vsx_fail(err, VSX_ECORRUPT, "delta is %g",
				(double)h.delta);
	return VSX_OK;
}

static uint8_t nibble(const struct vsx_codes *c, uint32_t row, uint32_t d)
{
	const uint8_t *block = c->base + (size_t)(row / ROWS) * c->block_bytes;

	return block[d * ROWS / 2 + row % ROWS / 2] >> (row % 2 * 4) & 15;
}

static uint8_t step_of(double x)
{
	return (uint8_t)((x < 0.0 ? 0.0 : x > 15.0 ? 15.0 : x) + 0.5);
}

static enum vsx_status prepare(const struct vsx_codes *c,
			       struct vsx_code_query *q, struct vsx_error *err)
{
	struct head h = head_of(c->params);
	const double *x = q->asked->f64_buffer;
	uint8_t *code = q->query.native_buffer;
	double lost = 0.0, length = 0.0, delta = h.delta;
	struct vsx_bounds *b = &q->bounds;
	uint32_t dim = c->rows.dim;

	(void)err;
	q->compared = NULL;
	*b = (struct vsx_bounds){.unit = delta};
	for (uint32_t d = 0; d < dim; d++) {
		double at = (x[d] - lo_of(c->params, d)) / delta;

		code[d] = step_of(at);
		lost += (at - code[d]) * (at - code[d]);
		length +=
			lo_of(c->params, d) * lo_of(c->params, d) + x[d] * x[d];
		b->shift -= x[d] * lo_of(c->params, d);
	}
	if (c->rows.metric == VSX_IP) {
		b->form = VSX_KEY_PRODUCT;
		b->shape = VSX_BOUNDS_LINEAR;
		b->error = vsx_query_length(q->asked, dim) *
			   ((double)h.eps_cap +
			    (sqrt(length) + 15.0 * sqrt(dim) * delta) * 1e-6);
		return VSX_OK;
	}
	b->form = VSX_KEY_WHOLE;
	b->shape =
		c->rows.metric == VSX_L2 ? VSX_BOUNDS_SQUARE : VSX_BOUNDS_ANGLE;
	b->error = sqrt(lost) * delta + (double)h.eps_cap +
		   (sqrt(length) + 1.0) * 1e-12;
	b->slack = vsx_exact_error(dim) + 1e-14;
	b->shift = 0.0;
	return VSX_OK;
}

static uint32_t key_of(const struct vsx_codes *c,
		       const struct vsx_code_query *q, uint32_t row)
{
	const uint8_t *code = q->query.native_buffer;
	double product = 0.0;
	uint32_t sum = 0;

	for (uint32_t d = 0; d < c->rows.dim; d++) {
		int n = nibble(c, row, d), diff = n - code[d];

		product += q->asked->f64_buffer[d] * n;
		sum += (uint32_t)(diff * diff);
	}
	return c->rows.metric == VSX_IP ? vsx_key_of_product((float)product)
					: sum;
}

static void keys_of_run(const struct vsx_codes *c, struct vsx_code_query *q,
			const struct vsx_run *run, uint32_t *keys)
{
	for (uint32_t i = 0; i < run->n_rows; i++)
		keys[i] = key_of(c, q, run->first_row + i);
}

static void keys_of_rows(const struct vsx_codes *c, struct vsx_code_query *q,
			 const uint32_t *rows, size_t n, uint32_t *keys)
{
	for (size_t i = 0; i < n; i++)
		keys[i] = key_of(c, q, rows[i]);
}

static enum vsx_status check(const struct vsx_codes *c, struct vsx_error *err)
{
	(void)c;
	(void)err;
	return VSX_OK;
}

/* Component d of a row, under cosine of length 1. */
static double component(const struct vsx_space *s, const uint8_t *row,
			uint32_t d)
{
	float x;

	vsx_space_load_some(s, &x, row, d, 1);
	return (double)x * vsx_space_scale(s, row);
}

static enum vsx_status check_row(const struct vsx_codes *c, uint32_t row,
				 const uint8_t *at, struct vsx_error *err)
{
	struct head h = head_of(c->params);
	double sum = 0.0;

	for (uint32_t d = 0; d < c->rows.dim; d++) {
		double r = component(&c->rows, at, d) - lo_of(c->params, d) -
			   (double)h.delta * nibble(c, row, d);

		sum += r * r;
	}
	if (sqrt(sum) <= (double)h.eps_cap)
		return VSX_OK;
	return vsx_fail(err, VSX_ECORRUPT, "its code is %g off", sqrt(sum));
}

/* ---- making them ------------------------------------------------------- */

static enum vsx_status train_with(double share, const struct vsx_rows *rows,
				  struct vsx_code_params *p)
{
	const struct vsx_space *s = rows->space;
	double width = 0.0, most = 0.0;
	struct head h;

	for (uint32_t d = 0; d < s->dim; d++) {
		double low = INFINITY, high = -INFINITY;
		float lo;

		for (uint32_t r = 0; r < rows->n; r++) {
			double x = component(
				s, rows->base + (size_t)r * s->stride, d);

			low = fmin(low, x);
			high = fmax(high, x);
		}
		lo = (float)low;
		memcpy(p->bytes + sizeof(h) + d * 4, &lo, 4);
		width = fmax(width, high - low);
		most = fmax(most, fmax(fabs(low), fabs(high)));
	}
	h.delta = (float)fmax(width / 15.0, 1e-30);
	/* Half a step in each dimension, and what f32 cannot tell of lo. */
	h.eps_cap = (float)(share * sqrt(s->dim) *
			    (0.5 * (double)h.delta * 1.00001 + most * 1e-6));
	memcpy(p->bytes, &h, sizeof(h));
	return VSX_OK;
}

static enum vsx_status train(struct vsx_job *job,
			     const struct vsx_code_source *from,
			     struct vsx_code_params *p, struct vsx_error *err)
{
	(void)job;
	(void)err;
	return train_with(1.0, from->rows, p);
}

static enum vsx_status train_guesses(struct vsx_job *job,
				     const struct vsx_code_source *from,
				     struct vsx_code_params *p,
				     struct vsx_error *err)
{
	(void)job;
	(void)err;
	return train_with(1e-6, from->rows, p);
}

static void encode(const struct vsx_code_params *p,
		   const struct vsx_space *space, const uint8_t *const *rows,
		   uint32_t n, uint8_t *block)
{
	double delta = head_of(p->bytes).delta;

	for (uint32_t r = 0; r < n; r++)
		for (uint32_t d = 0; d < p->form.dim; d++) {
			double at = component(space, rows[r], d) -
				    lo_of(p->bytes, d);

			block[d * ROWS / 2 + r / 2] |=
				(uint8_t)(step_of(at / delta) << (r % 2 * 4));
		}
}

#define NIBBLES(says)                                                          \
	{                                                                      \
		.id = UINT32_MAX, .name = "nibbles", .estimates = (says),      \
		.refine = 1.0, .block_shift = 5, .block_bytes = block_bytes,   \
		.params_bytes = params_bytes, .suits = suits,                  \
		.open = open_nibbles, .prepare = prepare,                      \
		.keys_of_run = keys_of_run, .keys_of_rows = keys_of_rows,      \
		.check = check, .check_row = check_row,                        \
	}

static const struct vsx_codec nibbles = NIBBLES(false);
static const struct vsx_codec guesses = NIBBLES(true);

const struct vsx_codec_build nibbles_build = {
	.codec = &nibbles, .train = train, .encode = encode};
const struct vsx_codec_build guesses_build = {
	.codec = &guesses, .train = train_guesses, .encode = encode};
