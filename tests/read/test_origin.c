/* The same index from a path, from a descriptor and from memory. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/build.h"
#include "vsx.h"
#include "write/scratch_folder.h"

TestSuite(origin, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

enum { N = 10, DIM = 8 };

static struct vsx_error err;

static const char *build(const char *spec)
{
	const char *path = scratch_path("x.vsx");

	support_build(path, (struct support_index){.spec = spec, .ids = true});
	return path;
}

static void find(const struct vsx *index, struct vsx_hit hits[N])
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_searcher *s;
	float query[DIM] = {3, 1, 2};
	size_t n;

	memset(hits, 0, N * sizeof(*hits));
	opts.effort = 4;
	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	cr_expect_eq(vsx_search(s, query, VSX_F32, N, &opts, hits, &n, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(n, N);
	vsx_searcher_free(s);
}

static void answers_like(struct vsx *index, const struct vsx_hit due[N])
{
	struct vsx_hit hits[N];

	find(index, hits);
	for (int i = 0; i < N; i++) {
		cr_expect_eq(hits[i].id, due[i].id);
		cr_expect_eq(hits[i].distance, due[i].distance);
	}
	vsx_close(index);
}

Test(origin, answers_are_the_same)
{
	static const char *const specs[] = {"Flat", "IVF6,Flat", "HNSW8"};

	for (int s = 0; s < 3; s++)
		for (int mode = 0; mode < 4; mode++) {
			struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
			const char *path = build(specs[s]);
			struct vsx_hit due[N];
			struct vsx *index;
			void *memory;
			uint8_t *bytes;
			size_t n;
			int fd;

			opts.check = mode == 3 ? VSX_CHECK_NONE : 0;
			opts.load = mode == 1 ? VSX_LOAD_COPY : VSX_LOAD_MAP;
			opts.untrusted = mode == 2;
			opts.preload = mode == 3 ? VSX_PRELOAD_ALL : 0;
			cr_assert_eq(vsx_open(&index, path, &opts, &err),
				     VSX_OK);
			find(index, due);
			vsx_close(index);

			bytes = support_read(path, &n);
			memory = support_aligned_copy(bytes, n);
			fd = open(path, O_RDONLY);
			unlink(path);
			cr_assert_eq(vsx_open_fd(&index, fd, &opts, &err),
				     VSX_OK, "%s", err.text);
			close(fd);
			answers_like(index, due);
			cr_assert_eq(
				vsx_open_memory(&index, memory, n, &opts, &err),
				VSX_OK, "%s", err.text);
			answers_like(index, due);
			cr_expect_eq(memcmp(memory, bytes, n), 0);
			free(memory);
			free(bytes);
		}
}

/* At a page, where it could be taken away. */
Test(origin, memory_stays_the_callers)
{
	struct vsx *index;
	size_t n;
	uint8_t *bytes = support_read(build("Flat"), &n);
	uint8_t *memory = mmap(NULL, n, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert(memory != MAP_FAILED);
	memcpy(memory, bytes, n);
	cr_assert_eq(vsx_open_memory(&index, memory, n, NULL, &err), VSX_OK);
	vsx_close(index);
	cr_expect_eq(memcmp(memory, bytes, n), 0);
	munmap(memory, n);
	free(bytes);
}

Test(origin, a_descriptor_stays_as_it_was)
{
	int fd = open(build("Flat"), O_RDONLY);
	struct vsx *index, *newer = (struct vsx *)&err;

	cr_assert_eq(lseek(fd, 100, SEEK_SET), 100);
	cr_assert_eq(vsx_open_fd(&index, fd, NULL, &err), VSX_OK);
	cr_expect_eq(lseek(fd, 0, SEEK_CUR), 100);
	close(fd);
	cr_expect_eq(vsx_refresh(&newer, index, &err), VSX_EINVAL);
	cr_expect_null(newer);
	cr_expect(strstr(err.text, "without a path"), "%s", err.text);
	vsx_close(index);
}

Test(origin, what_is_no_file_for_reading_is_refused)
{
	const char *path = build("Flat");
	struct vsx *index = (struct vsx *)&err;
	int fd, ends[2];

	cr_expect_eq(vsx_open_fd(&index, -1, NULL, &err), VSX_EIO);
	cr_expect_null(index);
	cr_expect(strstr(err.text, "descriptor -1: "), "%s", err.text);
	fd = open(path, O_WRONLY);
	cr_expect_eq(vsx_open_fd(&index, fd, NULL, &err), VSX_EIO);
	cr_expect_eq(fcntl(fd, F_GETFD) < 0, 0, "it stays open");
	close(fd);
	fd = open("/", O_RDONLY);
	cr_expect_eq(vsx_open_fd(&index, fd, NULL, &err), VSX_EFORMAT);
	cr_expect(strstr(err.text, "is a folder"), "%s", err.text);
	close(fd);
	cr_assert_eq(pipe(ends), 0);
	cr_expect_eq(vsx_open_fd(&index, ends[0], NULL, &err), VSX_EFORMAT);
	cr_expect(strstr(err.text, "is a pipe"), "%s", err.text);
	close(ends[0]);
	close(ends[1]);
}

Test(origin, memory_that_cannot_be_used_in_place_is_refused)
{
	struct vsx_open_opts copy = VSX_OPEN_OPTS_INIT, lock = copy;
	struct vsx *index = (struct vsx *)&err;
	struct vsx_hit due[N];
	size_t n;
	uint8_t *bytes = support_read(build("HNSW8"), &n);
	uint8_t *memory = aligned_alloc(64, (n + 127) / 64 * 64);

	copy.load = VSX_LOAD_COPY;
	lock.lock_memory = 1;
	memcpy(memory, bytes, n);
	cr_assert_eq(vsx_open_memory(&index, memory, n, NULL, &err), VSX_OK);
	find(index, due);
	vsx_close(index);
	cr_expect_eq(vsx_open_memory(&index, memory, n, &lock, &err),
		     VSX_EINVAL);
	for (size_t at = 1; at < 64; at += 31) {
		memmove(memory + at, bytes, n);
		cr_expect_eq(
			vsx_open_memory(&index, memory + at, n, NULL, &err),
			VSX_EINVAL);
		cr_expect_null(index);
		/* A copy is not looked at again. */
		cr_assert_eq(
			vsx_open_memory(&index, memory + at, n, &copy, &err),
			VSX_OK, "%s", err.text);
		memset(memory, 0xee, n);
		answers_like(index, due);
	}
	cr_expect_eq(vsx_open_memory(&index, NULL, 0, NULL, &err), VSX_EFORMAT);
	cr_expect_eq(vsx_open_memory(&index, NULL, 9, NULL, &err), VSX_EINVAL);
	free(memory);
	free(bytes);
}

/* What opening and two searches come to, and with what words. */
static enum vsx_status outcome(enum vsx_status status, struct vsx *index,
			       const char *name, char text[VSX_ERROR_TEXT])
{
	float row[DIM];

	for (uint64_t id = 0; status == VSX_OK && id < 40; id++) {
		status = vsx_get(index, id, row, &err);
		if (status == VSX_ENOTFOUND)
			status = VSX_OK;
	}
	vsx_close(index);
	text[0] = '\0';
	if (status == VSX_OK)
		return status;
	cr_expect_eq(strncmp(err.text, name, strlen(name)), 0, "%s", err.text);
	strcpy(text, err.text + strlen(name));
	return status;
}

static void fails_alike(const uint8_t *bytes, size_t n, int untrusted)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	char of_memory[VSX_ERROR_TEXT], of_path[VSX_ERROR_TEXT];
	void *memory = support_aligned_copy(bytes, n);
	int fd = support_memory_file(bytes, n);
	const char *path = support_fd_path(fd);
	enum vsx_status status, due;
	struct vsx *index;

	opts.untrusted = (uint32_t)untrusted;
	due = vsx_open(&index, path, &opts, &err);
	due = outcome(due, index, path, of_path);
	status = vsx_open_memory(&index, memory, n, &opts, &err);
	status = outcome(status, index, "memory", of_memory);
	cr_expect_eq(status, due);
	cr_expect_str_eq(of_memory, of_path);
	free(memory);
	close(fd);
}

Test(origin, hostile_bytes_are_refused_in_the_same_words)
{
	size_t n;
	uint8_t *bytes = support_read(build("HNSW8"), &n);
	static uint8_t strange[16384];

	for (int untrusted = 0; untrusted < 2; untrusted++) {
		for (size_t cut = 0; cut < n; cut += cut < 600 ? 37 : 4099)
			fails_alike(bytes, cut, untrusted);
		for (size_t at = 0; at < n; at += at < 9000 ? 129 : 1031) {
			uint8_t was = bytes[at];

			bytes[at] ^= 0x10;
			fails_alike(bytes, n, untrusted);
			support_reseal(bytes, n);
			fails_alike(bytes, n, untrusted);
			bytes[at] = was;
			support_reseal(bytes, n);
		}
		/* usearch says what it is behind its rows. */
		strange[0] = 100;
		strange[4] = 96;
		memcpy(strange + 8 + 9600, "usearch", 7);
		fails_alike(strange, sizeof(strange), untrusted);
		memset(strange, 0, sizeof(strange));
		fails_alike(strange, sizeof(strange), untrusted);
	}
	free(bytes);
}
