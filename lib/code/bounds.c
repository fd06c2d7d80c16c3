#include "code/bounds.h"

#include <float.h>
#include <math.h>
#include <string.h>

double vsx_bounds_low(const struct vsx_bounds *b, uint32_t key)
{
	double s = vsx_key_value(b->form, key), d;

	if (b->shape == VSX_BOUNDS_EXACT)
		return s;
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
	double s = vsx_key_value(b->form, key), d;

	if (b->shape == VSX_BOUNDS_EXACT)
		return s;
	if (b->shape == VSX_BOUNDS_LINEAR)
		return b->shift + b->unit * s + b->error;
	s = s * (1.0 + b->relative) + b->absolute;
	d = b->unit * sqrt(s) + b->error;
	if (b->shape == VSX_BOUNDS_SQUARE)
		return d * d * (1.0 + b->slack);
	return d * d / 2.0 - 1.0 + b->slack;
}

/* The greatest key of products whose value is not above s. */
static uint32_t product_key(enum vsx_key_form form, double s)
{
	uint32_t low = 1, high = UINT32_MAX;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2 + 1;
		double v = vsx_key_value(form, mid);

		/* Keys past the infinities are no numbers. */
		if (isnan(v) ? mid < 0x80000000u : v <= s)
			low = mid;
		else
			high = mid - 1;
	}
	return low;
}

/* The greatest key, or one above, whose own value is not above s. */
static uint32_t key_of(enum vsx_key_form form, double s)
{
	uint32_t key;
	float f;

	if (form != VSX_KEY_F32 && form != VSX_KEY_WHOLE)
		return product_key(form, s);
	if (s <= 0.0)
		return 0;
	if (form == VSX_KEY_WHOLE)
		return s >= (double)UINT32_MAX ? UINT32_MAX : (uint32_t)s;
	if (s >= FLT_MAX / 2)
		return UINT32_MAX;
	f = nextafterf((float)s, INFINITY);
	memcpy(&key, &f, 4);
	return key;
}

uint32_t vsx_bounds_key(const struct vsx_bounds *b, double value)
{
	double s, d;

	if (!(value < INFINITY) || !(b->error < INFINITY))
		return UINT32_MAX;
	if (b->shape == VSX_BOUNDS_LINEAR || b->shape == VSX_BOUNDS_EXACT) {
		s = (value + b->error - b->shift) / b->unit;
		s += (fabs(s) + (fabs(value) + fabs(b->shift)) / b->unit) *
		     VSX_HAIR;
		return key_of(b->form, s);
	}
	if (b->shape == VSX_BOUNDS_ANGLE)
		value = 2.0 * (value + 1.0 + b->slack);
	else
		value *= 1.0 + 2.0 * b->slack;
	d = (sqrt(value > 0.0 ? value : 0.0) + b->error) / b->unit;
	s = (d * d + b->absolute) / (1.0 - b->relative);
	return key_of(b->form, s + s * VSX_HAIR);
}

/* kernel.h has the order of the additions. A few more roundings are allowed for
 * than there are. */
double vsx_sum_error(uint32_t dim)
{
	return (dim / 32.0 + 10.0) * 0x1p-23;
}

double vsx_sum_underflow(uint32_t dim)
{
	return dim * 0x1p-148;
}

double vsx_exact_error(uint32_t dim)
{
	return (dim + 64.0) * 0x1p-52;
}

double vsx_query_length(const struct vsx_query *q, uint32_t dim)
{
	double sum = 0.0;

	for (uint32_t i = 0; i < dim; i++)
		sum += q->f64_buffer[i] * q->f64_buffer[i];
	return sqrt(sum) * (1.0 + VSX_HAIR);
}
