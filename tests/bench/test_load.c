/* bench/measure/load: queries that arrive on a schedule, and without pause. */
#include "bench/measure/load.h"

#include "fake_engine.h"

#include <criterion/criterion.h>
#include <math.h>

static struct load run(struct subject *s, struct load_plan plan)
{
	struct load out = {0};
	struct vsx_error err;

	plan.effort = FAKE_K;
	cr_assert(load_run(&out, s, &plan, &err) == VSX_OK);
	return out;
}

Test(load, loses_no_query)
{
	static const uint32_t clients[] = {1, 3, 16, 64};
	struct workload w;
	struct subject s = fake_open(&w, 1);

	fake.cost_ns = 100000;
	for (int i = 0; i < 4; i++) {
		struct load l;

		fake.searches = 0;
		l = run(&s, (struct load_plan){.clients = clients[i],
					       .rate = 2000,
					       .seconds = 0.3});
		cr_expect(l.n_sent == 600);
		cr_expect(l.n_done == 600);
		cr_expect(l.n_failed == 0);
		cr_expect(l.n == clients[i]);
		/* And one for each client, to warm up. */
		cr_expect(fake.searches == 600 + clients[i]);
		cr_expect(l.seconds >= 0.299);
		cr_expect(l.max_ms >= l.p50_ms);
	}
	fake_close(&s);
}

/* More arrive than can be answered: all are, later and later. */
Test(load, answers_all_when_it_is_too_much)
{
	struct workload w;
	struct subject s = fake_open(&w, 1);
	struct load l;

	fake.cost_ns = 2000000;
	l = run(&s,
		(struct load_plan){.clients = 1, .rate = 2000, .seconds = 0.1});
	cr_expect(l.n_done == 200);
	/* 200 searches of 2 ms, the last due at 100 ms. */
	cr_expect(l.seconds >= 0.4);
	cr_expect(l.max_ms >= 299);
	cr_expect(l.p50_ms >= 140);
	fake_close(&s);
}

/*
 * All stand still for 200 ms of 500. Whoever arrives in the meantime waits for
 * the rest of it, so that two of five wait, a tenth for more than 150 ms.
 * Counted from the sending, 4 of 500 would have waited.
 */
Test(load, counts_a_stall_for_all_who_arrive_in_it)
{
	struct workload w;
	struct subject s = fake_open(&w, 1);
	struct load l;

	fake.stall_at = 100;
	fake.stall_ns = 200000000;
	l = run(&s,
		(struct load_plan){.clients = 4, .rate = 1000, .seconds = 0.5});
	cr_expect(l.n_done == 500);
	cr_expect(l.max_ms >= 195);
	cr_expect(l.p99_ms >= 180);
	cr_expect(l.p95_ms >= 160);
	fake_close(&s);
}

Test(load, counts_what_fails)
{
	struct workload w;
	struct subject s = fake_open(&w, 1);
	struct load l;

	/* Not the first, which warms up. */
	fake.searches = 1;
	fake.fail_every = 10;
	l = run(&s,
		(struct load_plan){.clients = 2, .rate = 1000, .seconds = 0.2});
	cr_expect(l.n_sent == 200);
	cr_expect(l.n_failed == 20);
	cr_expect(l.n_done == 180);
	fake_close(&s);
}

Test(load, goes_without_pause_when_there_is_no_rate)
{
	struct workload w;
	struct subject s = fake_open(&w, 1);
	struct load l;

	fake.cost_ns = 1000000;
	fake.searches = 0;
	l = run(&s,
		(struct load_plan){.clients = 4, .rate = NAN, .seconds = 0.2});
	cr_expect(isnan(l.rate));
	cr_expect(l.n_sent == fake.searches - 4);
	cr_expect(l.n_done == l.n_sent);
	cr_expect(l.seconds >= 0.2);
	cr_expect(l.p50_ms >= 1.0);
	fake_close(&s);
}

/* Every query once in each round, whatever their number. */
Test(workload, meets_every_query)
{
	for (uint64_t n = 1; n < 300; n++) {
		struct workload w = {.n = n};
		bool seen[300] = {false};
		uint64_t at = 0;

		workload_order(&w);
		for (uint64_t i = 0; i < n; i++) {
			cr_assert(at < n);
			cr_assert(!(seen[at]), "%llu twice of %llu",
				  (unsigned long long)at,
				  (unsigned long long)n);
			seen[at] = true;
			at = workload_next(&w, at);
		}
		cr_expect(at == 0);
	}
}
