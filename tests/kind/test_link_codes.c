/*
 * Codes of links as they lie in a segment: that they are what is made of the
 * rows as these are compared, whoever makes them, and that a check finds every
 * one that is not. SPEC.md 5.5.1.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code/build_edge.h"
#include "kind/hnsw/hnsw.h"
#include "kind/laid_out.h"
#include "kind/seeded.h"

TestSuite(link_codes, .timeout = 120);

enum { N = 500, DIM = 18, M = 9, PARTS = 8 };

/* Of a row: 18 links are a block, of which 14 are never used. */
enum { ROW_BYTES = PARTS * 16 + 128 };

/* Rows that a search may begin at: number i is row 5 * i. */
enum { N_ENTRIES = 96, ENTRY_BYTES = N_ENTRIES / 32 * ROW_BYTES };

static struct vsx_error err;

static enum vsx_status no_progress(struct vsx_job *job,
				   const struct vsx_phase *phase, uint64_t done,
				   uint64_t total, struct vsx_error *e)
{
	(void)job, (void)phase, (void)done, (void)total, (void)e;
	return VSX_OK;
}

static void no_note(struct vsx_job *job, const char *fmt, ...)
{
	(void)job, (void)fmt;
}

struct made {
	struct laid_out l;
	struct seeded s;
};

static void make(struct made *m, enum vsx_metric metric, enum vsx_elem elem,
		 const struct vsx_code_wish *wish, unsigned int threads)
{
	struct vsx_job job = {.seed = 9,
			      .n_threads = threads,
			      .ef_construction = 60,
			      .progress = no_progress,
			      .note = no_note};

	memset(m, 0, sizeof(*m));
	seeded_init(&m->s, metric, elem, N, DIM);
	cr_assert_eq(lay_build(&m->l, &job, &m->s.rows, VSX_HNSW, M, &err),
		     VSX_OK, "%s", err.text);
	if (wish->build)
		cr_assert_eq(lay_codes_of(&m->l, &job, &m->s.rows, wish, &err),
			     VSX_OK, "%s", err.text);
	cr_assert_eq(lay_gates(&m->l, &job, &m->s.rows, PARTS, &err), VSX_OK,
		     "%s", err.text);
	cr_assert_eq(lay_out(&m->l, &job, &m->s.rows, false, &err), VSX_OK,
		     "%s", err.text);
}

static void release(struct made *m)
{
	laid_out_release(&m->l);
	seeded_release(&m->s);
}

/* ---- what a check finds ------------------------------------------------- */

struct heard {
	unsigned int n;
	char first[VSX_ERROR_TEXT];
};

static int hear(void *context, const struct vsx_error *what)
{
	struct heard *h = context;

	if (h->n++ == 0)
		snprintf(h->first, sizeof(h->first), "%s", what->text);
	return 0;
}

static struct heard check(const struct made *m)
{
	struct heard h = {0};

	cr_assert_eq(m->l.seg.kind->check(&m->l.seg, 2, hear, &h, &err),
		     VSX_OK);
	return h;
}

/* Rows of the findings; with `most`, no more than so many. */
struct rows_heard {
	uint32_t n, most;
	int64_t row[N];
};

static int hear_row(void *context, const struct vsx_error *what)
{
	struct rows_heard *h = context;

	cr_assert_lt(h->n, N);
	h->row[h->n++] = what->at.row;
	return h->n == h->most;
}

static void is_sound(const struct made *m)
{
	struct heard h = check(m);

	cr_assert_eq(h.n, 0, "%u findings: %s", h.n, h.first);
}

static void finds(const struct made *m, const char *words)
{
	struct heard h = check(m);

	cr_assert_eq(h.n, 1, "%u findings: %s", h.n, h.first);
	cr_assert(strstr(h.first, words), "no '%s' in: %s", words, h.first);
}

static void is_refused(struct made *m, const char *words)
{
	struct vsx_segment again = m->l.seg;

	again.state = NULL;
	again.gone = NULL;
	cr_assert_eq(vsx_segment_open(&again, &err), VSX_ECORRUPT, "%s", words);
	cr_assert(strstr(err.text, words), "no '%s' in: %s", words, err.text);
	vsx_segment_close(&again);
}

static uint8_t *bytes_of(struct made *m, enum vsx_section_slot slot)
{
	return (uint8_t *)(uintptr_t)m->l.seg.view[slot].base;
}

static const struct vsx_code_wish sq8 = {.build = &vsx_codec_sq8_build};
static const struct vsx_code_wish none = {0};

/* ---- sound ones --------------------------------------------------------- */

Test(link_codes, are_of_what_rows_are_compared_as)
{
	const struct vsx_code_wish pca = {.build = &vsx_codec_sq4_build,
					  .transform = VSX_PCA,
					  .transform_dim = 9};
	const struct vsx_code_wish pq = {.build = &vsx_codec_pq8_build,
					 .size = 6};
	const struct {
		enum vsx_metric metric;
		enum vsx_elem elem;
		const struct vsx_code_wish *wish;
	} all[] = {
		{VSX_L2, VSX_F32, &sq8},  {VSX_COSINE, VSX_F16, &sq8},
		{VSX_L2, VSX_F32, &pca},  {VSX_COSINE, VSX_U8, &pq},
		{VSX_L2, VSX_F32, &none}, {VSX_L2, VSX_BF16, &none},
		{VSX_L2, VSX_U8, &none},  {VSX_L2, VSX_I8, &none},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct made m;

		make(&m, all[i].metric, all[i].elem, all[i].wish, 2);
		cr_assert_eq(m.l.seg.params[VSX_HNSW_GATES], PARTS);
		cr_assert_eq(m.l.seg.view[VSX_SEC_LNKG].bytes, N * ROW_BYTES);
		is_sound(&m);
		release(&m);
	}
}

Test(link_codes, do_not_depend_on_the_number_of_threads)
{
	struct made one, other;

	make(&one, VSX_L2, VSX_F32, &sq8, 1);
	for (unsigned int threads = 2; threads < 6; threads += 3) {
		make(&other, VSX_L2, VSX_F32, &sq8, threads);
		cr_assert_eq(memcmp(bytes_of(&one, VSX_SEC_LNKG),
				    bytes_of(&other, VSX_SEC_LNKG),
				    N * ROW_BYTES),
			     0);
		cr_assert_eq(memcmp(bytes_of(&one, VSX_SEC_LNKP),
				    bytes_of(&other, VSX_SEC_LNKP),
				    vsx_edges_bytes(DIM) + ENTRY_BYTES),
			     0);
		release(&other);
	}
	release(&one);
}

/* Links that are not there say nothing, in whatever block they would be. */
Test(link_codes, of_no_links_are_zeros)
{
	struct made m;
	struct vsx_level base;

	make(&m, VSX_L2, VSX_F32, &sq8, 2);
	vsx_hnsw_level(&m.l.seg, 0, &base);
	for (uint32_t row = 0; row < N; row++) {
		const uint8_t *at =
			bytes_of(&m, VSX_SEC_LNKG) + (size_t)row * ROW_BYTES;
		uint32_t n = 0;

		while (n < 2 * M &&
		       base.links[row * 2 * M + n] != VSX_HNSW_NO_LINK)
			n++;
		cr_assert(vsx_is_zero(at + PARTS * 16 + n * 4,
				      128 - (size_t)n * 4));
		for (uint32_t p = 0; p < PARTS; p++)
			for (uint32_t i = n; i < 32; i++)
				cr_assert_eq(at[p * 16 + i % 16] >>
							     (i < 16 ? 0 : 4) &
						     15,
					     0);
	}
	release(&m);
}

/* ---- broken ones -------------------------------------------------------- */

static void set_f32(uint8_t *at, float x)
{
	memcpy(at, &x, sizeof(x));
}

Test(link_codes, are_refused_where_they_cannot_be)
{
	static const uint32_t odd[] = {1, 2, 3, 5, 20, 132, UINT32_MAX - 3};
	struct made m;

	make(&m, VSX_L2, VSX_F32, &sq8, 1);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		m.l.seg.params[VSX_HNSW_GATES] = odd[i];
		is_refused(&m, "over 18 dimensions, expected a multiple of 4 "
			       "up to 18");
	}
	m.l.seg.params[VSX_HNSW_GATES] = PARTS;
	m.l.seg.space.metric = VSX_IP;
	is_refused(&m, "codes of links over codes under ip");
	m.l.seg.space.metric = VSX_COSINE;
	m.l.seg.params[VSX_PARAM_CODES] = 0;
	m.l.seg.view[VSX_SEC_CODE].base = NULL;
	m.l.seg.view[VSX_SEC_CPAR].base = NULL;
	is_refused(&m, "codes of links over rows under cosine");
	release(&m);
}

Test(link_codes, have_the_lengths_that_are_due)
{
	static const enum vsx_section_slot slots[] = {VSX_SEC_LNKP,
						      VSX_SEC_LNKG};
	static const char *const words[] = {"section LNKP has",
					    "section LNKG has"};
	struct made m;

	make(&m, VSX_L2, VSX_F32, &sq8, 1);
	for (int i = 0; i < 2; i++) {
		struct vsx_view *v = &m.l.seg.view[slots[i]], was = *v;

		v->bytes = was.bytes + 4;
		is_refused(&m, words[i]);
		v->bytes = was.bytes - 4;
		is_refused(&m, words[i]);
		*v = (struct vsx_view){0};
		is_refused(&m, words[i]);
		*v = was;
	}
	/* Without them nobody looks. */
	m.l.seg.params[VSX_HNSW_GATES] = 0;
	is_sound(&m);
	release(&m);
}

Test(link_codes, have_units_that_are_numbers)
{
	static const float bad[] = {0.0f, -1.0f, INFINITY, NAN};
	struct made m;
	uint8_t *head;
	float was[3];

	make(&m, VSX_L2, VSX_F32, &sq8, 1);
	head = bytes_of(&m, VSX_SEC_LNKP);
	memcpy(was, head, sizeof(was));
	for (int unit = 0; unit < 2; unit++)
		for (int i = 0; i < 4; i++) {
			set_f32(head + unit * 4, bad[i]);
			is_refused(&m, "units of the codes of links are");
			memcpy(head, was, sizeof(was));
		}
	for (int i = 1; i < 4; i++) {
		set_f32(head + 8, bad[i]);
		is_refused(&m, "the spread of the codes of links is");
	}
	set_f32(head + 8, 0.0f);
	is_sound(&m);
	head[12] = 32;
	is_refused(&m, "the shift of the codes of links is 32, expected 0 to "
		       "31");
	head[12] = 0;
	head[63] = 1;
	is_refused(&m, "the head of the codes of links does not end in zeros");
	release(&m);
}

Test(link_codes, are_made_of_numbers)
{
	static const float bad[] = {INFINITY, -INFINITY, NAN};
	struct made m;
	uint8_t *at;

	make(&m, VSX_L2, VSX_F32, &sq8, 1);
	at = bytes_of(&m, VSX_SEC_LNKP);
	for (int i = 0; i < 3; i++) {
		float was;

		memcpy(&was, at + 64 + 4, sizeof(was));
		set_f32(at + 64 + 4, bad[i]);
		finds(&m, "component 1 of the mean is");
		set_f32(at + 64 + 4, was);
		memcpy(&was, at + 192 + 4 * 287, sizeof(was));
		set_f32(at + 192 + 4 * 287, bad[i]);
		finds(&m, "component 287 of the book is");
		set_f32(at + 192 + 4 * 287, was);
	}
	at[64 + 72] = 1;
	finds(&m, "bytes 136 to 191 are not 0");
	release(&m);
}

/* Where links differ, one row after the other, whoever looks. */
Test(link_codes, that_differ_are_told_in_order_by_any_threads)
{
	static const unsigned int threads[] = {1, 2, 7};
	struct made m;

	make(&m, VSX_L2, VSX_F32, &sq8, 1);
	for (uint32_t row = 3; row < N; row += 31)
		bytes_of(&m, VSX_SEC_LNKG)[(size_t)row * ROW_BYTES] ^= 1;
	for (int i = 0; i < 3; i++) {
		struct rows_heard h = {.n = 0};

		cr_assert_eq(m.l.seg.kind->check(&m.l.seg, threads[i], hear_row,
						 &h, &err),
			     VSX_OK);
		cr_assert_eq(h.n, (N - 3 + 30) / 31);
		for (uint32_t j = 0; j < h.n; j++)
			cr_assert_eq(h.row[j], 3 + j * 31);
		/* Whoever hears may have heard enough. */
		h = (struct rows_heard){.most = 2};
		cr_assert_eq(m.l.seg.kind->check(&m.l.seg, threads[i], hear_row,
						 &h, &err),
			     VSX_ESTOPPED);
		cr_assert_eq(h.n, 2);
	}
	release(&m);
}

/* Every byte of some rows, those of unused links among them. */
Test(link_codes, of_other_links_are_found)
{
	static const uint32_t rows[] = {0, 1, 77, N - 1};
	struct made m;
	char words[96];

	make(&m, VSX_L2, VSX_F32, &sq8, 1);
	for (size_t i = 0; i < 4; i++)
		for (uint32_t b = i % 2; b < ROW_BYTES; b += 7) {
			uint8_t *at = bytes_of(&m, VSX_SEC_LNKG) +
				      (size_t)rows[i] * ROW_BYTES + b;

			*at ^= (uint8_t)(1u << b % 8);
			snprintf(words, sizeof(words),
				 "row %u: byte %u of the codes of its links is "
				 "0x%02x, expected 0x%02x",
				 rows[i], b, *at,
				 (uint8_t)(*at ^ (1u << b % 8)));
			finds(&m, words);
			*at ^= (uint8_t)(1u << b % 8);
		}
	is_sound(&m);
	release(&m);
}

/* Every byte of the rows that searches begin at. */
Test(link_codes, of_rows_to_begin_at_are_made_once_more)
{
	struct made m;
	uint8_t *at;

	make(&m, VSX_L2, VSX_F32, &sq8, 1);
	at = bytes_of(&m, VSX_SEC_LNKP) + vsx_edges_bytes(DIM);
	for (uint32_t b = 0; b < ENTRY_BYTES; b += 5) {
		char words[96];

		at[b] ^= (uint8_t)(1u << b % 8);
		snprintf(words, sizeof(words),
			 "section LNKP: byte %u of the rows to begin at is "
			 "0x%02x, expected 0x%02x",
			 b, at[b], (uint8_t)(at[b] ^ (1u << b % 8)));
		finds(&m, words);
		at[b] ^= (uint8_t)(1u << b % 8);
	}
	bytes_of(&m, VSX_SEC_LNKP)[12] ^= 1;
	finds(&m, "section LNKP: the shift is");
	bytes_of(&m, VSX_SEC_LNKP)[12] ^= 1;
	is_sound(&m);
	release(&m);
}

/* A link that leads nowhere says enough of its row. */
Test(link_codes, of_broken_lists_are_left_alone)
{
	struct made m;

	make(&m, VSX_L2, VSX_F32, &sq8, 1);
	((uint32_t *)(void *)bytes_of(&m, VSX_SEC_LNK0))[5 * 2 * M] = N;
	bytes_of(&m, VSX_SEC_LNKG)[5 * ROW_BYTES] ^= 1;
	finds(&m, "row 5: links to row 500 of 500");
	release(&m);
}
