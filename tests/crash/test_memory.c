/*
 * Every call, with each of its allocations failing: once, and that one and all
 * after it. The answer is VSX_ENOMEM, nothing is leaked, files are as they were
 * and handles go on working. Writers make many: only each VSX_MEMORY_STEP-th
 * (7) is tried.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash/answers.h"
#include "crash/failing_memory.h"
#include "crash/operations.h"
#include "crash/repository.h"
#include "crash/tree.h"

TestSuite(memory, .timeout = 3600);

/* ---- what is tried ---------------------------------------------------- */

static struct vsx_error err;

struct subject {
	const char *name;
	enum vsx_status (*run)(struct subject *s);
	/* Of operations: what the folder holds before and afterwards. */
	struct operation op;
	char *folder;
	struct tree start, whole;
	struct repository old, new;
	struct vsx *index; /* of searches */
	uint64_t id;	   /* of a row of it */
};

/* Ends the test with the story of one run. */
#define HOLDS(what, s, at, sticky, status, ...)                                \
	do {                                                                   \
		char text_[400];                                               \
		if (what)                                                      \
			break;                                                 \
		snprintf(text_, sizeof(text_), __VA_ARGS__);                   \
		cr_assert_fail("%s: allocation %ld%s: %s; it said %d, %s",     \
			       (s)->name, at,                                  \
			       sticky ? " and all after it" : "", text_,       \
			       status, status == VSX_OK ? "done" : err.text);  \
	} while (0)

static void check_folder(struct subject *s, long at, bool sticky,
			 enum vsx_status status)
{
	const struct tree *due = status == VSX_OK ? &s->whole : &s->start;
	const char *other;

	if (!s->folder)
		return;
	if (s->op.is_repo) {
		other = repository_problem(s->folder, &s->old, &s->new,
					   status == VSX_OK);
		HOLDS(!other, s, at, sticky, status, "%s", other);
		return;
	}
	other = tree_differs(due, s->folder);
	/* An update cuts debris off before it does anything else. */
	if (other && status != VSX_OK && s->op.in_place &&
	    strcmp(other, s->op.output) == 0 && strstr(s->op.name, "debris")) {
		struct tree now;
		const struct tree_entry *a, *b;

		tree_take(&now, s->folder);
		a = tree_find(&now, other);
		b = tree_find(due, other);
		HOLDS(a->n < b->n && memcmp(a->bytes, b->bytes, a->n) == 0, s,
		      at, sticky, status, "%s has changed", other);
		tree_release(&now);
		return;
	}
	HOLDS(!other, s, at, sticky, status, "%s is not as it should be",
	      other);
}

/* false: the allocation is never made. */
static bool try_at(struct subject *s, long at, bool sticky)
{
	long live, mapped, n;
	size_t descriptors = tree_descriptors();
	enum vsx_status status;

	if (s->folder)
		tree_put(&s->start, s->folder);
	err.text[0] = '\0';
	live = memory.live;
	mapped = memory.mapped;
	arm(at, sticky);
	status = s->run(s);
	n = disarm();
	live = memory.live - live;
	mapped = memory.mapped - mapped;
	HOLDS(status == VSX_OK || status == VSX_ENOMEM, s, at, sticky, status,
	      "another status");
	HOLDS(status == VSX_OK || (*err.text && !strchr(err.text, '\n')), s, at,
	      sticky, status, "no text");
	HOLDS(status == VSX_OK || n > at, s, at, sticky, status,
	      "and no allocation failed");
	HOLDS(live == 0 || SANITIZER_COUNTS, s, at, sticky, status,
	      "%ld blocks are left", live);
	HOLDS(mapped == 0, s, at, sticky, status, "%ld mappings are left",
	      mapped);
	HOLDS(tree_descriptors() == descriptors, s, at, sticky, status,
	      "a descriptor is left");
	check_folder(s, at, sticky, status);
	return n > at;
}

/* At each allocation, or each `step`, until there is none; how many there are.
 */
static long try_all(struct subject *s, long step)
{
	long at = 0;

	/* What is kept for the next time is not counted against this one. */
	if (s->folder)
		tree_put(&s->start, s->folder);
	cr_assert_eq(s->run(s), VSX_OK, "%s: %s", s->name, err.text);
	while (try_at(s, at, false)) {
		try_at(s, at, true);
		at += step;
	}
	printf("%-26s %4ld allocations, every %ld\n", s->name, at, step);
	return at;
}

/* ---- changes ---------------------------------------------------------- */

static enum vsx_status run_operation(struct subject *s)
{
	return s->op.run(&s->op, s->folder, &vsx_system_files, &err);
}

Test(memory, of_every_operation)
{
	long step = (long)op_number("VSX_MEMORY_STEP", 7 * OP_COARSE);

	for (size_t i = 0; i < n_operations; i++) {
		struct subject s = {.op = op_get(i), .run = run_operation};

		s.name = s.op.name;
		s.folder = tree_folder();
		s.op.prepare(&s.op, s.folder);
		tree_take(&s.start, s.folder);
		repository_look(&s.old, tree_path(s.folder, "repo"));
		cr_assert_eq(s.run(&s), VSX_OK, "%s: %s", s.name, err.text);
		repository_look(&s.new, tree_path(s.folder, "repo"));
		tree_take(&s.whole, s.folder);
		cr_assert_gt(try_all(&s, step), 20);
		tree_release(&s.start);
		tree_release(&s.whole);
		tree_remove(s.folder);
		free(s.folder);
	}
}

/* ---- reading ---------------------------------------------------------- */

static char path[512];

static enum vsx_status run_open(struct subject *s)
{
	enum vsx_status status;
	struct vsx *index;

	(void)s;
	status = vsx_open(&index, path, NULL, &err);
	vsx_close(index);
	return status;
}

static enum vsx_status run_open_untrusted(struct subject *s)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	enum vsx_status status;
	struct vsx *index;

	(void)s;
	opts.untrusted = 1;
	status = vsx_open(&index, path, &opts, &err);
	vsx_close(index);
	return status;
}

static void fill_queries(float *queries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (uint32_t d = 0; d < OP_DIM; d++)
			queries[i * OP_DIM + d] = op_component(i, 99, d);
}

static enum vsx_status search(struct vsx_searcher *searcher, bool exact,
			      struct vsx_hit *hits)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	float query[OP_DIM];
	size_t n;

	opts.exact = exact;
	fill_queries(query, 1);
	return vsx_search(searcher, query, VSX_F32, ANSWER_K, &opts, hits, &n,
			  &err);
}

/* A new searcher, and its first searches. */
static enum vsx_status run_search(struct subject *s)
{
	struct vsx_searcher *searcher;
	struct vsx_hit hits[ANSWER_K];
	enum vsx_status status;
	size_t n;

	status = vsx_searcher_new(&searcher, s->index, &err);
	if (status == VSX_OK)
		status = search(searcher, true, hits);
	if (status == VSX_OK)
		status = search(searcher, false, hits);
	if (status == VSX_OK)
		status = vsx_search_id(searcher, s->id, ANSWER_K, NULL, hits,
				       &n, &err);
	vsx_searcher_free(searcher);
	return status;
}

/* A filter, its rows, and a search among them. */
static enum vsx_status run_filter(struct subject *s)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_selection *selection = NULL;
	struct vsx_hit hits[ANSWER_K];
	struct vsx_filter *filter;
	float query[OP_DIM];
	enum vsx_status status;
	size_t n_hits;

	status = vsx_filter_parse(&filter, "class in ('a', 'c')", &err);
	if (status == VSX_OK)
		status = vsx_select(&selection, s->index, filter, &err);
	vsx_filter_free(filter);
	opts.among = selection;
	fill_queries(query, 1);
	if (status == VSX_OK)
		status = vsx_search_batch(s->index, query, VSX_F32, 1, ANSWER_K,
					  &opts, 1, hits, &n_hits, NULL, &err);
	vsx_selection_free(selection);
	return status;
}

static enum vsx_status run_batch(struct subject *s)
{
	struct vsx_hit hits[4 * ANSWER_K];
	float queries[4 * OP_DIM];
	size_t n_hits[4];

	fill_queries(queries, 4);
	return vsx_search_batch(s->index, queries, VSX_F32, 4, ANSWER_K, NULL,
				1, hits, n_hits, NULL, &err);
}

static int refuse_finding(void *context, const struct vsx_verify_event *event)
{
	(void)context;
	cr_assert(event->what != VSX_FINDING, "%s", event->text);
	return 0;
}

static enum vsx_status run_verify(struct subject *s)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result;

	(void)s;
	opts.n_threads = 1;
	return vsx_verify(path, &opts, refuse_finding, NULL, &result, &err);
}

/* A searcher whose search failed answers when there is memory again. */
static void check_handles_go_on(struct subject *s)
{
	for (int exact = 0; exact < 2; exact++) {
		struct vsx_hit due[ANSWER_K], hits[ANSWER_K] = {0};
		struct vsx_searcher *searcher;
		bool more = true;

		cr_assert_eq(run_search(s), VSX_OK);
		cr_assert_eq(vsx_searcher_new(&searcher, s->index, &err), 0);
		cr_assert_eq(search(searcher, exact, due), VSX_OK);
		vsx_searcher_free(searcher);
		for (long at = 0; more; at++) {
			cr_assert_eq(
				vsx_searcher_new(&searcher, s->index, &err),
				VSX_OK);
			arm(at, false);
			search(searcher, exact, hits);
			more = disarm() > at;
			cr_assert_eq(search(searcher, exact, hits), VSX_OK);
			for (size_t i = 0; i < ANSWER_K; i++)
				cr_assert(hits[i].id == due[i].id &&
					  hits[i].distance == due[i].distance);
			vsx_searcher_free(searcher);
		}
	}
}

static void read_with(size_t operation, long step)
{
	static const struct subject subjects[] = {
		{.name = "open", .run = run_open},
		{.name = "open, untrusted", .run = run_open_untrusted},
		{.name = "search", .run = run_search},
		{.name = "search of a batch", .run = run_batch},
		{.name = "filter", .run = run_filter},
		{.name = "verify", .run = run_verify},
	};
	struct operation op = op_get(operation);
	char *folder = tree_folder();
	float row[OP_DIM];
	struct vsx *index;
	uint64_t id = 0;

	op.prepare(&op, folder);
	cr_assert_eq(op.run(&op, folder, &vsx_system_files, &err), VSX_OK);
	snprintf(path, sizeof(path), "%s", tree_path(folder, op.output));
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	while (vsx_get(index, id, row, &err) != VSX_OK)
		id++;
	printf("after %s (%s):\n", op.name, op.spec);
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		struct subject s = subjects[i];

		s.index = index;
		s.id = id;
		cr_assert_gt(try_all(&s, step), 0);
		if (s.run == run_search)
			check_handles_go_on(&s);
	}
	vsx_close(index);
	tree_remove(folder);
	free(folder);
}

Test(memory, of_readers)
{
	long step = (long)op_number("VSX_MEMORY_STEP", OP_COARSE);

	for (size_t i = 0; i < n_operations; i++)
		if (!operations[i].is_repo)
			read_with(i, step);
}
