#include "living/change.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct vsx_error err;

struct vsx_update *change_begin(const char *path,
				const struct vsx_update_opts *opts)
{
	struct vsx_update_opts o = VSX_UPDATE_OPTS_INIT;
	struct vsx_update *u;

	/* Small as the tests are, segments are of the kind of the index. */
	o.flat_below = 1;
	MUST(vsx_update_begin(&u, path, opts ? opts : &o, &err));
	return u;
}

void change_add(struct vsx_update *u, const struct support_index *what,
		size_t first, size_t n, const uint64_t *ids)
{
	float *rows = calloc(n, what->dim * sizeof(*rows));

	for (size_t i = 0; i < n; i++)
		support_row(what, first + i, rows + i * what->dim);
	MUST(vsx_update_add(u, VSX_BATCH(rows, VSX_F32, n, ids), &err));
	free(rows);
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0);
	return (uint64_t)st.st_size;
}

struct vsx_update_result change_commit(struct vsx_update *u, const char *path)
{
	struct vsx_update_result result;
	uint64_t before, after;
	struct vsx_facts facts;
	struct vsx *index = change_open(path);

	/* Debris is no part of the index. */
	vsx_get_facts(index, &facts);
	before = facts.file_bytes;
	vsx_close(index);
	MUST(vsx_update_commit(u, &result, &err));
	after = size_of(path);
	cr_expect_eq(result.appended_bytes, after - before);
	cr_expect_eq(result.file_bytes, after);
	index = change_open(path);
	vsx_get_facts(index, &facts);
	cr_expect_eq(result.generation, facts.generation);
	cr_expect_eq(result.n_live, facts.n_live);
	cr_expect_eq(result.n_dead, facts.n_rows - facts.n_live);
	cr_expect_eq(result.n_segments, facts.n_segments);
	cr_expect_eq(facts.extra_bytes, 0);
	vsx_close(index);
	result.unknown = NULL;
	vsx_update_free(u);
	return result;
}

struct vsx_update_result change(const char *path,
				const struct support_index *what, size_t first,
				size_t n, uint64_t first_id,
				const uint64_t *gone, size_t n_gone)
{
	struct vsx_update *u = change_begin(path, NULL);
	uint64_t *ids = calloc(n + 1, sizeof(*ids));

	for (size_t i = 0; i < n; i++)
		ids[i] = first_id + i;
	MUST(vsx_update_delete(u, gone, n_gone, &err));
	if (n > 0)
		change_add(u, what, first, n, ids);
	free(ids);
	return change_commit(u, path);
}

struct vsx *change_open(const char *path)
{
	struct vsx *index;

	MUST(vsx_open(&index, path, NULL, &err));
	return index;
}

bool change_has(const struct vsx *index, const struct support_index *what,
		uint64_t id, size_t i)
{
	float *due = calloc(2 * what->dim, sizeof(*due));
	float *row = due + what->dim;
	struct vsx_facts facts;
	bool same;

	support_row(what, i, due);
	same = vsx_get(index, id, row, &err) == VSX_OK;
	vsx_get_facts(index, &facts);
	/* A code of 8 bits is near it, within the half of a step of 0.4. */
	for (uint32_t d = 0; same && d < what->dim; d++)
		same = facts.kept_as_codes ? fabsf(row[d] - due[d]) < 0.3f
					   : row[d] == due[d];
	free(due);
	return same;
}

static int no_finding(void *context, const struct vsx_verify_event *event)
{
	cr_expect(event->what != VSX_FINDING, "%s: %s", (const char *)context,
		  event->text);
	return 0;
}

void change_sound(const char *path)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result;

	opts.n_threads = 1;
	MUST(vsx_verify(path, &opts, no_finding, (void *)(uintptr_t)path,
			&result, &err));
}

struct kept keep(const char *path)
{
	struct kept k = {.path = path};

	k.bytes = support_read(path, &k.n);
	return k;
}

void expect_unchanged(struct kept *k)
{
	size_t n;
	uint8_t *bytes = support_read(k->path, &n);

	cr_expect(n == k->n && memcmp(bytes, k->bytes, n) == 0,
		  "the file has changed");
	free(bytes);
	free(k->bytes);
}
