/*
 * Every operation of a writer over file operations of which one, or all from
 * one on, fail. VSX_FAULTS=all tries every reason at every call, else they take
 * turns.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash/answers.h"
#include "crash/operations.h"
#include "crash/repository.h"
#include "crash/tree.h"
#include "write/faulty_files.h"

TestSuite(faults, .timeout = 3600);

static struct vsx_error err;

/* An operation, what it starts from, and what it makes when nothing fails. */
struct trial {
	struct operation op;
	char *folder;
	struct tree start, whole;
	struct answers old, new;
	struct repository old_repo, new_repo;
	long n_calls;
	struct faulty faulty;
	enum vsx_status status;
	uint64_t n, n_open_outcome, n_torn;
};

#define HOLDS(t, what, ...)                                                    \
	do {                                                                   \
		if (!(what))                                                   \
			wrong(t, __VA_ARGS__);                                 \
	} while (0)

__attribute__((format(printf, 2, 3))) static void wrong(const struct trial *t,
							const char *format, ...)
{
	const struct faulty *f = &t->faulty;
	char text[800];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cr_assert_fail("%s (%s): %s (call %ld%s, %s): %s; it said %d, %s",
		       t->op.name, t->op.spec, f->hit ? f->hit : "-", f->at,
		       f->sticky ? " and all after it" : "",
		       f->reason ? strerror(f->reason) : "short writes", text,
		       t->status, t->status == VSX_OK ? "done" : err.text);
}

static void run(struct trial *t, struct faulty faulty)
{
	struct vsx_file_ops ops = faulty_ops(&t->faulty);

	tree_put(&t->start, t->folder);
	t->faulty = faulty;
	t->status = t->op.run(&t->op, t->folder, &ops, &err);
	t->n++;
}

static void begin(struct trial *t, size_t i, struct faulty faulty)
{
	const char *path;

	memset(t, 0, sizeof(*t));
	t->op = op_get(i);
	t->folder = tree_folder();
	t->op.prepare(&t->op, t->folder);
	tree_take(&t->start, t->folder);
	path = tree_path(t->folder, t->op.output);
	repository_look(&t->old_repo, path);
	if (!t->op.is_repo && tree_find(&t->start, t->op.output))
		HOLDS(t,
		      answers_take(&t->old, path, VSX_CHECK_ALL, &err) ==
			      VSX_OK,
		      "the old one: %s", err.text);
	faulty.at = -1;
	run(t, faulty);
	HOLDS(t, t->status == VSX_OK, "without faults");
	t->n_calls = t->faulty.n;
	tree_take(&t->whole, t->folder);
	path = tree_path(t->folder, t->op.output);
	repository_look(&t->new_repo, path);
	HOLDS(t,
	      t->op.is_repo || answers_take(&t->new, path, VSX_CHECK_ALL,
					    &err) == VSX_OK,
	      "the new one: %s", err.text);
}

static void end(struct trial *t)
{
	tree_release(&t->start);
	tree_release(&t->whole);
	tree_remove(t->folder);
	free(t->folder);
}

static bool is_new_file(const struct trial *t)
{
	return t->faulty.renamed;
}

/* Nothing has happened; debris of an earlier crash may be cut off already. */
static void check_unchanged(const struct trial *t)
{
	const struct tree_entry *was = tree_find(&t->start, t->op.output);
	const char *other = tree_differs(&t->start, t->folder);
	struct tree now;
	const struct tree_entry *is;
	uint64_t committed;

	if (!other)
		return;
	HOLDS(t, t->op.in_place && strcmp(other, t->op.output) == 0,
	      "%s has changed", other);
	tree_take(&now, t->folder);
	is = tree_find(&now, t->op.output);
	committed = was->n - t->old.extra_bytes;
	HOLDS(t, now.n == t->start.n, "files are left or missing");
	HOLDS(t,
	      is->n >= committed && !memcmp(is->bytes, was->bytes, committed),
	      "what was committed has changed");
	HOLDS(t, t->faulty.sticky || is->n == committed,
	      "%zu bytes are left behind the end", is->n - committed);
	tree_release(&now);
}

/* The slot was begun, or the folder not synced: either generation. */
static void check_either(struct trial *t)
{
	const char *path = tree_path(t->folder, t->op.output);
	struct vsx_error why;
	struct answers now;
	bool is_new;

	t->n_open_outcome++;
	HOLDS(t, answers_take(&now, path, VSX_CHECK_ALL, &why) == VSX_OK, "%s",
	      why.text);
	is_new = answers_same_generation(&now, &t->new);
	HOLDS(t, answers_same(&now, is_new ? &t->new : &t->old),
	      "neither the old generation nor the new one");
}

/* What is stored stays for the next one, but nothing half done. */
static void check_repository(struct trial *t)
{
	const char *bad;
	struct tree now;

	bad = repository_problem(t->folder, &t->old_repo, &t->new_repo,
				 t->status == VSX_OK);
	HOLDS(t, !bad, "%s", bad);
	HOLDS(t,
	      t->status == VSX_OK || t->status == VSX_EIO ||
		      t->status == VSX_ESTOPPED,
	      "no clean error");
	tree_take(&now, t->folder);
	for (size_t i = 0; i < now.n; i++)
		HOLDS(t,
		      !strstr(now.entries[i].name, "tmp/") &&
			      !strstr(now.entries[i].name, ".tmp."),
		      "%s is left", now.entries[i].name);
	tree_release(&now);
}

static void check_after(struct trial *t)
{
	const char *other;

	HOLDS(t, t->faulty.after_sync == 0, "a sync was tried again");
	HOLDS(t, tree_mappings(t->folder) == 0, "a mapping is left");
	if (t->op.is_repo) {
		check_repository(t);
		return;
	}
	if (t->status == VSX_OK || is_new_file(t)) {
		other = tree_differs(&t->whole, t->folder);
		HOLDS(t, !other, "%s is not as it should be", other);
		return;
	}
	HOLDS(t,
	      t->status == VSX_EIO && *err.text && !strchr(err.text, '\n') &&
		      strstr(err.text, t->folder),
	      "no clean error");
	if (t->op.in_place && strstr(err.text, "whether generation"))
		check_either(t);
	else
		check_unchanged(t);
}

/* The writer after one that left the outcome open. */
static void check_next(struct trial *t)
{
	const char *path = tree_path(t->folder, t->op.output);
	enum vsx_status status;
	struct vsx_error why;

	status = op_add(path, 9000, 1, 0, NULL, &vsx_system_files, &why);
	/* Half a slot was written: which generation holds is for the user. */
	if (t->faulty.partial && status == VSX_ECORRUPT) {
		HOLDS(t, strstr(why.text, "superblock slot"), "%s", why.text);
		t->n_torn++;
		return;
	}
	HOLDS(t, status == VSX_OK, "the next writer: %s", why.text);
}

/* Once more, and nothing fails. */
static void check_again(struct trial *t)
{
	const char *other;
	struct vsx_error why;

	if (t->op.is_repo) {
		other = repository_goes_on(t->folder);
		HOLDS(t, !other, "%s", other);
		return;
	}
	if (t->status == VSX_OK || is_new_file(t))
		return;
	if (strstr(err.text, "whether generation")) {
		check_next(t);
		return;
	}
	HOLDS(t,
	      t->op.run(&t->op, t->folder, &vsx_system_files, &why) == VSX_OK,
	      "the next writer: %s", why.text);
	other = tree_differs(&t->whole, t->folder);
	HOLDS(t, !other, "after the next writer %s is not as it should be",
	      other);
}

/* 0: a write comes up short, and the next call goes well. */
static const int reasons[] = {ENOSPC, EIO, EDQUOT, EROFS, EMFILE, 0};
enum { N_REASONS = sizeof(reasons) / sizeof(reasons[0]) };

static void fail_at(struct trial *t, struct faulty faulty, size_t before)
{
	run(t, faulty);
	HOLDS(t, faulty.reason || t->status == VSX_OK, "a short write");
	check_after(t);
	HOLDS(t, tree_descriptors() == before, "a descriptor is left");
	if (t->n % 5 == 0 || faulty.partial)
		check_again(t);
}

static void fail_everywhere(struct trial *t, struct faulty faulty)
{
	const char *all = getenv("VSX_FAULTS");
	size_t before = tree_descriptors();

	HOLDS(t, t->n_calls >= 8, "only %ld calls", t->n_calls);
	for (long at = 0; at < t->n_calls + 1; at++) {
		faulty.partial = true;
		faulty.at = at;
		faulty.sticky = at % 2;
		faulty.reason = ENOSPC;
		if (all || at % OP_COARSE == 0)
			fail_at(t, faulty, before);
		faulty.partial = false;
		for (size_t i = 0; i < 2 * N_REASONS; i++) {
			if (!all && i / 2 != (size_t)at % N_REASONS)
				continue;
			if (!all && OP_COARSE > 1 && i % 2)
				continue;
			faulty.at = at;
			faulty.sticky = i % 2;
			faulty.reason = reasons[i / 2];
			fail_at(t, faulty, before);
		}
	}
}

static void fail_operations(const char *only, struct faulty faulty)
{
	uint64_t n = 0, n_open = 0, n_torn = 0;

	for (size_t i = 0; i < n_operations; i++) {
		struct trial t;

		if (only && !strstr(operations[i].name, only))
			continue;
		begin(&t, i, faulty);
		fail_everywhere(&t, faulty);
		printf("%-26s %-9s %3ld calls, %llu runs\n", t.op.name,
		       t.op.spec, t.n_calls, (unsigned long long)t.n);
		n += t.n;
		n_open += t.n_open_outcome;
		n_torn += t.n_torn;
		end(&t);
	}
	printf("%llu runs, %llu of them left the outcome open, %llu half a "
	       "slot\n",
	       (unsigned long long)n, (unsigned long long)n_open,
	       (unsigned long long)n_torn);
	cr_assert(only || OP_COARSE > 1 || (n_open > 0 && n_torn > 0));
	cr_assert_gt(n, 0);
}

Test(faults, a_failure_at_any_call_leaves_what_was)
{
	fail_operations(NULL, (struct faulty){0});
}

Test(faults, file_systems_that_can_do_less)
{
	struct faulty less = {.no_rename_new = true, .no_reserve = true};

	fail_operations(getenv("VSX_FAULTS") ? NULL : "beyond memory", less);
	fail_operations("new file", less);
}

/* Waits that a signal may end; a close is done whatever it says. */
static bool is_tried_again(const struct trial *t)
{
	static const char *const calls[] = {"close",  "write", "reserve",
					    "resize", "lock",  "open"};
	size_t n = sizeof(calls) / sizeof(calls[0]);
	const char *call = t->faulty.hit;

	for (size_t i = 0; i < n; i++)
		if (strcmp(call, calls[i]) == 0)
			return true;
	return false;
}

Test(faults, interrupted_calls_go_on)
{
	for (size_t i = 0; i < n_operations; i++) {
		struct trial t;

		begin(&t, i, (struct faulty){0});
		for (long at = 0; at < t.n_calls; at++) {
			run(&t, (struct faulty){.at = at, .reason = EINTR});
			check_after(&t);
			HOLDS(&t, t.status == VSX_OK || !is_tried_again(&t),
			      "not tried again");
		}
		end(&t);
	}
}

struct stop {
	long at, n;
};

static int stop_at(void *context, const struct vsx_build_event *event)
{
	struct stop *s = context;

	cr_assert(event->text && *event->text);
	return s->n++ == s->at;
}

/* The operation, stopped at report number `at`; how many there were. */
static long run_stopped(struct trial *t, long at)
{
	struct stop stop = {at, 0};

	op_report = stop_at;
	op_context = &stop;
	run(t, (struct faulty){.at = -1});
	op_report = NULL;
	return stop.n;
}

Test(faults, a_stop_at_any_report_leaves_what_was)
{
	for (size_t i = 0; i < n_operations; i++) {
		struct trial t;
		long n;

		begin(&t, i, (struct faulty){0});
		n = run_stopped(&t, -1);
		HOLDS(&t, n > 0 || strcmp(t.op.name, "delete") == 0,
		      "no reports");
		for (long at = 0; at < n; at += OP_COARSE) {
			long heard = run_stopped(&t, at);

			HOLDS(&t, t.status == VSX_ESTOPPED && heard == at + 1,
			      "%ld reports after a stop at %ld", heard, at);
			if (t.op.is_repo)
				check_repository(&t);
			else
				check_unchanged(&t);
			check_again(&t);
		}
		end(&t);
	}
}
