#include "write/spec.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "index/hnsw.h"
#include "index/ivf.h"

typedef unsigned long long ull;

#define KNOWN "Flat, IVF<nlist>,Flat, HNSW<M>, auto"

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

/* What may follow the first part: nothing, or ",Flat". */
static enum vsx_status ending(const char *text, const char *rest,
			      bool may_end_here, struct vsx_error *err)
{
	if (*rest == '\0' && !may_end_here)
		return vsx_fail(
			err, VSX_EINVAL,
			"index '%.80s': what the lists hold is missing, "
			"expected '%.80s,Flat'",
			text, text);
	if (*rest == '\0' || strcmp(rest, ",Flat") == 0)
		return VSX_OK;
	rest += *rest == ',';
	return unknown(text, rest, strcspn(rest, ","), err);
}

enum vsx_status vsx_spec_parse(struct vsx_spec *out, const char *text,
			       struct vsx_error *err)
{
	size_t first = text ? strcspn(text, ",") : 0;
	const char *s;
	uint64_t v;

	memset(out, 0, sizeof(*out));
	if (!text || strcmp(text, "auto") == 0)
		return VSX_OK;
	if (strncmp(text, "IVF", 3) == 0) {
		s = text + 3;
		if (!number(&s, &v) || (*s && *s != ','))
			return unknown(text, text, first, err);
		VSX_TRY(in_range(text, "nlist", v, 1, VSX_IVF_MAX_NLIST, err));
		out->kind = VSX_IVF;
		out->nlist = (uint32_t)v;
		return ending(text, s, false, err);
	}
	if (strncmp(text, "HNSW", 4) == 0) {
		s = text + 4;
		if (!number(&s, &v) || (*s && *s != ','))
			return unknown(text, text, first, err);
		VSX_TRY(in_range(text, "M", v, VSX_HNSW_MIN_M, VSX_HNSW_MAX_M,
				 err));
		out->kind = VSX_HNSW;
		out->m = (uint32_t)v;
		return ending(text, s, true, err);
	}
	if (strncmp(text, "Flat", 4) == 0 && first == 4) {
		out->kind = VSX_FLAT;
		if (text[4] == '\0')
			return VSX_OK;
		return unknown(text, text + 5, strcspn(text + 5, ","), err);
	}
	return unknown(text, text, first, err);
}

/* Below either bound a scan takes less than about a millisecond. */
#define FLAT_ROWS	1000
#define FLAT_MORE_ROWS	20000
#define FLAT_COMPONENTS (UINT64_C(1) << 24)

/* Where 16 links a row begin to be too few. */
#define LARGE_ROWS  1000000
#define HIGH_RECALL 0.97

static uint32_t round_nlist(double wish)
{
	uint32_t nlist = 16;

	while (nlist < VSX_IVF_MAX_NLIST && nlist * 1.5 < wish)
		nlist *= 2;
	return nlist;
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
	out->m = need->target_recall > HIGH_RECALL || rows > LARGE_ROWS ? 32
									: 16;
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
	out->nlist = round_nlist(4.0 * sqrt((double)rows));
	snprintf(reason, n,
		 "a graph would need %.0f MiB of memory and may take %.0f MiB",
		 ceil(bytes / 0x1p20), (double)need->memory / 0x1p20);
}

bool vsx_spec_adjust(struct vsx_spec *spec, uint64_t n_rows, char *note,
		     size_t n)
{
	uint64_t most = n_rows > VSX_HNSW_MIN_M ? n_rows - 1 : VSX_HNSW_MIN_M;

	if (spec->kind != VSX_HNSW || spec->m <= most)
		return false;
	snprintf(note, n, "M lowered from %u to %llu: there are %llu rows",
		 spec->m, (ull)most, (ull)n_rows);
	spec->m = (uint32_t)most;
	return true;
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
		snprintf(out, n, "IVF%u,Flat", spec->nlist);
		break;
	case VSX_HNSW:
		snprintf(out, n, "HNSW%u", spec->m);
		break;
	default:
		snprintf(out, n, "auto");
	}
}
