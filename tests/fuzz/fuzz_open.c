/*
 * Whatever bytes: opened in every mode, searched, verified; now and then
 * changed by an update, and repaired. Nothing may crash, leak, run away or
 * answer with an id that is not there.
 *
 * Half of the mutations make all checksums right again, so that the rules
 * behind them are reached. Seeds: small indexes of every kind, as they were
 * built and as they became by changes.
 * Build with -fsanitize=fuzzer,address,undefined.
 */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checksum.h"
#include "support/build.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

#define MAX_K 12

static void must(bool holds, const char *rule)
{
	if (holds)
		return;
	fprintf(stderr, "broken: %s\n", rule);
	abort();
}

/* What every failure owes its caller. */
static void check_error(const struct vsx_error *err, enum vsx_status status)
{
	size_t len = strnlen(err->text, sizeof(err->text));

	must(err->status == status, "the error has the status returned");
	must(len > 0 && len < sizeof(err->text), "the error has a text");
	must(!strpbrk(err->text, "\n\r\x1b"), "the text is one line");
}

static void check_hits(const struct vsx *index, const struct vsx_hit *hits,
		       size_t n, size_t k, bool sound)
{
	static float row[VSX_MAX_DIM];

	must(n <= k, "not more hits than asked for");
	for (size_t i = 0; sound && i < n; i++) {
		must(vsx_get(index, hits[i].id, row, NULL) == VSX_OK,
		     "a hit of a sound index is there");
		must(!isnan(hits[i].distance), "a hit has a distance");
	}
}

static void search(const struct vsx *index, uint32_t dim, bool sound)
{
	static float query[VSX_MAX_DIM];
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_error err = {.text = ""};
	struct vsx_hit hits[MAX_K];
	struct vsx_searcher *s;
	enum vsx_status status;

	for (uint32_t d = 0; d < dim; d++)
		query[d] = (float)(d % 5) + 1;
	if (vsx_searcher_new(&s, index, &err))
		return;
	for (size_t k = 1; k <= MAX_K; k += 4) {
		size_t n = 0;

		opts.effort = (uint32_t)k;
		opts.exact = k == 5;
		opts.recall = k == 9 ? 0.9 : 0.0;
		status =
			vsx_search(s, query, VSX_F32, k, &opts, hits, &n, &err);
		if (status != VSX_OK)
			check_error(&err, status);
		check_hits(index, hits, n, k, sound);
		n = 0;
		status = vsx_search_id(s, k, k, &opts, hits, &n, &err);
		if (status != VSX_OK)
			check_error(&err, status);
		check_hits(index, hits, n, k, sound);
		for (size_t i = 0; i < n; i++)
			must(hits[i].id != k, "the row itself is left out");
	}
	vsx_searcher_free(s);
}

static void look(const struct vsx *index, bool sound)
{
	struct vsx_section_facts section;
	struct vsx_segment_facts segment;
	struct vsx_error err = {.text = ""};
	struct vsx_facts f;
	struct vsx_recall row;
	enum vsx_status status;
	uint32_t effort;
	const char *entry;

	vsx_get_facts(index, &f);
	must(f.dim >= 1 && f.dim <= VSX_MAX_DIM, "the dimension is allowed");
	must(f.spec && f.effort_name, "there are names");
	for (uint32_t i = 0; i < f.n_segments; i++)
		must(vsx_get_segment(index, i, &segment) == VSX_OK, "segment");
	for (uint32_t i = 0; i < f.n_sections; i++)
		must(vsx_get_section(index, i, &section) == VSX_OK, "section");
	for (uint32_t i = 0; (entry = vsx_property_at(index, i)); i++)
		must(strchr(entry, '=') != NULL, "a property is key=value");
	for (uint32_t i = 0; i < 3; i++) {
		status = vsx_get_recall(index, i, &row, &err);
		if (status != VSX_OK)
			check_error(&err, status);
	}
	status = vsx_effort_for(index, 0.99, 10, &effort, &err);
	if (status != VSX_OK)
		check_error(&err, status);
	search(index, f.dim, sound);
}

static int hear(void *context, const struct vsx_verify_event *event)
{
	unsigned int *n_events = context;

	must(event->text && !strpbrk(event->text, "\n\r\x1b"),
	     "an event is one line");
	/* An acceptance test may be asked for that takes hours. */
	return ++*n_events > 2000;
}

/* ---- changes of such a file -------------------------------------------- */

/* Files that are written: in memory, where the system has such a place. */
static const char *file_at(const char *name)
{
	static char paths[2][64];
	static unsigned int next;
	char *path = paths[next++ % 2];

	snprintf(path, sizeof(paths[0]), "%s/vsx-fuzz-%ld-%s",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
		 (long)getpid(), name);
	return path;
}

static void put_file(const char *path, const uint8_t *data, size_t size)
{
	FILE *f = fopen(path, "wb");

	must(f && fwrite(data, 1, size, f) == size && fclose(f) == 0,
	     "a file can be written");
}

static int go_on(void *context, const struct vsx_build_event *event)
{
	unsigned int *n_events = context;

	must(event->text && !strpbrk(event->text, "\n\r\x1b"),
	     "an event is one line");
	return ++*n_events > 5000;
}

/* What a call made of a sound file is sound. */
static void must_be_sound(const char *path)
{
	struct vsx_verify_result result;
	struct vsx_error err = {.text = ""};

	if (vsx_verify(path, NULL, NULL, NULL, &result, &err))
		must(false, err.text);
	must(result.n_findings == 0, "what was written is sound");
}

static void change(const uint8_t *data, size_t size, bool sound)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	static const uint64_t gone[] = {0, 3, 1000};
	const char *path = file_at("change");
	static float row[VSX_MAX_DIM];
	struct vsx_error err = {.text = ""};
	unsigned int n_events = 0;
	struct vsx_update *u;
	enum vsx_status status;

	put_file(path, data, size);
	for (size_t d = 0; d < VSX_MAX_DIM; d++)
		row[d] = (float)(1 + d % 3);
	opts.report = go_on;
	opts.context = &n_events;
	opts.n_threads = 1;
	opts.memory = 64u << 20;
	status = vsx_update_begin(&u, path, &opts, &err);
	if (status == VSX_OK)
		status = vsx_update_delete(u, gone, 3, &err);
	if (status == VSX_OK)
		status = vsx_update_add(u, row, VSX_F32, 1, NULL, &err);
	if (status == VSX_OK)
		status = vsx_update_commit(u, NULL, &err);
	if (status != VSX_OK)
		check_error(&err, status);
	else if (sound)
		must_be_sound(path);
	vsx_update_free(u);
	unlink(path);
}

/* What repair writes is sound, whatever it was made of. */
static void repair(const uint8_t *data, size_t size, bool sound)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	const char *path = file_at("broken"), *out = file_at("repaired");
	struct vsx_repair_result result;
	struct vsx_error err = {.text = ""};
	unsigned int n_events = 0;
	enum vsx_status status;

	put_file(path, data, size);
	opts.report = go_on;
	opts.context = &n_events;
	opts.n_threads = 1;
	opts.memory = 64u << 20;
	opts.force = 1;
	status = vsx_repair(path, out, &opts, &result, &err);
	if (status == VSX_OK) {
		must_be_sound(out);
		must(!sound || result.n_lost == 0,
		     "nothing of a sound file is lost");
	} else {
		check_error(&err, status);
	}
	unlink(path);
	unlink(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = support_memory_file(data, size);
	const char *path = support_fd_path(fd);
	struct vsx_verify_result result;
	struct vsx_error err = {.text = ""};
	bool sound = false;
	unsigned int n_events = 0;
	enum vsx_status status;
	struct vsx *index;

	status = vsx_verify(path, NULL, hear, &n_events, &result, &err);
	if (status != VSX_OK)
		check_error(&err, status);
	else
		sound = result.n_findings == 0;
	for (int mode = 0; mode < 3; mode++) {
		struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;

		opts.check = mode == 1 ? VSX_CHECK_NONE : VSX_CHECK_TOUCH;
		opts.untrusted = mode == 2;
		status = vsx_open(&index, path, &opts, &err);
		if (status != VSX_OK) {
			must(index == NULL, "a failed open gives no index");
			must(!sound, "what verify calls sound can be opened");
			check_error(&err, status);
			continue;
		}
		look(index, sound);
		vsx_close(index);
	}
	close(fd);
	/* Slow, and all of a file's bytes have a say in whether. */
	if (size >= 512 && vsx_sum64(data, size) % 8 == 0) {
		change(data, size, sound);
		repair(data, size, sound);
	}
	return 0;
}

/* ---- seeds -------------------------------------------------------------- */

static char seeds[] = "/tmp/vsx-fuzz-seeds-XXXXXX";

static void drop_seeds(void)
{
	DIR *d = opendir(seeds);
	struct dirent *e;

	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(seeds);
}

/* A row under a new id; the ids that a round deletes are of all segments. */
static void next_generation(const char *path, const struct support_index *what,
			    uint64_t round, uint32_t keep)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	uint64_t gone[3] = {support_id(what, round),
			    support_id(what, round + 20), 40 + round / 2};
	struct vsx_error err = {.text = ""};
	struct vsx_update *u;
	float row[8];

	opts.keep_segments = keep;
	opts.n_threads = 1;
	if (vsx_update_begin(&u, path, &opts, &err) ||
	    vsx_update_delete(u, gone, 3, &err))
		must(false, err.text);
	for (uint64_t i = 0; i < 3; i++) {
		support_row(what, 100 + round * 3 + i, row);
		if (vsx_update_add(u, row, VSX_F32, 1, NULL, &err))
			must(false, err.text);
	}
	if (vsx_update_commit(u, NULL, &err))
		must(false, err.text);
	vsx_update_free(u);
}

/* As built; of generation 3 with three segments; of generation 5, merged. */
static void make_seed(uint64_t i)
{
	static const char *const specs[] = {"Flat", "IVF3,Flat", "HNSW3"};
	struct support_index what = support_defaults((struct support_index){
		.spec = specs[i % 3],
		.metric = (enum vsx_metric)(1 + i / 3 % 3),
		.elem = (enum vsx_elem)(1 + i % 5),
		.dim = 5,
		.n = 40,
		.n_test_queries = 3,
		.ids = i % 2});
	uint64_t state = i / 3 % 3;
	char path[64];

	snprintf(path, sizeof(path), "%s/%llu", seeds, (unsigned long long)i);
	support_build(path, what);
	for (uint64_t round = 0; round < 2 * state; round++)
		next_generation(path, &what, round, state == 1);
}

/*
 * The seeds become a corpus, behind any that was named; and files are longer
 * than what a fuzzer tries by itself.
 */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char length[] = "-max_len=400000";
	char **more = calloc((size_t)*argc + 3, sizeof(*more));

	if (!more || !mkdtemp(seeds))
		abort();
	atexit(drop_seeds);
	for (uint64_t i = 0; i < 18; i++)
		make_seed(i);
	memcpy(more, *argv, (size_t)*argc * sizeof(*more));
	more[(*argc)++] = length;
	more[(*argc)++] = seeds;
	*argv = more;
	return 0;
}

/* Turn some bytes of the manifest or of any place, then heal the checksums. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	if (seed % 8 == 0 || size < 12288) {
		size = LLVMFuzzerMutate(data, size, max_size);
	} else {
		size_t at = seed % 8 < 4 ? size - 4096 : seed / 8 % size & ~7u;
		size_t room = size - at < 2048 ? size - at : 2048;

		/* In place: what moves the rest of a file says little. */
		LLVMFuzzerMutate(data + at, room, room);
	}
	if (seed % 2)
		support_reseal(data, size);
	return size;
}
