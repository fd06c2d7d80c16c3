/* create, restore and prune: what changes files. */
#include "backup/backup.h"

#include "cli/built.h"
#include "cli/format_num.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/say.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- create ----------------------------------------------------------- */

static void json_index(struct json *j, const struct vsx_backup_result *r)
{
	json_put_u64(j, "generation", r->generation);
	json_put_u64(j, "bytes", r->index_bytes);
	json_put_u64(j, "rows", r->n_rows);
	json_put_u64(j, "live", r->n_live);
	json_put_u64(j, "chunks", r->n_chunks);
}

static void print_created(const char *index, const char *repo, bool json,
			  const struct vsx_backup_result *r)
{
	char a[NUM_BYTES], b[NUM_BYTES], c[NUM_BYTES], d[NUM_BYTES];
	struct json j;

	if (json) {
		json_begin(&j, stdout, true);
		json_put_object(&j, NULL);
		json_put_string(&j, "repository", repo);
		json_put_string(&j, "name", r->name);
		json_put_string(&j, "index", index);
		json_index(&j, r);
		json_put_u64(&j, "new_chunks", r->new_chunks);
		json_put_u64(&j, "new_bytes", r->new_bytes);
		json_put_u64(&j, "replaced_chunks", r->replaced_chunks);
		json_put_u64(&j, "read_chunks", r->read_chunks);
		json_put_u64(&j, "read_bytes", r->read_bytes);
		json_close(&j);
		json_end(&j);
		return;
	}
	printf("%s: snapshot %s of %s\n", repo, r->name, index);
	printf("  index      generation %s, %s live row%s, %s\n",
	       num_count(d, r->generation), num_count(a, r->n_live),
	       plural_s(r->n_live), num_bytes(b, r->index_bytes));
	printf("  stored     %s in %s new chunk%s of %s\n",
	       num_bytes(a, r->new_bytes), num_count(b, r->new_chunks),
	       plural_s(r->new_chunks), num_count(c, r->n_chunks));
	if (r->read_chunks)
		printf("  checked    %s in %s older chunk%s\n",
		       num_bytes(a, r->read_bytes),
		       num_count(b, r->read_chunks), plural_s(r->read_chunks));
}

/* Also with --quiet: his disk loses bytes. */
static void warn_replaced(const char *repo, const struct vsx_backup_result *r)
{
	char a[NUM_BYTES];

	if (r->replaced_chunks)
		say("%s: %s damaged chunk%s replaced; 'vsx-backup verify' "
		    "looks for more",
		    repo, num_count(a, r->replaced_chunks),
		    plural_s(r->replaced_chunks));
}

enum vsx_status backup_create(const char *index, const char *repo,
			      struct backup_options *o, struct vsx_error *err)
{
	struct vsx_backup_opts opts = backup_opts(o);
	struct vsx_backup_result result;
	enum vsx_status status;

	if (o->to_stdout)
		return vsx_backup_send(index, STDOUT_FILENO, &opts, NULL, err);
	status = vsx_backup_create(index, repo, &opts, &result, err);
	progress_end();
	if (status == VSX_OK)
		warn_replaced(repo, &result);
	if (status == VSX_OK && (o->json || !o->quiet))
		print_created(index, repo, o->json, &result);
	return status;
}

/* ---- restore ---------------------------------------------------------- */

static void print_restored(const struct backup_options *o,
			   const struct vsx_backup_result *r)
{
	char a[NUM_BYTES], b[NUM_BYTES], c[NUM_BYTES];
	struct json j;

	if (o->json) {
		json_begin(&j, stdout, true);
		json_put_object(&j, NULL);
		json_put_string(&j, "index", o->out);
		json_put_string(&j, "name", r->name);
		json_index(&j, r);
		json_close(&j);
		json_end(&j);
		return;
	}
	printf("%s: restored%s%s: generation %s, %s live row%s, %s\n", o->out,
	       *r->name ? " from snapshot " : "", r->name,
	       num_count(c, r->generation), num_count(a, r->n_live),
	       plural_s(r->n_live), num_bytes(b, r->index_bytes));
}

enum vsx_status backup_restore(const char *repo, const char *name,
			       struct backup_options *o, struct vsx_error *err)
{
	struct vsx_backup_opts opts = backup_opts(o);
	struct vsx_backup_result result;
	enum vsx_status status;

	if (!name)
		status = vsx_backup_receive(STDIN_FILENO, o->out, &opts,
					    &result, err);
	else
		status = vsx_backup_restore(repo, name, o->out, &opts, &result,
					    err);
	built_name_force(status, err);
	progress_end();
	if (status == VSX_OK && (o->json || !o->quiet))
		print_restored(o, &result);
	return status;
}

/* ---- prune ------------------------------------------------------------ */

struct pruning {
	const struct backup_options *options;
	struct json json;
};

static int on_removed(void *context, const struct vsx_snapshot *s)
{
	struct pruning *p = context;
	char date[BACKUP_DATE_BYTES];

	if (p->options->json) {
		json_put_string(&p->json, NULL, s->name);
	} else if (!p->options->quiet) {
		progress_clear();
		printf("%s %s of %s, %s\n",
		       p->options->dry_run ? "would remove" : "removing",
		       s->name, backup_date(date, s->created, false),
		       s->source);
	}
	return 0;
}

static void print_pruned(const char *repo, struct pruning *p,
			 const struct vsx_prune_result *r)
{
	char a[NUM_BYTES], b[NUM_BYTES], c[NUM_BYTES], d[NUM_BYTES];
	struct json *j = &p->json;

	if (p->options->json) {
		json_close(j);
		json_put_bool(j, "dry_run", p->options->dry_run);
		json_put_u64(j, "snapshots_kept", r->n_kept);
		json_put_u64(j, "chunks_removed", r->n_chunks);
		json_put_u64(j, "chunks_kept", r->n_chunks_kept);
		json_put_u64(j, "freed_bytes", r->freed_bytes);
		json_close(j);
		json_end(j);
		return;
	}
	if (p->options->quiet)
		return;
	printf(p->options->dry_run
		       ? "%s: would remove %s snapshot%s and keep %s, would "
			 "remove %s chunk%s and free %s\n"
		       : "%s: %s snapshot%s removed, %s kept; %s chunk%s "
			 "removed, %s freed\n",
	       repo, num_count(a, r->n_removed), plural_s(r->n_removed),
	       num_count(b, r->n_kept), num_count(c, r->n_chunks),
	       plural_s(r->n_chunks), num_bytes(d, r->freed_bytes));
}

enum vsx_status backup_prune(const char *repo, struct backup_options *o,
			     struct vsx_error *err)
{
	struct vsx_prune_opts opts = VSX_PRUNE_OPTS_INIT;
	struct pruning p = {.options = o};
	struct vsx_prune_result result;
	enum vsx_status status;

	opts.keep = o->keep;
	opts.older_seconds = o->older_seconds;
	opts.dry_run = o->dry_run;
	opts.wait_ms = wait_ms(&o->wait);
	opts.removed = on_removed;
	opts.removed_context = &p;
	opts.report = report_work;
	opts.context = &o->quiet;
	if (o->json) {
		json_begin(&p.json, stdout, true);
		json_put_object(&p.json, NULL);
		json_put_string(&p.json, "repository", repo);
		json_put_array(&p.json, "removed");
	}
	status = vsx_backup_prune(repo, &opts, &result, err);
	progress_end();
	if (status == VSX_OK) {
		print_pruned(repo, &p, &result);
	} else if (o->json) {
		json_close(&p.json);
		json_put_string(&p.json, "error", err->text);
		json_close(&p.json);
		json_end(&p.json);
	}
	return status;
}

bool backup_age(uint64_t *seconds, const char *text)
{
	static const struct {
		char letter;
		uint64_t seconds;
	} units[] = {
		{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	uint64_t n = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > 1000000)
			return false;
	}
	if (p == text || n == 0 || !*p || p[1])
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].letter == *p) {
			*seconds = n * units[i].seconds;
			return true;
		}
	return false;
}
