#include "measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_NUMBERS = 64 };

static struct {
	char name[64], unit[16];
	double value;
} numbers[MOST_NUMBERS];
static size_t n_numbers;

void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
	exit(1);
}

double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return a < b ? -1 : a > b;
}

void sort_values(double *x, size_t n)
{
	qsort(x, n, sizeof(*x), by_value);
}

double median(double *x, size_t n)
{
	sort_values(x, n);
	return x[n / 2];
}

void tell_figure(const char *name, const char *unit, double value)
{
	if (n_numbers == MOST_NUMBERS)
		die("too many numbers");
	snprintf(numbers[n_numbers].name, sizeof(numbers[0].name), "%s", name);
	snprintf(numbers[n_numbers].unit, sizeof(numbers[0].unit), "%s", unit);
	numbers[n_numbers++].value = value;
	printf("%s\t%s\t%.6g\n", name, unit, value);
	fflush(stdout);
}

void report_table(void)
{
	printf("\n| what | value | unit |\n| --- | ---: | --- |\n");
	for (size_t i = 0; i < n_numbers; i++)
		printf("| %s | %.4g | %s |\n", numbers[i].name,
		       numbers[i].value, numbers[i].unit);
}

size_t number_above_0(const char *text, const char *what)
{
	char *end;
	size_t n = strtoull(text, &end, 10);

	if (*end || n == 0)
		die(what);
	return n;
}
