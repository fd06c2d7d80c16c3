#include "io/bus.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"

/*
 * Regions are in a list that only grows, so that the handler can walk it at any
 * moment; a region that was dropped is used again. base 0: free, 1: being set.
 * The one that a fault lies in stays as it is, since somebody reads from it;
 * `turn` tells of the others when base and bytes are not of one region.
 */
#define FREE  0
#define TAKEN 1

struct vsx_region {
	_Atomic uintptr_t base;
	_Atomic uint64_t bytes;
	atomic_bool writable;
	_Atomic uint64_t turn;	    /* rises when it is taken or dropped */
	_Atomic uint64_t broken_at; /* 1 + the byte; 0: whole */
	struct vsx_region *next;    /* set before it is in the list */
};

static struct vsx_region *_Atomic regions;

static bool take(struct vsx_region *r, const void *base, uint64_t bytes,
		 bool writable)
{
	uintptr_t expected = FREE;

	if (!atomic_compare_exchange_strong(&r->base, &expected, TAKEN))
		return false;
	atomic_fetch_add(&r->turn, 1);
	atomic_store(&r->broken_at, 0);
	atomic_store(&r->bytes, bytes);
	atomic_store(&r->writable, writable);
	atomic_store(&r->base, (uintptr_t)base);
	return true;
}

struct vsx_region *vsx_region_add(const void *base, uint64_t bytes,
				  bool writable)
{
	struct vsx_region *r;

	for (r = atomic_load(&regions); r; r = r->next)
		if (atomic_load_explicit(&r->base, memory_order_relaxed) ==
			    FREE &&
		    take(r, base, bytes, writable))
			return r;
	if (vsx_alloc_to(&r, 1, sizeof(*r), NULL) != VSX_OK)
		return NULL;
	take(r, base, bytes, writable);
	r->next = atomic_load(&regions);
	while (!atomic_compare_exchange_weak(&regions, &r->next, r))
		;
	return r;
}

void vsx_region_drop(struct vsx_region *region)
{
	if (!region)
		return;
	atomic_fetch_add(&region->turn, 1);
	atomic_store(&region->base, FREE);
}

/*
 * Bytes that were read before are read before the mark, too. ThreadSanitizer
 * does not know fences, and sees no race here: zeros are written by nobody.
 */
static inline void fence(void)
{
#ifndef __SANITIZE_THREAD__
	atomic_thread_fence(memory_order_acquire);
#endif
}

bool vsx_region_broken(const struct vsx_region *region, uint64_t *at)
{
	uint64_t broken;

	if (!region)
		return false;
	fence();
	broken = atomic_load_explicit(&region->broken_at, memory_order_relaxed);
	if (broken)
		*at = broken - 1;
	return broken != 0;
}

/* ---- the handler ------------------------------------------------------ */

enum { NOT_YET, AT_WORK, DONE };
static atomic_int state = NOT_YET;

static struct sigaction former; /* set before ours is there, then constant */
static atomic_bool former_ran;

/* Only system calls: this runs between any two instructions. */
static bool break_region(struct vsx_region *r, uintptr_t base, uint64_t bytes,
			 uintptr_t address)
{
	int access = PROT_READ | (atomic_load(&r->writable) ? PROT_WRITE : 0);
	uint64_t whole = 0;

	/* First the mark: who reads the zeros finds it. */
	atomic_compare_exchange_strong(&r->broken_at, &whole,
				       address - base + 1);
	return mmap((void *)base, bytes, access,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
		    0) != MAP_FAILED;
}

/* Put zeros in place of the region that the address lies in, if one has it. */
static bool replace(uintptr_t address)
{
	for (struct vsx_region *r = atomic_load(&regions); r; r = r->next) {
		uint64_t turn = atomic_load(&r->turn);
		uintptr_t base = atomic_load(&r->base);
		uint64_t bytes = atomic_load(&r->bytes);

		if (base > TAKEN && address >= base && address - base < bytes &&
		    atomic_load(&r->turn) == turn)
			return break_region(r, base, bytes, address);
	}
	return false;
}

/* The handler of before, if there is one that still counts. */
static bool has_former(void)
{
	if (!(former.sa_flags & SA_SIGINFO) &&
	    (former.sa_handler == SIG_DFL || former.sa_handler == SIG_IGN))
		return false;
	return !atomic_exchange(&former_ran, true) ||
	       !((unsigned int)former.sa_flags & SA_RESETHAND);
}

/* What would have happened without us. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
	struct sigaction plain = {.sa_handler = SIG_DFL};
	bool sent = info->si_code <= 0; /* by somebody; not a fault */

	if (has_former()) {
		if (former.sa_flags & SA_SIGINFO)
			former.sa_sigaction(signal, info, context);
		else
			former.sa_handler(signal);
		return;
	}
	/* Nobody can ignore a fault. */
	if (sent && !(former.sa_flags & SA_SIGINFO) &&
	    former.sa_handler == SIG_IGN)
		return;
	/* A fault comes again and ends the process; the other one does not. */
	sigaction(SIGBUS, &plain, NULL);
	if (sent)
		raise(signal);
}

/* A byte that cannot be read, and not one that is not aligned. */
static bool is_unreadable(const siginfo_t *info)
{
	return info->si_code == BUS_ADRERR || info->si_code == BUS_OBJERR ||
	       info->si_code == BUS_MCEERR_AR;
}

static void handle(int signal, siginfo_t *info, void *context)
{
	int saved = errno;

	if (!is_unreadable(info) || !replace((uintptr_t)info->si_addr))
		pass_on(signal, info, context);
	errno = saved;
}

bool vsx_bus_installed(void)
{
	return atomic_load_explicit(&state, memory_order_relaxed) == DONE;
}

enum vsx_status vsx_bus_install(struct vsx_error *err)
{
	struct sigaction ours = {.sa_sigaction = handle};
	int expected = NOT_YET;

	if (!atomic_compare_exchange_strong(&state, &expected, AT_WORK)) {
		while (atomic_load(&state) == AT_WORK)
			sched_yield();
		return VSX_OK;
	}
	if (sigaction(SIGBUS, NULL, &former) == 0) {
		/* It may run inside of ours, with what it asked for. */
		ours.sa_mask = former.sa_mask;
		ours.sa_flags = SA_SIGINFO | SA_ONSTACK |
				(former.sa_flags & (SA_NODEFER | SA_RESTART));
	}
	if (!ours.sa_flags || sigaction(SIGBUS, &ours, NULL) != 0) {
		atomic_store(&state, NOT_YET);
		return vsx_fail_errno(err, "cannot handle SIGBUS");
	}
	atomic_store(&state, DONE);
	return VSX_OK;
}
