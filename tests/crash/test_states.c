/*
 * Every operation of a writer, stopped at every point, with all that a crash
 * may make of it: VSX_STATES states (6,000), drawn from VSX_SEED (1).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "crash/answers.h"
#include "crash/operations.h"
#include "crash/repository.h"
#include "crash/states.h"

enum {
	CHECK_ALL_EVERY = 8, /* states opened with all checks */
	GO_ON_EVERY = 50,    /* files of a kind that a writer goes on from */
	SEEN_SLOTS = 1 << 22,
};

/* What is held against the states of one operation. */
struct trial {
	struct operation op;
	struct record record;
	size_t reported; /* operations before success was told */
	char *folder;	 /* of the record */
	char *judged;	 /* where states are put */
	struct answers old, new;
	struct repository old_repo, new_repo;
	bool has_old;
	struct vsx_rng rng;
	size_t prefix;
	enum state_how how;
	size_t which;
	uint64_t n, n_old, n_new, n_none, n_went_on;
};

static uint64_t *seen, n_distinct;

/* A set of hashes, to tell how many states differ. */
static void count_distinct(const struct tree *state)
{
	uint64_t sum = 1;
	size_t i;

	for (size_t e = 0; e < state->n; e++) {
		const struct tree_entry *x = &state->entries[e];

		sum = vsx_mix(sum + vsx_sum64(x->name, strlen(x->name)));
		sum = vsx_mix(sum + vsx_sum64(x->bytes, x->n));
	}
	sum |= 1;
	for (i = sum % SEEN_SLOTS; seen[i]; i = (i + 1) % SEEN_SLOTS)
		if (seen[i] == sum)
			return;
	seen[i] = sum;
	n_distinct++;
}

#define HOLDS(t, what, ...)                                                    \
	do {                                                                   \
		if (!(what))                                                   \
			wrong(t, __VA_ARGS__);                                 \
	} while (0)

/* Tell how to come here again. */
__attribute__((format(printf, 2, 3))) static void wrong(const struct trial *t,
							const char *format, ...)
{
	static const char *const hows[] = {"none", "all", "only", "all but",
					   "random"};
	char text[800];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cr_assert_fail("%s (%s): after %zu of %zu calls, %s %zu: %s",
		       t->op.name, t->op.spec, t->prefix, t->record.n,
		       hows[t->how], t->which, text);
}

/* The writer that comes next: it cuts off what is left and adds a row. */
static void go_on(struct trial *t, const char *path, const struct answers *was)
{
	struct answers now;
	struct vsx_error err;
	const char *finding = answers_finding(path);

	HOLDS(t, !*finding, "%s", finding);
	HOLDS(t,
	      op_add(path, 9000, 1, 0, NULL, &vsx_system_files, &err) == VSX_OK,
	      "the next writer: %s", err.text);
	HOLDS(t, answers_take(&now, path, VSX_CHECK_ALL, &err) == VSX_OK,
	      "after the next writer: %s", err.text);
	HOLDS(t,
	      now.generation == was->generation + 1 &&
		      now.n_live == was->n_live + 1 && now.extra_bytes == 0,
	      "after the next writer: generation %llu, %llu rows live, "
	      "%llu bytes behind the end",
	      (unsigned long long)now.generation,
	      (unsigned long long)now.n_live,
	      (unsigned long long)now.extra_bytes);
	finding = answers_finding(path);
	HOLDS(t, !*finding, "after the next writer: %s", finding);
	t->n_went_on++;
}

static void judge_file(struct trial *t, const struct tree_entry *e)
{
	const char *path = tree_path(t->judged, t->op.output);
	bool all = t->n % CHECK_ALL_EVERY == 0, is_new;
	struct answers now;
	struct vsx_error err;
	uint64_t *count;
	char copy[512];

	snprintf(copy, sizeof(copy), "%s", path);
	tree_write(copy, e->bytes, e->n);
	HOLDS(t,
	      answers_take(&now, copy, all ? VSX_CHECK_ALL : VSX_CHECK_TOUCH,
			   &err) == VSX_OK,
	      "%s", err.text);
	is_new = answers_same_generation(&now, &t->new);
	HOLDS(t,
	      is_new || (t->has_old && answers_same_generation(&now, &t->old)),
	      "generation %llu", (unsigned long long)now.generation);
	HOLDS(t, is_new || t->prefix < t->reported,
	      "the old one, and success was reported");
	HOLDS(t, answers_same(&now, is_new ? &t->new : &t->old),
	      "the %s generation with other answers", is_new ? "new" : "old");
	count = is_new ? &t->n_new : &t->n_old;
	if ((*count)++ % GO_ON_EVERY == 0)
		go_on(t, copy, &now);
}

/* What a writer that was killed leaves beside the index: the next one takes it.
 */
static bool is_lock(const struct operation *op, const char *name)
{
	char lock[64];

	snprintf(lock, sizeof(lock), ".%s.lock", op->output);
	return strcmp(name, lock) == 0;
}

/* Other files than the output are as they were; temporary ones may be left. */
static void judge_others(struct trial *t, const struct tree *state)
{
	for (size_t i = 0; i < t->record.start.n; i++) {
		const struct tree_entry *was = &t->record.start.entries[i];
		const struct tree_entry *e = tree_find(state, was->name);

		if (strcmp(was->name, t->op.output) == 0)
			continue;
		HOLDS(t,
		      e && e->n == was->n &&
			      (e->n == 0 ||
			       memcmp(e->bytes, was->bytes, e->n) == 0),
		      "%s has changed", was->name);
	}
	for (size_t i = 0; i < state->n; i++)
		HOLDS(t,
		      strcmp(state->entries[i].name, t->op.output) == 0 ||
			      tree_find(&t->record.start,
					state->entries[i].name) ||
			      strstr(state->entries[i].name, ".tmp.") ||
			      is_lock(&t->op, state->entries[i].name),
		      "a file %s", state->entries[i].name);
}

static void judge_repository(struct trial *t, const struct tree *state)
{
	const char *bad;
	struct repository now;
	uint64_t *count;

	tree_put(state, t->judged);
	bad = repository_problem(t->judged, &t->old_repo, &t->new_repo,
				 t->prefix >= t->reported);
	HOLDS(t, !bad, "%s", bad);
	repository_look(&now, tree_path(t->judged, t->op.output));
	count = now.n < 0		 ? &t->n_none
		: now.n == t->new_repo.n ? &t->n_new
					 : &t->n_old;
	if ((*count)++ % GO_ON_EVERY != 0)
		return;
	bad = repository_goes_on(t->judged);
	HOLDS(t, !bad, "%s", bad);
	t->n_went_on++;
}

static void judge(struct trial *t, size_t prefix, enum state_how how,
		  size_t which)
{
	const struct tree_entry *e;
	struct tree state;

	t->prefix = prefix;
	t->how = how;
	t->which = which;
	states_make(&state, &t->record, prefix, how, which, &t->rng);
	count_distinct(&state);
	t->n++;
	if (t->op.is_repo) {
		judge_repository(t, &state);
		tree_release(&state);
		return;
	}
	judge_others(t, &state);
	e = tree_find(&state, t->op.output);
	HOLDS(t, e || (!t->has_old && prefix < t->reported), "there is no %s",
	      t->op.output);
	if (e)
		judge_file(t, e);
	else
		t->n_none++;
	tree_release(&state);
}

/* Where there are states that were not possible one call earlier. */
static bool has_new_states(const struct trial *t, size_t prefix)
{
	return prefix > 0 && states_adds(&t->record, prefix - 1);
}

static void judge_prefix(struct trial *t, size_t prefix, uint64_t n_random)
{
	size_t pending = states_pending(&t->record, prefix);

	judge(t, prefix, STATE_NONE, 0);
	if (pending == 0)
		return;
	judge(t, prefix, STATE_ALL, 0);
	if (!has_new_states(t, prefix))
		return;
	for (size_t i = 0; i < pending && pending > 1; i++) {
		judge(t, prefix, STATE_ONLY, i);
		judge(t, prefix, STATE_BUT, i);
	}
	for (uint64_t i = 0; i < n_random; i++)
		judge(t, prefix, STATE_RANDOM, i);
}

/* What is there before the operation, or after it. */
static void look(struct trial *t, struct answers *a, struct repository *r)
{
	const char *path = tree_path(t->folder, t->op.output);
	struct vsx_error err;

	if (t->op.is_repo)
		repository_look(r, path);
	else
		HOLDS(t, answers_take(a, path, VSX_CHECK_ALL, &err) == VSX_OK,
		      "%s", err.text);
}

static bool is_behind(const struct trial *t, const struct rec_op *o)
{
	return o->what == REC_CLOSE ||
	       (o->what == REC_UNLINK && is_lock(&t->op, o->name));
}

static void record(struct trial *t, size_t i, uint64_t seed)
{
	struct vsx_file_ops table = rec_table(&t->record);
	struct vsx_error err;

	memset(t, 0, sizeof(*t));
	t->op = op_get(i);
	t->rng.state = seed * 1000 + i;
	t->folder = tree_folder();
	t->judged = tree_folder();
	t->op.prepare(&t->op, t->folder);
	rec_init(&t->record, t->folder);
	t->has_old = tree_find(&t->record.start, t->op.output) != NULL;
	t->old_repo.n = -1;
	if (t->has_old)
		look(t, &t->old, &t->old_repo);
	HOLDS(t, t->op.run(&t->op, t->folder, &table, &err) == VSX_OK, "%s",
	      err.text);
	t->reported = t->record.n;
	/* A descriptor may be closed, and a lock end, behind the report. */
	while (t->reported && is_behind(t, &t->record.ops[t->reported - 1]))
		t->reported--;
	look(t, &t->new, &t->new_repo);
	HOLDS(t,
	      t->op.is_repo ? t->new_repo.n != t->old_repo.n
			    : !t->has_old || !answers_same(&t->old, &t->new),
	      "nothing has changed");
}

static void forget(struct trial *t)
{
	rec_release(&t->record);
	tree_remove(t->folder);
	tree_remove(t->judged);
	free(t->folder);
	free(t->judged);
}

static void print(const struct trial *t)
{
	printf("%-26s %-9s %2zu calls, %6llu states: %6llu old, %6llu new, "
	       "%6llu none; a writer went on %llu times\n",
	       t->op.name, t->op.spec, t->record.n, (unsigned long long)t->n,
	       (unsigned long long)t->n_old, (unsigned long long)t->n_new,
	       (unsigned long long)t->n_none, (unsigned long long)t->n_went_on);
}

/* Random states of each point that has some of its own. */
static uint64_t share_of(uint64_t states, struct trial *trials)
{
	uint64_t points = 0;

	for (size_t i = 0; i < n_operations; i++)
		for (size_t k = 0; k <= trials[i].record.n; k++)
			points += has_new_states(&trials[i], k);
	return states / points + 1;
}

Test(states, a_crash_leaves_the_old_generation_or_the_new_one, .timeout = 3600)
{
	uint64_t states = op_number("VSX_STATES", 6000 / OP_COARSE), n = 0,
		 share;
	uint64_t seed = op_number("VSX_SEED", 1);
	struct trial *trials = calloc(n_operations, sizeof(*trials));

	seen = calloc(SEEN_SLOTS, sizeof(*seen));
	cr_assert(trials && seen);
	for (size_t i = 0; i < n_operations; i++)
		record(&trials[i], i, seed);
	share = share_of(states, trials);
	for (size_t i = 0; i < n_operations; i++) {
		struct trial *t = &trials[i];

		for (size_t k = 0; k <= t->record.n; k++)
			judge_prefix(t, k, share);
		print(t);
		cr_expect(t->n_new > 0 && (t->n_old > 0 || !t->has_old) &&
				  t->n_went_on > 0,
			  "%s: a kind of outcome was not seen", t->op.name);
		n += t->n;
		forget(t);
	}
	printf("%llu states, %llu of them distinct, seed %llu\n",
	       (unsigned long long)n, (unsigned long long)n_distinct,
	       (unsigned long long)seed);
	cr_assert_geq(n, states);
	free(trials);
	free(seen);
}
