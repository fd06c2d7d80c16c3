/* Opening and searching inverted lists. */
#include "base/select.h"
#include "kind/ivf/ivf.h"
#include "segment/sieve.h"
#include "manifest.h"
#include "plural.h"

#include <math.h>
#include <string.h>

void vsx_ivf_space(struct vsx_space *s, const struct vsx_space *rows,
		   uint32_t stride)
{
	vsx_space_init(s, rows->metric == VSX_IP ? VSX_IP : VSX_L2, VSX_F32,
		       rows->dim, stride);
}

static uint64_t round_64(uint64_t x)
{
	return (x + 63) & ~UINT64_C(63);
}

/* nlist < 2^31 and stride < 2^20: nothing wraps. */
struct vsx_ivf_layout vsx_ivf_layout(uint32_t dim, uint32_t nlist,
				     uint32_t stride)
{
	struct vsx_code_form form = vsx_code_form_plain(dim, 0);
	struct vsx_ivf_layout l;

	l.params = round_64((uint64_t)nlist * stride);
	l.codes = round_64(l.params + vsx_codec_grid.params_bytes(&form));
	l.end = l.codes + vsx_codec_bytes(&vsx_codec_grid, &form, nlist);
	return l;
}

static enum vsx_status open_ivf(struct vsx_segment *seg, struct vsx_error *err)
{
	const struct vsx_view *lists = &seg->view[VSX_SEC_LIST];
	const struct vsx_view *cents = &seg->view[VSX_SEC_CENT];
	uint32_t nlist = seg->params[VSX_IVF_NLIST];
	uint32_t stride = seg->params[VSX_IVF_STRIDE];
	uint32_t due_stride = vsx_row_stride(seg->space.dim * 4);
	uint64_t due;

	if (nlist < 1 || nlist > VSX_IVF_MAX_NLIST)
		return vsx_fail(err, VSX_ECORRUPT,
				"nlist is %u, expected 1 to %u", nlist,
				VSX_IVF_MAX_NLIST);
	if (stride != due_stride)
		return vsx_fail(err, VSX_ECORRUPT,
				"centroids of %u byte%s, expected %u", stride,
				vsx_s(stride), due_stride);
	due = (uint64_t)nlist * sizeof(struct vsx_disk_list);
	if (!lists->base || lists->bytes != due)
		return vsx_bad_length("LIST", lists->bytes, due, err);
	due = vsx_ivf_layout(seg->space.dim, nlist, stride).end;
	if (!cents->base || cents->bytes != due)
		return vsx_bad_length("CENT", cents->bytes, due, err);
	seg->n_lists = nlist;
	seg->centroid_stride = stride;
	return VSX_OK;
}

enum vsx_status vsx_ivf_codes(const struct vsx_segment *seg,
			      struct vsx_codes *codes, struct vsx_error *err)
{
	const struct vsx_view *cents = &seg->view[VSX_SEC_CENT];
	struct vsx_ivf_layout l = vsx_ivf_layout(
		seg->space.dim, vsx_ivf_nlist(seg), vsx_ivf_stride(seg));
	struct vsx_code_form form = vsx_code_form_plain(seg->space.dim, 0);
	struct vsx_space space;

	vsx_ivf_space(&space, &seg->space, vsx_ivf_stride(seg));
	VSX_TRY(vsx_touch(cents, l.params, l.codes - l.params, err));
	return vsx_codes_open(codes, &vsx_codec_grid, &form, &space,
			      cents->base + l.params, cents, l.codes, err);
}

/* Centroids between two looks at whether the search is to stop. */
#define RANK_BLOCK 1024u

static enum vsx_status rank_keys(struct vsx_find *find,
				 const struct vsx_codes *codes, uint32_t nlist,
				 struct vsx_error *err)
{
	struct vsx_scratch *scratch = find->scratch;
	struct vsx_run run = {0};

	for (uint32_t i = 0; i < nlist; i += RANK_BLOCK) {
		run.first_row = i;
		run.n_rows = nlist - i < RANK_BLOCK ? nlist - i : RANK_BLOCK;
		VSX_TRY(vsx_halt_before(find->halt, run.n_rows,
					codes->block_bytes, err));
		VSX_TRY(vsx_codes_touch(codes, &run, err));
		codes->codec->keys_of_run(codes, &scratch->code, &run,
					  scratch->keys + i);
	}
	return VSX_OK;
}

enum vsx_status vsx_ivf_rank(const struct vsx_segment *seg,
			     struct vsx_find *find, struct vsx_error *err)
{
	struct vsx_scratch *scratch = find->scratch;
	struct vsx_codes codes;

	VSX_TRY(vsx_grow(&scratch->keys, &scratch->keys_cap, vsx_ivf_nlist(seg),
			 sizeof(*scratch->keys), err));
	VSX_TRY(vsx_grow(&scratch->pool, &scratch->pool_cap, vsx_ivf_nlist(seg),
			 sizeof(*scratch->pool), err));
	VSX_TRY(vsx_ivf_codes(seg, &codes, err));
	scratch->code.asked = find->query;
	VSX_TRY(codes.codec->prepare(&codes, &scratch->code, err));
	VSX_TRY(rank_keys(find, &codes, vsx_ivf_nlist(seg), err));
	for (uint32_t i = 0; i < vsx_ivf_nlist(seg); i++)
		scratch->pool[i] = (uint64_t)scratch->keys[i] << 32 | i;
	return VSX_OK;
}

static enum vsx_status scan_list(struct vsx_sieve *sieve, uint32_t list,
				 const struct vsx_run *run,
				 struct vsx_error *err)
{
	uint32_t step = sieve->few ? run->n_rows : vsx_sieve_step(sieve);
	uint32_t stride = vsx_vecs_stride(sieve->seg);

	if (run->n_rows)
		VSX_TRY(vsx_sieve_list(sieve, list, err));
	for (uint32_t r = 0; r < run->n_rows; r += step) {
		uint32_t n = run->n_rows - r < step ? run->n_rows - r : step;

		VSX_TRY(vsx_sieve_rows(sieve, run->first_row + r, n,
				       run->offset + (uint64_t)r * stride,
				       err));
	}
	return VSX_OK;
}

static uint32_t eligible_in(const struct vsx_eligible *e, uint32_t list,
			    const struct vsx_run *run)
{
	return e->in_list ? e->in_list[list]
			  : vsx_eligible_among(e, run->first_row, run->n_rows);
}

/* The lists in the order of their centroids' distances. */
struct tour {
	const struct vsx_segment *seg;
	struct vsx_scratch *scratch; /* lists in the pool's first n */
	uint32_t n;
	uint32_t ranked; /* of them in order */
	uint32_t next;
	uint32_t asked; /* of them, ahead */
	uint64_t asked_rows;
};

/* Bytes that the disk reads while others are scanned. */
#define AHEAD_BYTES (4u << 20)

/*
 * Ask for lists that come after `seen` rows. What is wrong with one is told
 * when it is its turn; of a long one the kernel reads the rest ahead.
 */
static void ask_lists(struct tour *t, const struct vsx_sieve *sieve,
		      uint32_t nprobe, uint64_t seen)
{
	const uint64_t *pool = t->scratch->pool;
	uint32_t most = AHEAD_BYTES / vsx_vecs_stride(t->seg) + 1;
	struct vsx_run run;

	for (; t->asked < nprobe && t->asked_rows < seen + most; t->asked++) {
		if (vsx_ivf_list(t->seg, (uint32_t)pool[t->asked], &run,
				 NULL) != VSX_OK)
			continue;
		t->asked_rows += run.n_rows;
		if (run.n_rows > most)
			run.n_rows = most;
		vsx_sieve_ask(sieve, &run);
	}
}

/* Entries of LIST that are fetched so many lists before their turn. */
#define AHEAD_LISTS 8u

/* The next list; there must be one. Ranks more lists when it must. */
static enum vsx_status next_list(struct tour *t, struct vsx_run *run,
				 struct vsx_error *err)
{
	uint64_t *pool = t->scratch->pool;
	uint32_t left = t->n - t->ranked;

	if (t->next == t->ranked) {
		uint32_t more = t->ranked < left ? t->ranked : left;

		vsx_least(pool + t->ranked, left, more, true);
		t->ranked += more;
	}
	if (t->next + AHEAD_LISTS < t->ranked)
		vsx_ivf_list_expect(t->seg,
				    (uint32_t)pool[t->next + AHEAD_LISTS]);
	return vsx_ivf_list(t->seg, (uint32_t)pool[t->next++], run, err);
}

/* Of the lists that come now those with an eligible row: the others go behind
 * the end. */
static void leave_barred(struct tour *t, const struct vsx_eligible *e)
{
	uint64_t *pool = t->scratch->pool;
	uint32_t n = t->next;

	if (!e->in_list)
		return;
	for (uint32_t i = t->next; i < t->n; i++) {
		uint64_t list = pool[i];

		if (vsx_list_is_barred(e, (uint32_t)list))
			continue;
		pool[i] = pool[n];
		pool[n++] = list;
	}
	t->n = n;
	if (t->ranked > t->next)
		t->ranked = t->next;
}

/*
 * Of the rows in nprobe lists the part that is to be compared of chosen ones:
 * these lie farther apart, and the root of the share that they are is enough.
 * Where the lists in front have fewer than half of that share they are
 * elsewhere, and which of them are near the order of the lists hardly says: up
 * to as many as there are rows in nprobe lists.
 */
static double part_due(double share, double among, double rows)
{
	double root = sqrt(share), there = 2.0 * among / (rows * share + 1e-9);

	return there >= 1.0 ? root : root + (1.0 - root) * (1.0 - there);
}

/* What is waited for, as bytes of rows that are read in the order of memory: at
 * the entry of a list, at a centroid's code, and at a row of a scan. */
#define LIST_WAIT     300u
#define CENTROID_WAIT 64u
#define ROW_WAIT      64u

/* The part of the chosen rows that a search is to look at, if they are spread
 * evenly. */
static double part_expected(const struct vsx_segment *seg,
			    const struct vsx_find *find, uint32_t nprobe)
{
	double n = find->eligible.n, least = (double)find->k;
	double rows = (double)seg->n_rows * nprobe / vsx_ivf_nlist(seg);
	double due = find->within ? rows : rows * sqrt(n / seg->n_rows);

	if (!find->within && due < least)
		due = least;
	return due < n ? due / n : 1.0;
}

/* Whether to look at all chosen rows takes no longer than to rank the lists and
 * to look at a part of them. */
static bool lists_are_dear(const struct vsx_segment *seg,
			   const struct vsx_eligible *e, double part)
{
	double nlist = vsx_ivf_nlist(seg), n = e->n;
	double row = vsx_vecs_stride(seg), code = row;

	if (vsx_codes_estimate(seg) && vsx_codes_present(seg))
		code = seg->codec->block_bytes(&seg->form) >>
		       seg->codec->block_shift;
	return nlist * LIST_WAIT + n * (row + ROW_WAIT) <=
	       nlist * (seg->space.dim + CENTROID_WAIT) +
		       part * (nlist * LIST_WAIT + n * (code + ROW_WAIT));
}

static uint32_t default_effort(const struct vsx_segment *seg)
{
	return vsx_ivf_nlist(seg) / 16 + 1;
}

static enum vsx_status search_ivf(const struct vsx_segment *seg,
				  struct vsx_find *find, struct vsx_error *err)
{
	uint32_t nlist = vsx_ivf_nlist(seg);
	uint32_t wish = find->effort ? find->effort : default_effort(seg);
	uint32_t nprobe = wish < nlist ? wish : nlist;
	struct tour tour = {seg, find->scratch, nlist, nprobe, 0, 0, 0};
	size_t want = find->k + find->skip_self, seen = 0;
	size_t had = find->top.n; /* rows that earlier segments gave */
	size_t among = 0;	  /* eligible rows compared */
	double due = 0.0, share;  /* and to be */
	uint64_t front = 0;	  /* rows in the first nprobe lists */
	uint32_t last = 0; /* so far the last list with a row within reach */
	struct vsx_run run, next;
	struct vsx_sieve sieve;
	uint32_t i = 0;

	VSX_TRY(vsx_find_eligible(find, seg, err));
	share = (double)find->eligible.n / seg->n_rows;
	if (find->among) {
		double part = part_expected(seg, find, nprobe);

		if (lists_are_dear(seg, &find->eligible, part)) {
			find->left_of = NULL; /* its scratch is used */
			return vsx_exact_search(seg, find, err);
		}
		if (part * nlist > tour.ranked && !find->eligible.in_list)
			tour.ranked = (uint32_t)(part * nlist);
	}
	if (find->left_of == seg->view[VSX_SEC_CENT].base) {
		tour.ranked = find->n_left;
	} else {
		VSX_TRY(vsx_ivf_rank(seg, find, err));
		vsx_least(find->scratch->pool, nlist, tour.ranked, true);
	}
	VSX_TRY(vsx_sieve_begin(&sieve, seg, find, nlist, true, err));
	VSX_TRY(next_list(&tour, &run, err));
	/* Beyond nprobe while there are not enough rows for an answer. Chosen
	   rows lie farther apart: among a share of all until so many of them
	   were compared as the root of that share is of the rows in nprobe
	   lists; where there are no more than these, they are looked at
	   themselves. Of rows within a distance until nprobe lists in a row
	   had none. */
	for (;;) {
		uint32_t eligible;
		uint64_t before;
		bool more;

		VSX_TRY(vsx_halt_before(find->halt, 1, 0, err));
		find->n_hops++;
		if (find->asks)
			ask_lists(&tour, &sieve, nprobe, seen);
		seen += run.n_rows;
		if (seen > seg->n_rows)
			return vsx_too_many_rows(seg, err);
		eligible = eligible_in(&find->eligible,
				       (uint32_t)find->scratch->pool[i], &run);
		had += eligible;
		among += eligible;
		if (i < nprobe && find->among) {
			front += run.n_rows;
			due = (double)front *
			      part_due(share, (double)among, (double)front);
		}
		if (++i == nprobe && !find->within)
			leave_barred(&tour, &find->eligible);
		more = i < tour.n &&
		       (i < nprobe ||
			(find->within ? i <= last + nprobe : had < want) ||
			((double)among < due && among < find->eligible.n));
		if (more) {
			VSX_TRY(next_list(&tour, &next, err));
			if (!sieve.few)
				vsx_sieve_expect(&sieve, &next);
		}
		before = sieve.n_kept + find->top.n;
		if (eligible > 0)
			VSX_TRY(scan_list(&sieve,
					  (uint32_t)find->scratch->pool[i - 1],
					  &run, err));
		if (sieve.n_kept + find->top.n > before)
			last = i;
		if (!more)
			break;
		run = next;
	}
	find->left_of = seg->view[VSX_SEC_CENT].base;
	find->n_left = tour.n < nlist ? nprobe : tour.ranked;
	VSX_TRY(vsx_sieve_finish(&sieve, err));
	if (among == find->eligible.n && vsx_sieve_covers(&sieve))
		find->n_covered += among;
	return VSX_OK;
}

static enum vsx_status centroid(const struct vsx_segment *seg, uint32_t i,
				float *out, struct vsx_error *err)
{
	const struct vsx_view *view = &seg->view[VSX_SEC_CENT];
	uint64_t at = (uint64_t)i * vsx_ivf_stride(seg);

	VSX_TRY(vsx_touch(view, at, (uint64_t)seg->space.dim * sizeof(*out),
			  err));
	for (uint32_t d = 0; d < seg->space.dim; d++) {
		uint32_t bits = vsx_load32(view->base + at + (size_t)d * 4);

		memcpy(&out[d], &bits, sizeof(bits));
	}
	return VSX_OK;
}

const struct vsx_kind vsx_kind_ivf = {
	.code = VSX_IVF,
	.effort_name = "nprobe",
	.hops_name = "lists",
	.n_params = 3,
	.params = {[VSX_IVF_NLIST] = {"nlist", "nlist #"}},
	.placing = &vsx_ivf_placing,
	.default_effort = default_effort,
	.most_effort = vsx_ivf_nlist,
	.shared_param = VSX_IVF_CENT_OF,
	.shared_slot = VSX_SEC_CENT,
	.open = open_ivf,
	.search = search_ivf,
	.climb = vsx_ivf_climb,
	.check = vsx_ivf_check,
	.n_centroids = vsx_ivf_nlist,
	.centroid = centroid,
};
