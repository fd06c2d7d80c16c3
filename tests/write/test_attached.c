/* Keys and payload go wherever their rows go. SPEC.md 5.12. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scratch_folder.h"
#include "support/build.h"
#include "vsx_write.h"

enum { DIM = 8, MOST = 1200 };

static struct vsx_error err;

/* What a row should have. `version` tells a row from the one that replaces it.
 */
struct due {
	char *key, *payload;
	size_t key_bytes, payload_bytes;
	int version;
	bool live;
};
static struct due due[MOST];
static char text[1 << 17];

static void forget(void)
{
	for (uint32_t i = 0; i < MOST; i++) {
		free(due[i].key);
		free(due[i].payload);
	}
	memset(due, 0, sizeof(due));
}

static void drop(void)
{
	forget();
	scratch_drop();
}

TestSuite(attached, .init = scratch_make, .fini = drop, .timeout = 120);

/* Keys of every form and of many lengths, some of which share blocks. */
static size_t make_key(char *to, uint32_t i, const char *form)
{
	uint32_t h = i * 2654435761u;

	if (strcmp(form, "uuid") == 0)
		return (size_t)sprintf(to, "%08x-%04x-4%03x-8%03x-%012x", h,
				       i & 0xffff, i & 0xfff, h & 0xfff, i);
	if (strcmp(form, "hex") == 0)
		return (size_t)sprintf(to, "%08x%08x", h, i);
	if (strcmp(form, "words") == 0)
		return (size_t)sprintf(to, "%s/%s-%u", i % 3 ? "notes" : "cats",
				       i % 7 ? "draft" : "final", i);
	if (strcmp(form, "bytes") == 0) { /* NUL among them */
		memcpy(to, &i, 4);
		memset(to + 4, (int)(i & 0xff), 1 + i % 50);
		return 5 + i % 50;
	}
	if (strcmp(form, "long") == 0) {
		memset(to, 'k', VSX_MAX_KEY);
		return VSX_MAX_KEY - 9 +
		       (size_t)sprintf(to + VSX_MAX_KEY - 9, "%09u", i);
	}
	/* mixed: some have none, some are UUIDs in upper case, or nearly so */
	if (i % 5 == 0)
		return 0;
	return (size_t)sprintf(to, i % 2 ? "%08X-0000-4000-8000-%012x" : "%x",
			       i + 0xa0000000u, i);
}

/* Of every length from none to much more than a block. */
static size_t make_payload(char *to, uint32_t i, int version)
{
	size_t n = i % 4 == 0	 ? 0
		   : i % 97 == 0 ? 100000
				 : (size_t)sprintf(to, "{\"i\": %u, \"v\": %d}",
						   i, version);

	for (size_t at = 0; n == 100000 && at < n; at++)
		to[at] = (char)((at * (i + 1) + (size_t)version) >> at % 5);
	return n;
}

static char *copy(const char *from, size_t n)
{
	char *to = malloc(n + 1);

	cr_assert(to);
	memcpy(to, from, n);
	return to;
}

static void expect_row(uint32_t i, const char *form, int version)
{
	struct due *d = &due[i];

	free(d->key);
	free(d->payload);
	d->key_bytes = make_key(text, i, form);
	d->key = copy(text, d->key_bytes);
	d->payload_bytes = make_payload(text, i, version);
	d->payload = copy(text, d->payload_bytes);
	d->version = version;
	d->live = true;
}

struct rows {
	float vector[MOST][DIM];
	struct vsx_bytes key[MOST], payload[MOST];
};
static struct rows given;

/* Rows first, first + step, ... below end as a batch; how many there are. */
static size_t fill(uint32_t first, uint32_t end, uint32_t step)
{
	struct support_index what = support_defaults((struct support_index){0});
	size_t n = 0;

	for (uint32_t i = first; i < end; i += step, n++) {
		support_row(&what, i, given.vector[n]);
		given.vector[n][0] += (float)due[i].version;
		given.key[n] = (struct vsx_bytes){due[i].key, due[i].key_bytes};
		given.payload[n] = (struct vsx_bytes){due[i].payload,
						      due[i].payload_bytes};
	}
	return n;
}

static struct vsx_batch batch_of(size_t n)
{
	struct vsx_batch batch = VSX_BATCH_INIT;

	batch.n = n;
	batch.vectors = given.vector;
	batch.keys = given.key;
	batch.payloads = given.payload;
	return batch;
}

static void build(const char *path, const char *spec, const char *form,
		  uint32_t first, uint32_t n)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	struct vsx_batch batch;

	for (uint32_t i = first; i < first + n; i++)
		expect_row(i, form, 0);
	opts.dim = DIM;
	opts.spec = spec;
	opts.force = 1;
	batch = batch_of(fill(first, first + n, 1));
	cr_assert_eq(vsx_builder_new(&b, path, &opts, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(vsx_builder_add(b, &batch, &err), VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
}

static int hear(void *context, const struct vsx_verify_event *event)
{
	if (event->what == VSX_FINDING)
		cr_log_error("%s: %s", (const char *)context, event->text);
	return 0;
}

static void expect_sound(const char *path)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result;

	cr_assert_eq(vsx_verify(path, &opts, hear, (void *)(uintptr_t)path,
				&result, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(result.n_findings, 0);
}

static void expect_one(struct vsx *index, uint64_t id, const struct due *d)
{
	char key[VSX_MAX_KEY];
	size_t n = 12345;

	cr_assert_eq(vsx_key(index, id, key, &n, &err), VSX_OK, "%s", err.text);
	cr_expect_eq(n, d->key_bytes);
	cr_expect_eq(memcmp(key, d->key, n < d->key_bytes ? n : d->key_bytes),
		     0);
	cr_assert_eq(vsx_payload(index, id, text, sizeof(text), &n, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(n, d->payload_bytes);
	cr_expect_eq(memcmp(text, d->payload, d->payload_bytes), 0, "%llu",
		     (unsigned long long)id);
}

/* Each live row has its key and its payload, and each other key is gone. */
static void expect_all(const char *path, uint32_t n)
{
	struct vsx *index;
	uint32_t n_live = 0;
	struct vsx_facts facts;

	expect_sound(path);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	for (uint32_t i = 0; i < n; i++) {
		const struct due *d = &due[i];
		uint64_t id = i;
		enum vsx_status status =
			d->key_bytes ? vsx_find(index, d->key, d->key_bytes,
						&id, &err)
				     : VSX_OK;

		n_live += d->live;
		cr_expect(status == (d->live || !d->key_bytes ? VSX_OK
							      : VSX_ENOTFOUND),
			  "row %u: %s", i, err.text);
		if (status == VSX_OK && d->live)
			expect_one(index, id, d);
	}
	vsx_get_facts(index, &facts);
	cr_expect_eq(facts.n_live, n_live);
	cr_expect(facts.has_keys && facts.has_payload);
	vsx_close(index);
}

static const char *const forms[] = {"uuid",  "hex",  "words",
				    "bytes", "long", "mixed"};
static const char *const specs[] = {"Flat", "IVF16", "HNSW8", "SQ8"};

Test(attached, of_every_form_and_kind)
{
	for (size_t f = 0; f < sizeof(forms) / sizeof(*forms); f++)
		for (size_t s = 0; s < sizeof(specs) / sizeof(*specs); s++) {
			build(scratch_path("a.vsx"), specs[s], forms[f], 0,
			      700);
			expect_all(scratch_path("a.vsx"), 700);
		}
}

static struct vsx_update *begin(const char *path, bool replace, bool keep)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_update *u;

	opts.replace = replace;
	opts.keep_segments = keep;
	cr_assert_eq(vsx_update_begin(&u, path, &opts, &err), VSX_OK);
	return u;
}

static enum vsx_status add(const char *path, size_t n, bool replace, bool keep,
			   struct vsx_update_result *result)
{
	struct vsx_update *u = begin(path, replace, keep);
	struct vsx_batch batch = batch_of(n);
	enum vsx_status status = vsx_update_add(u, &batch, &err);

	if (status == VSX_OK)
		status = vsx_update_commit(u, result, &err);
	vsx_update_free(u);
	return status;
}

static void change(const char *path, const char *form, bool keep)
{
	struct vsx_update_result result;
	struct vsx_update *u;
	uint8_t found[2];

	/* More rows; then some again, with some that are new. */
	for (uint32_t i = 400; i < 600; i++)
		expect_row(i, form, 0);
	cr_assert_eq(add(path, fill(400, 600, 1), false, keep, &result), VSX_OK,
		     "%s", err.text);
	cr_expect_eq(result.n_added, 200);
	expect_all(path, 600);
	for (uint32_t i = 300; i < 700; i += 3)
		expect_row(i, form, 1);
	cr_assert_eq(add(path, fill(300, 700, 3), true, keep, &result), VSX_OK,
		     "%s", err.text);
	cr_expect_eq(result.n_replaced, 100);
	expect_all(path, 700);

	/* Rows that go by their keys. */
	u = begin(path, false, keep);
	for (uint32_t i = 5; i < 650; i += 10) {
		bool live = due[i].live;

		if (!due[i].key_bytes)
			continue;
		cr_assert_eq(vsx_update_delete_keys(
				     u,
				     (struct vsx_bytes[]){
					     {due[i].key, due[i].key_bytes},
					     {"no such key", 11}},
				     2, found, &err),
			     VSX_OK);
		cr_expect_eq(found[0], live);
		cr_expect_eq(found[1], 0);
		due[i].live = false;
	}
	cr_assert_eq(vsx_update_commit(u, &result, &err), VSX_OK);
	cr_expect_eq(result.n_deleted, 60 + 2);
	vsx_update_free(u);
	expect_all(path, 700);
}

Test(attached, through_updates_and_compactions)
{
	const char *path = strdup(scratch_path("a.vsx")); /* many follow */
	const char *const use[] = {"uuid", "words", "bytes"};

	for (size_t s = 0; s < sizeof(specs) / sizeof(*specs); s++)
		for (int keep = 0; keep < 2; keep++) {
			const char *form = use[(s + (size_t)keep) % 3];

			forget();
			build(path, specs[s], form, 0, 400);
			change(path, form, keep);
			cr_assert_eq(vsx_compact(&path, 1, NULL, NULL, NULL,
						 NULL, &err),
				     VSX_OK, "%s", err.text);
			expect_all(path, 700);
			cr_assert_eq(vsx_repair(path, scratch_path("r.vsx"),
						NULL, NULL, NULL, &err),
				     VSX_OK, "%s", err.text);
			expect_all(scratch_path("r.vsx"), 700);
			remove(scratch_path("r.vsx"));
		}
	free((char *)(uintptr_t)path);
}

Test(attached, of_indexes_that_are_merged)
{
	char a[512], b[512];
	const char *inputs[] = {a, b};
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;

	snprintf(a, sizeof(a), "%s", scratch_path("a.vsx"));
	snprintf(b, sizeof(b), "%s", scratch_path("b.vsx"));
	opts.renumber = 1;
	build(a, "Flat", "words", 0, 300);
	build(b, "IVF8", "words", 300, 300);
	cr_assert_eq(vsx_compact(inputs, 2, scratch_path("c.vsx"), &opts, NULL,
				 NULL, &err),
		     VSX_OK, "%s", err.text);
	expect_all(scratch_path("c.vsx"), 600);
	build(b, "IVF8", "words", 299, 300);
	cr_assert_eq(vsx_compact(inputs, 2, scratch_path("d.vsx"), &opts, NULL,
				 NULL, &err),
		     VSX_EINVAL);
	cr_expect(strstr(err.text, "both have key 'notes/draft-299'"), "%s",
		  err.text);
}

Test(attached, ids_by_key)
{
	const char *path = scratch_path("a.vsx");
	struct vsx_update_result result;
	struct vsx *index;
	uint64_t id;

	build(path, "Flat", "words", 0, 5);
	for (uint32_t i = 4; i < 8; i++)
		expect_row(i, "words", 1);
	/* A live key is refused, and so is one that comes twice. */
	cr_expect_eq(add(path, fill(4, 8, 1), false, false, NULL), VSX_EEXIST);
	cr_expect(strstr(err.text, "key 'notes/draft-4' already"), "%s",
		  err.text);
	fill(5, 7, 1);
	given.key[1] = given.key[0];
	cr_expect_eq(add(path, 2, false, false, NULL), VSX_EINVAL);
	cr_expect(strstr(err.text, "row 1: key 'notes/draft-5' is also that of "
				   "row 0"),
		  "%s", err.text);
	/* It keeps its id; the others get the next ones. */
	cr_assert_eq(add(path, fill(4, 8, 1), true, false, &result), VSX_OK);
	cr_expect_eq(result.n_replaced, 1);
	/* Of two with one key the last one counts. */
	fill(2, 3, 1);
	fill(2, 4, 1);
	given.key[1] = given.key[0];
	due[2].payload_bytes = due[3].payload_bytes;
	memcpy(due[2].payload, due[3].payload, due[3].payload_bytes);
	cr_assert_eq(add(path, 2, true, false, &result), VSX_OK);
	cr_expect_eq(result.n_added, 1);
	cr_expect_eq(result.n_replaced, 1);
	expect_all(path, 8);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	for (uint32_t i = 0; i < 8; i++) {
		cr_assert_eq(vsx_find(index, due[i].key, due[i].key_bytes, &id,
				      &err),
			     VSX_OK);
		cr_expect_eq(id, i);
	}
	vsx_close(index);
	/* The next new one goes on from there. */
	expect_row(8, "words", 0);
	cr_assert_eq(add(path, fill(8, 9, 1), false, false, NULL), VSX_OK);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	cr_assert_eq(vsx_find(index, due[8].key, due[8].key_bytes, &id, &err),
		     VSX_OK);
	cr_expect_eq(id, 8);
	vsx_close(index);
}

Test(attached, refused)
{
	static const char long_key[VSX_MAX_KEY + 1] = "k";
	const uint64_t ids[] = {7};
	const float vector[DIM] = {1};
	struct vsx_bytes key = {long_key, sizeof(long_key)};
	struct vsx_bytes payload = {"", VSX_MAX_PAYLOAD + 1};
	struct vsx_batch batch = VSX_BATCH_INIT;
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	struct vsx_update *u;

	build(scratch_path("a.vsx"), "Flat", "words", 0, 5);
	opts.dim = DIM;
	batch.n = 1;
	batch.vectors = vector;
	batch.keys = &key;
	cr_assert_eq(vsx_builder_new(&b, scratch_path("b.vsx"), &opts, &err),
		     VSX_OK);
	cr_expect_eq(vsx_builder_add(b, &batch, &err), VSX_EINVAL);
	cr_expect(strstr(err.text, "a key of 1025 bytes"), "%s", err.text);
	key = (struct vsx_bytes){NULL, 3};
	cr_expect_eq(vsx_builder_add(b, &batch, &err), VSX_EINVAL);
	batch.keys = NULL;
	batch.payloads = &payload;
	cr_expect_eq(vsx_builder_add(b, &batch, &err), VSX_EINVAL);
	cr_expect(strstr(err.text, "a payload of 16777217 bytes"), "%s",
		  err.text);
	vsx_builder_free(b);
	u = begin(scratch_path("a.vsx"), true, false);
	key = (struct vsx_bytes){"k", 1};
	batch.payloads = NULL;
	batch.keys = &key;
	batch.ids = ids;
	cr_expect_eq(vsx_update_add(u, &batch, &err), VSX_EINVAL);
	cr_expect(strstr(err.text, "get their ids from the index"), "%s",
		  err.text);
	vsx_update_free(u);
}

/* What is gone leaves no byte behind. */
Test(attached, forgotten_by_compaction)
{
	const char *path = scratch_path("a.vsx");
	const char *const inputs[] = {path};
	char secret[600];
	uint32_t h = 1;
	struct vsx_update *u;
	uint8_t *bytes;
	size_t n;

	build(path, "Flat", "words", 0, 50);
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (char)((h = h * 1664525u + 1013904223u) >> 24);
	expect_row(50, "words", 0);
	free(due[50].payload);
	due[50].payload = copy(secret, sizeof(secret));
	due[50].payload_bytes = sizeof(secret);
	cr_assert_eq(add(path, fill(50, 51, 1), false, false, NULL), VSX_OK);
	bytes = support_read(path, &n);
	cr_expect(memmem(bytes, n, secret, sizeof(secret)));
	free(bytes);
	u = begin(path, false, false);
	cr_assert_eq(
		vsx_update_delete_keys(
			u, &(struct vsx_bytes){due[50].key, due[50].key_bytes},
			1, NULL, &err),
		VSX_OK);
	cr_assert_eq(vsx_update_commit(u, NULL, &err), VSX_OK);
	vsx_update_free(u);
	cr_assert_eq(vsx_compact(inputs, 1, NULL, NULL, NULL, NULL, &err),
		     VSX_OK, "%s", err.text);
	bytes = support_read(path, &n);
	cr_expect_not(memmem(bytes, n, secret, 16));
	cr_expect_not(memmem(bytes, n, due[50].key, due[50].key_bytes));
	free(bytes);
}

/* With little memory what rows have waits in files. */
Test(attached, beyond_memory)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;

	for (uint32_t i = 0; i < MOST; i++)
		expect_row(i, "uuid", 0);
	opts.dim = DIM;
	opts.memory = 1;
	cr_assert_eq(vsx_builder_new(&b, scratch_path("a.vsx"), &opts, &err),
		     VSX_OK);
	for (uint32_t i = 0; i < MOST; i += 100) {
		struct vsx_batch batch = batch_of(fill(i, i + 100, 1));

		cr_assert_eq(vsx_builder_add(b, &batch, &err), VSX_OK);
	}
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
	expect_all(scratch_path("a.vsx"), MOST);
}
