#include "crash/operations_of.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "crash/tree.h"
#include "write/builder.h"
#include "support/build.h"
#include "write/compact.h"
#include "write/repair.h"
#include "write/update.h"

float op_component(uint64_t id, uint32_t version, uint32_t d)
{
	return (float)(vsx_random_at(version, id, d) % 97) - 48.0f;
}

uint64_t op_number(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : other;
}

vsx_build_report *op_report;
void *op_context;

/* What the options of all calls share. */
#define COMMON(opts)                                                           \
	do {                                                                   \
		(opts)->n_threads = 1;                                         \
		(opts)->report = op_report;                                    \
		(opts)->context = op_context;                                  \
	} while (0)

static void fill(float *rows, uint64_t *ids, uint64_t first, size_t n,
		 uint32_t version)
{
	for (size_t i = 0; i < n; i++) {
		ids[i] = first + i;
		for (uint32_t d = 0; d < OP_DIM; d++)
			rows[i * OP_DIM + d] =
				op_component(first + i, version, d);
	}
}

/* Payload: the same bytes as the row. Keys: its id. Fields: "class", one of
 * three, by id and version, or none. */
enum { OP_CLASSES = 3 };

struct attached {
	struct vsx_bytes key[OP_ROWS], payload[OP_ROWS], fields[OP_ROWS];
	struct vsx_fields *classes[OP_CLASSES];
};

static void detach(struct attached *a)
{
	for (size_t i = 0; i < OP_CLASSES; i++)
		vsx_fields_free(a->classes[i]);
}

static enum vsx_status make_class(struct vsx_fields **f, size_t i,
				  struct vsx_error *err)
{
	struct vsx_value v = {.string = {&"abc"[i], 1}};
	enum vsx_status status = vsx_fields_new(f, err);

	if (status == VSX_OK)
		status = vsx_fields_put(*f, "class", VSX_STRING, 0, &v, 1, err);
	return status;
}

/* Of a batch whose ids and vectors are there. Detach, whatever this says. */
static enum vsx_status attach(struct attached *a, struct vsx_batch *batch,
			      uint32_t version, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	memset(a, 0, sizeof(*a));
	for (size_t i = 0; i < OP_CLASSES && status == VSX_OK; i++)
		status = make_class(&a->classes[i], i, err);
	for (size_t i = 0; i < batch->n && status == VSX_OK; i++) {
		const float *row = batch->vectors;
		uint64_t class = (batch->ids[i] + version) % (OP_CLASSES + 1);

		a->key[i] =
			(struct vsx_bytes){&batch->ids[i], sizeof(uint64_t)};
		a->payload[i] = (struct vsx_bytes){row + i * OP_DIM,
						   OP_DIM * sizeof(*row)};
		if (class < OP_CLASSES)
			a->fields[i] = vsx_fields_bytes(a->classes[class]);
	}
	batch->payloads = a->payload;
	batch->fields = a->fields;
	return status;
}

/* ---- builds ----------------------------------------------------------- */

struct build {
	uint64_t first;
	uint32_t version;
	bool force;
	uint64_t memory;
	enum vsx_graph_builder builder;
};

static enum vsx_status add_rows(struct vsx_builder *b, const struct build *what,
				struct vsx_error *err)
{
	float rows[OP_ROWS * OP_DIM];
	uint64_t ids[OP_ROWS];
	struct attached attached;
	struct vsx_batch *batch = VSX_BATCH(rows, VSX_F32, OP_ROWS, ids);

	enum vsx_status status;

	fill(rows, ids, what->first, OP_ROWS, what->version);
	status = attach(&attached, batch, what->version, err);
	batch->keys = attached.key;
	if (status == VSX_OK)
		status = vsx_builder_add(b, batch, err);
	detach(&attached);
	return status;
}

static enum vsx_status build(const char *path, const char *spec,
			     struct build what, const struct vsx_file_ops *ops,
			     struct vsx_error *err)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	enum vsx_status status;

	opts.dim = OP_DIM;
	opts.spec = spec;
	opts.force = what.force;
	opts.memory = what.memory;
	opts.builder = what.builder;
	COMMON(&opts);
	opts.n_test_queries = 6;
	opts.ef_construction = 16;
	status = vsx_builder_new_on(&b, path, &opts, NULL, ops, err);
	if (status == VSX_OK)
		status = add_rows(b, &what, err);
	if (status == VSX_OK)
		status = vsx_builder_finish(b, NULL, err);
	vsx_builder_free(b);
	return status;
}

void op_must(enum vsx_status status, const struct vsx_error *err)
{
	if (status == VSX_OK)
		return;
	fprintf(stderr, "operations: %s\n", err->text);
	abort();
}

static void prepare_nothing(const struct operation *op, const char *folder)
{
	(void)op;
	(void)folder;
}

void op_prepare_base(const struct operation *op, const char *folder)
{
	struct vsx_error err;

	op_must(build(tree_path(folder, "x.vsx"), op->spec, (struct build){0},
		      &vsx_system_files, &err),
		&err);
}

static enum vsx_status run_build(const struct operation *op, const char *folder,
				 const struct vsx_file_ops *ops,
				 struct vsx_error *err)
{
	struct build what = {.force = op->replaces, .version = op->replaces};

	return build(tree_path(folder, op->output), op->spec, what, ops, err);
}

static enum vsx_status run_build_beyond_memory(const struct operation *op,
					       const char *folder,
					       const struct vsx_file_ops *ops,
					       struct vsx_error *err)
{
	struct build what = {.memory = 512};

	return build(tree_path(folder, op->output), op->spec, what, ops, err);
}

static enum vsx_status run_build_partition(const struct operation *op,
					   const char *folder,
					   const struct vsx_file_ops *ops,
					   struct vsx_error *err)
{
	struct build what = {.builder = VSX_GRAPH_PARTITION};

	return build(tree_path(folder, op->output), op->spec, what, ops, err);
}

/* ---- updates ---------------------------------------------------------- */

static enum vsx_status add(struct vsx_update *u, uint64_t first, size_t n,
			   uint32_t version, struct vsx_error *err)
{
	float rows[OP_ROWS * OP_DIM];
	uint64_t ids[OP_ROWS];
	struct attached attached;
	struct vsx_batch *batch = VSX_BATCH(rows, VSX_F32, n, ids);

	enum vsx_status status;

	fill(rows, ids, first, n, version);
	status = attach(&attached, batch, version, err);
	if (status == VSX_OK)
		status = vsx_update_add(u, batch, err);
	detach(&attached);
	return status;
}

enum vsx_status op_add(const char *path, uint64_t first, size_t n,
		       uint32_t version, const struct vsx_update_opts *opts,
		       const struct vsx_file_ops *ops, struct vsx_error *err)
{
	struct vsx_update_opts o = VSX_UPDATE_OPTS_INIT;
	struct vsx_update *u;
	enum vsx_status status;

	o.flat_below = 1;
	if (opts)
		o = *opts;
	COMMON(&o);
	status = vsx_update_begin_on(&u, path, &o, ops, err);
	if (status == VSX_OK)
		status = add(u, first, n, version, err);
	if (status == VSX_OK)
		status = vsx_update_commit(u, NULL, err);
	vsx_update_free(u);
	return status;
}

enum vsx_status op_delete(const char *path, uint64_t first, size_t n,
			  const struct vsx_file_ops *ops, struct vsx_error *err)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	float rows[OP_ROWS * OP_DIM];
	uint64_t ids[OP_ROWS];
	struct vsx_update *u;
	enum vsx_status status;

	opts.flat_below = 1;
	COMMON(&opts);
	fill(rows, ids, first, n, 0);
	status = vsx_update_begin_on(&u, path, &opts, ops, err);
	if (status == VSX_OK)
		status = vsx_update_delete(u, ids, n, err);
	if (status == VSX_OK)
		status = vsx_update_commit(u, NULL, err);
	vsx_update_free(u);
	return status;
}

/* Behind what an earlier writer left. */
static void prepare_debris(const struct operation *op, const char *folder)
{
	FILE *f;

	op_prepare_base(op, folder);
	f = fopen(tree_path(folder, "x.vsx"), "ab");
	for (int i = 0; f && i < 3000; i++)
		fprintf(f, "%d", i);
	if (!f || fclose(f) != 0)
		abort();
}

/* Three segments, and rows that are dead in two of them. */
static void prepare_segments(const struct operation *op, const char *folder)
{
	struct vsx_update_opts keep = VSX_UPDATE_OPTS_INIT;
	const char *path = tree_path(folder, "x.vsx");
	struct vsx_error err;

	keep.flat_below = 1;
	op_prepare_base(op, folder);
	keep.keep_segments = 1;
	op_must(op_add(path, 500, 20, 0, &keep, &vsx_system_files, &err), &err);
	op_must(op_add(path, 600, 10, 0, &keep, &vsx_system_files, &err), &err);
	op_must(op_delete(path, 100, 25, &vsx_system_files, &err), &err);
	op_must(op_delete(path, 605, 3, &vsx_system_files, &err), &err);
}

static enum vsx_status run_add(const struct operation *op, const char *folder,
			       const struct vsx_file_ops *ops,
			       struct vsx_error *err)
{
	return op_add(tree_path(folder, op->output), 1000, 30, 0, NULL, ops,
		      err);
}

static enum vsx_status run_add_beyond_memory(const struct operation *op,
					     const char *folder,
					     const struct vsx_file_ops *ops,
					     struct vsx_error *err)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;

	opts.flat_below = 1;
	opts.memory = 512;
	return op_add(tree_path(folder, op->output), 1000, 30, 0, &opts, ops,
		      err);
}

static enum vsx_status run_replace(const struct operation *op,
				   const char *folder,
				   const struct vsx_file_ops *ops,
				   struct vsx_error *err)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;

	opts.flat_below = 1;
	opts.replace = 1;
	return op_add(tree_path(folder, op->output), 90, 60, 7, &opts, ops,
		      err);
}

static enum vsx_status run_delete(const struct operation *op,
				  const char *folder,
				  const struct vsx_file_ops *ops,
				  struct vsx_error *err)
{
	return op_delete(tree_path(folder, op->output), 10, 40, ops, err);
}

/* ---- compactions ------------------------------------------------------ */

static enum vsx_status compact(const struct operation *op, const char *folder,
			       size_t n, const char *output,
			       const struct vsx_file_ops *ops,
			       struct vsx_error *err)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	const char *inputs[] = {tree_path(folder, "x.vsx"),
				tree_path(folder, "y.vsx")};

	COMMON(&opts);
	opts.force = op->replaces;
	return vsx_compact_on(inputs, n,
			      output ? tree_path(folder, output) : NULL, &opts,
			      ops, NULL, NULL, err);
}

static enum vsx_status run_compact(const struct operation *op,
				   const char *folder,
				   const struct vsx_file_ops *ops,
				   struct vsx_error *err)
{
	return compact(op, folder, 1, NULL, ops, err);
}

static enum vsx_status run_compact_to(const struct operation *op,
				      const char *folder,
				      const struct vsx_file_ops *ops,
				      struct vsx_error *err)
{
	return compact(op, folder, 1, op->output, ops, err);
}

static void prepare_output(const struct operation *op, const char *folder)
{
	struct build old = {.first = 7, .version = 3};
	struct vsx_error err;

	prepare_segments(op, folder);
	op_must(build(tree_path(folder, op->output), "Flat", old,
		      &vsx_system_files, &err),
		&err);
}

static void prepare_two(const struct operation *op, const char *folder)
{
	struct build other = {.first = 3000};
	struct vsx_error err;

	prepare_segments(op, folder);
	op_must(build(tree_path(folder, "y.vsx"), op->spec, other,
		      &vsx_system_files, &err),
		&err);
}

static enum vsx_status run_merge(const struct operation *op, const char *folder,
				 const struct vsx_file_ops *ops,
				 struct vsx_error *err)
{
	return compact(op, folder, 2, op->output, ops, err);
}

/* ---- repair ----------------------------------------------------------- */

/* A row of the second segment cannot be had any more. */
static void prepare_damage(const struct operation *op, const char *folder)
{
	const char *path = tree_path(folder, "x.vsx");
	uint64_t offset, length;
	uint8_t *bytes;
	size_t n;

	prepare_segments(op, folder);
	bytes = support_read(path, &n);
	if (!support_section(bytes, n, "VECS", &offset, &length))
		abort();
	bytes[offset] ^= 1;
	tree_write(path, bytes, n);
	free(bytes);
}

static enum vsx_status run_repair(const struct operation *op,
				  const char *folder,
				  const struct vsx_file_ops *ops,
				  struct vsx_error *err)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;

	COMMON(&opts);
	return vsx_repair_on(tree_path(folder, "x.vsx"),
			     tree_path(folder, op->output), &opts, ops, NULL,
			     NULL, err);
}

/* ---- the list --------------------------------------------------------- */

/* By what becomes of the file that an operation makes. */
#define NEW(name, spec, prepare, run, output)                                  \
	{                                                                      \
		name, spec, prepare, run, output, false, false, false          \
	}
#define OVER(name, spec, prepare, run, output)                                 \
	{                                                                      \
		name, spec, prepare, run, output, false, true, false           \
	}
#define CHANGE(name, spec, prepare, run)                                       \
	{                                                                      \
		name, spec, prepare, run, "x.vsx", true, false, false          \
	}

#define REPO(name, spec, prepare, run)                                         \
	{                                                                      \
		name, spec, prepare, run, "repo", false, false, true           \
	}

const struct operation operations[] = {
	NEW("build", "Flat", prepare_nothing, run_build, "x.vsx"),
	OVER("build --force", "HNSW4", op_prepare_base, run_build, "x.vsx"),
	NEW("build beyond memory", "IVF4,Flat", prepare_nothing,
	    run_build_beyond_memory, "x.vsx"),
	NEW("build from a partition", "HNSW4", prepare_nothing,
	    run_build_partition, "x.vsx"),
	CHANGE("add", "Flat", op_prepare_base, run_add),
	CHANGE("add behind debris", "HNSW4", prepare_debris, run_add),
	CHANGE("add beyond memory", "HNSW4", op_prepare_base,
	       run_add_beyond_memory),
	CHANGE("add that merges segments", "IVF4,Flat", prepare_segments,
	       run_add),
	CHANGE("add to shared codes", "IVF4,SQ8", prepare_segments, run_add),
	CHANGE("add to blocks of codes", "IVF4,RaBitQ3", prepare_segments,
	       run_add),
	CHANGE("add to rows that are codes", "IVF4,SQ8,NoRefine",
	       prepare_segments, run_add),
	CHANGE("add to a graph over codes", "HNSW4,SQ8", prepare_segments,
	       run_add),
	CHANGE("add to links with codes", "HNSW4,SQ8,G4", prepare_segments,
	       run_add),
	CHANGE("add to codes in blocks", "IVF4,PQ4x4fs", prepare_segments,
	       run_add),
	CHANGE("add to rotated codes", "OPQ4_8,IVF4,PQ4", prepare_segments,
	       run_add),
	CHANGE("replace", "IVF4,Flat", op_prepare_base, run_replace),
	CHANGE("delete", "HNSW4", prepare_segments, run_delete),
	OVER("compact", "HNSW4", prepare_segments, run_compact, "x.vsx"),
	NEW("compact to a new file", "Flat", prepare_segments, run_compact_to,
	    "new.vsx"),
	OVER("compact --force", "IVF4,Flat", prepare_output, run_compact_to,
	     "old.vsx"),
	OVER("compact codes", "IVF4,SQ4", prepare_segments, run_compact,
	     "x.vsx"),
	OVER("compact links with codes", "HNSW4,SQ8,G4", prepare_segments,
	     run_compact, "x.vsx"),
	OVER("compact codes in blocks", "PQ4x4fs,NoRefine", prepare_segments,
	     run_compact, "x.vsx"),
	OVER("compact principal directions", "PCA8,PQ4x4", prepare_segments,
	     run_compact, "x.vsx"),
	OVER("compact rows that are codes", "IVF4,SQ8,NoRefine",
	     prepare_segments, run_compact, "x.vsx"),
	OVER("compact rows that are rotated codes", "IVF4,RaBitQ4,NoRefine",
	     prepare_segments, run_compact, "x.vsx"),
	NEW("merge", "Flat", prepare_two, run_merge, "new.vsx"),
	NEW("repair", "Flat", prepare_damage, run_repair, "new.vsx"),
	REPO("backup", "Flat", op_prepare_first, op_run_first),
	REPO("backup again", "HNSW4", op_prepare_second, op_run_second),
	REPO("prune", "Flat", op_prepare_third, op_run_prune),
	NEW("restore", "IVF4,Flat", op_prepare_third, op_run_restore,
	    "new.vsx"),
	OVER("restore --force", "Flat", op_prepare_third, op_run_restore,
	     "x.vsx"),
};
const size_t n_operations = sizeof(operations) / sizeof(operations[0]);

struct operation op_get(size_t i)
{
	struct operation op = operations[i];
	const char *spec = getenv("VSX_SPEC");

	if (spec)
		op.spec = spec;
	return op;
}
