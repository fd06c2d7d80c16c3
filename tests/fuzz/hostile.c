#include "fuzz/hostile.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/build.h"

/* ---- files -------------------------------------------------------------- */

const char *hostile_path(const char *name)
{
	static char paths[8][96];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/vsx-fuzz-%ld-%s",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
		 (long)getpid(), name);
	return path;
}

const char *hostile_file(const char *name, const uint8_t *data, size_t size)
{
	const char *path = hostile_path(name);
	FILE *f = fopen(path, "wb");

	must(f && fwrite(data, 1, size, f) == size && fclose(f) == 0,
	     "a file can be written");
	return path;
}

static int hear(void *context, const struct vsx_verify_event *event)
{
	unsigned int *n_events = context;

	must(event->text && !strpbrk(event->text, "\n\r\x1b"),
	     "an event is one line");
	return ++*n_events > 5000;
}

bool hostile_is_sound(const char *path)
{
	struct vsx_verify_result result;
	struct vsx_error err = {.text = ""};
	unsigned int n_events = 0;

	return vsx_verify(path, NULL, hear, &n_events, &result, &err) ==
		       VSX_OK &&
	       result.n_findings == 0;
}

void hostile_sound(const char *path)
{
	struct vsx_verify_result result;
	struct vsx_error err = {.text = ""};

	if (vsx_verify(path, NULL, NULL, NULL, &result, &err))
		must(false, err.text);
	must(result.n_findings == 0, "what was written is sound");
}

int hostile_go_on(void *context, const struct vsx_build_event *event)
{
	unsigned int *n_events = context;

	must(event->text && !strpbrk(event->text, "\n\r\x1b"),
	     "an event is one line");
	return ++*n_events > 5000;
}

struct vsx_compact_opts hostile_compact_opts(unsigned int *n_events)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;

	*n_events = 0;
	opts.report = hostile_go_on;
	opts.context = n_events;
	opts.n_threads = 1;
	opts.memory = 64u << 20;
	opts.force = 1;
	return opts;
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
	struct support_attached attached;
	struct vsx_bytes fields;
	struct vsx_batch *batch;
	struct vsx_update *u;
	float row[8];

	opts.flat_below = 1;
	opts.keep_segments = keep;
	opts.n_threads = 1;
	if (vsx_update_begin(&u, path, &opts, &err) ||
	    vsx_update_delete(u, gone, 3, &err))
		must(false, err.text);
	for (uint64_t i = 0; i < 3; i++) {
		support_row(what, 100 + round * 3 + i, row);
		support_attach(&attached, what, 100 + round * 3 + i);
		batch = VSX_BATCH(row, VSX_F32, 1, NULL);
		if (what->keyed) {
			batch->keys = &attached.key;
			batch->payloads = &attached.payload;
		}
		if (what->fields) {
			fields = support_fields(round * 3 + i);
			batch->fields = &fields;
		}
		if (vsx_update_add(u, batch, &err))
			must(false, err.text);
	}
	if (vsx_update_commit(u, NULL, &err))
		must(false, err.text);
	vsx_update_free(u);
}

#define N_SPECS 17

/* As built; of generation 3 with three segments; of generation 5, merged. */
static void make_seed(uint64_t i)
{
	static const char *const specs[] = {"Flat",
					    "IVF3,Flat",
					    "HNSW3",
					    "IVF3,SQ8",
					    "HNSW3,SQ8",
					    "IVF3,PQ2x4",
					    "PCA3,Flat",
					    "OPQ2_4,IVF3,PQ2",
					    "IVF3,SQ4",
					    "IVF3,SQ4,NoRefine",
					    "HNSW3,SQ8,G4",
					    "HNSW3,SQ4,G4,NoRefine",
					    "IVF3,PQ4x4fs",
					    "PQ4x4fs,NoRefine",
					    "IVF3,RaBitQ",
					    "IVF3,RaBitQ3",
					    "RaBitQ5,NoRefine"};
	struct support_index what = support_defaults((struct support_index){
		.spec = specs[i % N_SPECS],
		.metric = (enum vsx_metric)(1 + i / N_SPECS % 3),
		.elem = (enum vsx_elem)(1 + i % 5),
		.dim = 5,
		.n = i == 1 ? 200 : 40, /* whose lists have ranges */
		.n_test_queries = 3,
		.ids = i % 2,
		.keyed = i % 4 > 1,
		.fields = i % 3 > 0,
		.half = i / 2 % 2}); /* else floats are kept as bytes */
	uint64_t state = i / N_SPECS % 3;
	char path[64];

	if (what.elem == VSX_U8 || what.elem == VSX_I8)
		what.half = false;
	/* Links have codes where distances are squares. */
	if (strstr(what.spec, ",G"))
		what.metric = VSX_L2;

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
	for (uint64_t i = 0; i < 6 * N_SPECS; i++)
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
