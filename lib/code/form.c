#include "code/form.h"

#include <string.h>

static uint64_t round_64(uint64_t x)
{
	return (x + 63) & ~UINT64_C(63);
}

/* dim, coded <= 2^16 and n_centroids <= 2^24: nothing wraps. */
struct vsx_code_parts vsx_code_parts(const struct vsx_code_form *f)
{
	struct vsx_code_parts p = {.mean = sizeof(struct vsx_disk_codes)};
	uint64_t dim = f->dim, coded = f->coded;

	p.matrix = p.centroids = p.mean;
	if (f->flags & VSX_CODES_TRANSFORMED) {
		p.matrix = round_64(p.mean + dim * 4);
		p.centroids = round_64(p.matrix + dim * coded * 4);
	}
	p.own = round_64(p.centroids + f->n_centroids * coded * 4);
	return p;
}

struct vsx_code_form vsx_code_form_read(uint32_t word, uint32_t dim,
					const uint8_t *head)
{
	struct vsx_disk_codes h;

	memcpy(&h, head, sizeof(h));
	return (struct vsx_code_form){
		.dim = dim,
		.coded = vsx_get32(h.dim),
		.size = vsx_code_word_size(word),
		.flags = vsx_get32(h.flags),
		.n_centroids = vsx_get32(h.n_centroids),
	};
}

void vsx_code_form_write(struct vsx_disk_codes *head,
			 const struct vsx_code_form *f)
{
	memset(head, 0, sizeof(*head));
	vsx_put32(&head->dim, f->coded);
	vsx_put32(&head->flags, f->flags);
	vsx_put32(&head->n_centroids, f->n_centroids);
}

float vsx_code_head_loss(const uint8_t *head)
{
	uint32_t bits =
		vsx_load32(head + offsetof(struct vsx_disk_codes, loss));
	float loss;

	memcpy(&loss, &bits, sizeof(loss));
	return loss;
}

void vsx_code_head_set_loss(uint8_t *head, float loss)
{
	uint32_t bits;

	memcpy(&bits, &loss, sizeof(bits));
	vsx_put32(&((struct vsx_disk_codes *)head)->loss, bits);
}

/* ---- there and back --------------------------------------------------- */

struct vsx_linear vsx_code_linear(const struct vsx_code_form *f,
				  const uint8_t *params)
{
	struct vsx_linear l;

	vsx_linear_at(&l, params + vsx_code_parts(f).mean, f->dim, f->coded);
	return l;
}

static void transform(const struct vsx_code_form *f, const uint8_t *params,
		      bool centred, const float *x, float *y)
{
	struct vsx_linear l = vsx_code_linear(f, params);

	vsx_linear_apply(&l, x, l.dim, 1, centred, y);
}

void vsx_code_input(const struct vsx_code_form *f, const uint8_t *params,
		    const struct vsx_space *rows, const uint8_t *row,
		    const float *centroid, float *x, float *y)
{
	double scale = vsx_space_scale(rows, row);

	vsx_space_load(rows, x, row);
	if (rows->metric == VSX_COSINE)
		for (uint32_t i = 0; i < f->dim; i++)
			x[i] = (float)((double)x[i] * scale);
	if (f->flags & VSX_CODES_TRANSFORMED)
		transform(f, params, true, x, y);
	else if (x != y)
		memcpy(y, x, f->dim * sizeof(*y));
	for (uint32_t j = 0; centroid && j < f->coded; j++)
		y[j] -= centroid[j];
}

void vsx_code_input_query(const struct vsx_code_form *f, const uint8_t *params,
			  const struct vsx_space *rows,
			  const struct vsx_query *q, float *x, float *y)
{
	bool transformed = f->flags & VSX_CODES_TRANSFORMED;
	float *to = transformed ? x : y;

	/* Its f32 are not of length 1 where rows are integers. */
	for (uint32_t i = 0; i < f->dim; i++)
		to[i] = (float)q->f64_buffer[i];
	if (transformed)
		transform(f, params, rows->metric != VSX_IP, x, y);
}

void vsx_code_output(const struct vsx_code_form *f, const uint8_t *params,
		     const float *centroid, float *y, float *x)
{
	struct vsx_linear l;

	for (uint32_t j = 0; centroid && j < f->coded; j++)
		y[j] += centroid[j];
	if (!(f->flags & VSX_CODES_TRANSFORMED)) {
		memcpy(x, y, f->dim * sizeof(*x));
		return;
	}
	l = vsx_code_linear(f, params);
	vsx_linear_back(&l, y, x);
}

/* ---- their rules -------------------------------------------------------- */

static enum vsx_status check_gap(const uint8_t *params, uint64_t from,
				 uint64_t to, struct vsx_error *err)
{
	if (vsx_is_zero(params + from, to - from))
		return VSX_OK;
	return vsx_fail(err, VSX_ECORRUPT,
			"parameters of codes: bytes %llu to %llu are not 0",
			(unsigned long long)from, (unsigned long long)to - 1);
}

static enum vsx_status check_gaps(const struct vsx_code_form *f,
				  const uint8_t *params, struct vsx_error *err)
{
	struct vsx_code_parts p = vsx_code_parts(f);
	uint64_t d = f->coded;

	VSX_TRY(check_gap(params, p.mean + f->dim * UINT64_C(4), p.matrix,
			  err));
	VSX_TRY(check_gap(params, p.matrix + f->dim * d * 4, p.centroids, err));
	return check_gap(params, p.centroids + f->n_centroids * d * 4, p.own,
			 err);
}

enum vsx_status vsx_code_form_check(const struct vsx_code_form *f,
				    const uint8_t *params,
				    struct vsx_error *err)
{
	struct vsx_linear l = vsx_code_linear(f, params);

	if (!(f->flags & VSX_CODES_TRANSFORMED))
		return VSX_OK;
	VSX_TRY(check_gaps(f, params, err));
	return vsx_linear_check(&l, err);
}
