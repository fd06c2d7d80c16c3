/*
 * The words of a spec, which has parts with commas between them:
 *
 *	[OPQ<m>[_<d>], | PCA<d>,] kind [, Flat | codes] [, G<parts>]
 *		[, what is kept]
 *
 * Codes without a kind are those of a scan of all rows.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "code/edge.h"
#include "disk.h"
#include "kind/build_spec.h"
#include "kind/build_spec_foreign.h"

typedef unsigned long long ull;

/* What may stand behind a kind, and is what there is without it. */
static const char rows_word[] = "Flat";

/* Before the number of parts of the codes of links. */
static const char gates_word[] = "G";

/* One part of the text. */
struct part {
	const char *at;
	size_t n;
};

struct parser {
	const char *text;
	struct part part; /* the next one */
	bool ended;	  /* there is none */
	struct vsx_error *err;
};

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

/* "Flat, IVF<nlist>,Flat, HNSW<M>, IVF, HNSW, auto", the codes, and what links
 * have, and what may be before and behind. */
static void list_known(char *to, size_t room)
{
	const struct vsx_codec_build *b;
	const struct vsx_kind_build *k;
	size_t at = 0;

	for (uint32_t i = 0; (k = vsx_kind_build_at(i)); i++)
		at = add(to, at, room, i ? ", " : "", vsx_kind_name(k->code),
			 k->size_name, k->ending);
	for (uint32_t i = 0; (k = vsx_kind_build_at(i)); i++)
		if (k->size_name)
			at = add(to, at, room, ", ", vsx_kind_name(k->code),
				 NULL, "");
	at = add(to, at, room, ", ", "auto; codes in place of Flat:", NULL, "");
	for (uint32_t i = 0; (b = vsx_codec_build_at(i)); i++)
		at = add(to, at, room, i ? ", " : " ", b->name, b->size_name,
			 b->ending ? b->ending : "");
	for (uint32_t i = 0; (k = vsx_kind_build_at(i)); i++)
		if (k->gates)
			at = add(to, at, room, "; behind ",
				 vsx_kind_name(k->code), k->size_name, "");
	at = add(to, at, room, " also ", gates_word, "parts", "");
	add(to, at, room, "; ",
	    "before codes PCA<d> or OPQ<m>, behind them what is kept, such as "
	    "NoRefine",
	    NULL, "");
}

/* ---- parts ------------------------------------------------------------ */

static void take(struct parser *p, const char *from)
{
	p->part = (struct part){from, strcspn(from, ",")};
}

static void next(struct parser *p)
{
	const char *end = p->part.at + p->part.n;

	p->ended = *end == '\0';
	if (!p->ended)
		take(p, end + 1);
}

static bool is_word(const struct part *part, const char *word)
{
	return part->n == strlen(word) &&
	       strncasecmp(part->at, word, part->n) == 0;
}

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

/* A name and a number behind it; *rest is what follows in the part. */
static bool is_numbered(const struct part *part, const char *name, uint64_t *v,
			const char **rest)
{
	size_t n = strlen(name);

	if (part->n < n || strncasecmp(part->at, name, n) != 0)
		return false;
	*rest = part->at + n;
	return number(rest, v);
}

static enum vsx_status in_range(const struct parser *p, const char *name,
				uint64_t v, uint32_t least, uint32_t most)
{
	if (v >= least && v <= most)
		return VSX_OK;
	return vsx_fail(p->err, VSX_EINVAL,
			"index '%.80s': %s is %llu, expected %u to %u", p->text,
			name, (ull)v, least, most);
}

static bool is_end(const struct part *part, const char *rest)
{
	return rest == part->at + part->n;
}

/* ---- what is wrong ------------------------------------------------------ */

/* Whether a part may stand somewhere: by itself, before what is scanned, behind
 * it, or behind codes. */
static bool is_misplaced(const struct part *part)
{
	static const char *const places[] = {"%.*s", "%.*s,Flat", "Flat,%.*s",
					     "SQ8,%.*s"};
	const char *rest;
	char text[64];
	uint64_t v;

	if (is_numbered(part, gates_word, &v, &rest) && is_end(part, rest))
		return true;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct vsx_spec spec;
		int n = snprintf(text, sizeof(text), places[i], (int)part->n,
				 part->at);

		if (n > 0 && (size_t)n < sizeof(text) &&
		    vsx_spec_parse(&spec, text, NULL) == VSX_OK)
			return true;
	}
	return false;
}

/* A part that cannot stand where it does. */
static enum vsx_status unknown(const struct parser *p, const struct part *part)
{
	const char *hint;
	char known[384];

	if (!p->err)
		return VSX_EINVAL;
	if (part->n && part->n < 64 && is_misplaced(part))
		return vsx_fail(
			p->err, VSX_EINVAL,
			"index '%.80s': '%.*s' cannot stand there; "
			"expected PCA<d> or OPQ<m>, the kind, its "
			"codes, G<parts>, RFlat or another word on what "
			"is kept, in this order",
			p->text, (int)part->n, part->at);
	hint = vsx_spec_foreign(part->at, part->n);
	if (!hint)
		list_known(known, sizeof(known));
	return vsx_fail(p->err, VSX_EINVAL,
			"index '%.80s': '%.*s' is not known; %s%s", p->text,
			part->n > 40 ? 40 : (int)part->n, part->at,
			hint ? "" : "expected one of ", hint ? hint : known);
}

/* ---- what they say ---------------------------------------------------- */

static enum vsx_status parse_transform(struct parser *p, struct vsx_spec *out)
{
	const struct part *part = &p->part;
	const char *rest;
	uint64_t v, d = 0;
	bool reduces;

	if (is_numbered(part, "PCA", &v, &rest) && is_end(part, rest)) {
		VSX_TRY(in_range(p, "d of PCA", v, 1, VSX_MAX_DIM));
		out->codes.transform = VSX_PCA;
		d = v;
	} else if (is_numbered(part, "OPQ", &v, &rest)) {
		reduces = *rest == '_';
		rest += reduces;
		if ((reduces && !number(&rest, &d)) || !is_end(part, rest))
			return unknown(p, part);
		VSX_TRY(in_range(p, "m of OPQ", v, 1, VSX_MAX_DIM));
		if (reduces)
			VSX_TRY(in_range(p, "d of OPQ", d, 1, VSX_MAX_DIM));
		out->codes.transform = VSX_OPQ;
		out->codes.transform_m = (uint32_t)v;
	} else {
		return VSX_OK;
	}
	out->codes.transform_dim = (uint32_t)d;
	next(p);
	if (!p->ended)
		return VSX_OK;
	return vsx_fail(p->err, VSX_EINVAL,
			"index '%.80s': nothing is behind it; expected what is "
			"transformed, as in %.40s,Flat",
			p->text, p->text);
}

/* Codes of the next part, if they are. */
static enum vsx_status parse_codes(struct parser *p, struct vsx_spec *out,
				   bool *are)
{
	const struct part *part = &p->part;
	const struct vsx_codec_build *b;

	*are = false;
	for (uint32_t i = 0; (b = vsx_codec_build_at(i)); i++) {
		struct part ending;
		const char *rest;
		uint64_t v = 0;

		if (is_word(part, b->name) &&
		    (!b->size_name || b->usual_size)) {
			*are = true;
			v = b->usual_size;
		} else if (b->size_name &&
			   is_numbered(part, b->name, &v, &rest)) {
			ending = (struct part){
				rest, part->n - (size_t)(rest - part->at)};
			*are = is_word(&ending, b->ending ? b->ending : "") ||
			       (b->alias && is_word(&ending, b->alias));
		}
		if (!*are)
			continue;
		if (b->size_name)
			VSX_TRY(in_range(p, b->size_name, v, 1,
					 b->most_size ? b->most_size
						      : VSX_MAX_DIM));
		out->codes.build = b;
		out->codes.size = (uint32_t)v;
		next(p);
		return VSX_OK;
	}
	return VSX_OK;
}

static enum vsx_status parse_keep(struct parser *p, struct vsx_spec *out)
{
	static const struct {
		const char *word;
		enum vsx_spec_keep keep;
	} words[] = {
		{"RFlat", VSX_KEEP_ROWS},
		{"Refine(Flat)", VSX_KEEP_ROWS},
		{"Refine(FP16)", VSX_KEEP_FP16},
		{"Refine(SQfp16)", VSX_KEEP_FP16},
		{"Refine(SQ8)", VSX_KEEP_SQ8},
		{"NoRefine", VSX_KEEP_NONE},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_word(&p->part, words[i].word)) {
			out->keep = words[i].keep;
			next(p);
			return VSX_OK;
		}
	return unknown(p, &p->part);
}

static enum vsx_status parse_gates(struct parser *p, struct vsx_spec *out)
{
	const struct part *part = &p->part;
	const char *rest;
	uint64_t v;

	if (!is_numbered(part, gates_word, &v, &rest) || !is_end(part, rest))
		return VSX_OK;
	if (!vsx_edges_parts_ok(v))
		return vsx_fail(p->err, VSX_EINVAL,
				"index '%.80s': parts of G are %llu, expected "
				"a multiple of %u, %u to %u",
				p->text, (ull)v, VSX_EDGE_LEAST_PARTS,
				VSX_EDGE_LEAST_PARTS, VSX_EDGE_MAX_PARTS);
	out->gates = (uint32_t)v;
	next(p);
	return VSX_OK;
}

/* What follows the kind. */
static enum vsx_status parse_rest(struct parser *p, struct vsx_spec *out,
				  const struct vsx_kind_build *k)
{
	bool are = false;

	if (!p->ended && is_word(&p->part, rows_word))
		next(p);
	else if (!p->ended)
		VSX_TRY(parse_codes(p, out, &are));
	if (!p->ended && k->gates)
		VSX_TRY(parse_gates(p, out));
	if (!p->ended)
		VSX_TRY(parse_keep(p, out));
	return p->ended ? VSX_OK : unknown(p, &p->part);
}

/* The size behind the name; without one it is left to the rows. */
static enum vsx_status parse_size(struct parser *p, struct vsx_spec *out,
				  const struct vsx_kind_build *k,
				  const char *name)
{
	const struct part *part = &p->part;
	const char *rest;
	uint64_t v = 0;

	if (part->n > strlen(name)) {
		if (!is_numbered(part, name, &v, &rest) || !is_end(part, rest))
			return unknown(p, part);
		VSX_TRY(in_range(p, k->size_name, v, k->least_size,
				 k->most_size));
	}
	out->size = (uint32_t)v;
	next(p);
	return parse_rest(p, out, k);
}

static enum vsx_status parse_kind(struct parser *p, struct vsx_spec *out)
{
	const struct vsx_kind_build *k;
	bool are;

	for (uint32_t i = 0; (k = vsx_kind_build_at(i)); i++) {
		const char *name = vsx_kind_name(k->code);

		out->kind = k->code;
		if (k->size_name && p->part.n >= strlen(name) &&
		    strncasecmp(p->part.at, name, strlen(name)) == 0)
			return parse_size(p, out, k, name);
		if (!k->size_name && is_word(&p->part, name)) {
			next(p);
			return p->ended ? VSX_OK : parse_keep(p, out);
		}
	}
	out->kind = VSX_FLAT;
	VSX_TRY(parse_codes(p, out, &are));
	if (!are)
		return unknown(p, &p->part);
	if (!p->ended)
		VSX_TRY(parse_keep(p, out));
	return p->ended ? VSX_OK : unknown(p, &p->part);
}

/* A transform is of codes; before Flat these are the transformed rows. */
static void settle_transform(struct vsx_spec *spec)
{
	struct vsx_code_wish *codes = &spec->codes;

	if (codes->transform && !codes->build)
		codes->build = &vsx_codec_floats_build;
}

/* Links lead to rows one by one, of which codes have records then. */
static void settle_records(struct vsx_spec *spec)
{
	const struct vsx_codec_build *b = spec->codes.build;

	if (b && b->kept_alone && vsx_kind_build_find(spec->kind)->walks)
		spec->codes.build = b->kept;
}

/* Codes in place of rows must be named. */
static enum vsx_status check_keep(const struct parser *p,
				  const struct vsx_spec *spec)
{
	if (!vsx_spec_keeps_codes(spec) || spec->codes.build)
		return VSX_OK;
	return vsx_fail(p->err, VSX_EINVAL,
			"index '%.80s': what is kept are codes, but it names "
			"none",
			p->text);
}

enum vsx_status vsx_spec_parse(struct vsx_spec *out, const char *text,
			       struct vsx_error *err)
{
	struct parser p = {.text = text, .err = err};

	memset(out, 0, sizeof(*out));
	if (!text || strcasecmp(text, "auto") == 0)
		return VSX_OK;
	take(&p, text);
	VSX_TRY(parse_transform(&p, out));
	VSX_TRY(parse_kind(&p, out));
	settle_transform(out);
	settle_records(out);
	return check_keep(&p, out);
}
