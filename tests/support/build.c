#include "support/build.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "write/builder.h"

static void die(const char *what, const char *why)
{
	fprintf(stderr, "test support: %s: %s\n", what, why);
	abort();
}

struct support_index support_defaults(struct support_index what)
{
	if (!what.spec)
		what.spec = "Flat";
	if (!what.metric)
		what.metric = VSX_L2;
	if (!what.elem)
		what.elem = VSX_F32;
	if (!what.dim)
		what.dim = 8;
	if (!what.n)
		what.n = 300;
	if (!what.n_test_queries)
		what.n_test_queries = 20;
	return what;
}

float support_component(const struct support_index *what, size_t i, uint32_t d)
{
	uint64_t x = vsx_random_at(what->dim, 77, i * what->dim + d) % 100;

	/* No row is zero, which cosine would refuse. */
	if (d == 0)
		x = 1 + x % 60;
	if (what->half && i == 0 && d == 0)
		return (float)x + 0.5f;
	return what->elem == VSX_U8 || d == 0 ? (float)x : (float)x - 50.0f;
}

void support_row(const struct support_index *what, size_t i, float *row)
{
	for (uint32_t d = 0; d < what->dim; d++)
		row[d] = support_component(what, i, d);
}

uint64_t support_id(const struct support_index *what, size_t i)
{
	return what->ids ? (i * 7919 % 1048573) * UINT64_C(3000000007) : i;
}

static int put_key(char to[40], enum vsx_metric metric, size_t i)
{
	switch (metric) {
	case VSX_L2:
		return snprintf(to, 40, "0%07zx-1234-4abc-8def-0123456789ab",
				i);
	case VSX_IP:
		return snprintf(to, 40, "%08zx", i);
	case VSX_COSINE:
		break;
	}
	return i % 11 ? snprintf(to, 40, "word %zu", i) : 0;
}

void support_attach(struct support_attached *a,
		    const struct support_index *what, size_t i)
{
	a->key = (struct vsx_bytes){a->text,
				    (size_t)put_key(a->text, what->metric, i)};
	a->payload.at = a->text + 40;
	a->payload.n = i % 3 ? (size_t)snprintf(a->text + 40, 40,
						"{\"number\": %zu}", i)
			     : 0;
}

struct vsx_bytes support_fields(size_t i)
{
	static struct vsx_fields *fields;
	struct vsx_value n = {.number = (int64_t)(i % 10)};
	struct vsx_value tags[2] = {{.string = {"even", 4}},
				    {.string = {"seventh", 7}}};
	struct vsx_error err;

	if (!fields && vsx_fields_new(&fields, &err))
		die("vsx_fields_new", err.text);
	vsx_fields_clear(fields);
	if (i % 2)
		tags[0].string = (struct vsx_bytes){"odd", 3};
	if (i % 3 == 0)
		return (struct vsx_bytes){NULL, 0};
	if (vsx_fields_put(fields, "n", VSX_INT, 0, &n, 1, &err) ||
	    vsx_fields_put(fields, "tags", VSX_STRING, 1, tags,
			   1 + (i % 7 == 0), &err))
		die("vsx_fields_put", err.text);
	return vsx_fields_bytes(fields);
}

static void add_rows(struct vsx_builder *b, const struct support_index *what)
{
	float *row = malloc(what->dim * sizeof(*row));
	struct vsx_error err;

	for (size_t i = 0; i < what->n; i++) {
		uint64_t id = support_id(what, i);

		struct support_attached attached;
		struct vsx_bytes fields;
		struct vsx_batch *batch =
			VSX_BATCH(row, VSX_F32, 1, what->ids ? &id : NULL);

		support_row(what, i, row);
		support_attach(&attached, what, i);
		if (what->keyed) {
			batch->keys = &attached.key;
			batch->payloads = &attached.payload;
		}
		if (what->fields) {
			fields = support_fields(i);
			batch->fields = &fields;
		}
		if (vsx_builder_add(b, batch, &err))
			die("vsx_builder_add", err.text);
	}
	free(row);
}

void support_build(const char *path, struct support_index what)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	struct vsx_error err;

	what = support_defaults(what);
	opts.dim = what.dim;
	opts.metric = what.metric;
	opts.elem = what.elem;
	opts.spec = what.spec;
	opts.page_bytes = what.page_bytes;
	opts.n_test_queries = what.n_test_queries;
	opts.ef_construction = 40;
	opts.n_threads = 1;
	opts.force = 1;
	opts.model = "tests";
	if (vsx_builder_new(&b, path, &opts, &err))
		die("vsx_builder_new", err.text);
	b->measure.keeps_truth = what.keeps_truth;
	add_rows(b, &what);
	if (vsx_builder_finish(b, NULL, &err))
		die("vsx_builder_finish", err.text);
	vsx_builder_free(b);
}

int support_memory_file(const void *bytes, size_t n)
{
	int fd = memfd_create("vsx-test", MFD_CLOEXEC);

	if (fd < 0 || (n && write(fd, bytes, n) != (ssize_t)n))
		die("memfd_create", "failed");
	return fd;
}

const char *support_fd_path(int fd)
{
	static char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

void *support_aligned_copy(const void *bytes, size_t n)
{
	void *copy;

	/* Of no more bytes than that, so that ASan sees the end. */
	if (posix_memalign(&copy, 64, n ? n : 1) != 0)
		die("posix_memalign", "failed");
	return n ? memcpy(copy, bytes, n) : copy;
}

uint8_t *support_read(const char *path, size_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *bytes;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path, "cannot open");
	*n = (size_t)st.st_size;
	bytes = malloc(*n + 1);
	if (!bytes || read(fd, bytes, *n) != (ssize_t)*n)
		die(path, "cannot read");
	close(fd);
	return bytes;
}

uint64_t support_damage(const char *from, const char *to, const char *section)
{
	uint64_t at, length;
	uint8_t *bytes;
	size_t n;
	FILE *f;

	bytes = support_read(from, &n);
	if (!support_section(bytes, n, section, &at, &length))
		die(from, section);
	bytes[at] ^= 1;
	f = fopen(to, "wb");
	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
		die(to, "cannot write");
	free(bytes);
	return at;
}
