/* An engine whose answers and delays the tests choose. */
#ifndef TESTS_FAKE_ENGINE_H
#define TESTS_FAKE_ENGINE_H

#include "bench/engine/subject.h"

#include <stdatomic.h>
#include <stdbool.h>

/*
 * Rows are numbers 0, 1, 2, ...; query q has the neighbours q, q + 1, ... An
 * effort e finds those that are below q + e, and others instead of the rest.
 */
struct fake {
	uint64_t cost_ns;	     /* of a search */
	uint64_t stall_at, stall_ns; /* search number stall_at holds all up */
	uint64_t fail_every;	     /* each so many-th fails; 0: none */
	bool reversed;		     /* the nearest comes last */
	bool repeated;		     /* the nearest comes k times */
	_Atomic uint64_t searches;
};

extern struct fake fake;
extern const struct engine_ops fake_ops;

#define FAKE_QUERIES 50
#define FAKE_K	     10

/* A subject over it, to be released by fake_close(). */
struct subject fake_open(struct workload *w, unsigned int threads);
void fake_close(struct subject *s);

#endif
