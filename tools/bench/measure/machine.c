#include "bench/measure/machine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* The build says from which commit it is, where it knows. */
#ifndef VSX_COMMIT
#define VSX_COMMIT ""
#endif

/* The value of a line "key : value"; "" if there is none. */
static void cpu_name(char *to, size_t bytes)
{
	FILE *from = fopen("/proc/cpuinfo", "re");
	char *line = NULL, *value;
	size_t room = 0;

	*to = '\0';
	while (from && !*to && getline(&line, &room, from) > 0) {
		if (strncmp(line, "model name", 10) != 0)
			continue;
		value = strchr(line, ':');
		if (value)
			snprintf(to, bytes, "%s",
				 value + 1 + strspn(value + 1, " \t"));
		to[strcspn(to, "\n")] = '\0';
	}
	free(line);
	if (from)
		fclose(from);
}

void machine_facts(struct report *r)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	long pages = sysconf(_SC_PHYS_PAGES);
	time_t now = time(NULL);
	struct utsname system;
	struct tm utc;

	snprintf(r->version, sizeof(r->version), "%s", vsx_version());
	snprintf(r->commit, sizeof(r->commit), "%s", VSX_COMMIT);
	snprintf(r->isa, sizeof(r->isa), "%s", vsx_isa());
	if (gmtime_r(&now, &utc))
		strftime(r->date, sizeof(r->date), "%Y-%m-%d %H:%M UTC", &utc);
	cpu_name(r->cpu, sizeof(r->cpu));
	if (uname(&system) == 0) {
		snprintf(r->system, sizeof(r->system), "%.60s %.60s",
			 system.sysname, system.release);
		if (!*r->cpu)
			snprintf(r->cpu, sizeof(r->cpu), "%.64s",
				 system.machine);
	}
	r->n_processors = processors > 0 ? (uint32_t)processors : 0;
	if (pages > 0)
		r->memory_bytes =
			(uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:=+@%";

static size_t append(char *to, size_t at, size_t room, const char *text,
		     size_t len)
{
	for (size_t i = 0; i < len && at + 1 < room; i++)
		to[at++] = text[i];
	to[at] = '\0';
	return at;
}

static size_t append_quoted(char *to, size_t at, size_t room, const char *word)
{
	at = append(to, at, room, "'", 1);
	for (; *word; word++)
		if (*word == '\'')
			at = append(to, at, room, "'\\''", 4);
		else
			at = append(to, at, room, word, 1);
	return append(to, at, room, "'", 1);
}

void machine_command(struct report *r, int argc, char *const *argv)
{
	size_t at = 0, room = sizeof(r->command);

	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		const char *slash = strrchr(word, '/');

		/* Where the command lies matters to nobody else. */
		if (i == 0 && slash)
			word = slash + 1;
		if (i > 0)
			at = append(r->command, at, room, " ", 1);
		if (*word && word[strspn(word, plain)] == '\0')
			at = append(r->command, at, room, word, strlen(word));
		else
			at = append_quoted(r->command, at, room, word);
	}
}
