#include "row.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct {
	bool pretty, own;
	char folder[512];
} rows;

void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
	exit(3);
}

static void make_folder(void)
{
	const char *parent = getenv("TMPDIR");

	rows.own = true;
	snprintf(rows.folder, sizeof(rows.folder), "%s/vsx-micro.XXXXXX",
		 parent && *parent ? parent : "/tmp");
	if (!mkdtemp(rows.folder))
		die(strerror(errno));
}

void rows_begin(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--pretty") == 0)
			rows.pretty = true;
		else if (strcmp(argv[i], "--folder") == 0 && i + 1 < argc &&
			 strlen(argv[i + 1]) < sizeof(rows.folder))
			strcpy(rows.folder, argv[++i]);
		else
			die("usage: [--pretty] [--folder DIR]");
	}
	if (!*rows.folder)
		make_folder();
}

bool rows_are_pretty(void)
{
	return rows.pretty;
}

const char *rows_folder(void)
{
	return rows.folder;
}

int rows_end(void)
{
	struct dirent *entry;
	DIR *folder;

	if (!rows.own)
		return 0;
	folder = opendir(rows.folder);
	while (folder && (entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
	rmdir(rows.folder);
	return 0;
}

void row(const char *unit, double value, const char *remark, const char *name,
	 ...)
{
	char text[128];
	va_list args;

	va_start(args, name);
	vsnprintf(text, sizeof(text), name, args);
	va_end(args);
	if (rows.pretty)
		printf("%-36s %12.6g %-10s%s%s\n", text, value, unit,
		       remark ? "  " : "", remark ? remark : "");
	else
		printf("%s\t%s\t%.9g\n", text, unit, value);
	fflush(stdout);
}

double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

double least_of(int n, double (*one)(void *context), void *context)
{
	double least = one(context);

	while (--n > 0) {
		double next = one(context);

		least = next < least ? next : least;
	}
	return least;
}
