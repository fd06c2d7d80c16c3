#include "code/rabitq_query.h"

#include <math.h>

#include "code/weights.h"

/* ---- what lies where --------------------------------------------------- */

uint64_t vsx_rabitq_params_bytes(const struct vsx_code_form *f)
{
	return vsx_code_parts(f).own + (uint64_t)f->coded * sizeof(float);
}

bool vsx_rabitq_suits(enum vsx_elem elem)
{
	(void)elem;
	return true;
}

bool vsx_rabitq_fits(const struct vsx_code_form *f)
{
	return f->size >= 1 && f->size <= VSX_RABITQ_MOST_BITS;
}

enum vsx_status vsx_rabitq_check(const struct vsx_codes *c,
				 struct vsx_error *err)
{
	const float *mean = vsx_rabitq_mean(&c->form, c->params);

	for (uint32_t i = 0; i < c->form.coded; i++)
		if (!isfinite(mean[i]))
			return vsx_fail(err, VSX_ECORRUPT,
					"mean[%u] of the codes is %g, expected "
					"a finite number",
					i, (double)mean[i]);
	return VSX_OK;
}

/* ---- the query --------------------------------------------------------- */

static size_t round_64(size_t x)
{
	return (x + 63) & ~(size_t)63;
}

static enum vsx_status make_room(const struct vsx_codes *c,
				 struct vsx_code_query *q,
				 struct vsx_error *err)
{
	size_t head = round_64(sizeof(struct vsx_rabitq_query));
	size_t n = vsx_rabitq_dim(&c->form);
	size_t y = round_64(c->form.coded * sizeof(float));
	size_t tables = n / 4 * 16;
	struct vsx_rabitq_query *t;
	uint8_t *room;

	VSX_TRY(vsx_code_query_room(
		q,
		head + y + n * (sizeof(*t->turned) + sizeof(*t->weights)) +
			tables * (sizeof(*t->tables) + sizeof(*t->entries)),
		err));
	t = vsx_rabitq_query_of(q);
	room = (uint8_t *)q->room + head;
	t->y = (float *)(void *)room;
	room += y;
	t->turned = (float *)(void *)room;
	room += n * sizeof(*t->turned);
	t->tables = (float *)(void *)room;
	room += tables * sizeof(*t->tables);
	t->weights = (int16_t *)(void *)room;
	room += n * sizeof(*t->weights);
	t->entries = room;
	return VSX_OK;
}

static void turn(const struct vsx_codes *c, struct vsx_rabitq_query *t)
{
	const float *mean = vsx_rabitq_mean(&c->form, c->params);
	uint32_t padded = vsx_rabitq_dim(&c->form), n = c->form.coded;

	for (uint32_t i = 0; i < n; i++)
		t->turned[i] =
			vsx_codes_product(c) ? t->y[i] : t->y[i] - mean[i];
	memset(t->turned + n, 0, (padded - n) * sizeof(*t->turned));
	vsx_rotate(t->turned, padded);
}

/* What each choice of four signs has of q, f32[4]. */
static void fill_table(const float *q, float out[16])
{
	out[0] = -0.5f * ((q[0] + q[1]) + (q[2] + q[3]));
	for (uint32_t i = 0; i < 4; i++)
		for (uint32_t j = 0; j < 1u << i; j++)
			out[(1u << i) + j] = out[j] + q[i];
}

static void fill_tables(const struct vsx_codes *c, struct vsx_rabitq_query *t)
{
	uint32_t parts = vsx_rabitq_parts(&c->form);

	for (uint32_t p = 0; p < parts; p++)
		fill_table(t->turned + p * 4, t->tables + p * 16);
	t->signs = vsx_scan_quantise(t->tables, parts, t->entries);
}

static void fill_weights(const struct vsx_codes *c, struct vsx_rabitq_query *t,
			 uint32_t bits)
{
	uint32_t n = vsx_rabitq_dim(&c->form), most = (1u << bits) - 1;
	int64_t sum = 0;

	t->unit = 0.5f * vsx_weigh(t->turned, n, most, t->weights);
	for (uint32_t i = 0; i < n; i++)
		sum += t->weights[i];
	t->middle = sum * most;
}

/* The value of a row that is where this is. */
static float value_at(const struct vsx_codes *c,
		      const struct vsx_rabitq_query *t, const float *centre)
{
	const struct vsx_kernels *k = c->rows.kernels;
	float value;

	(vsx_codes_product(c) ? k->ip : k->l2)[VSX_F32](
		t->y, (const uint8_t *)centre, 0, NULL, 1, c->form.coded,
		&value);
	return value;
}

/* How many standard deviations an estimate is off at most. */
#define DEVIATIONS 3.0f

static float reach_of(const struct vsx_codes *c, float square, float of_each)
{
	float n = (float)(vsx_rabitq_dim(&c->form) - 1);

	return of_each * DEVIATIONS * sqrtf(square / n);
}

static float square_of(const float *x, uint32_t n)
{
	float lane[VSX_LANES] = {0};

	for (uint32_t i = 0; i < n; i += VSX_LANES)
		for (uint32_t l = 0; l < VSX_LANES; l++)
			lane[l] += x[i + l] * x[i + l];
	return vsx_fold_lanes(lane);
}

/* Codes say what a row has of the query, or of what the query is off their
 * centre by. */
static void take_centre(const struct vsx_codes *c, struct vsx_rabitq_query *t,
			const float *centre)
{
	t->base = value_at(c, t, centre);
	if (!vsx_codes_product(c))
		t->reach = reach_of(c, t->base, 2.0f);
}

enum vsx_status vsx_rabitq_prepare(const struct vsx_codes *c,
				   struct vsx_code_query *q, bool tables,
				   uint32_t bits, struct vsx_error *err)
{
	struct vsx_rabitq_query *t;

	VSX_TRY(make_room(c, q, err));
	t = vsx_rabitq_query_of(q);
	vsx_code_query_take(c, q, t->y);
	turn(c, t);
	if (tables)
		fill_tables(c, t);
	if (bits)
		fill_weights(c, t, bits);
	t->reach = reach_of(c, square_of(t->turned, vsx_rabitq_dim(&c->form)),
			    1.0f);
	take_centre(c, t, vsx_rabitq_mean(&c->form, c->params));
	return VSX_OK;
}

void vsx_rabitq_prepare_list(const struct vsx_codes *c,
			     struct vsx_code_query *q, const float *centroid)
{
	take_centre(c, vsx_rabitq_query_of(q), centroid);
}

/* ---- sums ---------------------------------------------------------------- */

/* Codes of 4 and 8 bits lie as kernels want them. */
void vsx_rabitq_sums(const struct vsx_rabitq_query *t,
		     const struct vsx_code_form *f, const uint8_t *base,
		     size_t stride, uint32_t bits, const uint32_t *rows,
		     size_t n, int32_t *out)
{
	const struct vsx_code_kernels *k = vsx_code_kernels();
	uint32_t dim = vsx_rabitq_dim(f);
	uint8_t codes[VSX_RABITQ_MOST_DIM];

	if (bits == 8 || bits == 4) {
		(bits == 8 ? k->dot8 : k->dot4)(t->weights, base, stride, rows,
						n, dim, out);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		size_t row = rows ? rows[i] : i;

		vsx_rabitq_unpack(base + row * stride, dim, bits, codes);
		k->dot8(t->weights, codes, 0, NULL, 1, dim, &out[i]);
	}
}
