#include "bench/report/growth.h"

#include <ctype.h>
#include <string.h>

/* Equal but for their numbers: IVF100,Flat and IVF1000,Flat. */
static bool same_kind(const char *a, const char *b)
{
	for (;;) {
		while (isdigit((unsigned char)*a))
			a++;
		while (isdigit((unsigned char)*b))
			b++;
		if (*a != *b)
			return false;
		if (!*a)
			return true;
		a++;
		b++;
	}
}

/* Whether all of the kind of s that the engine built have other sizes. */
static bool kind_is_curve(const struct report *r, const struct series *s)
{
	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *a = &r->series[i];

		if (strcmp(a->engine, s->engine) != 0 ||
		    !same_kind(a->spec, s->spec))
			continue;
		for (uint32_t k = 0; k < i; k++) {
			const struct series *b = &r->series[k];

			if (strcmp(b->engine, s->engine) == 0 &&
			    same_kind(b->spec, s->spec) &&
			    b->n_rows == a->n_rows)
				return false;
		}
	}
	return true;
}

bool growth_same(const struct report *r, const struct series *a,
		 const struct series *b)
{
	if (strcmp(a->engine, b->engine) != 0)
		return false;
	if (strcmp(a->spec, b->spec) == 0)
		return true;
	return same_kind(a->spec, b->spec) && kind_is_curve(r, a);
}

bool growth_is_last(const struct report *r, const struct series *s)
{
	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *other = &r->series[i];

		if (other->n_rows > s->n_rows && growth_same(r, s, other))
			return false;
	}
	return true;
}

bool growth_is_curve(const struct report *r, const struct series *s)
{
	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *other = &r->series[i];

		if (other->n_rows != s->n_rows && growth_same(r, s, other))
			return true;
	}
	return false;
}
