/* What does not stop when it is asked to is ended, and leaves nothing behind.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/workdir.h"
#include "cli/exit.h"
#include "cli/files.h"
#include "cli/interrupt.h"
#include "cli/outfile.h"
#include "cli/say.h"
#include "write/scratch_folder.h"

TestSuite(interrupt_end, .init = scratch_make, .fini = scratch_drop,
	  .timeout = 60);

struct stubborn {
	pid_t pid;
	int said; /* its standard error */
};

static void put(const char *folder, const char *name)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	close(open(path, O_WRONLY | O_CREAT, 0600));
}

/* Two outputs under way, one that is in place, and a folder with files. */
static void make_leftovers(void)
{
	static struct outfile done, one, two;
	static struct workdir folder;
	struct vsx_error err;
	char name[64];

	if (outfile_open(&done, scratch_path("done"), &err) ||
	    outfile_open(&one, scratch_path("one"), &err) ||
	    outfile_close(&done, &err) ||
	    outfile_open(&two, scratch_path("two"), &err) ||
	    workdir_make(&folder, scratch_path(""), &err))
		_exit(99);
	/* An index that is not whole; that of another writer, gone or not. */
	files_write_index(scratch_path("i.vsx"));
	snprintf(name, sizeof(name), ".i.vsx.tmp.%ld.0", (long)getpid());
	put(scratch_path(""), name);
	snprintf(name, sizeof(name), ".i.vsx.tmp.%ld1.0", (long)getpid());
	put(scratch_path(""), name);
	put(folder.path, "a");
	put(folder.path, ".b.tmp.1.0");
}

/* A child that never looks whether it was asked. */
static struct stubborn start(void (*work)(void))
{
	struct stubborn s;
	int ends[2], ready[2];
	char byte;

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(pipe(ready), 0);
	s.pid = fork();
	cr_assert_geq(s.pid, 0);
	if (s.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], STDERR_FILENO);
		say_name("vsx-stubborn");
		interrupt_install();
		make_leftovers();
		if (write(ready[1], "", 1) != 1)
			_exit(99);
		work();
		_exit(98);
	}
	close(ends[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	s.said = ends[0];
	return s;
}

/* How it ended; what it said goes to `text`. */
static int end_of(struct stubborn *s, char text[256])
{
	ssize_t n, used = 0;
	int how;

	cr_assert_eq(waitpid(s->pid, &how, 0), s->pid);
	while ((n = read(s->said, text + used, (size_t)(255 - used))) > 0)
		used += n;
	text[used] = '\0';
	close(s->said);
	return how;
}

static void expect_only_what_is_done(pid_t pid)
{
	char other[64];

	snprintf(other, sizeof(other), ".i.vsx.tmp.%ld1.0", (long)pid);
	cr_expect_eq(unlink(scratch_path(other)), 0);
	cr_expect_eq(scratch_count(0), 1, "%u files are left",
		     scratch_count(0));
	cr_expect_eq(access(scratch_path("done"), F_OK), 0);
}

static void wait_for_ever(void)
{
	for (;;)
		pause();
}

static void work_for_ever(void)
{
	for (volatile unsigned int i = 0;; i++)
		;
}

Test(interrupt_end, one_that_does_not_look_is_ended)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	char text[256];

	for (int i = 0; i < 6; i++) {
		struct stubborn s =
			start(i & 1 ? wait_for_ever : work_for_ever);
		int how;

		cr_assert_eq(kill(s.pid, signals[i / 2]), 0);
		how = end_of(&s, text);
		cr_expect(WIFEXITED(how) && WEXITSTATUS(how) == EXIT_STOPPED,
			  "%x", (unsigned int)how);
		cr_expect_str_eq(text, "vsx-stubborn: stopped\n");
		expect_only_what_is_done(s.pid);
	}
}

/* By the signal itself, and with the same care. */
Test(interrupt_end, the_second_signal_ends_it_at_once)
{
	char text[256];
	int how;
	struct stubborn s = start(work_for_ever);

	cr_assert_eq(kill(s.pid, SIGTERM), 0);
	/* Two that come together are one. */
	while (scratch_count(0) > 2 && kill(s.pid, SIGHUP) == 0)
		usleep(1000);
	how = end_of(&s, text);
	cr_expect(WIFSIGNALED(how) &&
			  (WTERMSIG(how) == SIGTERM || WTERMSIG(how) == SIGHUP),
		  "%x", (unsigned int)how);
	expect_only_what_is_done(s.pid);
}

static void report_to_nobody(void)
{
	int ends[2];
	char page[4096] = {0};

	/* A report that is stuck in a full pipe behind the end of the work. */
	if (pipe(ends) != 0 || dup2(ends[1], STDOUT_FILENO) < 0)
		_exit(99);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (write(ends[1], page, sizeof(page)) > 0)
		;
	fcntl(ends[1], F_SETFL, 0);
	printf("done\n");
	say_after_work();
	raise(SIGTERM);
	say_end(EXIT_DATA);
	wait_for_ever();
}

Test(interrupt_end, behind_the_work_the_code_is_that_of_the_work)
{
	struct stubborn s = start(report_to_nobody);
	char text[256];
	int how;

	how = end_of(&s, text);
	cr_expect(WIFEXITED(how) && WEXITSTATUS(how) == EXIT_DATA, "%x",
		  (unsigned int)how);
	cr_expect_eq(strchr(text, '\n'), strrchr(text, '\n'), "%s", text);
}

/* A search does not wait for its end to be looked at. */
Test(interrupt_end, stops_searches_that_go_on)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM); /* the end of all patience */
	sigprocmask(SIG_BLOCK, &set, NULL);
	interrupt_install();
	cr_expect(!interrupted() && !interrupt_stop()->is_set);
	raise(SIGINT);
	cr_expect(interrupted() && interrupt_stop()->is_set);
}
