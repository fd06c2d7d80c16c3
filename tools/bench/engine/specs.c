#include "bench/engine/specs.h"

#include "cli/fail.h"
#include "vsx_write.h"
#include "cli/plural.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MOST_KINDS 16

/* A kind that has a size and names none: "IVF", or "IVF,Flat". */
static bool is_unsized(const char *text)
{
	struct vsx_kind_facts kind;

	for (uint32_t i = 0; vsx_get_kind(i, &kind, NULL) == VSX_OK; i++) {
		size_t len = strlen(kind.name);

		if (kind.size_name && strncasecmp(text, kind.name, len) == 0 &&
		    (!text[len] || strcasecmp(text + len, ",Flat") == 0))
			return true;
	}
	return false;
}

/* One of each kind, of the first engine. */
static size_t all_kinds(const char *texts[MOST_KINDS])
{
	struct vsx_kind_facts kind;
	uint32_t n = 0;

	while (n < MOST_KINDS && vsx_get_kind(n, &kind, NULL) == VSX_OK)
		texts[n++] = kind.name;
	return n;
}

/* The size that a build would choose: the same for every engine. */
static enum vsx_status size_of(struct spec *s, const char *text,
			       uint64_t n_rows, uint32_t dim,
			       struct vsx_error *err)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_build_plan plan;
	enum vsx_status status;

	opts.dim = dim;
	opts.spec = text;
	status = vsx_build_plan(&opts, n_rows, &plan, err);
	if (status == VSX_OK)
		snprintf(s->text, sizeof(s->text), "%s", plan.spec);
	return status;
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
			 "index '%.80s': engine '%.*s' is not known; "
			 "expected one of %s",
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
	if (is_unsized(rest))
		return size_of(s, rest, n_rows, dim, err);
	if (strlen(rest) < sizeof(s->text))
		snprintf(s->text, sizeof(s->text), "%s", rest);
	else
		return tool_fail(err, VSX_EINVAL,
				 "index '%.40s...': %zu character%s, expected "
				 "at most %zu",
				 rest, strlen(rest), plural_s(strlen(rest)),
				 sizeof(s->text) - 1);
	return VSX_OK;
}

enum vsx_status specs_make(struct spec **specs, size_t *n,
			   const char *const *texts, size_t n_texts,
			   const struct engine_ops *const *engines,
			   uint64_t n_rows, uint32_t dim, struct vsx_error *err)
{
	const char *all[MOST_KINDS];
	enum vsx_status status = VSX_OK;

	if (n_texts == 0) {
		n_texts = all_kinds(all);
		texts = all;
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
