#include "segment/codes.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "segment/ids.h"
#include "manifest.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "parameters are read in place: this needs a little-endian machine"
#endif

static_assert(sizeof(struct vsx_codes_header) == 16, "SPEC.md 5.7");

static float load_f32(const uint8_t *p, size_t i)
{
	float f;

	memcpy(&f, p + i * 4, 4);
	return f;
}

uint32_t vsx_codes_stride(uint32_t dim)
{
	return vsx_row_stride(vsx_codes_eps_at(dim) + 4);
}

static enum vsx_status bad_length(const char *section, uint64_t found,
				  uint64_t due, struct vsx_error *err)
{
	return vsx_fail(err, VSX_ECORRUPT,
			"section %s has %llu bytes, expected %llu", section,
			(unsigned long long)found, (unsigned long long)due);
}

enum vsx_status vsx_codes_check_lengths(const struct vsx_segment *seg,
					struct vsx_error *err)
{
	const struct vsx_view *code = &seg->view[VSX_SEC_CODE];
	const struct vsx_view *params = &seg->view[VSX_SEC_CPAR];
	uint64_t due;

	if (!code->base && !params->base)
		return VSX_OK;
	if (!code->base || !params->base)
		return vsx_fail(err, VSX_ECORRUPT, "section %s without %s",
				code->base ? "CODE" : "CPAR",
				code->base ? "CPAR" : "CODE");
	if (vsx_elem_is_int(seg->space.elem))
		return vsx_fail(err, VSX_ECORRUPT,
				"section CODE over rows of %s",
				vsx_elem_name(seg->space.elem));
	due = vsx_codes_params_bytes(seg->space.dim);
	if (params->bytes != due)
		return bad_length("CPAR", params->bytes, due, err);
	due = (uint64_t)seg->n_rows * vsx_codes_stride(seg->space.dim);
	if (code->bytes != due)
		return bad_length("CODE", code->bytes, due, err);
	return VSX_OK;
}

enum vsx_status vsx_codes_attach(struct vsx_codes *c,
				 const struct vsx_space *rows,
				 const uint8_t *params,
				 const struct vsx_view *view, uint64_t at,
				 struct vsx_error *err)
{
	struct vsx_codes_header *h = &c->header;

	vsx_space_init(&c->space, rows->metric == VSX_IP ? VSX_IP : VSX_L2,
		       VSX_U8, rows->dim, vsx_codes_stride(rows->dim));
	c->view = view;
	c->base = view->base + at;
	c->at = at;
	c->cosine = rows->metric == VSX_COSINE;
	memcpy(h, params, sizeof(*h));
	c->lo = params + sizeof(*h);
	if (!(h->delta > 0.0f && h->delta <= FLT_MAX) ||
	    !(h->eps_cap >= 0.0f && h->eps_cap <= FLT_MAX) || h->wild > 1 ||
	    h->zero)
		return vsx_fail(err, VSX_ECORRUPT,
				"codes with delta %g, eps_cap %g, wild %u, "
				"zero %u",
				(double)h->delta, (double)h->eps_cap, h->wild,
				h->zero);
	return VSX_OK;
}

enum vsx_status vsx_codes_check_params(const struct vsx_codes *c,
				       struct vsx_error *err)
{
	for (uint32_t i = 0; i < c->space.dim; i++) {
		float lo = load_f32(c->lo, i);

		if (!isfinite(lo))
			return vsx_fail(err, VSX_ECORRUPT,
					"lo[%u] of the codes is %g, expected a "
					"finite number",
					i, (double)lo);
	}
	return VSX_OK;
}

enum vsx_status vsx_codes_open(struct vsx_codes *c,
			       const struct vsx_segment *seg,
			       struct vsx_error *err)
{
	const struct vsx_view *params = &seg->view[VSX_SEC_CPAR];

	VSX_TRY(vsx_touch(params, 0, params->bytes, err));
	return vsx_codes_attach(c, &seg->space, params->base,
				&seg->view[VSX_SEC_CODE], 0, err);
}

float vsx_codes_eps(const struct vsx_codes *c, uint32_t row)
{
	return load_f32(c->base + (size_t)row * c->space.stride +
				vsx_codes_eps_at(c->space.dim),
			0);
}

/* ---- what a key says ------------------------------------------------ */

double vsx_bounds_low(const struct vsx_bounds *b, uint32_t key)
{
	double s = vsx_space_value(b->space, b->query, key), d;

	if (b->shape == VSX_BOUNDS_LINEAR)
		return b->shift + b->unit * s - b->error;
	/* An infinite sum has overflowed; the true one is at least this. */
	if (s > FLT_MAX)
		s = FLT_MAX;
	s = s * (1.0 - b->relative) - b->absolute;
	d = s > 0.0 ? b->unit * sqrt(s) - b->error : 0.0;
	if (d < 0.0)
		d = 0.0;
	if (b->shape == VSX_BOUNDS_SQUARE)
		return d * d * (1.0 - b->slack);
	return d * d / 2.0 - 1.0 - b->slack;
}

double vsx_bounds_high(const struct vsx_bounds *b, uint32_t key)
{
	double s = vsx_space_value(b->space, b->query, key), d;

	if (b->shape == VSX_BOUNDS_LINEAR)
		return b->shift + b->unit * s + b->error;
	s = s * (1.0 + b->relative) + b->absolute;
	d = b->unit * sqrt(s) + b->error;
	if (b->shape == VSX_BOUNDS_SQUARE)
		return d * d * (1.0 + b->slack);
	return d * d / 2.0 - 1.0 + b->slack;
}

/* The greatest key of products whose value is not above s. */
static uint32_t product_key(const struct vsx_bounds *b, double s)
{
	uint32_t low = 1, high = UINT32_MAX;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2 + 1;
		double v = vsx_space_value(b->space, b->query, mid);

		/* Keys past the infinities are no numbers. */
		if (isnan(v) ? mid < 0x80000000u : v <= s)
			low = mid;
		else
			high = mid - 1;
	}
	return low;
}

/* The greatest key, or one above, whose own value is not above s. */
static uint32_t key_of(const struct vsx_bounds *b, double s)
{
	uint32_t key;
	float f;

	if (b->space->metric != VSX_L2)
		return product_key(b, s);
	if (s <= 0.0)
		return 0;
	if (b->query->native)
		return s >= (double)UINT32_MAX ? UINT32_MAX : (uint32_t)s;
	if (s >= FLT_MAX / 2)
		return UINT32_MAX;
	f = nextafterf((float)s, INFINITY);
	memcpy(&key, &f, 4);
	return key;
}

#define HAIR 0x1p-40 /* more than the arithmetic below can lose */

uint32_t vsx_bounds_key(const struct vsx_bounds *b, double value)
{
	double s, d;

	if (!(value < INFINITY) || !(b->error < INFINITY))
		return UINT32_MAX;
	if (b->shape == VSX_BOUNDS_LINEAR) {
		s = (value + b->error - b->shift) / b->unit;
		s += (fabs(s) + (fabs(value) + fabs(b->shift)) / b->unit) *
		     HAIR;
		return key_of(b, s);
	}
	if (b->shape == VSX_BOUNDS_ANGLE)
		value = 2.0 * (value + 1.0 + b->slack);
	else
		value *= 1.0 + 2.0 * b->slack;
	d = (sqrt(value > 0.0 ? value : 0.0) + b->error) / b->unit;
	s = (d * d + b->absolute) / (1.0 - b->relative);
	return key_of(b, s + s * HAIR);
}

/* ---- bounds of keys of rows ----------------------------------------- */

/* Relative error of an f32 sum of terms of one sign; kernel.h has the order.
 * A few more roundings are allowed for than there are. */
static double sum_error(uint32_t dim)
{
	return (dim / 32.0 + 10.0) * 0x1p-23;
}

/* Terms too small for an f32 are lost as a whole. */
static double underflow(uint32_t dim)
{
	return dim * 0x1p-148;
}

/*
 * The same for f64 sums: those of vsx_space_exact_value(), in lanes, and those
 * of lengths and shifts, which run through all components one after the other.
 */
static double exact_error(uint32_t dim)
{
	return (dim + 64.0) * 0x1p-52;
}

static double query_length(const struct vsx_query *q, uint32_t dim)
{
	double sum = 0.0;

	for (uint32_t i = 0; i < dim; i++)
		sum += q->f64_buffer[i] * q->f64_buffer[i];
	return sqrt(sum) * (1.0 + HAIR);
}

bool vsx_bounds_rows(struct vsx_bounds *b, const struct vsx_space *rows,
		     const struct vsx_query *q)
{
	uint32_t dim = rows->dim;

	*b = (struct vsx_bounds){.space = rows,
				 .query = q,
				 .shape = VSX_BOUNDS_LINEAR,
				 .unit = 1.0};
	if (rows->metric == VSX_COSINE) {
		b->error = sum_error(dim) + 8 * 0x1p-23 + exact_error(dim);
		return true;
	}
	if (q->native)
		return true; /* whole numbers: nothing is rounded */
	if (rows->metric == VSX_IP) {
		b->error = INFINITY;
		return false;
	}
	b->shape = VSX_BOUNDS_SQUARE;
	b->relative = sum_error(dim);
	b->absolute = underflow(dim);
	b->slack = exact_error(dim);
	return true;
}

double vsx_bounds_product_error(const struct vsx_space *rows,
				const struct vsx_query *q, double row_length)
{
	double most = query_length(q, rows->dim) * row_length;

	if (!(most < FLT_MAX / 4))
		return INFINITY; /* a sum may have overflowed */
	return most * (sum_error(rows->dim) + exact_error(rows->dim)) +
	       underflow(rows->dim);
}

/* ---- the query of the codes ----------------------------------------- */

/* What both ways of writing the query on the grid have lost, squared. */
struct losses {
	double whole, rounded, length;
};

static struct losses to_grid(const struct vsx_codes *c,
			     const struct vsx_query *q, struct vsx_query *code)
{
	struct losses sum = {0.0, 0.0, 0.0};
	double delta = c->header.delta;
	double inverse = 1.0 / delta;
	uint8_t *whole = code->native_buffer;

	for (uint32_t i = 0; i < c->space.dim; i++) {
		double at = q->f64_buffer[i] - (double)load_f32(c->lo, i);
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

static enum vsx_status distance_query(const struct vsx_codes *c,
				      const struct vsx_query *q,
				      struct vsx_query *code,
				      struct vsx_bounds *b,
				      struct vsx_error *err)
{
	uint32_t dim = c->space.dim;
	struct losses sum = to_grid(c, q, code);
	double lost;

	if (!(sum.length <= DBL_MAX))
		return vsx_fail(err, VSX_ECORRUPT,
				"section CPAR has an offset that is not a "
				"number");
	/* Rounding loses half a step in each dimension at most; what is above
	 * comes from components outside of the grid. */
	code->native = NULL;
	lost = sum.rounded;
	if (sum.whole <= 0.36 * dim) {
		code->native = code->native_buffer;
		lost = sum.whole;
	} else {
		b->relative = sum_error(dim);
		b->absolute = underflow(dim);
	}
	b->shape = c->cosine ? VSX_BOUNDS_ANGLE : VSX_BOUNDS_SQUARE;
	b->unit = c->header.delta;
	b->error = sqrt(lost) * c->header.delta * (1.0 + HAIR) +
		   c->header.eps_cap + sqrt(sum.length) * 1e-14 +
		   (c->cosine ? 1e-14 : 0.0);
	b->slack = exact_error(dim);
	return VSX_OK;
}

static enum vsx_status product_query(const struct vsx_codes *c,
				     const struct vsx_query *q,
				     struct vsx_query *code,
				     struct vsx_bounds *b,
				     struct vsx_error *err)
{
	uint32_t dim = c->space.dim;
	double length = query_length(q, dim), delta = c->header.delta;
	double lo_length = 0.0, code_length = 255.0 * sqrt(dim), most;

	for (uint32_t i = 0; i < dim; i++) {
		double lo = load_f32(c->lo, i);

		b->shift -= q->f64_buffer[i] * lo;
		lo_length += lo * lo;
	}
	if (!(lo_length <= DBL_MAX))
		return vsx_fail(err, VSX_ECORRUPT,
				"section CPAR has an offset that is not a "
				"number");
	memcpy(code->f32_buffer, q->f32, dim * sizeof(float));
	code->native = NULL;
	b->shape = VSX_BOUNDS_LINEAR;
	b->unit = delta;
	most = length * code_length;
	if (!(most < FLT_MAX / 4)) {
		b->error = INFINITY;
		return VSX_OK;
	}
	b->error = length * c->header.eps_cap +
		   delta * (most * sum_error(dim) + underflow(dim)) +
		   length *
			   (sqrt(lo_length) + delta * code_length +
			    c->header.eps_cap) *
			   (exact_error(dim) + HAIR * 0x1p-4);
	return VSX_OK;
}

enum vsx_status vsx_codes_query(const struct vsx_codes *c,
				const struct vsx_space *rows,
				const struct vsx_query *q,
				struct vsx_query *code, struct vsx_bounds *b,
				struct vsx_error *err)
{
	*b = (struct vsx_bounds){.space = &c->space, .query = code};
	code->f32 = code->f32_buffer;
	code->scale = 1.0f;
	if (rows->metric == VSX_IP)
		return product_query(c, q, code, b, err);
	return distance_query(c, q, code, b, err);
}

/* ---- rows and their codes ------------------------------------------- */

float vsx_codes_loss(const struct vsx_space *rows, float delta,
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
	loss = sqrt(sum) * (1.0 + HAIR) +
	       (sqrt(length) + (scale != 1.0)) * 1e-14;
	return nextafterf((float)loss, INFINITY);
}

enum vsx_status vsx_codes_check_record(const struct vsx_codes *c,
				       const struct vsx_space *rows,
				       const uint8_t *row, const char *what,
				       uint32_t i, vsx_finding *report,
				       void *context)
{
	const uint8_t *record = c->base + (size_t)i * c->space.stride;
	uint32_t dim = c->space.dim, at = vsx_codes_eps_at(dim);
	float eps = vsx_codes_eps(c, i);
	float loss = vsx_codes_loss(rows, c->header.delta, c->lo, row, record);

	if (!vsx_is_zero(record + dim, at - dim) ||
	    !vsx_is_zero(record + at + 4, c->space.stride - at - 4))
		VSX_TRY(vsx_tell(report, context, VSX_ECORRUPT,
				 "%s %u: the bytes after its code are not its "
				 "eps and zeros",
				 what, i));
	if (!(eps >= loss))
		return vsx_tell(report, context, VSX_ECORRUPT,
				"%s %u: its code is %g off, it says %g", what,
				i, (double)loss, (double)eps);
	if (!c->header.wild && !(eps <= c->header.eps_cap))
		return vsx_tell(report, context, VSX_ECORRUPT,
				"%s %u: its code is %g off, expected %g at "
				"most",
				what, i, (double)eps,
				(double)c->header.eps_cap);
	return VSX_OK;
}

enum vsx_status vsx_codes_check(const struct vsx_segment *seg,
				vsx_finding *report, void *context,
				struct vsx_error *err)
{
	struct vsx_error local;
	struct vsx_codes c;

	(void)err;
	if (!vsx_codes_present(seg))
		return VSX_OK;
	if (vsx_codes_open(&c, seg, &local) ||
	    vsx_codes_check_params(&c, &local))
		return vsx_tell(report, context, VSX_ECORRUPT, "%s",
				local.text);
	for (uint32_t row = 0; row < seg->n_rows; row++) {
		uint64_t offset;

		/* A row that cannot be found is reported with its list. */
		if (vsx_segment_locate(seg, row, &offset, &local))
			continue;
		VSX_TRY(vsx_codes_check_record(
			&c, &seg->space, seg->view[VSX_SEC_VECS].base + offset,
			"row", row, report, context));
	}
	return VSX_OK;
}
