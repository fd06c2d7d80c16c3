#include "write/compact_alike.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "error.h"
#include "manifest.h"
#include "names.h"

/* What differs, and what each input has. */
struct difference {
	const char *what;
	const char *const *paths;
	const char *const *has; /* [n] */
	size_t n;
};

/* ---- naming all of them ----------------------------------------------- */

/* A text that says so when it does not fit. */
struct line {
	char text[VSX_ERROR_TEXT];
	size_t at;
	bool full;
};

static void add(struct line *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->text) - l->at;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(l->text + l->at, room, fmt, args);
	va_end(args);
	l->full |= n < 0 || (size_t)n >= room;
	l->at = l->full ? sizeof(l->text) - 1 : l->at + (size_t)n;
}

static bool is_first_with(const struct difference *d, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(d->has[j], d->has[i]) == 0)
			return false;
	return true;
}

/* The inputs that have what input i has, of which `most` are named. */
static void add_group(struct line *l, const struct difference *d, size_t i,
		      size_t most)
{
	size_t named = 0, more = 0;

	add(l, " %.60s in", d->has[i]);
	for (size_t j = i; j < d->n; j++) {
		if (strcmp(d->has[j], d->has[i]) != 0)
			continue;
		if (named == most)
			more++;
		else
			add(l, "%s '%.150s'", named++ ? "," : "", d->paths[j]);
	}
	if (more)
		add(l, " and %zu more", more);
}

static void add_all(struct line *l, const struct difference *d, size_t most)
{
	*l = (struct line){.at = 0};
	add(l, "%s differs:", d->what);
	for (size_t i = 0, groups = 0; i < d->n; i++) {
		if (!is_first_with(d, i))
			continue;
		if (groups++)
			add(l, ",");
		add_group(l, d, i, most);
	}
}

/* All inputs by name, or as many of each kind as there is room for. */
static enum vsx_status differ(const struct difference *d, struct vsx_error *err)
{
	struct line l;
	size_t most = d->n;

	for (add_all(&l, d, most); l.full && most > 1; add_all(&l, d, most))
		most /= 2;
	return vsx_fail(err, VSX_EINVAL, "%s", l.text);
}

static enum vsx_status check_same(const struct difference *d,
				  struct vsx_error *err)
{
	for (size_t i = 1; i < d->n; i++)
		if (strcmp(d->has[i], d->has[0]) != 0)
			return differ(d, err);
	return VSX_OK;
}

/* ---- shape ------------------------------------------------------------- */

static enum vsx_status check_dims(const struct difference *d,
				  struct vsx *const *inputs, const char **has,
				  struct vsx_error *err)
{
	char(*texts)[12];
	enum vsx_status status;

	VSX_TRY(vsx_alloc_to(&texts, d->n, sizeof(*texts), err));
	for (size_t i = 0; i < d->n; i++) {
		snprintf(texts[i], sizeof(*texts), "%u",
			 inputs[i]->manifest.dim);
		has[i] = texts[i];
	}
	status = check_same(d, err);
	free(texts);
	return status;
}

static enum vsx_status check_words(struct difference *d,
				   struct vsx *const *inputs, const char **has,
				   struct vsx_error *err)
{
	d->what = "metric";
	for (size_t i = 0; i < d->n; i++)
		has[i] = vsx_metric_name(inputs[i]->manifest.metric);
	VSX_TRY(check_same(d, err));
	d->what = "element type";
	for (size_t i = 0; i < d->n; i++)
		has[i] = vsx_elem_name(inputs[i]->manifest.elem);
	VSX_TRY(check_same(d, err));
	d->what = "normalisation";
	for (size_t i = 0; i < d->n; i++)
		has[i] = inputs[i]->manifest.flags & VSX_MANIFEST_NORMALISED
				 ? "normalised"
				 : "not normalised";
	return check_same(d, err);
}

enum vsx_status vsx_compact_check_shape(struct vsx *const *inputs,
					const char *const *paths, size_t n,
					struct vsx_error *err)
{
	struct difference d = {.what = "dimension", .paths = paths, .n = n};
	enum vsx_status status;
	const char **has;

	VSX_TRY(vsx_alloc_to(&has, n, sizeof(*has), err));
	d.has = has;
	status = check_dims(&d, inputs, has, err);
	if (status == VSX_OK)
		status = check_words(&d, inputs, has, err);
	free(has);
	return status;
}

/* ---- model ------------------------------------------------------------- */

/* Names and hashes of all, for the message. */
static enum vsx_status differ_in(const char *what, bool by_hash,
				 struct vsx *const *inputs,
				 const char *const *paths, size_t n,
				 struct vsx_error *err)
{
	struct difference d = {.what = what, .paths = paths, .n = n};
	const char **has;

	VSX_TRY(vsx_alloc_to(&has, n, sizeof(*has), err));
	d.has = has;
	for (size_t i = 0; i < n; i++) {
		struct vsx_model m = vsx_model_of(inputs[i]);
		const char *text = by_hash ? m.hash : m.name;

		has[i] = text ? text : "(none)";
	}
	differ(&d, err);
	free(has);
	return VSX_EINVAL;
}

/* One more word in the list, unless it is there or the name itself. */
static void add_alias(char *list, const char *name, const char *word, size_t n)
{
	struct vsx_model m = {.name = name, .aliases = list};
	size_t at = strlen(list);

	if (n == 0 || vsx_model_has_name(&m, word, n))
		return;
	sprintf(list + at, "%s%.*s", at ? "," : "", (int)n, word);
}

/* All names that the inputs have, but that of the output. */
static enum vsx_status gather_aliases(struct vsx_compact_model *out,
				      struct vsx *const *inputs, size_t n,
				      struct vsx_error *err)
{
	size_t room = 1;

	for (size_t i = 0; i < n; i++) {
		struct vsx_model m = vsx_model_of(inputs[i]);

		room += (m.name ? strlen(m.name) + 1 : 0) +
			(m.aliases ? strlen(m.aliases) + 1 : 0);
	}
	VSX_TRY(vsx_alloc_to(&out->room, room, 1, err));
	for (size_t i = 0; i < n; i++) {
		struct vsx_model m = vsx_model_of(inputs[i]);
		const char *at = m.aliases;

		/* A name with a comma can be no alias. */
		if (m.name && !strchr(m.name, ','))
			add_alias(out->room, out->model.name, m.name,
				  strlen(m.name));
		while (at && *at) {
			size_t len = strcspn(at, ",");

			add_alias(out->room, out->model.name, at, len);
			at += len + (at[len] == ',');
		}
	}
	out->model.aliases = *out->room ? out->room : NULL;
	return VSX_OK;
}

/* Input i beside those before it, whose names and hash are in *sum. */
static enum vsx_status meet(struct vsx_model *sum, size_t i,
			    struct vsx *const *inputs, const char *const *paths,
			    size_t n, const struct vsx_compact_opts *opts,
			    struct vsx_report *report, struct vsx_error *err)
{
	struct vsx_model m = vsx_model_of(inputs[i]);

	switch (vsx_model_compare(sum, &m)) {
	case VSX_MODEL_OTHER_HASH:
		if (!opts->model_hash)
			return differ_in("hash of the model", true, inputs,
					 paths, n, err);
		break;
	case VSX_MODEL_OTHER_NAME:
		if (!opts->model)
			return differ_in("model", false, inputs, paths, n, err);
		break;
	case VSX_MODEL_RENAMED:
		if (!opts->model)
			vsx_report_note(report,
					"%.150s: model is '%.80s', it is "
					"'%.80s' in those before it, with the "
					"same hash",
					paths[i], m.name, sum->name);
		break;
	case VSX_MODEL_UNKNOWN:
	case VSX_MODEL_SAME:
		break;
	}
	if (!sum->name)
		sum->name = m.name;
	if (!sum->hash)
		sum->hash = m.hash;
	if (!sum->aliases)
		sum->aliases = m.aliases;
	return VSX_OK;
}

/* Who says nothing is taken for one of the others. */
static enum vsx_status note_unnamed(const struct vsx_model *sum,
				    struct vsx *const *inputs,
				    const char *const *paths, size_t n,
				    struct vsx_report *report,
				    struct vsx_error *err)
{
	for (size_t i = 0; i < n && sum->name; i++)
		if (!vsx_model_of(inputs[i]).name)
			vsx_report_note(report,
					"%.150s: names no model, and is taken "
					"to be of '%.80s' as the others are",
					paths[i], sum->name);
	return vsx_report_check(report, err);
}

enum vsx_status vsx_compact_take_model(struct vsx_compact_model *out,
				       struct vsx *const *inputs,
				       const char *const *paths, size_t n,
				       const struct vsx_compact_opts *opts,
				       struct vsx_report *report,
				       struct vsx_error *err)
{
	struct vsx_model sum = {0};

	for (size_t i = 0; i < n; i++)
		VSX_TRY(meet(&sum, i, inputs, paths, n, opts, report, err));
	if (!opts->model)
		VSX_TRY(note_unnamed(&sum, inputs, paths, n, report, err));
	out->model = (struct vsx_model){
		.name = opts->model ? opts->model : sum.name,
		.hash = opts->model_hash ? opts->model_hash : sum.hash,
		.aliases = opts->model_aliases,
	};
	/* What is called something else now has the names that are given. */
	if (opts->model_aliases || opts->model)
		return VSX_OK;
	return gather_aliases(out, inputs, n, err);
}
