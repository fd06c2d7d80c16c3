#include "kind/build_spec.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "code/edge.h"
#include "segment/codes.h"

/* ---- choosing --------------------------------------------------------- */

/* The kind that "auto" asks after `before`; NULL: there is none. */
static const struct vsx_kind_build *next_turn(uint32_t before)
{
	const struct vsx_kind_build *k, *next = NULL;

	for (uint32_t i = 0; (k = vsx_kind_build_at(i)); i++)
		if (k->turn > before && (!next || k->turn < next->turn))
			next = k;
	return next;
}

void vsx_spec_choose(struct vsx_spec *out, const struct vsx_spec_need *need,
		     char *reason, size_t n)
{
	const struct vsx_kind_build *k = NULL;

	do {
		memset(out, 0, sizeof(*out));
		k = next_turn(k ? k->turn : 0);
	} while (!k->suits(need, out, reason, n)); /* the last one does */
	out->kind = k->code;
}

bool vsx_spec_size(struct vsx_spec *spec, const struct vsx_spec_need *need,
		   char *reason, size_t n)
{
	const struct vsx_kind_build *k = vsx_kind_build_find(spec->kind);

	if (!k || !k->size || spec->size)
		return false;
	spec->size = k->size(need, reason, n);
	return true;
}

bool vsx_spec_drop_codes(struct vsx_spec *spec, enum vsx_metric metric,
			 enum vsx_elem elem)
{
	if (spec->gates && !vsx_edges_suit(metric, false))
		return false;
	if (!spec->codes.build || spec->codes.transform ||
	    spec->codes.build->codec != &vsx_codec_sq8 ||
	    spec->keep == VSX_KEEP_FP16 || !vsx_elem_is_int(elem))
		return false;
	spec->codes = (struct vsx_code_wish){0};
	spec->keep = VSX_KEEP_UNSAID;
	return true;
}

void vsx_spec_adjust(struct vsx_spec *spec, uint64_t n_rows, char *note,
		     size_t n)
{
	const struct vsx_kind_build *k = vsx_kind_build_find(spec->kind);

	if (k && k->fit)
		spec->size = k->fit(spec->size, n_rows, note, n);
}

struct vsx_spec vsx_spec_of_few(void)
{
	return (struct vsx_spec){.kind = VSX_FLAT};
}

/* ---- as text ---------------------------------------------------------- */

static size_t put(char *out, size_t n, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static size_t put(char *out, size_t n, size_t at, const char *fmt, ...)
{
	va_list args;
	int more;

	if (at >= n)
		return at;
	va_start(args, fmt);
	more = vsnprintf(out + at, n - at, fmt, args);
	va_end(args);
	return at + (more > 0 ? (size_t)more : 0);
}

static size_t put_transform(const struct vsx_code_wish *c, char *out, size_t n)
{
	size_t at = 0;

	if (c->transform == VSX_PCA)
		return put(out, n, at, "PCA%u,", c->transform_dim);
	if (c->transform != VSX_OPQ)
		return at;
	at = put(out, n, at, "OPQ%u", c->transform_m);
	if (c->transform_dim)
		at = put(out, n, at, "_%u", c->transform_dim);
	return put(out, n, at, ",");
}

static size_t put_codes(const struct vsx_spec *s, char *out, size_t n,
			size_t at)
{
	const struct vsx_codec_build *b = s->codes.build;

	at = put(out, n, at, "%s", b->name);
	if (b->size_name && s->codes.size != b->usual_size)
		at = put(out, n, at, "%u", s->codes.size);
	return put(out, n, at, "%s", b->ending ? b->ending : "");
}

static const char *keep_text(enum vsx_spec_keep keep)
{
	switch (keep) {
	case VSX_KEEP_ROWS:
		return ",RFlat";
	case VSX_KEEP_FP16:
		return ",Refine(FP16)";
	case VSX_KEEP_SQ8:
		return ",Refine(SQ8)";
	case VSX_KEEP_NONE:
		return ",NoRefine";
	case VSX_KEEP_UNSAID:
		break;
	}
	return "";
}

void vsx_spec_text(const struct vsx_spec *spec, char *out, size_t n)
{
	const struct vsx_kind_build *k = vsx_kind_build_find(spec->kind);
	const struct vsx_codec_build *codes = spec->codes.build;
	size_t at;

	if (!k) {
		snprintf(out, n, "auto");
		return;
	}
	at = put_transform(&spec->codes, out, n);
	if (k->size_name || !codes)
		at = put(out, n, at, "%s", vsx_kind_name(k->code));
	if (spec->size)
		at = put(out, n, at, "%u", spec->size);
	if (codes && k->size_name)
		at = put(out, n, at, ",");
	at = codes ? put_codes(spec, out, n, at)
		   : put(out, n, at, "%s", k->ending);
	if (spec->gates)
		at = put(out, n, at, ",G%u", spec->gates);
	put(out, n, at, "%s", keep_text(spec->keep));
}

/* Of those with the same codec the first. */
static const struct vsx_codec_build *build_of(const struct vsx_codec *codec)
{
	const struct vsx_codec_build *b;

	for (uint32_t i = 0; (b = vsx_codec_build_at(i)); i++)
		if (b->codec == codec)
			return b;
	for (uint32_t i = 0; (b = vsx_codec_build_at(i)); i++)
		if (b->kept_alone && b->kept->codec == codec)
			return b->kept;
	return codec == &vsx_codec_floats ? &vsx_codec_floats_build : NULL;
}

/* Some name for codes of a segment, which does not say by what its transform
 * was learned: a quantiser of parts is taken to have one that is for it. */
static struct vsx_code_wish codes_named(const struct vsx_codec *codec,
					const struct vsx_code_form *f)
{
	struct vsx_code_wish wish = {.build = build_of(codec)};
	bool parts;

	if (wish.build && wish.build->size_name)
		wish.size = f->size;
	if (!(f->flags & VSX_CODES_TRANSFORMED))
		return wish;
	parts = wish.size && !wish.build->usual_size;
	wish.transform = parts ? VSX_OPQ : VSX_PCA;
	wish.transform_m = parts ? wish.size : 0;
	wish.transform_dim = f->coded;
	return wish;
}

/* Those beside its rows, or that it has instead of rows. */
static struct vsx_code_wish codes_of(const struct vsx_segment *seg)
{
	if (vsx_codes_present(seg) && vsx_codes_estimate(seg))
		return codes_named(seg->codec, &seg->form);
	if (vsx_is_coded(seg))
		return codes_named(seg->kept_codec, &seg->kept_form);
	return (struct vsx_code_wish){0};
}

struct vsx_spec vsx_spec_of_segment(const struct vsx_segment *seg)
{
	const struct vsx_kind_build *k = vsx_kind_build_find(seg->kind->code);

	return (struct vsx_spec){
		.kind = k->code,
		.size = k->size_name ? seg->params[k->size_param] : 0,
		.codes = codes_of(seg),
		.gates = k->gates ? seg->params[k->gates_param] : 0,
	};
}

/* Blocks are records where they would stand in place of rows. */
static const struct vsx_codec *record_of(const struct vsx_codec_build *b)
{
	if (b && b->kept_alone)
		b = b->kept;
	return b ? b->codec : NULL;
}

bool vsx_spec_same_codes(const struct vsx_spec *a, const struct vsx_spec *b)
{
	const struct vsx_code_wish *x = &a->codes, *y = &b->codes;

	if (a->gates != b->gates ||
	    record_of(x->build) != record_of(y->build) || x->size != y->size ||
	    !x->transform != !y->transform)
		return false;
	return x->transform_dim == y->transform_dim || !x->transform_dim ||
	       !y->transform_dim; /* 0: all */
}

bool vsx_spec_is_exact(const struct vsx_spec *spec)
{
	return !vsx_kind_find(spec->kind)->climb && !spec->codes.build;
}

/* ---- what is kept ----------------------------------------------------- */

struct vsx_code_wish vsx_spec_kept(const struct vsx_spec *spec)
{
	struct vsx_code_wish wish = spec->codes;

	if (spec->keep == VSX_KEEP_NONE) {
		if (wish.build && wish.build->kept)
			wish.build = wish.build->kept;
		return wish;
	}
	return (struct vsx_code_wish){
		.build = spec->keep == VSX_KEEP_SQ8 ? &vsx_codec_sq8_build
						    : NULL,
	};
}

bool vsx_spec_codes_beside(const struct vsx_spec *spec)
{
	return spec->keep != VSX_KEEP_NONE ||
	       (spec->codes.build && spec->codes.build->kept &&
		!spec->codes.build->kept_alone);
}

uint32_t vsx_spec_kept_bytes(const struct vsx_spec *spec, uint32_t dim)
{
	struct vsx_code_wish wish = vsx_spec_kept(spec);
	struct vsx_code_form form;

	if (!wish.build)
		return 0;
	form = vsx_code_form_of(&wish, dim, 0);
	return wish.build->codec->block_bytes(&form);
}

void vsx_spec_lay(const struct vsx_spec *spec, uint32_t dim,
		  struct vsx_job *job)
{
	job->kept_bytes = vsx_spec_kept_bytes(spec, dim);
	job->rows_alone =
		spec->codes.build && vsx_kind_build_find(spec->kind)->scans;
}

enum vsx_elem vsx_spec_elem(const struct vsx_spec *spec, enum vsx_elem elem)
{
	if (spec->keep == VSX_KEEP_FP16)
		return VSX_F16;
	return vsx_spec_kept(spec).build ? VSX_F32 : elem;
}
