/* list and verify: what only reads. */
#include "backup/backup.h"

#include "cli/colour.h"
#include "cli/format_num.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/table.h"
#include "cli/utf8.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

char *backup_date(char to[BACKUP_DATE_BYTES], uint64_t created, bool iso)
{
	time_t seconds = (time_t)(created / 1000000000u);
	struct tm tm = {0};

	gmtime_r(&seconds, &tm);
	strftime(to, BACKUP_DATE_BYTES,
		 iso ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d %H:%M:%S", &tm);
	return to;
}

/* ---- list ------------------------------------------------------------- */

struct listing {
	const char *repo;
	struct backup_options *options;
	struct table *table;
	struct json json;
	uint64_t n;
	bool damaged;
};

static void list_json(struct json *j, const struct vsx_snapshot *s)
{
	char date[BACKUP_DATE_BYTES], uuid[33];

	json_put_object(j, NULL);
	json_put_string(j, "name", s->name);
	if (s->damage) {
		json_put_string(j, "damage", s->damage);
		json_close(j);
		return;
	}
	for (int i = 0; i < 16; i++)
		snprintf(uuid + 2 * i, 3, "%02x", s->uuid[i]);
	json_put_u64(j, "sequence", s->sequence);
	json_put_string(j, "created", backup_date(date, s->created, true));
	json_put_string(j, "index", s->source);
	json_put_string(j, "uuid", uuid);
	json_put_u64(j, "generation", s->generation);
	json_put_u64(j, "bytes", s->index_bytes);
	json_put_u64(j, "rows", s->n_rows);
	json_put_u64(j, "live", s->n_live);
	json_put_u64(j, "chunks", s->n_chunks);
	json_put_u64(j, "new_chunks", s->new_chunks);
	json_put_u64(j, "new_bytes", s->new_bytes);
	json_close(j);
}

static void list_row(struct table *t, const struct vsx_snapshot *s)
{
	char date[BACKUP_DATE_BYTES], a[NUM_BYTES], source[512];

	table_row(t);
	table_cell(t, "%s", s->name);
	if (s->damage) {
		table_cell(t, "damaged");
		return;
	}
	snprintf(source, sizeof(source), "%s", s->source);
	utf8_clean(source);
	table_cell(t, "%s", backup_date(date, s->created, false));
	table_cell(t, "%s", num_bytes(a, s->index_bytes));
	table_cell(t, "%" PRIu64, s->generation);
	table_cell(t, "%s", num_count(a, s->n_live));
	table_cell(t, "%s", num_bytes(a, s->new_bytes));
	table_cell(t, "%s", source);
}

static int on_snapshot(void *context, const struct vsx_snapshot *s)
{
	struct listing *l = context;

	l->n++;
	if (s->damage) {
		l->damaged = true;
		say("%s: snapshot '%s': %s", l->repo, s->name, s->damage);
	}
	if (l->options->json)
		list_json(&l->json, s);
	else
		list_row(l->table, s);
	return 0;
}

enum vsx_status backup_list(const char *repo, struct backup_options *o,
			    bool *damaged, struct vsx_error *err)
{
	struct vsx_backup_opts opts = backup_opts(o);
	struct listing l = {.repo = repo, .options = o};
	enum vsx_status status;

	if (o->json) {
		json_begin(&l.json, stdout, true);
		json_put_object(&l.json, NULL);
		json_put_string(&l.json, "repository", repo);
		json_put_array(&l.json, "snapshots");
	} else {
		l.table = table_new();
		table_column(l.table, "name", TABLE_LEFT);
		table_column(l.table, "date (UTC)", TABLE_LEFT);
		table_column(l.table, "size", TABLE_RIGHT);
		table_column(l.table, "generation", TABLE_RIGHT);
		table_column(l.table, "rows", TABLE_RIGHT);
		table_column(l.table, "new", TABLE_RIGHT);
		table_column(l.table, "index", TABLE_WRAP);
	}
	status = vsx_backup_list(repo, &opts, on_snapshot, &l, err);
	if (o->json) {
		json_close(&l.json);
		if (status != VSX_OK)
			json_put_string(&l.json, "error", err->text);
		json_close(&l.json);
		json_end(&l.json);
	} else if (status == VSX_OK && l.n) {
		status = table_print(l.table, stdout, err);
	} else if (status == VSX_OK && !o->quiet) {
		printf("%s: no snapshots\n", repo);
	}
	table_free(l.table);
	*damaged = l.damaged;
	return status;
}

/* ---- verify ----------------------------------------------------------- */

struct checking {
	const char *repo;
	const struct backup_options *options;
	struct json json;
};

static int on_event(void *context, const struct vsx_verify_event *event)
{
	struct checking *c = context;

	if (event->what == VSX_PROGRESS) {
		progress_update(event->text, event->unit, event->done,
				event->total);
	} else if (c->options->json) {
		json_put_string(&c->json, NULL, event->text);
	} else {
		progress_clear();
		printf("%s: %s\n", c->repo, event->text);
	}
	return interrupted();
}

static void json_checked(struct json *j, enum vsx_status status,
			 const struct vsx_backup_check *r,
			 const struct vsx_error *err)
{
	json_close(j);
	if (status == VSX_OK) {
		json_put_u64(j, "problems", r->n_findings);
		json_put_bool(j, "sound", r->n_findings == 0);
		json_put_u64(j, "snapshots", r->n_snapshots);
		json_put_u64(j, "snapshots_damaged", r->n_damaged);
		json_put_u64(j, "chunks", r->n_chunks);
		json_put_u64(j, "bytes_read", r->bytes_read);
	} else {
		json_put_string(j, "error", err->text);
	}
	json_close(j);
	json_end(j);
}

static void print_checked(const char *repo, const struct backup_options *o,
			  const struct vsx_backup_check *r)
{
	char a[NUM_BYTES], b[NUM_BYTES], c[NUM_BYTES], d[NUM_BYTES];

	if (r->n_findings)
		printf("%s: %s%s problem%s%s, %s of %s snapshot%s cannot be "
		       "restored (%s read)\n",
		       repo, colour(stdout, COLOUR_BAD),
		       num_count(a, r->n_findings), plural_s(r->n_findings),
		       colour_off(stdout), num_count(b, r->n_damaged),
		       num_count(c, r->n_snapshots), plural_s(r->n_snapshots),
		       num_bytes(d, r->bytes_read));
	else if (!o->quiet)
		printf("%s: %ssound%s: %s snapshot%s, %s chunk%s (%s read)\n",
		       repo, colour(stdout, COLOUR_GOOD), colour_off(stdout),
		       num_count(a, r->n_snapshots), plural_s(r->n_snapshots),
		       num_count(b, r->n_chunks), plural_s(r->n_chunks),
		       num_bytes(c, r->bytes_read));
}

enum vsx_status backup_verify(const char *repo, const char *name,
			      struct backup_options *o, bool *damaged,
			      struct vsx_error *err)
{
	struct vsx_backup_opts opts = backup_opts(o);
	struct checking c = {.repo = repo, .options = o};
	struct vsx_backup_check result = {0};
	enum vsx_status status;

	if (o->json) {
		json_begin(&c.json, stdout, true);
		json_put_object(&c.json, NULL);
		json_put_string(&c.json, "repository", repo);
		json_put_array(&c.json, "findings");
	}
	status = vsx_backup_verify(repo, name, &opts, on_event, &c, &result,
				   err);
	progress_clear();
	if (o->json)
		json_checked(&c.json, status, &result, err);
	else if (status == VSX_OK)
		print_checked(repo, o, &result);
	*damaged = result.n_findings != 0;
	return status;
}
