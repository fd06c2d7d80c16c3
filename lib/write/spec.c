#include "write/spec.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "kind/hnsw/hnsw.h"
#include "kind/ivf/ivf.h"

typedef unsigned long long ull;

#define KNOWN "Flat, IVF<nlist>,Flat, HNSW<M>, IVF, HNSW, auto"

static enum vsx_status unknown(const char *text, const char *part, size_t len,
			       struct vsx_error *err)
{
	return vsx_fail(err, VSX_EINVAL,
			"index '%.80s': '%.*s' is not known, there are " KNOWN,
			text, len > 40 ? 40 : (int)len, part);
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

static enum vsx_status in_range(const char *text, const char *what, uint64_t v,
				uint64_t low, uint64_t high,
				struct vsx_error *err)
{
	if (v >= low && v <= high)
		return VSX_OK;
	return vsx_fail(err, VSX_EINVAL,
			"index '%.80s': %s is %llu, expected %llu to %llu",
			text, what, (ull)v, (ull)low, (ull)high);
}

/* Whether the text begins so, in any case; *rest is what follows. */
static bool begins(const char *text, const char *word, const char **rest)
{
	size_t n = strlen(word);

	*rest = text + n;
	return strncasecmp(text, word, n) == 0;
}

/* What may follow the first part: nothing, or ",Flat". */
static enum vsx_status ending(const char *text, const char *rest,
			      struct vsx_error *err)
{
	if (*rest == '\0' || strcasecmp(rest, ",Flat") == 0)
		return VSX_OK;
	rest += *rest == ',';
	return unknown(text, rest, strcspn(rest, ","), err);
}

/* A kind and its number; without one it is sized for the rows: 0. */
static enum vsx_status sized(uint32_t *out, const char *text, const char *rest,
			     const char *what, uint32_t low, uint32_t high,
			     struct vsx_error *err)
{
	uint64_t v = 0;

	if (*rest && *rest != ',') {
		if (!number(&rest, &v) || (*rest && *rest != ','))
			return unknown(text, text, strcspn(text, ","), err);
		VSX_TRY(in_range(text, what, v, low, high, err));
	}
	*out = (uint32_t)v;
	return ending(text, rest, err);
}

enum vsx_status vsx_spec_parse(struct vsx_spec *out, const char *text,
			       struct vsx_error *err)
{
	const char *rest;

	memset(out, 0, sizeof(*out));
	if (!text || strcasecmp(text, "auto") == 0)
		return VSX_OK;
	if (begins(text, "IVF", &rest)) {
		out->kind = VSX_IVF;
		return sized(&out->nlist, text, rest, "nlist", 1,
			     VSX_IVF_MAX_NLIST, err);
	}
	if (begins(text, "HNSW", &rest)) {
		out->kind = VSX_HNSW;
		return sized(&out->m, text, rest, "M", VSX_HNSW_MIN_M,
			     VSX_HNSW_MAX_M, err);
	}
	if (begins(text, "Flat", &rest) && (*rest == '\0' || *rest == ',')) {
		out->kind = VSX_FLAT;
		if (*rest == '\0')
			return VSX_OK;
		return unknown(text, rest + 1, strcspn(rest + 1, ","), err);
	}
	return unknown(text, text, strcspn(text, ","), err);
}

/* Below either bound a scan takes less than about a millisecond. */
#define FLAT_ROWS	1000
#define FLAT_MORE_ROWS	20000
#define FLAT_COMPONENTS (UINT64_C(1) << 24)

/* Where 16 links a row begin to be too few. */
#define LARGE_ROWS  1000000
#define HIGH_RECALL 0.97

/* Fewer rows a list than this make more lists than the rows can shape. */
#define LEAST_LIST 8

static uint32_t fit_m(const struct vsx_spec_need *need)
{
	return need->target_recall > HIGH_RECALL || need->n_rows > LARGE_ROWS
		       ? 32
		       : 16;
}

/* Four times the square root of the rows, as a power of two. */
static uint32_t fit_nlist(uint64_t n_rows)
{
	double wish = 4.0 * sqrt((double)n_rows);
	uint32_t nlist = 1;

	while (nlist < VSX_IVF_MAX_NLIST && nlist * 1.5 < wish &&
	       (uint64_t)nlist * 2 * LEAST_LIST <= n_rows)
		nlist *= 2;
	return nlist;
}

bool vsx_spec_size(struct vsx_spec *spec, const struct vsx_spec_need *need,
		   char *reason, size_t n)
{
	if (spec->kind == VSX_IVF && !spec->nlist) {
		spec->nlist = fit_nlist(need->n_rows);
		snprintf(reason, n,
			 "for %llu rows, four times their square root as a "
			 "power of two",
			 (ull)need->n_rows);
		return true;
	}
	if (spec->kind == VSX_HNSW && !spec->m) {
		spec->m = fit_m(need);
		snprintf(reason, n, "for %llu rows and a recall of %g",
			 (ull)need->n_rows, need->target_recall);
		return true;
	}
	return false;
}

void vsx_spec_choose(struct vsx_spec *out, const struct vsx_spec_need *need,
		     char *reason, size_t n)
{
	uint64_t rows = need->n_rows;
	double bytes;

	memset(out, 0, sizeof(*out));
	if (need->target_recall >= 1.0) {
		out->kind = VSX_FLAT;
		snprintf(reason, n, "only an exact search promises recall 1");
		return;
	}
	if (rows <= FLAT_ROWS ||
	    (rows <= FLAT_MORE_ROWS && rows * need->dim <= FLAT_COMPONENTS)) {
		out->kind = VSX_FLAT;
		snprintf(reason, n,
			 "%llu rows of %u components are compared in a "
			 "millisecond or less",
			 (ull)rows, need->dim);
		return;
	}
	out->kind = VSX_HNSW;
	out->m = fit_m(need);
	bytes = (double)rows * (need->stride + out->m * 2 * 4.0);
	if (bytes <= (double)need->memory) {
		snprintf(reason, n,
			 "a graph is the fastest, and its rows and links take "
			 "%.0f MiB of %.0f MiB",
			 ceil(bytes / 0x1p20), (double)need->memory / 0x1p20);
		return;
	}
	out->kind = VSX_IVF;
	out->m = 0;
	out->nlist = fit_nlist(rows);
	snprintf(reason, n,
		 "a graph would need %.0f MiB of memory and may take %.0f MiB",
		 ceil(bytes / 0x1p20), (double)need->memory / 0x1p20);
}

static void adjust_m(struct vsx_spec *spec, uint64_t n_rows, char *note,
		     size_t n)
{
	uint64_t most = n_rows > VSX_HNSW_MIN_M ? n_rows - 1 : VSX_HNSW_MIN_M;

	if (spec->m <= most)
		return;
	snprintf(note, n, "M lowered from %u to %llu: there are %llu rows",
		 spec->m, (ull)most, (ull)n_rows);
	spec->m = (uint32_t)most;
}

static void adjust_nlist(struct vsx_spec *spec, uint64_t n_rows, char *note,
			 size_t n)
{
	if (spec->nlist > n_rows) {
		snprintf(note, n,
			 "nlist lowered from %u to %llu: there are %llu rows",
			 spec->nlist, (ull)n_rows, (ull)n_rows);
		spec->nlist = (uint32_t)n_rows;
	} else if (spec->nlist > 1 &&
		   (uint64_t)spec->nlist * LEAST_LIST > n_rows) {
		snprintf(note, n,
			 "%llu rows are few for %u lists: a list wants %d of "
			 "them",
			 (ull)n_rows, spec->nlist, LEAST_LIST);
	}
}

void vsx_spec_adjust(struct vsx_spec *spec, uint64_t n_rows, char *note,
		     size_t n)
{
	if (spec->kind == VSX_HNSW)
		adjust_m(spec, n_rows, note, n);
	else if (spec->kind == VSX_IVF)
		adjust_nlist(spec, n_rows, note, n);
}

void vsx_spec_of_segment(const struct vsx_segment *seg, char *out, size_t n)
{
	struct vsx_spec spec = {
		.kind = seg->kind->code,
		.nlist = seg->params[VSX_IVF_NLIST],
		.m = seg->params[VSX_HNSW_M],
	};

	vsx_spec_text(&spec, out, n);
}

void vsx_spec_text(const struct vsx_spec *spec, char *out, size_t n)
{
	switch (spec->kind) {
	case VSX_FLAT:
		snprintf(out, n, "Flat");
		break;
	case VSX_IVF:
		if (spec->nlist)
			snprintf(out, n, "IVF%u,Flat", spec->nlist);
		else
			snprintf(out, n, "IVF,Flat");
		break;
	case VSX_HNSW:
		if (spec->m)
			snprintf(out, n, "HNSW%u", spec->m);
		else
			snprintf(out, n, "HNSW");
		break;
	default:
		snprintf(out, n, "auto");
	}
}
