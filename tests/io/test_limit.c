/* How much memory a process may use, from the texts of its system. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/limit.h"

TestSuite(limit, .timeout = 60);

#define MIB UINT64_C(1048576)

/* ---- a system of files ------------------------------------------------ */

static char root[] = "/tmp/vsx-limit-XXXXXX";

static void make_root(void)
{
	cr_assert_not_null(mkdtemp(root));
}

static void drop_root(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	cr_assert_eq(system(command), 0);
}

static void put(const char *path, const char *text)
{
	char full[8192];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *s = full + strlen(root) + 1; (s = strchr(s, '/')); s++) {
		*s = '\0';
		mkdir(full, 0777);
		*s = '/';
	}
	f = fopen(full, "w");
	cr_assert_not_null(f, "%s", full);
	fputs(text, f);
	fclose(f);
}

#define V2_MOUNT                                                               \
	"30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"
#define V1_MOUNT                                                               \
	"32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"  \
	"33 31 0:30 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup "      \
	"rw,memory\n"

TestSuite(group, .init = make_root, .fini = drop_root, .timeout = 60);

/* ---- texts ------------------------------------------------------------ */

Test(limit, is_a_number_or_none)
{
	cr_expect_eq(vsx_limit_of("104857600\n"), 100 * MIB);
	cr_expect_eq(vsx_limit_of("104857600"), 100 * MIB);
	cr_expect_eq(vsx_limit_of("0\n"), 0);
	cr_expect_eq(vsx_limit_of("9223372036854771712\n"),
		     UINT64_C(9223372036854771712));
	cr_expect_eq(vsx_limit_of("18446744073709551615\n"), UINT64_MAX);
}

Test(limit, that_is_no_number_is_none)
{
	static const char *const texts[] = {
		"max\n",	"",
		"\n",		"-1\n",
		"-104857600\n", "+5\n",
		" 5\n",		"5 M\n",
		"12abc\n",	"0x10\n",
		"1e9\n",	"1 2\n",
		"nan\n",	"99999999999999999999999\n",
		"\xff\n",	"max max"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_expect_eq(vsx_limit_of(texts[i]), UINT64_MAX, "'%s'",
			     texts[i]);
}

/* ---- groups ----------------------------------------------------------- */

Test(group, that_is_missing_limits_nothing)
{
	cr_expect_eq(vsx_group_limit(root), UINT64_MAX);
	put("/proc/self/mountinfo", V2_MOUNT);
	cr_expect_eq(vsx_group_limit(root), UINT64_MAX);
	put("/proc/self/cgroup", "0::/app\n");
	cr_expect_eq(vsx_group_limit(root), UINT64_MAX);
	put("/sys/fs/cgroup/app/memory.max", "max\n");
	put("/sys/fs/cgroup/app/memory.high", "max\n");
	cr_expect_eq(vsx_group_limit(root), UINT64_MAX);
	/* As at the root of the real thing, which has no such file. */
	put("/proc/self/cgroup", "0::/\n");
	cr_expect_eq(vsx_group_limit(root), UINT64_MAX);
}

Test(group, of_version_2_has_the_least_of_max_and_high)
{
	put("/proc/self/mountinfo", V2_MOUNT);
	put("/proc/self/cgroup", "0::/app\n");
	put("/sys/fs/cgroup/app/memory.max", "104857600\n");
	cr_expect_eq(vsx_group_limit(root), 100 * MIB);
	put("/sys/fs/cgroup/app/memory.high", "52428800\n");
	cr_expect_eq(vsx_group_limit(root), 50 * MIB);
	put("/sys/fs/cgroup/app/memory.max", "10485760\n");
	cr_expect_eq(vsx_group_limit(root), 10 * MIB);
}

Test(group, is_bound_by_those_above_it)
{
	put("/proc/self/mountinfo", V2_MOUNT);
	put("/proc/self/cgroup", "0::/a.slice/b.scope/c\n");
	put("/sys/fs/cgroup/a.slice/b.scope/c/memory.max", "max\n");
	put("/sys/fs/cgroup/a.slice/b.scope/memory.max", "209715200\n");
	cr_expect_eq(vsx_group_limit(root), 200 * MIB);
	put("/sys/fs/cgroup/a.slice/memory.high", "104857600\n");
	cr_expect_eq(vsx_group_limit(root), 100 * MIB);
	put("/sys/fs/cgroup/memory.max", "52428800\n");
	cr_expect_eq(vsx_group_limit(root), 50 * MIB);
	/* Another one beside it is none of ours. */
	put("/sys/fs/cgroup/a.slice/other/memory.max", "1\n");
	put("/sys/fs/memory.max", "1\n");
	cr_expect_eq(vsx_group_limit(root), 50 * MIB);
}

Test(group, of_version_1)
{
	put("/proc/self/mountinfo", V1_MOUNT);
	put("/proc/self/cgroup", "4:cpu,cpuacct:/other\n"
				 "3:hugetlb,memory:/docker/x\n1:name=systemd:/"
				 "y\n");
	put("/sys/fs/cgroup/memory/memory.limit_in_bytes",
	    "9223372036854771712\n");
	put("/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes",
	    "9223372036854771712\n");
	put("/sys/fs/cgroup/memory/other/memory.limit_in_bytes", "1\n");
	cr_expect_eq(vsx_group_limit(root), UINT64_C(9223372036854771712));
	put("/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
	    "104857600\n");
	cr_expect_eq(vsx_group_limit(root), 100 * MIB);
}

/* Version 1 for memory, and an empty version 2 beside it; then both limit. */
Test(group, of_both_versions)
{
	put("/proc/self/mountinfo",
	    V1_MOUNT "34 31 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 "
		     "rw\n");
	put("/proc/self/cgroup", "3:memory:/one\n0::/two\n");
	put("/sys/fs/cgroup/memory/one/memory.limit_in_bytes", "104857600\n");
	cr_expect_eq(vsx_group_limit(root), 100 * MIB);
	put("/sys/fs/cgroup/unified/two/memory.max", "52428800\n");
	cr_expect_eq(vsx_group_limit(root), 50 * MIB);
}

/* A mount shows a part; the group's path is that of the whole. */
Test(group, inside_of_a_container)
{
	put("/proc/self/mountinfo",
	    "33 31 0:30 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup "
	    "rw,memory\n");
	put("/proc/self/cgroup", "3:memory:/docker/abc\n");
	put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "104857600\n");
	cr_expect_eq(vsx_group_limit(root), 100 * MIB);
	put("/proc/self/cgroup", "3:memory:/docker/abc/inner\n");
	put("/sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "52428800\n");
	cr_expect_eq(vsx_group_limit(root), 50 * MIB);
	/* Not shown: a name that only begins alike, and one outside. */
	put("/proc/self/cgroup", "3:memory:/docker/abcd\n");
	cr_expect_eq(vsx_group_limit(root), 100 * MIB);
	put("/proc/self/cgroup", "3:memory:/../inner\n");
	cr_expect_eq(vsx_group_limit(root), 100 * MIB);
}

Test(group, mounted_at_a_name_with_spaces)
{
	put("/proc/self/mountinfo",
	    "30 24 0:26 / /my\\040groups\\134x rw - cgroup2 none rw\n");
	put("/proc/self/cgroup", "0::/app\n");
	put("/my groups\\x/app/memory.max", "104857600\n");
	cr_expect_eq(vsx_group_limit(root), 100 * MIB);
}

/* As the kernel writes blanks and such; and what only looks like it. */
Test(group, mounted_at_any_name)
{
	static const char *const names[][2] = {
		{"\\040", " "},
		{"\\101", "A"},
		{"\\077", "?"},
		{"\\047", "'"},
		{"\\300\\251", "\300\251"},
		{"\\1771", "\1771"},
		{"\\400", "\\400"},
		{"\\080", "\\080"},
		{"\\048", "\\048"},
		{"\\x40", "\\x40"},
		{"\\04", "\\04"},
		{"\\0/0", "\\0/0"},
		{"\\04/", "\\04/"},
		{"2345", "2345"},
		{"\\", "\\"},
		{"7\\1", "7\\1"},
	};

	put("/proc/self/cgroup", "0::/app\n");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[100];

		snprintf(text, sizeof(text),
			 "30 24 0:26 / /m%zu%s rw - cgroup2 none rw\n", i,
			 names[i][0]);
		put("/proc/self/mountinfo", text);
		snprintf(text, sizeof(text), "/m%zu%s/app/memory.max", i,
			 names[i][1]);
		put(text, "104857600\n");
		cr_expect_eq(vsx_group_limit(root), 100 * MIB, "'%s'",
			     names[i][0]);
	}
}

Test(group, of_one_letter_is_bound_by_those_above_it)
{
	put("/proc/self/mountinfo",
	    "\n30 24 0:26 / /g rw - cgroup2 cgroup2 rw\n");
	put("/proc/self/cgroup", "\n0::/a/b/c\n");
	/* Not a group of ours: a shorter name, and above the mount. */
	put("/g/a/memory.max", "209715200\n");
	put("/g/a/b/cc/memory.max", "1\n");
	put("/memory.max", "1\n");
	cr_expect_eq(vsx_group_limit(root), 200 * MIB);
	put("/g/a/b/memory.max", "104857600\n");
	cr_expect_eq(vsx_group_limit(root), 100 * MIB);
	put("/g/memory.max", "52428800\n");
	cr_expect_eq(vsx_group_limit(root), 50 * MIB);
	put("/proc/self/mountinfo",
	    "30 24 0:26 / /gx rw - cgroup2 cgroup2 rw\n");
	put("/proc/self/cgroup", "0::/a\n");
	put("/gx/a/memory.max", "max\n");
	/* That of /g, which the mount point begins with. */
	cr_expect_eq(vsx_group_limit(root), UINT64_MAX);
}

Test(group, texts_that_are_none_are_passed_over)
{
	static const char *const mounts[] = {
		"",
		"\n",
		" - \n",
		"- cgroup2\n",
		"1 2 3 4 - cgroup2 x y\n",
		"1 2 3 / - cgroup2 x y\n",
		"1 2 3 / /p rw - cgroup2\n",
		"1 2 3 / /p rw - cgroup x\n",
		"1 2 3 / /p rw - cgroup x mem\n",
		"1 2 3 / /p rw - cgroup x rw,memory2,xmemory\n"};
	static const char *const groups[] = {
		"",	     "\n",	     "0\n",	   "0:\n",
		"::\n",	     "0::\n",	     "x:memory\n", "0:memory:/app\n",
		"1::/app\n", "0::relative\n"};
	char long_path[6000];

	put("/sys/fs/cgroup/app/memory.max", "1\n");
	put("/p/app/memory.limit_in_bytes", "1\n");
	put("/proc/self/cgroup", "0::/app\n3:memory:/app\n");
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		put("/proc/self/mountinfo", mounts[i]);
		cr_expect_eq(vsx_group_limit(root), UINT64_MAX, "'%s'",
			     mounts[i]);
	}
	put("/proc/self/mountinfo", V2_MOUNT);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		put("/proc/self/cgroup", groups[i]);
		cr_expect_eq(vsx_group_limit(root), UINT64_MAX, "'%s'",
			     groups[i]);
	}
	memset(long_path, 'x', sizeof(long_path));
	memcpy(long_path, "0::/", 4);
	long_path[sizeof(long_path) - 1] = '\0';
	put("/proc/self/cgroup", long_path);
	cr_expect_eq(vsx_group_limit(root), UINT64_MAX);
}

/* ---- of this process -------------------------------------------------- */

Test(limit, of_this_process_is_no_more_than_the_machine_has)
{
	uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) *
			   (uint64_t)sysconf(_SC_PAGESIZE);

	cr_expect_leq(vsx_memory_limit(), machine);
	cr_expect_gt(vsx_memory_limit(), 0);
}

Test(limit, says_what_fits)
{
	struct vsx_error err;

	cr_expect(vsx_fits_memory(1000, 1000));
	cr_expect(!vsx_fits_memory(1001, 1000));
	cr_expect(vsx_fits_memory(UINT64_MAX, UINT64_MAX));
	cr_expect(vsx_fits_memory(4 * MIB, 0));
	cr_expect(!vsx_fits_memory(UINT64_C(1) << 62, 0));
	cr_expect_eq(vsx_may_hold(4 * MIB, "a copy", &err), VSX_OK);
	cr_expect_eq(vsx_may_hold(UINT64_C(1) << 62, "a copy", &err),
		     VSX_ENOMEM);
	cr_expect_eq(strncmp(err.text,
			     "no memory for a copy of 4611686018427387904 "
			     "bytes: this process may use ",
			     70),
		     0, "%s", err.text);
}
