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

struct vsx_grid_header vsx_grid_header(const uint8_t *params)
{
	struct vsx_grid_header h;

	memcpy(&h, params, sizeof(h));
	return h;
}

static uint32_t block_bytes(const struct vsx_code_form *f)
{
	return vsx_grid_eps_at(f->dim) + 4 * VSX_PANEL;
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

/* Where the code of a row begins, and what is told of it. */
static const uint8_t *code_of(const struct vsx_codes *c, uint32_t row)
{
	return c->base + (size_t)(row / VSX_PANEL) * c->block_bytes +
	       (size_t)(row % VSX_PANEL) * 4;
}

static float eps_of(const struct vsx_codes *c, uint32_t row)
{
	float eps;

	memcpy(&eps, code_of(c, row) + vsx_grid_eps_at(c->rows.dim), 4);
	return eps;
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

/* Components whose terms are made at once. */
#define TERMS 64u

struct terms {
	double lost[VSX_GRID_ROWS][TERMS], length[VSX_GRID_ROWS][TERMS];
	double lost_sum[VSX_GRID_ROWS], length_sum[VSX_GRID_ROWS];
};

static void add_row(struct terms *t, uint32_t row, uint32_t n)
{
	double lost = t->lost_sum[row], length = t->length_sum[row];

	for (uint32_t i = 0; i < n; i++) {
		lost += t->lost[row][i];
		length += t->length[row][i];
	}
	t->lost_sum[row] = lost;
	t->length_sum[row] = length;
}

/* Each sum in its order; those of all rows side by side, as an addition must
 * wait for the one before. */
static void add_rows(struct terms *t, uint32_t n)
{
	double *s = t->lost_sum, *l = t->length_sum;
	double s0 = s[0], s1 = s[1], s2 = s[2], s3 = s[3];
	double l0 = l[0], l1 = l[1], l2 = l[2], l3 = l[3];

	static_assert(VSX_GRID_ROWS == 4, "four sums");
	for (uint32_t i = 0; i < n; i++) {
		s0 += t->lost[0][i];
		s1 += t->lost[1][i];
		s2 += t->lost[2][i];
		s3 += t->lost[3][i];
		l0 += t->length[0][i];
		l1 += t->length[1][i];
		l2 += t->length[2][i];
		l3 += t->length[3][i];
	}
	memcpy(s, (double[]){s0, s1, s2, s3}, sizeof(t->lost_sum));
	memcpy(l, (double[]){l0, l1, l2, l3}, sizeof(t->length_sum));
}

/* Components d .. d+n-1 of a code, one after the other: where they lie, or in
 * room. d is a multiple of 4. */
static const uint8_t *gather(uint8_t *room, const uint8_t *code, size_t step,
			     uint32_t d, uint32_t n)
{
	code += (size_t)(d / 4) * step;
	if (step == 4)
		return code;
	for (uint32_t i = 0; i < n; i += 4, code += step)
		memcpy(room + i, code, n - i < 4 ? n - i : 4);
	return room;
}

void vsx_grid_losses(const struct vsx_space *rows, float delta,
		     const uint8_t *lo, const uint8_t *const *row,
		     const uint8_t *const *code, size_t step, uint32_t n,
		     float *loss)
{
	double scale[VSX_GRID_ROWS];
	struct terms t;
	uint8_t c[TERMS];
	float x[TERMS];

	for (uint32_t r = 0; r < n; r++) {
		scale[r] = vsx_space_scale(rows, row[r]);
		t.lost_sum[r] = t.length_sum[r] = 0.0;
	}
	for (uint32_t d = 0, some; d < rows->dim; d += some) {
		some = rows->dim - d < TERMS ? rows->dim - d : TERMS;
		for (uint32_t r = 0; r < n; r++)
			rows->kernels->grid_terms(
				vsx_space_f32s(rows, x, row[r], d, some),
				gather(c, code[r], step, d, some),
				lo + (size_t)d * 4, some, scale[r],
				(double)delta, t.lost[r], t.length[r]);
		if (n == VSX_GRID_ROWS)
			add_rows(&t, some);
		else
			for (uint32_t r = 0; r < n; r++)
				add_row(&t, r, some);
	}
	/* The second part is what the arithmetic here may have lost. */
	for (uint32_t r = 0; r < n; r++) {
		double at = sqrt(t.lost_sum[r]) * (1.0 + VSX_HAIR) +
			    (sqrt(t.length_sum[r]) + (scale[r] != 1.0)) * 1e-14;

		loss[r] = nextafterf((float)at, INFINITY);
	}
}

float vsx_grid_loss(const struct vsx_space *rows, float delta,
		    const uint8_t *lo, const uint8_t *row, const uint8_t *code)
{
	float loss;

	vsx_grid_losses(rows, delta, lo, &row, &code, VSX_GRID_LINE, 1, &loss);
	return loss;
}

uint32_t vsx_grid_term(const uint8_t *code, uint32_t dim)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < dim; i++) {
		int c = code[(size_t)(i / 4) * VSX_GRID_LINE + i % 4] - 128;

		sum += (uint32_t)(c * c);
	}
	return sum;
}

/* Places of the last block that no row has. */
static enum vsx_status check_rest(const struct vsx_codes *c, uint32_t n_rows,
				  struct vsx_error *err)
{
	for (uint32_t row = n_rows; row % VSX_PANEL; row++)
		for (uint32_t at = 0; at < c->block_bytes; at += VSX_GRID_LINE)
			if (!vsx_is_zero(code_of(c, row) + at, 4))
				return vsx_fail(err, VSX_ECORRUPT,
						"the place of row %u of %u is "
						"not 0",
						row, n_rows);
	return VSX_OK;
}

static enum vsx_status check(const struct vsx_codes *c, struct vsx_error *err)
{
	for (uint32_t i = 0; i < c->rows.dim; i++) {
		float lo = vsx_grid_lo_at(c->params, i);

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
	const uint8_t *code = code_of(c, row);
	uint32_t dim = c->rows.dim, last = dim % 4;
	uint32_t term = vsx_load32(code + vsx_grid_term_at(dim));
	uint32_t due = vsx_grid_term(code, dim);
	float eps = eps_of(c, row);
	float loss = vsx_grid_loss(&c->rows, h.delta, vsx_grid_lo(c->params),
				   at, code);

	if (last &&
	    !vsx_is_zero(code + vsx_grid_term_at(dim) - VSX_GRID_LINE + last,
			 4 - last))
		return vsx_fail(err, VSX_ECORRUPT,
				"its code is not 0 past component %u", dim - 1);
	if (term != due)
		return vsx_fail(err, VSX_ECORRUPT,
				"the term of its code is %u, expected %u", term,
				due);
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
	.block_shift = VSX_GRID_SHIFT,
	.block_bytes = block_bytes,
	.params_bytes = params_bytes,
	.suits = suits,
	.open = open_grid,
	.prepare = vsx_grid_prepare,
	.keys_of_run = vsx_grid_keys_of_run,
	.keys_of_rows = vsx_grid_keys_of_rows,
	.tile = vsx_grid_tile,
	.mark = mark,
	.check = check,
	.check_rest = check_rest,
	.check_row = check_row,
};
