#include "code/edge.h"

#include <math.h>
#include <string.h>

#include "kernel/kernel.h"

static uint64_t round_64(uint64_t x)
{
	return (x + 63) & ~UINT64_C(63);
}

uint64_t vsx_edges_mean_at(void)
{
	return sizeof(struct vsx_disk_gates);
}

uint64_t vsx_edges_book_at(uint32_t dim)
{
	return round_64(vsx_edges_mean_at() + dim * UINT64_C(4));
}

uint64_t vsx_edges_bytes(uint32_t dim)
{
	return vsx_edges_book_at(dim) + dim * UINT64_C(4) * VSX_EDGE_WORDS;
}

static float get_f32(vsx_le32 from)
{
	uint32_t bits = vsx_get32(from);
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static void put_f32(vsx_le32 *to, float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	vsx_put32(to, bits);
}

struct vsx_edges vsx_edges_of(const uint8_t *bytes, uint32_t dim,
			      uint32_t parts)
{
	struct vsx_disk_gates head;

	memcpy(&head, bytes, sizeof(head));
	return (struct vsx_edges){
		.dim = dim,
		.parts = parts,
		.unit_a = get_f32(head.unit_a),
		.unit_b = get_f32(head.unit_b),
		.spread = get_f32(head.spread),
		.shift = vsx_get32(head.shift),
		.mean = (const float *)(const void *)(bytes +
						      vsx_edges_mean_at()),
		.book = (const float *)(const void *)(bytes +
						      vsx_edges_book_at(dim)),
	};
}

void vsx_edges_close(const struct vsx_edges *e, uint8_t *bytes)
{
	struct vsx_disk_gates head = {0};

	put_f32(&head.unit_a, e->unit_a);
	put_f32(&head.unit_b, e->unit_b);
	put_f32(&head.spread, e->spread);
	vsx_put32(&head.shift, e->shift);
	memcpy(bytes, &head, sizeof(head));
}

/* Of y along r, in terms of their lengths: with less, b would be anything. */
#define LEAST_COSINE 0.0625

void vsx_edge_coder_init(struct vsx_edge_coder *k, const struct vsx_edges *e)
{
	struct vsx_pq pq = vsx_edges_pq(e);

	k->edges = e;
	for (uint32_t p = 0; p < e->parts; p++) {
		const float *book = e->book + vsx_pq_book(&pq, p);
		float *half = k->half + (size_t)p * VSX_EDGE_WORDS;
		uint32_t n = vsx_pq_components(&pq, p);

		k->first[p] = vsx_pq_first(&pq, p);
		memset(half, 0, VSX_EDGE_WORDS * sizeof(*half));
		for (uint32_t i = 0; i < n * VSX_EDGE_WORDS; i++)
			half[i % VSX_EDGE_WORDS] += book[i] * book[i];
		for (uint32_t c = 0; c < VSX_EDGE_WORDS; c++)
			half[c] *= 0.5f;
	}
	k->first[e->parts] = e->dim;
}

void vsx_edge_coder_start(const struct vsx_edge_coder *k, const float *v,
			  float *work, struct vsx_edge_start *out)
{
	const struct vsx_edges *e = k->edges;

	out->v = v;
	for (uint32_t i = 0; i < e->dim; i++)
		work[i] = v[i] - e->mean[i];
	vsx_code_kernels()->part_products(work, e->book, e->dim, e->parts,
					  out->along);
}

/* What the sums over all parts say of r: its product with y is that of the
 * scores and of what was taken off them. */
static void say(double rr, double length, const struct vsx_direction_sums *sums,
		struct vsx_edge *out)
{
	double ry = (double)sums->score + length * (double)sums->half;
	double yy = 2.0 * (double)sums->half;

	out->a = out->b = out->off = 0.0;
	/* Also not where anything is no number. */
	if (!(ry > 0.0 && ry * ry > LEAST_COSINE * LEAST_COSINE * rr * yy))
		return;
	out->b = 2.0 * rr / ry;
	out->a = rr + out->b * (double)sums->along;
	if (yy > ry * ry / rr)
		out->off = yy - ry * ry / rr;
}

typedef float fours __attribute__((vector_size(16)));

static void subtract(float *u, const float *v, uint32_t dim)
{
	uint32_t i = 0;

	for (; dim - i >= 4; i += 4) {
		fours a, b;

		memcpy(&a, u + i, sizeof(a));
		memcpy(&b, v + i, sizeof(b));
		a -= b;
		memcpy(u + i, &a, sizeof(a));
	}
	for (; i < dim; i++)
		u[i] -= v[i];
}

void vsx_edge_coder_edges(const struct vsx_edge_coder *k,
			  const struct vsx_edge_start *from, float *u,
			  uint32_t n, struct vsx_edge *out)
{
	const struct vsx_edges *e = k->edges;
	struct vsx_direction_book book = {
		.book = e->book,
		.half = k->half,
		.along = from->along,
		.first = k->first,
		.parts = e->parts,
	};
	uint8_t codes[VSX_EDGES_AT_ONCE * VSX_EDGE_MAX_PARTS];
	struct vsx_direction_sums sums[VSX_EDGES_AT_ONCE];
	float rr[VSX_EDGES_AT_ONCE], length[VSX_EDGES_AT_ONCE];

	for (uint32_t i = 0; i < n; i++) {
		float *r = u + (size_t)i * e->dim;

		subtract(r, from->v, e->dim);
		vsx_kernels()->ip[VSX_F32](r, (const uint8_t *)r, 0, NULL, 1,
					   e->dim, &rr[i]);
		length[i] = sqrtf(rr[i]);
	}
	vsx_code_kernels()->direction(&book, u, length, n, codes, sums);
	for (uint32_t i = 0; i < n; i++) {
		memcpy(out[i].code, codes + (size_t)i * e->parts, e->parts);
		say((double)rr[i], (double)length[i], &sums[i], &out[i]);
	}
}

/* 1.5 * 2^52: what is added to it is rounded to a whole number. */
static double rounded(double x)
{
	return x + 0x1.8p52 - 0x1.8p52;
}

/* The lower byte first. */
static void put_i16(uint8_t *at, double x)
{
	uint16_t bits = (uint16_t)(int16_t)x;

	at[0] = (uint8_t)bits;
	at[1] = (uint8_t)(bits >> 8);
}

/* a and b in units 2^shift times those of the edges; false: beyond 16 bits. */
static bool factors_of(const struct vsx_edges *e, const struct vsx_edge *edge,
		       uint32_t shift, double *a, double *b)
{
	*a = rounded(ldexp(edge->a / (double)e->unit_a, -(int)shift));
	*b = rounded(ldexp(edge->b / (double)e->unit_b, -(int)shift));
	return fabs(*a) <= 32767.0 && *b <= 32767.0;
}

static void put(const struct vsx_edges *e, const struct vsx_edge *edge,
		double a, double b, uint32_t i, uint8_t *block)
{
	uint8_t *factors = block + (size_t)e->parts * 16 + (size_t)i * 4;

	for (uint32_t p = 0; p < e->parts; p++)
		block[p * 16 + i % 16] |=
			(uint8_t)(edge->code[p] << (i < 16 ? 0 : 4));
	put_i16(factors, a);
	put_i16(factors + 2, -b);
}

void vsx_edge_put(const struct vsx_edges *e, const struct vsx_edge *edge,
		  uint32_t i, uint8_t *block)
{
	double a, b;

	/* Of edges that are far longer than those that were learned from, or
	   that lie elsewhere, nothing is said. */
	if (!factors_of(e, edge, 0, &a, &b))
		a = b = 0.0;
	put(e, edge, a, b, i, block);
}

uint32_t vsx_edges_shift(const struct vsx_edges *e, const struct vsx_edge *edge,
			 size_t n)
{
	uint32_t shift = 0;
	double a, b;

	for (size_t i = 0; i < n; i++)
		while (!factors_of(e, &edge[i], shift, &a, &b) &&
		       shift < VSX_EDGE_MAX_SHIFT)
			shift++;
	return shift;
}

void vsx_edge_put_far(const struct vsx_edges *e, const struct vsx_edge *edge,
		      uint32_t i, uint8_t *block)
{
	double a, b;

	if (!factors_of(e, edge, e->shift, &a, &b) || edge->b == 0.0) {
		a = 32767.0;
		b = 0.0;
	}
	put(e, edge, a, b, i, block);
}

/* ---- searching ---------------------------------------------------------- */

/* The sums of a table are of bytes; one less for what is rounded up. */
#define MOST_ENTRY 254.0f

typedef uint32_t quad __attribute__((vector_size(16)));

/* A hostile book may make anything of a query. n is a multiple of 4. The carry
 * of an exponent that is all ones goes into the sign. */
static bool are_numbers(const float *x, uint32_t n)
{
	quad any = {0}, bits;

	for (uint32_t i = 0; i < n; i += 4) {
		memcpy(&bits, x + i, sizeof(bits));
		any |= (bits & 0x7fffffffu) + 0x00800000u;
	}
	return !((any[0] | any[1] | any[2] | any[3]) >> 31);
}

/* The products of a part, four at a time. */
#define FOURS (VSX_EDGE_WORDS / 4)

static fours lesser(fours a, fours b)
{
	quad take = (quad)(a < b);

	return (fours)(((quad)a & take) | ((quad)b & ~take));
}

static float least_of(const fours x[FOURS])
{
	fours l = lesser(lesser(x[0], x[1]), lesser(x[2], x[3]));
	float a = l[0] < l[1] ? l[0] : l[1], b = l[2] < l[3] ? l[2] : l[3];

	return a < b ? a : b;
}

/* What f32 [parts][16] products come to, with the least of each part. */
static float span_of(const float *products, uint32_t parts, float *low)
{
	float most = 0.0f;

	for (uint32_t p = 0; p < parts; p++) {
		fours x[FOURS], negated[FOURS];
		float span;

		memcpy(x, products + (size_t)p * VSX_EDGE_WORDS, sizeof(x));
		for (uint32_t i = 0; i < FOURS; i++)
			negated[i] = -x[i];
		low[p] = least_of(x);
		span = -least_of(negated) - low[p];
		most = span > most ? span : most;
	}
	return most;
}

/* Bytes: adding 2^23 leaves whole numbers, which stand in the low bits. */
static void quantise(const float *products, uint32_t parts, const float *low,
		     float inverse, uint8_t *tables)
{
	for (uint32_t p = 0; p < parts; p++) {
		const float *from = products + (size_t)p * VSX_EDGE_WORDS;
		uint32_t bits[VSX_EDGE_WORDS];

		for (uint32_t c = 0; c < VSX_EDGE_WORDS; c++) {
			float y = (from[c] - low[p]) * inverse + 0x1p23f;

			memcpy(&bits[c], &y, sizeof(y));
		}
		for (uint32_t c = 0; c < VSX_EDGE_WORDS; c++)
			tables[p * VSX_EDGE_WORDS + c] = (uint8_t)bits[c];
	}
}

void vsx_edge_prepare(const struct vsx_edges *e, const float *q, double slack,
		      float *work, struct vsx_edge_query *out)
{
	float products[VSX_EDGE_MAX_PARTS * VSX_EDGE_WORDS], span;
	float low[VSX_EDGE_MAX_PARTS];
	double lows = 0.0, unit, scale;

	if (work != q)
		memcpy(work, q, e->dim * sizeof(*work));
	subtract(work, e->mean, e->dim);
	vsx_code_kernels()->part_products(work, e->book, e->dim, e->parts,
					  products);
	out->parts = e->parts;
	out->scale = 0;
	if (!are_numbers(products, e->parts * VSX_EDGE_WORDS))
		return;
	span = span_of(products, e->parts, low);
	for (uint32_t p = 0; p < e->parts; p++)
		lows += (double)low[p];
	/* The unit of the tables is what makes a's that of b's products a whole
	   multiple: nothing is lost by that. */
	scale = floor((double)e->unit_a * (double)MOST_ENTRY /
		      ((double)e->unit_b * (double)span));
	if (scale > 32767.0)
		scale = 32767.0;
	unit = (double)e->unit_a / ((double)e->unit_b * scale);
	if (!(scale >= 1.0 && unit > 0.0 && unit <= 0x1p100 &&
	      unit >= 0x1p-100 && isfinite(lows) && isfinite(slack)))
		return;
	quantise(products, e->parts, low, (float)(1.0 / unit), out->tables);
	out->scale = (int16_t)scale;
	out->base = lows / unit;
	out->inverse = 1.0 / ((double)e->unit_b * unit);
	out->slack = slack * (double)e->spread / (sqrt(e->dim) * unit);
}

bool vsx_edge_gate(const struct vsx_edge_query *q, double at, double bound,
		   struct vsx_gate *out)
{
	double base = rounded(q->base + q->slack * sqrt(at));
	double most = floor((bound - at) * q->inverse);

	/* A bound below 0 is one that rounding, or a hostile file, made. */
	if (q->scale == 0 || !(most < 0x1p31) ||
	    !(base >= -32768.0 && base <= 32767.0 - 255.0 * q->parts))
		return false;
	*out = (struct vsx_gate){
		.tables = q->tables,
		.parts = q->parts,
		.scale = q->scale,
		.base = (int16_t)base,
		.bound = most > 0.0 ? (int32_t)most : 0,
	};
	return true;
}

/* A value and what it is of, in an order that a u64 has. */
static uint64_t candidate(int32_t value, uint32_t number)
{
	return (uint64_t)((uint32_t)value ^ 0x80000000u) << 32 | number;
}

uint32_t vsx_edge_nearest(const struct vsx_edge_query *q, const uint8_t *blocks,
			  size_t n_blocks, uint32_t n, uint32_t *out)
{
	int32_t least[VSX_GATE_LINKS];
	uint32_t which[VSX_GATE_LINKS], found = 0;
	uint64_t best[VSX_GATE_LINKS];
	struct vsx_gate gate;

	if (n_blocks == 0 || !vsx_edge_gate(q, 0.0, 0.0, &gate))
		return 0;
	vsx_code_kernels()->least(&gate, blocks, n_blocks, least, which);
	for (uint32_t i = 0; i < VSX_GATE_LINKS; i++) {
		uint64_t one =
			candidate(least[i], which[i] * VSX_GATE_LINKS + i);
		uint32_t at = found;

		for (; at > 0 && best[at - 1] > one; at--)
			if (at < n)
				best[at] = best[at - 1];
		if (at < n)
			best[at] = one;
		found += found < n;
	}
	for (uint32_t i = 0; i < found; i++)
		out[i] = (uint32_t)best[i];
	return found;
}
