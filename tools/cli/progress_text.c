/* What the status line says, and what of it fits. */
#include "cli/progress.h"

#include "cli/format_num.h"

#include <stdio.h>
#include <string.h>

#define BAR_LEAST 4
#define BAR_MOST  30

#define PART_BYTES 256

/* In the order in which they stand. */
enum part { HEAD, SHARE, AMOUNT, RATE, ELAPSED, LEFT, N_PARTS };

/* What goes when there is no room, first to last; the head stays. */
static const enum part by_worth[] = {RATE, ELAPSED, AMOUNT, LEFT, SHARE};

static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* To at most `columns`, the loss marked, without halving a character. */
static void shorten(char *text, size_t columns)
{
	size_t keep = columns > 3 ? columns - 3 : 0;

	if (width(text) <= columns)
		return;
	while (*text && (keep > 0 || ((unsigned char)*text & 0xc0) == 0x80)) {
		keep -= ((unsigned char)*text & 0xc0) != 0x80;
		text++;
	}
	snprintf(text, 4, "%.*s", (int)(columns < 3 ? columns : 3), "...");
}

/* n of a total: few are counted one by one. */
static char *number(char to[NUM_BYTES], const struct progress *p, uint64_t n)
{
	if (strcmp(p->unit, "bytes") == 0)
		return num_bytes(to, n);
	return p->total && p->total < 10000 ? num_count(to, n)
					    : num_short(to, (double)n);
}

static const char *name_of(const char *unit, uint64_t n, char one[32])
{
	size_t len = strlen(unit);

	if (strcmp(unit, "bytes") == 0)
		return "";
	snprintf(one, 32, " %s", unit);
	if (n != 1 || len < 3 || len > 28)
		return one;
	if (strcmp(unit + len - 3, "ies") == 0)
		strcpy(one + 1 + len - 3, "y");
	else
		one[len] = '\0';
	return one;
}

/* "1.20 of 2.30 M rows": a prefix that both have is said once. */
static void amount(char *to, size_t bytes, const struct progress *p)
{
	char done[NUM_BYTES], total[NUM_BYTES], one[32];
	char *from = strchr(number(done, p, p->done), ' ');
	const char *of = strchr(number(total, p, p->total), ' ');

	if (p->total == 0) {
		if (p->done)
			snprintf(to, bytes, " · %s%s", done,
				 name_of(p->unit, p->done, one));
		return;
	}
	if (from && of && strcmp(from, of) == 0)
		*from = '\0';
	snprintf(to, bytes, " · %s of %s%s", done, total,
		 name_of(p->unit, p->total, one));
}

static void fill(char part[N_PARTS][PART_BYTES], const struct progress *p)
{
	char a[NUM_BYTES], one[32];
	bool counts = *p->unit != '\0';

	if (p->step)
		snprintf(part[HEAD], PART_BYTES, "%zu/%zu %s", p->step,
			 p->n_steps, p->phase);
	else
		snprintf(part[HEAD], PART_BYTES, "%s", p->phase);
	/* Rounded down: 100 % is for what is done. */
	if (p->total)
		snprintf(
			part[SHARE], PART_BYTES, " %3u %%",
			(unsigned)(100 * ((double)p->done / (double)p->total)));
	if (counts)
		amount(part[AMOUNT], PART_BYTES, p);
	if (counts && p->rate > 0)
		snprintf(part[RATE], PART_BYTES, " · %s%s/s",
			 strcmp(p->unit, "bytes") == 0
				 ? num_bytes(a, (uint64_t)p->rate)
				 : num_short(a, p->rate),
			 name_of(p->unit, 2, one));
	snprintf(part[ELAPSED], PART_BYTES, " · %s", num_clock(a, p->elapsed));
	if (p->left >= 0)
		snprintf(part[LEFT], PART_BYTES, " · %s left",
			 num_clock(a, p->left));
}

static size_t all_wide(char part[N_PARTS][PART_BYTES])
{
	size_t n = 0;

	for (int i = 0; i < N_PARTS; i++)
		n += width(part[i]);
	return n;
}

static void bar(char *to, size_t columns, bool utf8, const struct progress *p)
{
	size_t full = (size_t)((double)columns *
			       ((double)p->done / (double)p->total));

	*to++ = ' ';
	for (size_t i = 0; i < columns; i++)
		to = stpcpy(to, utf8 ? (i < full ? "█" : "░")
				     : (i < full ? "#" : "."));
}

/* For a terminal that knows only ASCII. */
static void plain(char *text)
{
	char *dot;

	while ((dot = strstr(text, "·"))) {
		*dot = '-';
		memmove(dot + 1, dot + strlen("·"),
			strlen(dot + strlen("·")) + 1);
	}
}

void progress_text(char *to, size_t bytes, size_t columns, bool utf8,
		   const struct progress *from)
{
	char part[N_PARTS][PART_BYTES] = {{0}};
	char drawn[4 * BAR_MOST] = "";
	struct progress p = *from;
	size_t least = p.total ? BAR_LEAST + 1 : 0, wide;

	if (p.total > 0 && p.done > p.total)
		p.done = p.total;
	fill(part, &p);
	for (size_t i = 0; all_wide(part) + least > columns &&
			   i < sizeof(by_worth) / sizeof(*by_worth);
	     i++) {
		/* The bar before what is not to be had from it. */
		if (by_worth[i] != RATE)
			least = 0;
		if (all_wide(part) + least > columns)
			part[by_worth[i]][0] = '\0';
	}
	shorten(part[HEAD], columns);
	wide = all_wide(part);
	if (p.total && wide + BAR_LEAST + 1 <= columns) {
		size_t room = columns - wide - 1;

		bar(drawn, room < BAR_MOST ? room : BAR_MOST, utf8, &p);
	}
	snprintf(to, bytes, "%s%s%s%s%s%s%s", part[HEAD], drawn, part[SHARE],
		 part[AMOUNT], part[RATE], part[ELAPSED], part[LEFT]);
	if (!utf8)
		plain(to);
}
