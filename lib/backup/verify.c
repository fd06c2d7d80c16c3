/* Finding the damage of a repository: every byte of it is read. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/opts.h"
#include "backup/backup.h"
#include "backup/checked.h"
#include "backup/sequence.h"
#include "backup/snapshot.h"
#include "base/alloc.h"
#include "plural.h"

typedef unsigned long long ull;

/* Flag of a chunk. */
#define NEEDED 1u

/* Names of snapshots in one message. */
#define MAX_NAMED 4

struct bad_chunk {
	struct vsx_hash hash; /* first: they are sorted by it */
	enum vsx_status status;
	char text[160];
	char names[MAX_NAMED * (VSX_SNAPSHOT_NAME_MAX + 4) + 8];
	uint64_t n_names;
	size_t last; /* snapshot that was counted last, from 1 */
};

struct check {
	struct vsx_backup_opts opts;
	struct vsx_repo repo;
	const char *name; /* of the one snapshot; NULL: all */
	vsx_verify_report *report;
	void *context;
	struct vsx_backup_check result;

	struct vsx_snapshot_entry *list;
	size_t n;
	struct vsx_chunk_file *chunks;
	size_t n_chunks;
	struct bad_chunk *bad;
	size_t n_bad, bad_cap, bad_due;
	struct vsx_packer packer;
	struct vsx_checked checked;
};

static enum vsx_status tell(struct check *c, enum vsx_verify_what what,
			    enum vsx_status status, struct vsx_error *err,
			    const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

static enum vsx_status tell(struct check *c, enum vsx_verify_what what,
			    enum vsx_status status, struct vsx_error *err,
			    const char *fmt, ...)
{
	char text[1024];
	struct vsx_verify_event event = {what, status, text,	     0,
					 0,    NULL,   vsx_nowhere()};
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	c->result.n_findings += what == VSX_FINDING;
	if (c->report && c->report(c->context, &event) != 0)
		return vsx_fail(err, VSX_ESTOPPED, "stopped");
	return VSX_OK;
}

static enum vsx_status go_on(struct check *c, uint64_t done, uint64_t total,
			     struct vsx_error *err)
{
	struct vsx_verify_event event = {
		VSX_PROGRESS, VSX_OK, vsx_phase_chunks.name,
		done,	      total,  vsx_phase_chunks.unit,
		vsx_nowhere()};

	if (c->report && c->report(c->context, &event) != 0)
		return vsx_fail(err, VSX_ESTOPPED, "stopped");
	return VSX_OK;
}

static bool is_wanted(const struct check *c, size_t i)
{
	return !c->name || strcmp(c->name, c->list[i].name) == 0;
}

/* ---- snapshots -------------------------------------------------------- */

static bool find_chunk(const struct check *c, struct vsx_hash hash, size_t *at)
{
	const struct vsx_chunk_file *f = NULL;

	if (c->n_chunks)
		f = bsearch(&hash, c->chunks, c->n_chunks, sizeof(*f),
			    vsx_hash_order);
	*at = f ? (size_t)(f - c->chunks) : 0;
	return f != NULL;
}

static enum vsx_status add_bad(struct check *c, struct vsx_hash hash,
			       enum vsx_status status, const char *text,
			       struct vsx_error *err)
{
	struct bad_chunk *b;

	VSX_TRY(vsx_grow(&c->bad, &c->bad_cap, c->n_bad + 1, sizeof(*b), err));
	b = &c->bad[c->n_bad++];
	memset(b, 0, sizeof(*b));
	b->hash = hash;
	b->status = status;
	snprintf(b->text, sizeof(b->text), "%s", text);
	return VSX_OK;
}

static struct bad_chunk *find_bad(const struct check *c, struct vsx_hash hash)
{
	if (!c->n_bad)
		return NULL;
	return bsearch(&hash, c->bad, c->n_bad, sizeof(*c->bad),
		       vsx_hash_order);
}

static void sort_bad(struct check *c)
{
	size_t n = 0;

	if (c->n_bad)
		qsort(c->bad, c->n_bad, sizeof(*c->bad), vsx_hash_order);
	for (size_t i = 0; i < c->n_bad; i++)
		if (n == 0 ||
		    !vsx_hash_equal(c->bad[n - 1].hash, c->bad[i].hash))
			c->bad[n++] = c->bad[i];
	c->n_bad = n;
}

/* Mark what a snapshot needs; note what is not there. */
static enum vsx_status mark(struct check *c, size_t i, struct vsx_error *err)
{
	struct vsx_snapshot_record s = {0};
	enum vsx_status status;

	/* It was sound a moment ago: what fails now is the system. */
	VSX_TRY(vsx_snapshot_load(&c->repo, c->list[i].name, &s, err));
	c->result.bytes_read += c->list[i].bytes;
	status = VSX_OK;
	for (uint64_t j = 0; j < s.n_chunks && status == VSX_OK; j++) {
		size_t at;

		if (find_chunk(c, s.chunks[j].hash, &at))
			c->chunks[at].flags |= NEEDED;
		else
			status = add_bad(c, s.chunks[j].hash, VSX_ECORRUPT,
					 "is missing", err);
		/* One chunk may be missing many times. */
		if (c->n_bad >= c->bad_due) {
			sort_bad(c);
			c->bad_due = 2 * c->n_bad + 1024;
		}
	}
	free(s.chunks);
	return status;
}

static enum vsx_status check_snapshots(struct check *c, struct vsx_error *err)
{
	for (size_t i = 0; i < c->n; i++) {
		if (!is_wanted(c, i))
			continue;
		c->result.n_snapshots++;
		if (c->list[i].status == VSX_OK) {
			VSX_TRY(mark(c, i, err));
			continue;
		}
		c->result.n_damaged++;
		VSX_TRY(tell(c, VSX_FINDING, c->list[i].status, err,
			     "snapshot '%s': %s", c->list[i].name,
			     c->list[i].error.text));
	}
	if (c->name && !c->result.n_snapshots)
		return vsx_fail(err, VSX_ENOTFOUND, "'%s' has no snapshot '%s'",
				c->repo.name, c->name);
	return VSX_OK;
}

/* ---- chunks ----------------------------------------------------------- */

static bool is_read(const struct check *c, size_t i)
{
	return !c->name || c->chunks[i].flags & NEEDED;
}

static enum vsx_status check_chunk(struct check *c, size_t i,
				   struct vsx_error *err)
{
	struct vsx_chunk_file *f = &c->chunks[i];
	struct vsx_chunk_open o;
	struct vsx_error why = {0};
	enum vsx_status status;

	status = vsx_repo_load_chunk(&c->repo, f->hash, &c->packer, &o, &why);
	c->result.n_chunks++;
	c->result.bytes_read += f->bytes;
	if (status == VSX_ENOMEM)
		return vsx_retell(err, status, &why, "%s", why.text);
	if (status != VSX_OK) {
		vsx_checked_drop(&c->checked, f->hash);
		return add_bad(c, f->hash, status, why.text, err);
	}
	f->raw_bytes = o.head.raw_bytes;
	return vsx_checked_add(&c->checked, f->hash, o.stamp, err);
}

static enum vsx_status check_chunks(struct check *c, struct vsx_error *err)
{
	uint64_t total = 0, done = 0;

	for (size_t i = 0; i < c->n_chunks; i++)
		total += is_read(c, i) ? c->chunks[i].bytes : 0;
	for (size_t i = 0; i < c->n_chunks; i++) {
		if (!is_read(c, i))
			continue;
		VSX_TRY(go_on(c, done, total, err));
		VSX_TRY(check_chunk(c, i, err));
		done += c->chunks[i].bytes;
	}
	return VSX_OK;
}

/* ---- damage ----------------------------------------------------------- */

static void name_in(struct bad_chunk *b, const char *name)
{
	size_t n = strlen(b->names);

	if (b->n_names++ < MAX_NAMED)
		snprintf(b->names + n, sizeof(b->names) - n, "%s'%s'",
			 n ? ", " : "", name);
}

/* Is a chunk of a snapshot not to be had? A chunk of another length is not. */
static bool is_lost(struct check *c, const struct vsx_chunk_ref *ref, size_t i)
{
	struct bad_chunk *b = find_bad(c, ref->hash);
	size_t at;

	if (!b)
		return find_chunk(c, ref->hash, &at) &&
		       c->chunks[at].raw_bytes != ref->bytes;
	/* It may be in a snapshot many times. */
	if (b->last != i + 1)
		name_in(b, c->list[i].name);
	b->last = i + 1;
	return true;
}

/* What of a snapshot is lost. */
static enum vsx_status check_whole(struct check *c, size_t i,
				   struct vsx_error *err)
{
	struct vsx_snapshot_record s = {0};
	uint64_t n = 0, bytes = 0;

	VSX_TRY(vsx_snapshot_load(&c->repo, c->list[i].name, &s, err));
	for (uint64_t j = 0; j < s.n_chunks; j++) {
		if (!is_lost(c, &s.chunks[j], i))
			continue;
		n++;
		bytes += s.chunks[j].bytes;
	}
	free(s.chunks);
	if (!n)
		return VSX_OK;
	c->result.n_damaged++;
	return tell(
		c, VSX_FINDING, VSX_ECORRUPT, err,
		"snapshot '%s' cannot be restored: %llu of its %llu chunk%s "
		"(%llu of %llu bytes) %s damaged or missing",
		c->list[i].name, (ull)n, (ull)s.n_chunks, vsx_s(s.n_chunks),
		(ull)bytes, (ull)s.index_bytes, n == 1 ? "is" : "are");
}

static enum vsx_status tell_bad(struct check *c, const struct bad_chunk *b,
				struct vsx_error *err)
{
	char hex[VSX_HEX_BYTES], more[48] = "";

	vsx_hash_hex(hex, b->hash);
	if (b->n_names > MAX_NAMED)
		snprintf(more, sizeof(more), " and %llu more",
			 (ull)b->n_names - MAX_NAMED);
	if (!b->n_names)
		return tell(c, VSX_FINDING, b->status, err,
			    "chunk %s: %s (no snapshot needs it)", hex,
			    b->text);
	return tell(c, VSX_FINDING, b->status, err,
		    "chunk %s: %s (snapshot%s %s%s)", hex, b->text,
		    b->n_names > 1 ? "s" : "", b->names, more);
}

static enum vsx_status tell_damage(struct check *c, struct vsx_error *err)
{
	sort_bad(c);
	for (size_t i = 0; i < c->n; i++)
		if (is_wanted(c, i) && c->list[i].status == VSX_OK)
			VSX_TRY(check_whole(c, i, err));
	for (size_t i = 0; i < c->n_bad; i++)
		VSX_TRY(tell_bad(c, &c->bad[i], err));
	return VSX_OK;
}

/* ---- all of it -------------------------------------------------------- */

static enum vsx_status check_sequence(struct check *c, struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status;
	uint64_t last;

	status = vsx_sequence_last(&c->repo, &last, &why);
	if (status == VSX_OK)
		return VSX_OK;
	if (status == VSX_ENOMEM)
		return vsx_retell(err, status, &why, "%s", why.text);
	return tell(c, VSX_FINDING, status, err, "%s", why.text);
}

static enum vsx_status run(struct check *c, struct vsx_error *err)
{
	VSX_TRY(vsx_checked_load(&c->checked, &c->repo, err));
	VSX_TRY(vsx_packer_init(&c->packer, VSX_CHUNK_BYTES, err));
	/* Snapshots first: a backup that ends meanwhile has its chunks in the
	 * list that is made later. */
	VSX_TRY(vsx_snapshot_list(&c->repo, &c->list, &c->n, err));
	VSX_TRY(vsx_repo_list_chunks(&c->repo, &c->chunks, &c->n_chunks, err));
	VSX_TRY(vsx_repo_check_snapshots(&c->repo, c->n_chunks, err));
	if (!c->name)
		VSX_TRY(check_sequence(c, err));
	VSX_TRY(check_snapshots(c, err));
	VSX_TRY(check_chunks(c, err));
	return tell_damage(c, err);
}

enum vsx_status vsx_backup_verify_sized(const char *repo, const char *name,
					const struct vsx_backup_opts *opts,
					vsx_verify_report *report,
					void *context,
					struct vsx_backup_check *result,
					size_t size, struct vsx_error *err)
{
	struct check c = {.name = name, .report = report, .context = context};
	struct vsx_repo_wait wait;
	enum vsx_status status;

	VSX_TRY(vsx_backup_take(&c.opts, opts, err));
	wait = vsx_backup_wait(&c.opts);
	VSX_TRY(vsx_repo_open(&c.repo, repo, VSX_REPO_READ, 0,
			      &vsx_system_files, &wait, err));
	status = run(&c, err);
	if (status == VSX_OK)
		vsx_give(result, size, &c.result, sizeof(c.result));
	/* Also of a check that was stopped. */
	vsx_checked_save(&c.checked, &c.repo);
	vsx_checked_release(&c.checked);
	vsx_packer_release(&c.packer);
	free(c.list);
	free(c.chunks);
	free(c.bad);
	vsx_repo_close(&c.repo);
	return status;
}
