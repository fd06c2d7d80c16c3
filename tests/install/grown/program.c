/*
 * A program that lets every structure that a call fills be filled, with bytes
 * behind it that must stay as they are. Built with -DLONGER against headers
 * whose structures have a member `more` at their end, it also looks whether a
 * library that does not know it gives zeros there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vsx_write.h>

#define N    300
#define DIM  4
#define BYTE 0xa5

static int n_failures;
static struct vsx_error err;

/* A structure that is filled, what was behind it, and its length. */
#define OUT(type, name)                                                        \
	struct {                                                               \
		struct type is;                                                \
		unsigned char behind[4096];                                    \
	} name;                                                                \
	memset(&(name), BYTE, sizeof(name))

static void look(const char *what, const unsigned char *from, size_t n,
		 unsigned char due)
{
	for (size_t i = 0; i < n; i++)
		if (from[i] != due) {
			printf("%s: byte %zu is 0x%02x\n", what, i, from[i]);
			n_failures++;
			return;
		}
}

#ifdef LONGER
#define LOOK_AT_MORE(name)                                                     \
	look(#name ".more", (const unsigned char *)&(name).is.more,            \
	     sizeof((name).is.more), 0)
#else
#define LOOK_AT_MORE(name) (void)0
#endif

/* It was filled, the member is what it must be, and no byte more was. */
#define IS_DUE(name, member, due)                                              \
	do {                                                                   \
		if (((name).is.member) != (due)) {                             \
			printf("%s.%s is %lld\n", #name, #member,              \
			       (long long)((name).is.member));                 \
			n_failures++;                                          \
		}                                                              \
		look("behind " #name, (name).behind, sizeof((name).behind),    \
		     BYTE);                                                    \
		LOOK_AT_MORE(name);                                            \
	} while (0)

static void done(enum vsx_status status, const char *what)
{
	if (status == VSX_OK)
		return;
	printf("%s: %s\n", what, err.text);
	exit(1);
}
#define DONE(call) done(call, #call)

static float rows[N][DIM];

/* The rows, of which each has a field. */
static const struct vsx_batch *with_fields(void)
{
	static struct vsx_batch batch = VSX_BATCH_INIT;
	static struct vsx_bytes each[N];
	static char bytes[256];
	const struct vsx_value value = {.number = 7};
	struct vsx_fields *fields;
	struct vsx_bytes made;

	DONE(vsx_fields_new(&fields, &err));
	DONE(vsx_fields_put(fields, "year", VSX_INT, 0, &value, 1, &err));
	made = vsx_fields_bytes(fields);
	memcpy(bytes, made.at, made.n);
	for (int i = 0; i < N; i++) {
		each[i].at = bytes;
		each[i].n = made.n;
	}
	vsx_fields_free(fields);
	batch.vectors = rows;
	batch.elem = VSX_F32;
	batch.n = N;
	batch.fields = each;
	return &batch;
}

static void make(const char *path)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	OUT(vsx_build_result, built);
	OUT(vsx_build_plan, plan);
	OUT(vsx_kind_facts, kind);
	struct vsx_builder *b;

	for (int i = 0; i < N; i++)
		for (int d = 0; d < DIM; d++)
			rows[i][d] = (float)((i * 7 + d * d * 3) % 101);
	opts.dim = DIM;
	opts.spec = "HNSW8";
	opts.force = 1;
	DONE(vsx_get_kind(0, &kind.is, &err));
	IS_DUE(kind, name[0], 'F');
	DONE(vsx_build_plan(&opts, N, &plan.is, &err));
	IS_DUE(plan, spec[0], 'H');
	DONE(vsx_builder_new(&b, path, &opts, &err));
	DONE(vsx_builder_add(b, with_fields(), &err));
	DONE(vsx_builder_finish(b, &built.is, &err));
	IS_DUE(built, n_rows, N);
	vsx_builder_free(b);
}

static void read_it(const char *path)
{
	OUT(vsx_facts, facts);
	OUT(vsx_segment_facts, segment);
	OUT(vsx_field_facts, field);
	OUT(vsx_section_facts, section);
	OUT(vsx_recall, recall);
	OUT(vsx_search_stats, batch);
	OUT(vsx_search_stats, stats);
	OUT(vsx_verify_result, verified);
	struct vsx_hit hits[N * 2];
	struct vsx_searcher *s;
	struct vsx *index;
	size_t n_hits[N];

	DONE(vsx_open(&index, path, NULL, &err));
	vsx_get_facts(index, &facts.is);
	IS_DUE(facts, n_rows, N);
	DONE(vsx_get_segment(index, 0, &segment.is, &err));
	IS_DUE(segment, n_rows, N);
	DONE(vsx_get_field(index, 0, &field.is, &err));
	IS_DUE(field, name[0], 'y');
	DONE(vsx_get_section(index, 0, &section.is, &err));
	IS_DUE(section, segment, 0);
	DONE(vsx_get_recall(index, 0, &recall.is, &err));
	IS_DUE(recall, effort > 0, 1);
	/* These are added to: what the program knows of it is zeroed. */
	memset(&batch.is, 0, sizeof(batch.is));
	DONE(vsx_search_batch(index, rows, VSX_F32, N, 2, NULL, 2, hits, n_hits,
			      &batch.is, &err));
	IS_DUE(batch, n_queries, N);
	DONE(vsx_searcher_new(&s, index, &err));
	DONE(vsx_search(s, rows[5], VSX_F32, 2, NULL, hits, n_hits, &err));
	vsx_get_stats(s, &stats.is);
	IS_DUE(stats, n_queries, 1);
	vsx_searcher_free(s);
	vsx_close(index);
	DONE(vsx_verify(path, NULL, NULL, NULL, &verified.is, &err));
	IS_DUE(verified, n_findings, 0);
}

static void change(const char *path)
{
	struct vsx_compact_opts force = VSX_COMPACT_OPTS_INIT;
	OUT(vsx_update_result, updated);
	OUT(vsx_compact_result, compacted);
	OUT(vsx_build_result, rebuilt);
	OUT(vsx_repair_result, repaired);
	OUT(vsx_build_result, saved);
	const uint64_t gone = 3;
	struct vsx_update *u;

	DONE(vsx_update_begin(&u, path, NULL, &err));
	DONE(vsx_update_delete(u, &gone, 1, &err));
	DONE(vsx_update_add(u, VSX_BATCH(rows, VSX_F32, 1, NULL), &err));
	DONE(vsx_update_commit(u, &updated.is, &err));
	IS_DUE(updated, n_live, N);
	vsx_update_free(u);
	force.force = 1;
	DONE(vsx_compact(&path, 1, "compact.vsx", &force, &compacted.is,
			 &rebuilt.is, &err));
	IS_DUE(compacted, n_dropped, 1);
	IS_DUE(rebuilt, n_rows, N);
	DONE(vsx_repair(path, "repaired.vsx", &force, &repaired.is, &saved.is,
			&err));
	IS_DUE(repaired, n_lost, 0);
	IS_DUE(saved, n_rows, N);
}

static void back_up(const char *path)
{
	struct vsx_backup_opts force = VSX_BACKUP_OPTS_INIT;
	struct vsx_prune_opts keep = VSX_PRUNE_OPTS_INIT;
	OUT(vsx_backup_result, created);
	OUT(vsx_backup_result, sent);
	OUT(vsx_backup_check, checked);
	OUT(vsx_backup_result, restored);
	OUT(vsx_backup_result, received);
	OUT(vsx_prune_result, pruned);
	FILE *stream = tmpfile();

	force.force = 1;
	keep.keep = 1;
	DONE(vsx_backup_create(path, "repo", NULL, &created.is, &err));
	IS_DUE(created, n_live, N);
	DONE(vsx_backup_send(path, fileno(stream), NULL, &sent.is, &err));
	IS_DUE(sent, n_live, N);
	DONE(vsx_backup_verify("repo", NULL, NULL, NULL, NULL, &checked.is,
			       &err));
	IS_DUE(checked, n_findings, 0);
	DONE(vsx_backup_restore("repo", "latest", "back.vsx", &force,
				&restored.is, &err));
	IS_DUE(restored, n_live, N);
	lseek(fileno(stream), 0, SEEK_SET);
	DONE(vsx_backup_receive(fileno(stream), "back.vsx", &force,
				&received.is, &err));
	IS_DUE(received, n_live, N);
	DONE(vsx_backup_prune("repo", &keep, &pruned.is, &err));
	IS_DUE(pruned, n_kept, 1);
	fclose(stream);
}

int main(void)
{
	make("grown.vsx");
	read_it("grown.vsx");
	change("grown.vsx");
	back_up("grown.vsx");
	if (n_failures)
		return 1;
	puts("ok");
	return 0;
}
