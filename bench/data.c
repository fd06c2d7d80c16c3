/* Reads .npy, .fvecs, .bvecs and .ivecs for the measuring programs. */
#include "data.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
	unsigned char *p;
	size_t n;
};

__attribute__((format(printf, 2, 3))) static int fail(char *why,
						      const char *form, ...)
{
	va_list args;

	va_start(args, form);
	if (why)
		vsnprintf(why, BENCH_WHY_BYTES, form, args);
	va_end(args);
	return -1;
}

static int read_file(struct bytes *out, const char *path, char *why)
{
	FILE *f = fopen(path, "rb");
	long size = 0;

	*out = (struct bytes){0};
	if (!f)
		return fail(why, "%s: %s", path, strerror(errno));
	if (fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0 ||
	    fseek(f, 0, SEEK_SET)) {
		fail(why, "%s: %s", path, strerror(errno));
		fclose(f);
		return -1;
	}
	/* One byte more, so that a .npy header can be ended as a string. */
	out->n = (size_t)size;
	out->p = malloc(out->n + 1);
	if (!out->p || fread(out->p, 1, out->n, f) != out->n) {
		fail(why, "%s: cannot read %zu bytes", path, out->n);
		free(out->p);
		fclose(f);
		return -1;
	}
	out->p[out->n] = 0;
	fclose(f);
	return 0;
}

static uint32_t get_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static float get_f32(const unsigned char *p)
{
	uint32_t bits = get_u32(p);
	float v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static float get_f64(const unsigned char *p)
{
	uint64_t bits = (uint64_t)get_u32(p + 4) << 32 | get_u32(p);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return (float)v;
}

static float get_f16(const unsigned char *p)
{
	unsigned h = (unsigned)p[0] | (unsigned)p[1] << 8;
	unsigned exponent = h >> 10 & 31, fraction = h & 1023;
	uint32_t bits = (uint32_t)(h >> 15) << 31;
	float v;

	if (exponent == 0) { /* zero and subnormals: fraction * 2^-24 */
		v = (float)fraction * 0x1p-24f;
		return bits ? -v : v;
	}
	bits |= (exponent == 31 ? 255u : exponent + 112u) << 23;
	bits |= (uint32_t)fraction << 13;
	memcpy(&v, &bits, sizeof(v));
	return v;
}

static float get_u8(const unsigned char *p)
{
	return (float)*p;
}

static float get_i8(const unsigned char *p)
{
	return (float)(*p < 128 ? *p : *p - 256);
}

static const struct elem {
	const char *name, *descr; /* descr: how a .npy header says it */
	size_t bytes;
	float (*get)(const unsigned char *p);
} elems[] = {
	{"f32", "<f4", 4, get_f32}, {"f16", "<f2", 2, get_f16},
	{"f64", "<f8", 8, get_f64}, {"u8", "|u1", 1, get_u8},
	{"i8", "|i1", 1, get_i8},
};

/* rows of `dim` elements, `stride` bytes from one to the next */
static int convert(struct bench_vectors *out, const unsigned char *rows,
		   size_t stride, const struct elem *e, const char *path,
		   char *why)
{
	size_t need = out->n * out->dim * sizeof(float);

	out->x = aligned_alloc(64, (need + 63) / 64 * 64);
	if (!out->x)
		return fail(why, "%s: no memory for %zu bytes", path, need);
	strcpy(out->elem, e->name);
	for (size_t i = 0; i < out->n; i++) {
		const unsigned char *row = rows + i * stride;
		float *to = out->x + i * out->dim;

		for (size_t j = 0; j < out->dim; j++)
			to[j] = e->get(row + j * e->bytes);
	}
	return 0;
}

static int read_npy(struct bench_vectors *out, const struct bytes *file,
		    const char *path, char *why)
{
	const struct elem *e = NULL;
	const char *header, *shape;
	size_t start, length;
	unsigned char kept;

	if (file->n < 12 || memcmp(file->p, "\x93NUMPY", 6))
		return fail(why, "%s: not a .npy file", path);
	start = file->p[6] == 1 ? 10 : 12;
	length = file->p[6] == 1 ? file->p[8] | (size_t)file->p[9] << 8
				 : get_u32(file->p + 8);
	if (length > file->n - start)
		return fail(why, "%s: header of %zu bytes in a file of %zu",
			    path, length, file->n);
	header = (const char *)file->p + start;
	start += length;
	kept = file->p[start];
	file->p[start] = 0;
	for (size_t i = 0; i < sizeof(elems) / sizeof(elems[0]); i++)
		if (strstr(header, elems[i].descr))
			e = &elems[i];
	shape = strstr(header, "'shape': (");
	if (!e || !shape || !strstr(header, "'fortran_order': False") ||
	    sscanf(shape, "'shape': (%zu, %zu)", &out->n, &out->dim) != 2)
		return fail(why, "%s: cannot read this kind of .npy: %s", path,
			    header);
	file->p[start] = kept;
	if (!out->n || !out->dim ||
	    (file->n - start) / out->n / out->dim < e->bytes)
		return fail(why, "%s: %zu x %zu %s do not fit in %zu bytes",
			    path, out->n, out->dim, e->name, file->n - start);
	return convert(out, file->p + start, out->dim * e->bytes, e, path, why);
}

/* Length of the rows of a vecs file, which every row repeats; 0 if broken. */
static size_t vecs_dim(const struct bytes *file, size_t elem_bytes)
{
	size_t dim, stride;

	if (file->n < 4)
		return 0;
	dim = get_u32(file->p);
	stride = 4 + dim * elem_bytes;
	if (file->n % stride)
		return 0;
	for (size_t at = 0; at < file->n; at += stride)
		if (get_u32(file->p + at) != dim)
			return 0;
	return dim;
}

static int read_vecs(struct bench_vectors *out, const struct bytes *file,
		     const struct elem *e, const char *path, char *why)
{
	size_t stride;

	out->dim = vecs_dim(file, e->bytes);
	if (!out->dim)
		return fail(why, "%s: rows are not of one length", path);
	stride = 4 + out->dim * e->bytes;
	out->n = file->n / stride;
	return convert(out, file->p + 4, stride, e, path, why);
}

static int has_suffix(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);

	return n > m && !strcmp(path + n - m, suffix);
}

int bench_vectors_read(struct bench_vectors *out, const char *path,
		       char why[BENCH_WHY_BYTES])
{
	struct bench_vectors v = {0};
	struct bytes file;
	int rc;

	*out = v;
	if (read_file(&file, path, why))
		return -1;
	if (has_suffix(path, ".npy"))
		rc = read_npy(&v, &file, path, why);
	else if (has_suffix(path, ".fvecs"))
		rc = read_vecs(&v, &file, &elems[0], path, why);
	else if (has_suffix(path, ".bvecs"))
		rc = read_vecs(&v, &file, &elems[3], path, why);
	else
		rc = fail(why, "%s: not .npy, .fvecs or .bvecs", path);
	free(file.p);
	if (!rc)
		*out = v;
	return rc;
}

void bench_vectors_release(struct bench_vectors *v)
{
	free(v->x);
	*v = (struct bench_vectors){0};
}

int bench_ids_read(struct bench_ids *out, const char *path,
		   char why[BENCH_WHY_BYTES])
{
	struct bench_ids ids = {0};
	struct bytes file;
	int rc = 0;

	*out = ids;
	if (read_file(&file, path, why))
		return -1;
	ids.k = vecs_dim(&file, 4);
	if (!ids.k) {
		rc = fail(why, "%s: rows are not of one length", path);
		goto done;
	}
	ids.n = file.n / (4 + 4 * ids.k);
	ids.id = malloc(ids.n * ids.k * sizeof(*ids.id));
	if (!ids.id) {
		rc = fail(why, "%s: no memory for %zu ids", path,
			  ids.n * ids.k);
		goto done;
	}
	for (size_t i = 0; i < ids.n; i++)
		for (size_t j = 0; j < ids.k; j++)
			ids.id[i * ids.k + j] = (int32_t)get_u32(
				file.p + 4 * (i * (1 + ids.k) + 1 + j));
	*out = ids;
done:
	free(file.p);
	return rc;
}

void bench_ids_release(struct bench_ids *ids)
{
	free(ids->id);
	*ids = (struct bench_ids){0};
}

double bench_recall(const int32_t *found, const struct bench_ids *truth,
		    size_t k)
{
	size_t hits = 0;

	for (size_t q = 0; q < truth->n; q++)
		for (size_t i = 0; i < k; i++)
			for (size_t j = 0; j < k; j++)
				if (truth->id[q * truth->k + i] ==
				    found[q * k + j]) {
					hits++;
					break;
				}
	return (double)hits / (double)(truth->n * k);
}
