#include "crash/repository.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crash/tree.h"
#include "support/build.h"
#include "vsx_write.h"

static char problem[VSX_ERROR_TEXT + 200];

#define PROBLEM(...) (snprintf(problem, sizeof(problem), __VA_ARGS__), problem)

static int take_name(void *context, const struct vsx_snapshot *s)
{
	struct repository *r = context;

	/* A damaged one is a finding of the verification. */
	if (r->n < 8)
		snprintf(r->names[r->n++], sizeof(r->names[0]), "%s", s->name);
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

void repository_look(struct repository *r, const char *path)
{
	struct vsx_error err;

	memset(r, 0, sizeof(*r));
	if (vsx_backup_list(path, NULL, take_name, r, &err) != VSX_OK)
		r->n = -1;
	else if (r->n)
		qsort(r->names, (size_t)r->n, sizeof(r->names[0]), compare);
}

static bool has(const struct repository *r, const char *name)
{
	for (int i = 0; i < r->n; i++)
		if (strcmp(r->names[i], name) == 0)
			return true;
	return false;
}

static int hear(void *context, const struct vsx_verify_event *event)
{
	char *first = context;

	if (event->what == VSX_FINDING && !first[0])
		snprintf(first, VSX_ERROR_TEXT, "%s", event->text);
	return 0;
}

static const char *verify(const char *repo)
{
	char first[VSX_ERROR_TEXT] = "";
	struct vsx_backup_check result;
	struct vsx_error err;

	if (vsx_backup_verify(repo, NULL, NULL, hear, first, &result, &err))
		return PROBLEM("verify: %s", err.text);
	return first[0] ? PROBLEM("finding: %s", first) : NULL;
}

/* The snapshot gives the bytes of `due` again. */
static const char *restore(const char *folder, const char *name,
			   const char *due)
{
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;
	const char *wrong = NULL, *path = tree_path(folder, "restored");
	uint8_t *a, *b;
	struct vsx_error err;
	size_t na, nb;

	opts.force = 1;
	if (vsx_backup_restore(tree_path(folder, "repo"), name, path, &opts,
			       NULL, &err))
		return PROBLEM("restore: %s", err.text);
	a = support_read(path, &na);
	b = support_read(tree_path(folder, due), &nb);
	if (na != nb || memcmp(a, b, na) != 0)
		wrong = PROBLEM("'%s' gives other bytes", name);
	free(a);
	free(b);
	unlink(path);
	return wrong;
}

const char *repository_problem(const char *folder, const struct repository *old,
			       const struct repository *new, bool reported)
{
	const char *repo = tree_path(folder, "repo"), *wrong;
	struct repository now;

	repository_look(&now, repo);
	if (now.n < 0)
		return old->n < 0 && !reported ? NULL
					       : "it cannot be read any more";
	for (int i = 0; i < new->n; i++)
		if (!has(&now, new->names[i]) &&
		    (reported || has(old, new->names[i])))
			return PROBLEM("'%s' is gone", new->names[i]);
	wrong = verify(repo);
	for (int i = 0; i < now.n && !wrong; i++) {
		const char *name = now.names[i];
		char due[120];

		if (!has(new, name) && (reported || !has(old, name)))
			return PROBLEM("'%s' is there", name);
		snprintf(due, sizeof(due), "%s.vsx", name);
		wrong = restore(folder, name, due);
	}
	return wrong;
}

const char *repository_goes_on(const char *folder)
{
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;
	const char *repo = tree_path(folder, "repo"), *wrong;
	struct vsx_error err;

	opts.name = "next";
	opts.chunk_bytes = 65536;
	if (vsx_backup_create(tree_path(folder, "x.vsx"), repo, &opts, NULL,
			      &err))
		return PROBLEM("the next backup: %s", err.text);
	wrong = verify(repo);
	return wrong ? wrong : restore(folder, "next", "x.vsx");
}
