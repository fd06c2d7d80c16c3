/* Files as memory, at the edges: lengths, ends, names. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

#include "io/limit.h"
#include "io/advice.h"
#include "io/map.h"

TestSuite(map, .timeout = 60);

static struct vsx_error err;

/* A file of n bytes that is removed with its descriptor: 0, 1, 2 and so on. */
static int file_of(size_t n)
{
	char name[] = "/tmp/vsx-map-XXXXXX";
	uint8_t *bytes = malloc(n + 1);
	int fd = mkstemp(name);

	cr_assert(fd >= 0 && bytes);
	unlink(name);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)i;
	cr_assert_eq(write(fd, bytes, n), (ssize_t)n);
	free(bytes);
	return fd;
}

static void says(const char *text)
{
	cr_expect_eq(strncmp(err.text, text, strlen(text)), 0, "'%s'",
		     err.text);
}

Test(map, reads_to_the_end_and_not_beyond)
{
	int fd = file_of(10);
	uint8_t to[10];

	cr_expect_eq(vsx_read_at(fd, to, 10, 0), 0);
	cr_expect(to[0] == 0 && to[9] == 9);
	cr_expect_eq(vsx_read_at(fd, to, 1, 9), 0);
	cr_expect_eq(to[0], 9);
	cr_expect_eq(vsx_read_at(fd, to, 2, 9), ENODATA);
	cr_expect_eq(vsx_read_at(fd, to, 1, 10), ENODATA);
	errno = EINTR; /* of another call */
	cr_expect_eq(vsx_read_at(fd, to, 1, 10), ENODATA);
	cr_expect_eq(vsx_read_at(fd, to, 0, 10), 0);
	cr_expect_eq(vsx_read_at(-1, to, 0, 0), 0);
	cr_expect_eq(vsx_read_at(-1, to, 1, 0), EBADF);
	close(fd);
}

Test(map, asks_for_the_length)
{
	int fd = file_of(4097);
	uint64_t bytes = 0;

	cr_expect_eq(vsx_file_bytes(&bytes, fd, &err), VSX_OK);
	cr_expect_eq(bytes, 4097);
	close(fd);
	cr_expect_eq(vsx_file_bytes(&bytes, -1, &err), VSX_EIO);
	says("cannot stat");
}

Test(map, copies_what_the_file_has)
{
	int fd = file_of(5000);
	struct vsx_map map;

	cr_assert_eq(vsx_map_file(&map, fd, 5000, true, &err), VSX_OK);
	cr_expect(map.copied && map.bytes == 5000 && !map.region && !map.room);
	cr_expect(map.base[0] == 0 && map.base[4999] == (uint8_t)4999);
	vsx_map_close(&map);
	cr_expect_null(map.base);
	cr_expect_eq(vsx_map_file(&map, fd, 5001, true, &err), VSX_ETRUNCATED);
	says("was cut below 5001 bytes while it was read");
	cr_expect_null(map.base);
	close(fd);
	cr_expect_eq(vsx_map_file(&map, -1, 5000, true, &err), VSX_EIO);
	says("cannot read");
	cr_expect_eq(err.sys_errno, EBADF);
}

/* Before the system is asked for it, which may promise what it does not have.
 */
Test(map, copies_no_more_than_there_is_memory)
{
	uint64_t more = vsx_memory_limit() + 1;
	int fd = file_of(10);
	struct vsx_map map;

	cr_expect_eq(vsx_map_file(&map, fd, more, true, &err), VSX_ENOMEM);
	says("no memory for a copy of ");
	cr_expect(strstr(err.text, "this process may use"), "%s", err.text);
	close(fd);
}

Test(map, maps_what_the_file_has)
{
	int fd = file_of(5000), other = file_of(5000);
	struct vsx_map map, again;

	cr_assert_eq(vsx_map_file(&map, fd, 5000, false, &err), VSX_OK);
	cr_expect(!map.copied && map.bytes == 5000 && map.region && map.room);
	cr_expect_eq(map.base[4999], (uint8_t)4999);
	cr_expect_eq(vsx_map_whole(&map, &err), VSX_OK);
	/* Another file is not shared, the same one is. */
	cr_expect(!vsx_map_share(&again, &map, other, 5000));
	cr_expect_null(again.base);
	cr_expect(vsx_map_share(&again, &map, fd, 5000));
	cr_expect_eq(again.base, map.base);
	vsx_map_close(&map);
	cr_expect_eq(again.base[4999], (uint8_t)4999);
	vsx_map_close(&again);
	/* Memory of one's own is shared with nobody. */
	cr_assert_eq(vsx_map_file(&map, fd, 5000, true, &err), VSX_OK);
	cr_expect(!vsx_map_share(&again, &map, fd, 5000));
	vsx_map_close(&map);
	close(fd);
	close(other);
	cr_expect_eq(vsx_map_file(&map, -1, 5000, false, &err), VSX_EIO);
	says("cannot stat");
	cr_expect_null(map.base);
	fd = file_of(10);
	cr_expect_eq(vsx_map_file(&map, fd, UINT64_C(1) << 62, false, &err),
		     VSX_ENOMEM);
	says("cannot map 4611686018427387904 bytes");
	cr_expect_null(map.base);
	close(fd);
}

Test(map, grows_within_what_was_set_aside)
{
	int fd = file_of(3 * 4096);
	struct vsx_map map, again;

	cr_assert_eq(vsx_map_file(&map, fd, 5000, false, &err), VSX_OK);
	cr_assert(vsx_map_share(&again, &map, fd, 3 * 4096));
	cr_expect_eq(again.base, map.base);
	cr_expect_eq(again.base[5001], (uint8_t)5001);
	cr_expect_eq(again.base[3 * 4096 - 1], 0xff);
	vsx_map_close(&again);
	/* Less again takes nothing away. */
	cr_assert(vsx_map_share(&again, &map, fd, 100));
	cr_expect_eq(map.base[3 * 4096 - 1], 0xff);
	vsx_map_close(&again);
	/* As much again as there was, and 1 GiB at least. */
	cr_expect(vsx_map_share(&again, &map, fd, 5000 + (1 << 30)));
	vsx_map_close(&again);
	cr_expect(!vsx_map_share(&again, &map, fd, 5001 + (1 << 30)));
	vsx_map_close(&map);
	close(fd);
}

Test(map, shows_zeros_where_a_file_ends_too_early)
{
	static const size_t found[] = {0, 1, 4095, 4096, 4097, 9999};
	struct vsx_map map;

	for (size_t i = 0; i < sizeof(found) / sizeof(*found); i++) {
		int fd = file_of(found[i]);

		cr_assert_eq(vsx_map_torn(&map, fd, found[i], 10000, &err),
			     VSX_OK, "%s", err.text);
		cr_expect(map.bytes == 10000 && map.region && !map.room);
		for (size_t at = 0; at < 10000; at++)
			cr_assert_eq(map.base[at],
				     at < found[i] ? (uint8_t)at : 0);
		vsx_map_close(&map);
		close(fd);
	}
	cr_expect_eq(vsx_map_torn(&map, -1, 10, 10000, &err), VSX_EIO);
	says("cannot map 10 bytes");
	cr_expect_null(map.base);
	cr_expect_eq(vsx_map_torn(&map, -1, 0, UINT64_C(1) << 62, &err),
		     VSX_ENOMEM);
	says("cannot map 4611686018427387904 bytes");
}

/* With all of its bytes it is a file like others. */
Test(map, of_a_whole_file_is_not_torn)
{
	int fd = file_of(10000);
	struct vsx_map map;

	cr_assert_eq(vsx_map_torn(&map, fd, 10000, 10000, &err), VSX_OK);
	cr_expect_not_null(map.room);
	cr_expect_eq(map.base[9999], (uint8_t)9999);
	vsx_map_close(&map);
	close(fd);
}

Test(map, is_populated_from_any_byte_on)
{
	long page = sysconf(_SC_PAGESIZE);
	uint8_t *p = mmap(NULL, 3 * (size_t)page, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char there[3] = {0};

	cr_assert_neq(p, MAP_FAILED);
	if (madvise(p + page, 1, MADV_POPULATE_READ) != 0)
		cr_skip_test("the system cannot populate");
	munmap(p, 3 * (size_t)page);
	p = mmap(NULL, 3 * (size_t)page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
		 -1, 0);
	cr_assert_neq(p, MAP_FAILED);
	cr_expect(vsx_populate(p + page + 1, 1));
	cr_assert_eq(mincore(p, 3 * (size_t)page, there), 0);
	cr_expect(!(there[0] & 1) && (there[1] & 1) && !(there[2] & 1));
	cr_expect(vsx_populate(p + page - 1, 2));
	cr_assert_eq(mincore(p, 3 * (size_t)page, there), 0);
	cr_expect((there[0] & 1) && !(there[2] & 1));
	munmap(p, 3 * (size_t)page);
	cr_expect(!vsx_populate(p, 1));
}

/* ---- paths in messages ------------------------------------------------- */

static void shown(const char *path, const char *due)
{
	char text[VSX_PATH_TEXT];

	memset(text, 'X', sizeof(text));
	vsx_path_text(text, path);
	cr_expect_str_eq(text, due);
}

Test(map, shows_control_characters_as_question_marks)
{
	shown("", "");
	shown("a\x01\x1f\x7f\n/ ~\x80\xc3\xa9", "a???\?/ ~\x80\xc3\xa9");
}

Test(map, shows_the_end_of_a_long_path)
{
	char path[1000], due[VSX_PATH_TEXT];

	memset(path, 'a', sizeof(path));
	memset(due, 'a', sizeof(due));
	path[VSX_PATH_TEXT - 1] = '\0';
	shown(path, path);
	path[VSX_PATH_TEXT - 1] = 'b';
	path[VSX_PATH_TEXT] = '\0';
	memcpy(due, "...", 3);
	memcpy(due + VSX_PATH_TEXT - 2, "b", 2);
	shown(path, due);
	/* Not from the middle of a letter. */
	memset(path, 'a', sizeof(path));
	path[500] = '\0';
	memcpy(path + 500 - (VSX_PATH_TEXT - 4) - 2, "\xe2\x82\xac", 3);
	memset(due, 'a', sizeof(due));
	memcpy(due, "...", 3);
	due[VSX_PATH_TEXT - 2] = '\0';
	shown(path, due);
	memcpy(path + 500 - (VSX_PATH_TEXT - 4), "\xe2\x82\xac", 3);
	due[VSX_PATH_TEXT - 2] = 'a';
	due[VSX_PATH_TEXT - 1] = '\0';
	memcpy(due + 3, "\xe2\x82\xac", 3);
	shown(path, due);
}

/* So that the system can map its large pages as such. */
Test(map, begins_where_a_large_page_may)
{
	for (int i = 0; i < 3; i++) {
		struct vsx_map map;
		int fd = file_of(4096 + (size_t)i);

		cr_assert_eq(vsx_map_file(&map, fd, 4096, false, &err), VSX_OK,
			     "%s", err.text);
		cr_expect_eq((uintptr_t)map.base % VSX_LARGE_PAGE, 0);
		vsx_map_close(&map);
		close(fd);
	}
}
