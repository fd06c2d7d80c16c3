/*
 * Every byte behind the superblock slots: pages of sections against their sums,
 * sums against their parents, the rest against zero. SPEC.md 6.
 *
 * Pages are mapped a window at a time. Reading them into a buffer instead costs
 * a third of the speed; it is done for small sections, where the system cannot
 * map, and for the pages around one that the disk does not give.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "names.h"
#include "read/verify.h"
#include "sums.h"
#include "plural.h"

typedef unsigned long long ull;

/* Findings of one section before the rest is only counted. */
#define MOST_FINDINGS 100

/* Bytes that are mapped at once, between two reports of progress. */
#define WINDOW_BYTES (UINT64_C(64) << 20)

/* Below this, mapping costs more than it saves. */
#define LEAST_MAPPED (UINT64_C(256) << 10)

/* Bytes that a thread takes at a time. */
#define CHUNK_BYTES (UINT64_C(2) << 20)

/* The tables of sums of a section, and what is known about its damage. */
struct section {
	struct vsx_verifier *v;
	struct vsx_section_entry entry;
	struct vsx_sums shape;
	char name[5];
	uint64_t n_findings;
	uint64_t n_unknown; /* pages whose sums are damaged */
	uint8_t *above;	    /* the level above the present one */
	uint8_t *bad_above; /* its chunks: 1 when it is damaged there */
};

/* ---- telling --------------------------------------------------------- */

static bool is_enough(struct section *s)
{
	if (s->n_findings++ < MOST_FINDINGS)
		return false;
	s->v->result->n_findings++;
	return true;
}

static enum vsx_status differs(struct section *s, uint64_t page, uint64_t found,
			       uint64_t due, const char *what)
{
	struct vsx_error why;

	if (is_enough(s))
		return VSX_OK;
	vsx_sums_differ(page, found, due, what, s->name, &why);
	return vsx_verify_find(s->v, &why);
}

static enum vsx_status cannot_read(struct section *s, uint64_t page, int reason,
				   const char *what)
{
	char why[128];

	if (is_enough(s))
		return VSX_OK;
	if (reason == ENODATA)
		return vsx_find_on_page(s->v, VSX_ETRUNCATED, page, s->name,
					"is missing (%ssection %s)", what,
					s->name);
	return vsx_find_on_page(s->v, VSX_EIO, page, s->name,
				"cannot be read: %s (%ssection %s)",
				strerror_r(reason, why, sizeof(why)), what,
				s->name);
}

/* ---- sums ------------------------------------------------------------ */

/* Compare one chunk of a level with what is above it. */
static enum vsx_status check_chunk(struct section *s, uint32_t level,
				   uint64_t chunk, const uint8_t *sums,
				   uint8_t *bad)
{
	uint64_t n = vsx_sums_chunk_bytes(&s->shape, level, chunk);
	uint64_t at = vsx_sums_chunk_at(&s->shape, s->entry.sums_offset, level,
					chunk);
	uint64_t page = at >> s->shape.page_shift, found, due;
	bool top = level + 1 == s->shape.n_levels;
	const uint8_t *above = top ? s->entry.root.b : s->above + chunk * 8;

	*bad = !vsx_sums_chunk_holds(&s->shape, level, sums, n, above, &found,
				     &due);
	/* Where the sum itself is damaged it says nothing. */
	if (!*bad || (!top && s->bad_above[chunk * 8 >> s->shape.page_shift]))
		return VSX_OK;
	return differs(s, page, found, due, "sums of ");
}

/* Read and check chunks first .. first+n-1 of a level. */
static enum vsx_status read_chunks(struct section *s, uint32_t level,
				   uint64_t first, uint64_t n, uint8_t *sums,
				   uint8_t *bad)
{
	struct vsx_verifier *v = s->v;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t bytes =
			vsx_sums_chunk_bytes(&s->shape, level, first + i);
		uint64_t at = vsx_sums_chunk_at(&s->shape, s->entry.sums_offset,
						level, first + i);
		uint8_t *to = sums + (i << s->shape.page_shift);
		int reason = vsx_origin_read(&v->from, to, bytes, at);

		v->result->bytes_read += bytes;
		if (reason) {
			bad[i] = 1;
			VSX_TRY(cannot_read(s, at >> s->shape.page_shift,
					    reason, "sums of "));
			continue;
		}
		VSX_TRY(check_chunk(s, level, first + i, to, &bad[i]));
	}
	return VSX_OK;
}

/* All levels but the lowest, from the top down; the last stays in s->above. */
static enum vsx_status check_upper(struct section *s, struct vsx_error *err)
{
	for (uint32_t level = s->shape.n_levels - 1; level > 0; level--) {
		uint64_t n = vsx_sums_chunks(&s->shape, level);
		uint8_t *sums = NULL, *bad = NULL;
		enum vsx_status status;

		status = vsx_alloc_to(&sums, n << s->shape.page_shift, 1, err);
		if (status == VSX_OK)
			status = vsx_alloc_to(&bad, n, 1, err);
		if (status == VSX_OK)
			status = read_chunks(s, level, 0, n, sums, bad);
		free(s->above);
		free(s->bad_above);
		s->above = sums;
		s->bad_above = bad;
		if (status != VSX_OK)
			return status;
	}
	return VSX_OK;
}

/* ---- pages ----------------------------------------------------------- */

/* Pages that are hashed by all threads; then the calling one compares. */
struct window {
	const struct vsx_verifier *v;
	const uint8_t *mapped; /* NULL: not to be had */
	uint64_t offset;       /* of the first page in the file */
	uint64_t bytes;	       /* from there to the end of the section */
	uint32_t page_shift;
	uint64_t *found; /* sum of each page */
	uint8_t *failed; /* errno of each page, or 0 */
	uint8_t *buffer; /* a page for each thread */
};

/* Bytes of page i of the window: those of the section's last may be fewer. */
static size_t bytes_of(const struct window *w, uint64_t i)
{
	uint64_t rest = w->bytes - (i << w->page_shift);
	size_t page = (size_t)1 << w->page_shift;

	return rest < page ? (size_t)rest : page;
}

static void hash_mapped(const struct window *w, uint64_t first, uint64_t last)
{
	for (uint64_t i = first; i < last; i++)
		w->found[i] = vsx_sum64(w->mapped + (i << w->page_shift),
					bytes_of(w, i));
}

static void hash_read(const struct window *w, uint64_t first, uint64_t last,
		      uint8_t *buffer)
{
	for (uint64_t i = first; i < last; i++) {
		w->failed[i] = (uint8_t)vsx_origin_read(
			&w->v->from, buffer, bytes_of(w, i),
			w->offset + (i << w->page_shift));
		if (!w->failed[i])
			w->found[i] = vsx_sum64(buffer, bytes_of(w, i));
	}
}

static enum vsx_status hash_some(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	const struct window *w = context;

	(void)err;
	/* Once for all pages, instead of a fault for each. It fails, where a
	 * touch would be a signal. */
	if (w->mapped && (vsx_populate(w->mapped + (first << w->page_shift),
				       (last - first) << w->page_shift) ||
			  w->v->from.memory))
		hash_mapped(w, first, last);
	else
		hash_read(w, first, last,
			  w->buffer + ((size_t)thread << w->page_shift));
	return VSX_OK;
}

/* A part of the file; without one it can be read. */
static void map_part(struct vsx_map *map, int fd, uint64_t at, uint64_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, (off_t)at);

	if (p == MAP_FAILED)
		return;
	map->base = p;
	map->bytes = bytes;
	map->region = vsx_region_add(p, bytes, false);
}

/* n pages from page `first` of the section: their sums, or why not. */
static enum vsx_status hash_window(struct section *s, struct window *w,
				   uint64_t first, uint64_t n,
				   struct vsx_error *err)
{
	struct vsx_verifier *v = s->v;
	uint64_t at = first << w->page_shift, bytes = n << w->page_shift, there;
	uint64_t chunk = CHUNK_BYTES >> w->page_shift;
	enum vsx_status status;
	struct vsx_map map = {0};

	w->offset = s->entry.offset + at;
	w->bytes = s->entry.bytes - at;
	if (bytes > w->bytes)
		bytes = w->bytes;
	there = v->from.bytes > w->offset ? v->from.bytes - w->offset : 0;
	/* Behind the end of a file a touch would be a signal. */
	if (!v->from.memory && bytes <= there && bytes >= LEAST_MAPPED)
		map_part(&map, v->from.fd, w->offset, bytes);
	w->mapped = v->from.memory ? v->from.memory + w->offset : map.base;
	memset(w->failed, 0, n);
	status = vsx_parallel(v->n_threads, n, chunk, hash_some, w, err);
	/* Cut meanwhile: reading says which pages are gone. */
	if (status == VSX_OK && vsx_map_whole(&map, NULL) != VSX_OK) {
		w->mapped = NULL;
		status =
			vsx_parallel(v->n_threads, n, chunk, hash_some, w, err);
	}
	vsx_map_close(&map);
	v->result->bytes_read += bytes < there ? bytes : there;
	return status;
}

/*
 * Compare them with sums[n]; bad says which chunks of sums are damaged. In the
 * first of them lies the sum of page `base`.
 */
static enum vsx_status compare(struct section *s, const struct window *w,
			       uint64_t first, uint64_t n, const uint8_t *sums,
			       const uint8_t *bad, uint64_t base)
{
	uint64_t page = s->entry.offset >> w->page_shift;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t at = first + i - base, due = vsx_load64(sums + at * 8);

		if (w->failed[i])
			VSX_TRY(cannot_read(s, page + first + i, w->failed[i],
					    ""));
		else if (w->found[i] == due)
			continue;
		else if (bad[at * 8 >> w->page_shift])
			s->n_unknown++;
		else
			VSX_TRY(differs(s, page + first + i, w->found[i], due,
					""));
	}
	return VSX_OK;
}

/* Pages first .. last-1, whose sums lie in `sums` from page `base` on. */
static enum vsx_status check_pages(struct section *s, struct window *w,
				   uint64_t first, uint64_t last,
				   const uint8_t *sums, const uint8_t *bad,
				   struct vsx_error *err)
{
	uint64_t step = WINDOW_BYTES >> w->page_shift, base = first;
	struct vsx_verifier *v = s->v;
	uint64_t all = v->super.committed_bytes;

	for (; first < last; first += step) {
		uint64_t n = last - first < step ? last - first : step;

		/* A page that sections share is read for each of them. */
		VSX_TRY(vsx_progress(v, &vsx_phase_pages,
				     v->result->bytes_read < all
					     ? v->result->bytes_read
					     : all,
				     all));
		VSX_TRY(hash_window(s, w, first, n, err));
		VSX_TRY(compare(s, w, first, n, sums, bad, base));
	}
	return VSX_OK;
}

/* The lowest level, some chunks at a time, and the pages under each. */
static enum vsx_status check_lowest(struct section *s, struct window *w,
				    uint8_t *sums, uint8_t *bad,
				    uint64_t n_chunks, struct vsx_error *err)
{
	uint64_t under = UINT64_C(1) << (w->page_shift - 3); /* a chunk */
	uint64_t all = vsx_sums_chunks(&s->shape, 0), pages = s->shape.count[0];

	for (uint64_t i = 0; i < all; i += n_chunks) {
		uint64_t n = all - i < n_chunks ? all - i : n_chunks;
		uint64_t last = (i + n) * under;

		VSX_TRY(read_chunks(s, 0, i, n, sums, bad));
		VSX_TRY(check_pages(s, w, i * under,
				    last < pages ? last : pages, sums, bad,
				    err));
	}
	return VSX_OK;
}

static enum vsx_status check_data(struct section *s, struct vsx_error *err)
{
	struct window w = {.v = s->v, .page_shift = s->shape.page_shift};
	size_t page = (size_t)1 << w.page_shift;
	uint64_t most = WINDOW_BYTES >> w.page_shift; /* pages in a window */
	uint64_t n_chunks = most * 8 >> w.page_shift; /* and their sums */
	uint8_t *sums = NULL, *bad = NULL;
	enum vsx_status status;

	if (n_chunks < 1)
		n_chunks = 1;
	if (most > s->shape.count[0])
		most = s->shape.count[0];
	if (n_chunks > vsx_sums_chunks(&s->shape, 0))
		n_chunks = vsx_sums_chunks(&s->shape, 0);
	if (vsx_alloc_to(&w.found, most, sizeof(*w.found), err) ||
	    vsx_alloc_to(&w.failed, most, 1, err) ||
	    vsx_alloc_to(&w.buffer, s->v->n_threads, page, err) ||
	    vsx_alloc_to(&sums, n_chunks, page, err) ||
	    vsx_alloc_to(&bad, n_chunks, 1, err))
		status = VSX_ENOMEM;
	else
		status = check_lowest(s, &w, sums, bad, n_chunks, err);
	free(w.found);
	free(w.failed);
	free(w.buffer);
	free(sums);
	free(bad);
	return status;
}

/* ---- sections -------------------------------------------------------- */

/* Zeros between the levels of its tables. */
static enum vsx_status check_table_gaps(struct section *s)
{
	char what[64];

	snprintf(what, sizeof(what), "between the sums of section %s", s->name);
	for (uint32_t l = 0; l + 1 < s->shape.n_levels; l++)
		VSX_TRY(vsx_verify_zeros(
			s->v,
			s->entry.sums_offset + s->shape.start[l] +
				s->shape.count[l] * 8,
			s->entry.sums_offset + s->shape.start[l + 1], what,
			s->name));
	return VSX_OK;
}

static enum vsx_status end_section(struct section *s)
{
	if (s->n_findings > MOST_FINDINGS)
		VSX_TRY(vsx_notice(
			s->v, "%llu more damaged page%s (section %s)",
			(ull)(s->n_findings - MOST_FINDINGS),
			vsx_s(s->n_findings - MOST_FINDINGS), s->name));
	if (s->n_unknown)
		VSX_TRY(vsx_notice(
			s->v,
			"%llu page%s cannot be checked: the sums are damaged "
			"(section %s)",
			(ull)s->n_unknown, vsx_s(s->n_unknown), s->name));
	return VSX_OK;
}

static enum vsx_status check_section(struct vsx_verifier *v, uint32_t i,
				     struct vsx_error *err)
{
	struct section s = {.v = v};
	enum vsx_status status;

	s.entry = vsx_manifest_section(&v->manifest, i);
	vsx_section_letters(s.name, s.entry.id);
	vsx_sums_shape(&s.shape, s.entry.bytes, v->super.page_shift);
	status = check_upper(&s, err);
	if (status == VSX_OK)
		status = check_data(&s, err);
	if (status == VSX_OK)
		status = check_table_gaps(&s);
	if (status == VSX_OK)
		status = end_section(&s);
	v->damaged[i] = s.n_findings || s.n_unknown;
	free(s.above);
	free(s.bad_above);
	return status;
}

/* ---- what belongs to nobody ------------------------------------------ */

/* A stretch of the file that something of this generation takes. */
struct extent {
	uint64_t start, end;
	uint32_t section; /* UINT32_MAX: none */
};

static int by_start(const void *pa, const void *pb)
{
	const struct extent *a = pa, *b = pb;

	return a->start < b->start ? -1 : a->start > b->start;
}

/*
 * Between the places of a new file there is zero. In one that was changed there
 * is also what older generations wrote and this one does not refer to.
 */
static enum vsx_status check_gap(struct vsx_verifier *v, uint64_t start,
				 uint64_t end, uint64_t *unused)
{
	if (v->super.generation == 1)
		return vsx_verify_zeros(v, start, end, "in no section", "");
	*unused += end - start;
	return VSX_OK;
}

static size_t list_extents(const struct vsx_verifier *v, struct extent *out)
{
	size_t n = 0;

	for (uint32_t i = 0; i < v->manifest.n_sections; i++) {
		struct vsx_section_entry e =
			vsx_manifest_section(&v->manifest, i);

		out[n++] = (struct extent){e.offset, e.offset + e.bytes, i};
		out[n++] = (struct extent){e.sums_offset,
					   e.sums_offset + e.sums_bytes, i};
	}
	/* What is behind the manifest was checked with it. */
	out[n++] = (struct extent){v->super.manifest_offset,
				   v->super.committed_bytes, UINT32_MAX};
	qsort(out, n, sizeof(*out), by_start);
	return n;
}

static enum vsx_status overlap(struct vsx_verifier *v, const struct extent *e)
{
	char name[5] = "";

	if (e->section != UINT32_MAX)
		vsx_section_letters(
			name,
			vsx_manifest_section(&v->manifest, e->section).id);
	return vsx_find_on_page(v, VSX_ECORRUPT,
				e->start >> v->super.page_shift, name,
				"bytes %llu to %llu are used twice "
				"(section %s)",
				(ull)e->start, (ull)e->end, name);
}

/* Everything has its own place, and between the places there is zero. */
static enum vsx_status check_places(struct vsx_verifier *v,
				    struct vsx_error *err)
{
	uint64_t at = vsx_data_start(v->super.page_shift), unused = 0;
	enum vsx_status status = VSX_OK;
	struct extent *extents;
	size_t n;

	VSX_TRY(vsx_alloc_to(&extents, 2 * (size_t)v->manifest.n_sections + 1,
			     sizeof(*extents), err));
	n = list_extents(v, extents);
	for (size_t i = 0; i < n && status == VSX_OK; i++) {
		if (extents[i].start < at)
			status = overlap(v, &extents[i]);
		else
			status = check_gap(v, at, extents[i].start, &unused);
		if (extents[i].end > at)
			at = extents[i].end;
	}
	free(extents);
	if (status == VSX_OK && unused)
		status = vsx_notice(v, "%llu byte%s of older generations",
				    (ull)unused, vsx_s(unused));
	return status;
}

enum vsx_status vsx_verify_pages(struct vsx_verifier *v, struct vsx_error *err)
{
	VSX_TRY(check_places(v, err));
	for (uint32_t i = 0; i < v->manifest.n_sections; i++)
		VSX_TRY(check_section(v, i, err));
	return vsx_progress(v, &vsx_phase_pages, v->super.committed_bytes,
			    v->super.committed_bytes);
}
