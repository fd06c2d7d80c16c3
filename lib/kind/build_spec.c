#include "kind/build_spec.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef unsigned long long ull;

/* What may stand behind a kind, and is what there is without it. */
static const char usual_ending[] = ",Flat";

/* ---- what is known ---------------------------------------------------- */

static size_t add(char *to, size_t at, size_t room, const char *before,
		  const char *text, const char *size, const char *behind)
{
	int n = 0;

	if (at < room)
		n = snprintf(to + at, room - at, "%s%s%s%s%s%s", before, text,
			     size ? "<" : "", size ? size : "", size ? ">" : "",
			     behind);
	return at + (n > 0 ? (size_t)n : 0);
}

/* "Flat, IVF<nlist>,Flat, HNSW<M>, IVF, HNSW, auto" */
static void list_known(char *to, size_t room)
{
	const struct vsx_kind_build *k;
	size_t at = 0;

	for (uint32_t i = 0; (k = vsx_kind_build_at(i)); i++)
		at = add(to, at, room, i ? ", " : "", vsx_kind_name(k->code),
			 k->size_name, k->ending);
	for (uint32_t i = 0; (k = vsx_kind_build_at(i)); i++)
		if (k->size_name)
			at = add(to, at, room, ", ", vsx_kind_name(k->code),
				 NULL, "");
	add(to, at, room, ", ", "auto", NULL, "");
}

static enum vsx_status unknown(const char *text, const char *part, size_t len,
			       struct vsx_error *err)
{
	char known[256];

	list_known(known, sizeof(known));
	return vsx_fail(err, VSX_EINVAL,
			"index '%.80s': '%.*s' is not known; expected one of "
			"%s",
			text, len > 40 ? 40 : (int)len, part, known);
}

/* ---- parsing ---------------------------------------------------------- */

/* A number of decimal digits at *s; *s moves behind it. */
static bool number(const char **s, uint64_t *out)
{
	const char *p = *s;
	uint64_t v = 0;

	while (isdigit((unsigned char)*p) && p - *s < 18)
		v = v * 10 + (uint64_t)(*p++ - '0');
	if (p == *s || isdigit((unsigned char)*p))
		return false;
	*out = v;
	*s = p;
	return true;
}

/* What follows a kind and its size: nothing, or the usual. */
static enum vsx_status ending(const char *text, const char *rest, bool may,
			      struct vsx_error *err)
{
	if (*rest == '\0' || (may && strcasecmp(rest, usual_ending) == 0))
		return VSX_OK;
	rest += *rest == ',';
	return unknown(text, rest, strcspn(rest, ","), err);
}

/* The size behind the name; without one it is left to the rows. */
static enum vsx_status sized(uint32_t *out, const struct vsx_kind_build *k,
			     const char *text, const char *rest,
			     struct vsx_error *err)
{
	uint64_t v = 0;

	if (*rest && *rest != ',') {
		if (!number(&rest, &v) || (*rest && *rest != ','))
			return unknown(text, text, strcspn(text, ","), err);
		if (v < k->least_size || v > k->most_size)
			return vsx_fail(err, VSX_EINVAL,
					"index '%.80s': %s is %llu, expected "
					"%u to %u",
					text, k->size_name, (ull)v,
					k->least_size, k->most_size);
	}
	*out = (uint32_t)v;
	return ending(text, rest, true, err);
}

enum vsx_status vsx_spec_parse(struct vsx_spec *out, const char *text,
			       struct vsx_error *err)
{
	const struct vsx_kind_build *k;

	memset(out, 0, sizeof(*out));
	if (!text || strcasecmp(text, "auto") == 0)
		return VSX_OK;
	for (uint32_t i = 0; (k = vsx_kind_build_at(i)); i++) {
		const char *name = vsx_kind_name(k->code);
		const char *rest = text + strlen(name);

		if (strncasecmp(text, name, strlen(name)) != 0)
			continue;
		out->kind = k->code;
		if (k->size_name)
			return sized(&out->size, k, text, rest, err);
		if (*rest == '\0' || *rest == ',')
			return ending(text, rest, false, err);
	}
	return unknown(text, text, strcspn(text, ","), err);
}

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

	memset(out, 0, sizeof(*out));
	do
		k = next_turn(k ? k->turn : 0);
	while (!k->suits(need, &out->size, reason, n)); /* the last one does */
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

void vsx_spec_text(const struct vsx_spec *spec, char *out, size_t n)
{
	const struct vsx_kind_build *k = vsx_kind_build_find(spec->kind);

	if (!k)
		snprintf(out, n, "auto");
	else if (spec->size)
		snprintf(out, n, "%s%u%s", vsx_kind_name(k->code), spec->size,
			 k->ending);
	else
		snprintf(out, n, "%s%s", vsx_kind_name(k->code), k->ending);
}

struct vsx_spec vsx_spec_of_segment(const struct vsx_segment *seg)
{
	const struct vsx_kind_build *k = vsx_kind_build_find(seg->kind->code);

	return (struct vsx_spec){
		.kind = k->code,
		.size = k->size_name ? seg->params[k->size_param] : 0,
	};
}
