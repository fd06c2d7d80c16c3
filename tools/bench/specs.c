#include "bench/specs.h"

#include "cli/fail.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows that a list should have at least, so that it is one. */
#define LEAST_LIST 8
#define MAX_NLIST  65536

/* From here on 16 links a row begin to be too few. */
#define LARGE_ROWS 1000000

static const char *const defaults[] = {"Flat", "IVF", "HNSW"};

/* About 4 sqrt(n), as a power of two that is not above it. */
static unsigned int fit_nlist(uint64_t n_rows)
{
	double wish = 4.0 * sqrt((double)n_rows);
	unsigned int nlist = 1;

	while (nlist < MAX_NLIST && nlist * 2.0 <= wish &&
	       nlist * 2 * (uint64_t)LEAST_LIST <= n_rows)
		nlist *= 2;
	return nlist;
}

/* A row has fewer links than there are rows. */
static unsigned int fit_m(uint64_t n_rows, uint32_t dim)
{
	unsigned int m = n_rows > LARGE_ROWS || dim > 1024 ? 32 : 16;

	while (m > 2 && m >= n_rows)
		m /= 2;
	return m;
}

static bool is_engine(const struct engine_ops *ops, const char *word,
		      size_t len)
{
	if (strlen(ops->name) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (tolower((unsigned char)ops->name[i]) != word[i])
			return false;
	return true;
}

static enum vsx_status unknown_engine(const char *text, size_t len,
				      const struct engine_ops *const *engines,
				      struct vsx_error *err)
{
	char known[128] = "";
	size_t at = 0;

	for (; *engines && at < sizeof(known) - 1; engines++) {
		int n = snprintf(known + at, sizeof(known) - at, "%s%s",
				 at ? ", " : "", (*engines)->name);

		at += n > 0 ? (size_t)n : 0;
	}
	for (char *c = known; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return tool_fail(err, VSX_EINVAL,
			 "index '%.80s': engine '%.*s' is not known, there are "
			 "%s",
			 text, len > 40 ? 40 : (int)len, text, known);
}

static enum vsx_status make(struct spec *s, const char *text,
			    const struct engine_ops *const *engines,
			    uint64_t n_rows, uint32_t dim,
			    struct vsx_error *err)
{
	const char *colon = strchr(text, ':');
	const char *rest = colon ? colon + 1 : text;
	size_t len = colon ? (size_t)(colon - text) : 0;

	s->ops = engines[0];
	for (size_t i = 0; colon; i++) {
		if (!engines[i])
			return unknown_engine(text, len, engines, err);
		s->ops = engines[i];
		if (is_engine(engines[i], text, len))
			break;
	}
	if (strcmp(rest, "IVF") == 0)
		snprintf(s->text, sizeof(s->text), "IVF%u,Flat",
			 fit_nlist(n_rows));
	else if (strcmp(rest, "HNSW") == 0)
		snprintf(s->text, sizeof(s->text), "HNSW%u",
			 fit_m(n_rows, dim));
	else if (strlen(rest) < sizeof(s->text))
		snprintf(s->text, sizeof(s->text), "%s", rest);
	else
		return tool_fail(err, VSX_EINVAL,
				 "index '%.40s...': %zu characters, expected "
				 "at most %zu",
				 rest, strlen(rest), sizeof(s->text) - 1);
	return VSX_OK;
}

enum vsx_status specs_make(struct spec **specs, size_t *n,
			   const char *const *texts, size_t n_texts,
			   const struct engine_ops *const *engines,
			   uint64_t n_rows, uint32_t dim, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	if (n_texts == 0) {
		texts = defaults;
		n_texts = sizeof(defaults) / sizeof(defaults[0]);
	}
	*n = 0;
	*specs = calloc(n_texts, sizeof(**specs));
	if (!*specs)
		return tool_fail_memory(err, n_texts * sizeof(**specs));
	for (size_t i = 0; i < n_texts && status == VSX_OK; i++)
		status =
			make(&(*specs)[i], texts[i], engines, n_rows, dim, err);
	if (status != VSX_OK) {
		free(*specs);
		*specs = NULL;
		return status;
	}
	*n = n_texts;
	return VSX_OK;
}
