#include "crash/states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 512u

struct file {
	uint8_t *bytes;
	uint64_t n;
	bool is_folder;
};

struct name {
	const char *name;
	int file;
};

struct model {
	const struct record *record;
	struct file *files;
	struct name *names;
	size_t n_names;
	struct vsx_rng *rng;
};

/* ---- what is synced --------------------------------------------------- */

static bool changes_name(enum rec_what what)
{
	return what == REC_CREATE || what == REC_RENAME ||
	       what == REC_RENAME_NEW || what == REC_LINK ||
	       what == REC_UNLINK || what == REC_MKDIR;
}

static bool changes_file(enum rec_what what)
{
	return what == REC_WRITE || what == REC_RESIZE;
}

/* The name of the folder with this number; NULL: it is none. */
static const char *folder_name(const struct record *r, int number)
{
	size_t top = r->start.n; /* the number of the folder itself */

	if ((size_t)number == top)
		return "";
	if ((size_t)number < top)
		return r->start.entries[number].is_folder
			       ? r->start.entries[number].name
			       : NULL;
	for (size_t i = 0; i < r->n; i++)
		if (r->ops[i].what == REC_MKDIR && r->ops[i].file == number)
			return r->ops[i].name;
	return NULL;
}

/* Is `name` right in the folder with this number? */
static bool is_in(const struct record *r, const char *name, int number)
{
	const char *slash = strrchr(name, '/');
	const char *folder = folder_name(r, number);
	size_t n = slash ? (size_t)(slash - name) : 0;

	return folder && strlen(folder) == n && strncmp(folder, name, n) == 0;
}

static bool is_covered(const struct record *r, size_t op, size_t prefix)
{
	const struct rec_op *o = &r->ops[op];

	for (size_t i = op + 1; i < prefix; i++) {
		const struct rec_op *s = &r->ops[i];

		if (s->what != REC_SYNC || s->error)
			continue;
		if (changes_file(o->what)
			    ? s->file == o->file
			    : is_in(r, o->to ? o->to : o->name, s->file))
			return true;
	}
	return false;
}

static bool is_synced(const struct record *r, size_t op, size_t prefix)
{
	if (is_covered(r, op, prefix))
		return true;
	/* A file that was moved into a folder has been made before. */
	for (size_t i = op + 1; r->ops[op].what == REC_CREATE && i < prefix;
	     i++)
		if (r->ops[i].file == r->ops[op].file &&
		    changes_name(r->ops[i].what) && is_covered(r, i, prefix))
			return true;
	return false;
}

static bool is_change(const struct rec_op *o)
{
	return !o->error && (changes_name(o->what) || changes_file(o->what));
}

size_t states_pending(const struct record *r, size_t prefix)
{
	size_t n = 0;

	for (size_t i = 0; i < prefix; i++)
		n += is_change(&r->ops[i]) && !is_synced(r, i, prefix);
	return n;
}

bool states_adds(const struct record *r, size_t i)
{
	return is_change(&r->ops[i]);
}

/* ---- files and names -------------------------------------------------- */

static void set_length(struct file *f, uint64_t n)
{
	f->bytes = realloc(f->bytes, n + 1);
	if (!f->bytes)
		abort();
	if (n > f->n)
		memset(f->bytes + f->n, 0, n - f->n);
	f->n = n;
}

static void put_bytes(struct file *f, const struct rec_op *o, uint64_t from,
		      uint64_t to)
{
	if (f->n < to)
		set_length(f, to);
	memcpy(f->bytes + from, o->bytes + (from - o->at), to - from);
}

/* Some of the sectors; the length may have grown without the bytes. */
static void put_torn(struct model *m, struct file *f, const struct rec_op *o)
{
	uint64_t end = o->at + o->n, at = o->at;
	uint64_t odds = 1 + vsx_rng_below(m->rng, 7);

	if (f->n < end && vsx_rng_below(m->rng, 2))
		set_length(f, end);
	while (at < end) {
		uint64_t next = (at / SECTOR + 1) * SECTOR;

		if (next > end)
			next = end;
		if (vsx_rng_below(m->rng, 8) < odds)
			put_bytes(f, o, at, next);
		at = next;
	}
}

static int find(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->n_names; i++)
		if (strcmp(m->names[i].name, name) == 0)
			return (int)i;
	return -1;
}

static void drop_name(struct model *m, const char *name, int file)
{
	int i = find(m, name);

	/* Another file may have the name where operations were lost. */
	if (i >= 0 && m->names[i].file == file)
		m->names[i] = m->names[--m->n_names];
}

static void set_name(struct model *m, const char *name, int file)
{
	int i = find(m, name);

	if (i < 0)
		i = (int)m->n_names++;
	m->names[i] = (struct name){name, file};
}

static void apply(struct model *m, const struct rec_op *o, bool torn)
{
	struct file *f = o->file < 0 ? NULL : &m->files[o->file];

	switch (o->what) {
	case REC_MKDIR:
		f->is_folder = true;
		set_name(m, o->name, o->file);
		break;
	case REC_CREATE:
		set_name(m, o->name, o->file);
		break;
	case REC_RENAME:
	case REC_RENAME_NEW:
		drop_name(m, o->name, o->file);
		set_name(m, o->to, o->file);
		break;
	case REC_LINK:
		set_name(m, o->to, o->file);
		break;
	case REC_UNLINK:
		drop_name(m, o->name, o->file);
		break;
	case REC_RESIZE:
		set_length(f, o->n);
		break;
	case REC_WRITE:
		if (torn)
			put_torn(m, f, o);
		else
			put_bytes(f, o, o->at, o->at + o->n);
		break;
	default:
		break;
	}
}

/* ---- a state ---------------------------------------------------------- */

static void begin(struct model *m, const struct record *r, size_t prefix)
{
	m->record = r;
	m->files = calloc((size_t)r->n_files, sizeof(*m->files));
	m->names = calloc(r->start.n + prefix + 1, sizeof(*m->names));
	if (!m->files || !m->names)
		abort();
	for (size_t i = 0; i < r->start.n; i++) {
		const struct tree_entry *e = &r->start.entries[i];

		m->files[i].is_folder = e->is_folder;
		set_length(&m->files[i], e->n);
		if (e->n)
			memcpy(m->files[i].bytes, e->bytes, e->n);
		set_name(m, e->name, (int)i);
	}
}

static void shuffle(size_t *list, size_t n, struct vsx_rng *rng)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)vsx_rng_below(rng, i), x = list[i - 1];

		list[i - 1] = list[j];
		list[j] = x;
	}
}

static void apply_pending(struct model *m, size_t *list, size_t n,
			  enum state_how how, size_t which)
{
	uint64_t odds = 0;

	if (how == STATE_RANDOM) {
		odds = 1 + vsx_rng_below(m->rng, 7);
		if (vsx_rng_below(m->rng, 2))
			shuffle(list, n, m->rng);
	}
	for (size_t i = 0; i < n; i++) {
		const struct rec_op *o = &m->record->ops[list[i]];

		if (how == STATE_RANDOM
			    ? vsx_rng_below(m->rng, 8) >= odds
			    : how == STATE_NONE ||
				      (how == STATE_ONLY && i != which) ||
				      (how == STATE_BUT && i == which))
			continue;
		apply(m, o,
		      how == STATE_RANDOM && vsx_rng_below(m->rng, 2) == 0);
	}
}

static int compare(const void *pa, const void *pb)
{
	const struct tree_entry *a = pa, *b = pb;

	return strcmp(a->name, b->name);
}

/* Whether the folders that the name goes through are there. */
static bool can_be_found(const struct model *m, const char *name)
{
	char folder[512];
	char *slash;
	int i;

	snprintf(folder, sizeof(folder), "%s", name);
	slash = strrchr(folder, '/');
	if (!slash)
		return true;
	*slash = '\0';
	i = find(m, folder);
	return i >= 0 && can_be_found(m, folder);
}

static void finish(struct tree *out, struct model *m)
{
	out->n = 0;
	out->entries = calloc(m->n_names + 1, sizeof(*out->entries));
	if (!out->entries)
		abort();
	for (size_t i = 0; i < m->n_names; i++) {
		const struct file *f = &m->files[m->names[i].file];
		struct tree_entry *e = &out->entries[out->n];

		if (!can_be_found(m, m->names[i].name))
			continue;
		out->n++;
		e->name = strdup(m->names[i].name);
		e->is_folder = f->is_folder;
		e->n = f->n;
		e->bytes = malloc(f->n + 1);
		if (!e->name || !e->bytes)
			abort();
		if (f->n)
			memcpy(e->bytes, f->bytes, f->n);
	}
	qsort(out->entries, out->n, sizeof(*out->entries), compare);
	for (int i = 0; i < m->record->n_files; i++)
		free(m->files[i].bytes);
	free(m->files);
	free(m->names);
}

void states_make(struct tree *out, const struct record *r, size_t prefix,
		 enum state_how how, size_t which, struct vsx_rng *rng)
{
	size_t *pending = calloc(prefix + 1, sizeof(*pending)), n = 0;
	struct model m = {.rng = rng};

	if (!pending)
		abort();
	begin(&m, r, prefix);
	/* A sync follows all that it covers, so that this is its order. */
	for (size_t i = 0; i < prefix; i++) {
		if (!is_change(&r->ops[i]))
			continue;
		if (is_synced(r, i, prefix))
			apply(&m, &r->ops[i], false);
		else
			pending[n++] = i;
	}
	apply_pending(&m, pending, n, how, which);
	finish(out, &m);
	free(pending);
}
