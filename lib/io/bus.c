#include "io/bus.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Regions are in a list that only grows, so that the handler can walk it at any
 * moment; a region that was dropped is used again. base 0: free, 1: being set.
 */
#define FREE  0
#define TAKEN 1

struct vsx_region {
	_Atomic uintptr_t base;
	_Atomic uint64_t bytes;
	_Atomic uint64_t broken_at; /* 1 + the byte; 0: whole */
	struct vsx_region *next;    /* set before it is in the list */
};

static struct vsx_region *_Atomic regions;

static bool take(struct vsx_region *r, const void *base, uint64_t bytes)
{
	uintptr_t expected = FREE;

	if (!atomic_compare_exchange_strong(&r->base, &expected, TAKEN))
		return false;
	atomic_store(&r->broken_at, 0);
	atomic_store(&r->bytes, bytes);
	atomic_store(&r->base, (uintptr_t)base);
	return true;
}

struct vsx_region *vsx_region_add(const void *base, uint64_t bytes)
{
	struct vsx_region *r;

	for (r = atomic_load(&regions); r; r = r->next)
		if (atomic_load_explicit(&r->base, memory_order_relaxed) ==
			    FREE &&
		    take(r, base, bytes))
			return r;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	take(r, base, bytes);
	r->next = atomic_load(&regions);
	while (!atomic_compare_exchange_weak(&regions, &r->next, r))
		;
	return r;
}

void vsx_region_drop(struct vsx_region *region)
{
	if (region)
		atomic_store(&region->base, FREE);
}

bool vsx_region_broken(const struct vsx_region *region, uint64_t *at)
{
	uint64_t broken = region ? atomic_load_explicit(&region->broken_at,
							memory_order_acquire)
				 : 0;

	if (broken)
		*at = broken - 1;
	return broken != 0;
}

/* ---- the handler ------------------------------------------------------ */

static struct sigaction former;

static struct vsx_region *find(uintptr_t address)
{
	for (struct vsx_region *r = atomic_load(&regions); r; r = r->next) {
		uintptr_t base = atomic_load(&r->base);

		if (base > TAKEN && address >= base &&
		    address - base < atomic_load(&r->bytes))
			return r;
	}
	return NULL;
}

/* Only system calls: this runs between any two instructions. */
static bool replace(uintptr_t address)
{
	struct vsx_region *r = find(address);
	uint64_t whole = 0;
	uintptr_t base;

	if (!r)
		return false;
	base = atomic_load(&r->base);
	atomic_compare_exchange_strong(&r->broken_at, &whole,
				       address - base + 1);
	return mmap((void *)base, atomic_load(&r->bytes), PROT_READ,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
		    0) != MAP_FAILED;
}

/* What would have happened without us. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
	struct sigaction plain = {.sa_handler = SIG_DFL};

	if (former.sa_flags & SA_SIGINFO) {
		former.sa_sigaction(signal, info, context);
	} else if (former.sa_handler != SIG_DFL &&
		   former.sa_handler != SIG_IGN) {
		former.sa_handler(signal);
	} else {
		/* A fault comes again and ends the process; what somebody has
		 * sent does not. Nobody can ignore a fault. */
		sigaction(SIGBUS, &plain, NULL);
		if (info->si_code <= 0)
			raise(signal);
	}
}

static void handle(int signal, siginfo_t *info, void *context)
{
	int saved = errno;

	if (info->si_code <= 0 || !replace((uintptr_t)info->si_addr))
		pass_on(signal, info, context);
	errno = saved;
}

enum vsx_status vsx_bus_install(struct vsx_error *err)
{
	enum { NOT_YET, AT_WORK, DONE };
	static atomic_int state = NOT_YET;
	struct sigaction ours = {.sa_sigaction = handle,
				 .sa_flags = SA_SIGINFO | SA_ONSTACK};
	int expected = NOT_YET;

	if (!atomic_compare_exchange_strong(&state, &expected, AT_WORK)) {
		while (atomic_load(&state) == AT_WORK)
			sched_yield();
		return VSX_OK;
	}
	sigemptyset(&ours.sa_mask);
	if (sigaction(SIGBUS, NULL, &former) != 0 ||
	    sigaction(SIGBUS, &ours, NULL) != 0) {
		atomic_store(&state, NOT_YET);
		return vsx_fail_errno(err, "cannot handle SIGBUS");
	}
	atomic_store(&state, DONE);
	return VSX_OK;
}
