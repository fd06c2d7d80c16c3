#include "cli/options_value.h"

#include "cli/array.h"
#include "cli/format_num.h"
#include "cli/nearest.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * Decimal digits and nothing else: strtoull() alone would also take blanks, a
 * sign (and wrap a negative number) and octal. Returns what follows, or NULL.
 */
static const char *read_digits(const char *text, uint64_t *value)
{
	const char *end;

	*value = 0;
	for (end = text; *end >= '0' && *end <= '9'; end++) {
		unsigned digit = (unsigned)(*end - '0');

		if (*value > (UINT64_MAX - digit) / 10)
			return NULL;
		*value = *value * 10 + digit;
	}
	return end == text ? NULL : end;
}

static bool read_count(const struct cli_option *option, const char *text,
		       uint64_t *value)
{
	const char *end = read_digits(text, value);

	return end && !*end && *value >= option->min && *value <= option->max;
}

static bool read_size(const struct cli_option *option, const char *text,
		      uint64_t *value)
{
	static const char letters[] = "KMGT";
	const char *end = read_digits(text, value);
	unsigned shift = 0;

	if (!end)
		return false;
	if (*end) {
		char upper = (char)(*end & ~0x20);
		const char *letter = strchr(letters, upper);

		if (!upper || !letter)
			return false;
		shift = 10 * (unsigned)(letter - letters + 1);
		end++;
		/* 2G, 2GB and 2GiB are the same. */
		if (strcmp(end, "B") && strcmp(end, "iB") && *end)
			return false;
	}
	if (*value > UINT64_MAX >> shift)
		return false;
	*value <<= shift;
	return *value >= option->min && *value <= option->max;
}

static bool read_real(const struct cli_option *option, const char *text,
		      double *value)
{
	char *end;

	/* strtod() would also take blanks, hexadecimal, "inf" and "nan". */
	if (!*text || text[strspn(text, "0123456789.eE+-")])
		return false;
	*value = strtod(text, &end);
	return end != text && !*end && isfinite(*value) &&
	       *value >= option->low && *value <= option->high;
}

static void say_range(const struct cli_option *option,
		      char rule[CLI_RULE_BYTES])
{
	snprintf(rule, CLI_RULE_BYTES, "a number from %" PRIu64 " to %" PRIu64,
		 option->min, option->max);
}

static void say_sizes(const struct cli_option *option,
		      char rule[CLI_RULE_BYTES])
{
	char low[NUM_BYTES], high[NUM_BYTES];

	if (option->max == UINT64_MAX)
		snprintf(rule, CLI_RULE_BYTES,
			 "a size like 512M or 2G of at least %s",
			 num_bytes(low, option->min));
	else
		snprintf(rule, CLI_RULE_BYTES,
			 "a size like 512M or 2G from %s to %s",
			 num_bytes(low, option->min),
			 num_bytes(high, option->max));
}

/* Which of the words it is, or -1 and what it might be. */
static int find_word(const struct cli_option *option, const char *value,
		     char rule[CLI_RULE_BYTES])
{
	const char *like;
	size_t len;

	for (int i = 0; option->words[i]; i++)
		if (strcasecmp(value, option->words[i]) == 0)
			return i;
	len = (size_t)snprintf(rule, CLI_RULE_BYTES, "one of");
	for (int i = 0; option->words[i] && len < CLI_RULE_BYTES; i++)
		len += (size_t)snprintf(rule + len, CLI_RULE_BYTES - len, " %s",
					option->words[i]);
	like = nearest_word(value, strlen(value), option->words);
	if (like && len < CLI_RULE_BYTES)
		snprintf(rule + len, CLI_RULE_BYTES - len, "; did you mean %s?",
			 like);
	return -1;
}

static bool say_no_memory(char rule[CLI_RULE_BYTES])
{
	snprintf(rule, CLI_RULE_BYTES, "something that fits in memory");
	return false;
}

static bool store_list(const struct cli_option *option, const char *value,
		       char rule[CLI_RULE_BYTES])
{
	struct cli_list *list = option->to;
	const char **items =
		array_one_more(list->items, list->n, sizeof(*items));

	if (!items)
		return say_no_memory(rule);
	list->items = items;
	list->items[list->n++] = value;
	return true;
}

static bool store_counts(const struct cli_option *option, uint64_t value,
			 char rule[CLI_RULE_BYTES])
{
	struct cli_counts *counts = option->to;
	uint64_t *items =
		array_one_more(counts->items, counts->n, sizeof(*items));

	if (!items)
		return say_no_memory(rule);
	counts->items = items;
	counts->items[counts->n++] = value;
	return true;
}

bool cli_store(const struct cli_option *option, const char *value,
	       char rule[CLI_RULE_BYTES])
{
	uint64_t count;
	double real;
	int word;

	switch (option->type) {
	case CLI_IS_FLAG:
		*(bool *)option->to = true;
		return true;
	case CLI_IS_TEXT:
		*(const char **)option->to = value;
		return true;
	case CLI_IS_LIST:
		return store_list(option, value, rule);
	case CLI_IS_COUNT:
	case CLI_IS_COUNTS:
		if (!read_count(option, value, &count)) {
			say_range(option, rule);
			return false;
		}
		if (option->type == CLI_IS_COUNTS)
			return store_counts(option, count, rule);
		*(uint64_t *)option->to = count;
		return true;
	case CLI_IS_REAL:
		if (!read_real(option, value, &real)) {
			snprintf(rule, CLI_RULE_BYTES, "a number from %g to %g",
				 option->low, option->high);
			return false;
		}
		*(double *)option->to = real;
		return true;
	case CLI_IS_SIZE:
		if (!read_size(option, value, &count)) {
			say_sizes(option, rule);
			return false;
		}
		*(uint64_t *)option->to = count;
		return true;
	case CLI_IS_CHOICE:
		word = find_word(option, value, rule);
		if (word >= 0)
			*(int *)option->to = word;
		return word >= 0;
	case CLI_IS_CHOICES:
		word = find_word(option, value, rule);
		return word >= 0 &&
		       store_list(option, option->words[word], rule);
	case CLI_IS_END:
	case CLI_IS_GROUP:
	case CLI_IS_ALIAS:
		break;
	}
	return false;
}
