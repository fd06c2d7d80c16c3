/*
 * What a row costs by its key: bytes of the sections, and time of vsx_find()
 * and vsx_key() once pages were checked.
 *
 * usage: bench_keys INDEX KEYS
 *
 * KEYS: the keys of the rows, a line each. They are looked for in random order,
 * once before it is measured.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "vsx.h"

#define ROUNDS	      11
#define ROUND_LOOKUPS 100000

struct lines {
	char **at;
	size_t n;
	uint64_t bytes;
};

static struct lines read_lines(const char *path)
{
	struct lines l = {0};
	char *line = NULL;
	size_t room = 0, cap = 0;
	FILE *f = fopen(path, "r");
	ssize_t n;

	if (!f)
		die(path);
	while ((n = getline(&line, &room, f)) > 0) {
		if (l.n == cap) {
			cap = cap ? 2 * cap : 1024;
			l.at = realloc(l.at, cap * sizeof(*l.at));
		}
		line[strcspn(line, "\r\n")] = '\0';
		l.at[l.n++] = strdup(line);
		l.bytes += strlen(line);
	}
	fclose(f);
	free(line);
	if (l.n == 0)
		die("no keys");
	return l;
}

static void shuffle(struct lines *l)
{
	uint64_t state = 1;

	for (size_t i = l->n - 1; i > 0; i--) {
		size_t j;
		char *t = l->at[i];

		state = state * 6364136223846793005u + 1442695040888963407u;
		j = (size_t)(state >> 33) % (i + 1);
		l->at[i] = l->at[j];
		l->at[j] = t;
	}
}

static void tell_bytes(const struct vsx *index, const struct lines *l)
{
	struct vsx_section_facts s;
	uint64_t sum = 0;

	for (uint32_t i = 0; vsx_get_section(index, i, &s, NULL) == VSX_OK; i++)
		if (s.name[0] == 'K')
			sum += s.bytes;
	tell_figure("key", "bytes", (double)l->bytes / (double)l->n);
	tell_figure("sections", "bytes a row", (double)sum / (double)l->n);
}

/* Microseconds of a lookup, and of the key of what it found. */
static void look(const struct vsx *index, const struct lines *l, size_t first,
		 size_t n, double *find, double *key)
{
	uint64_t *ids = malloc(n * sizeof(*ids));
	double start = now(CLOCK_THREAD_CPUTIME_ID);
	char text[VSX_MAX_KEY];
	struct vsx_error err;
	size_t bytes;

	for (size_t i = 0; i < n; i++) {
		const char *k = l->at[(first + i) % l->n];

		if (vsx_find(index, k, strlen(k), &ids[i], &err))
			die(err.text);
	}
	*find = (now(CLOCK_THREAD_CPUTIME_ID) - start) * 1e6 / (double)n;
	start = now(CLOCK_THREAD_CPUTIME_ID);
	for (size_t i = 0; i < n; i++)
		if (vsx_key(index, ids[i], text, &bytes, &err))
			die(err.text);
	*key = (now(CLOCK_THREAD_CPUTIME_ID) - start) * 1e6 / (double)n;
	free(ids);
}

int main(int argc, char **argv)
{
	double find[ROUNDS], key[ROUNDS];
	struct vsx_error err;
	struct vsx *index;
	struct lines l;

	if (argc != 3)
		die("usage: bench_keys INDEX KEYS");
	l = read_lines(argv[2]);
	shuffle(&l);
	if (vsx_open(&index, argv[1], NULL, &err))
		die(err.text);
	tell_bytes(index, &l);
	look(index, &l, 0, l.n, find, key);
	for (size_t i = 0; i < ROUNDS; i++)
		look(index, &l, i * ROUND_LOOKUPS, ROUND_LOOKUPS, &find[i],
		     &key[i]);
	tell_figure("vsx_find", "us", median(find, ROUNDS));
	tell_figure("vsx_key", "us", median(key, ROUNDS));
	vsx_close(index);
	for (size_t i = 0; i < l.n; i++)
		free(l.at[i]);
	free(l.at);
	return 0;
}
