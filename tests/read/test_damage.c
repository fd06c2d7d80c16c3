/*
 * One small index of each kind, damaged in every way that one bit, a cut or a
 * tail can damage it.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/rng.h"
#include "vsx_write.h"

#define ROWS 40
#define DIM  5
#define PAGE 4096

/* Sanitizers make it slow: then one bit of each byte, not all eight. */
#if defined(__SANITIZE_ADDRESS__)
#define BIT_STEP 8
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BIT_STEP 8
#endif
#endif
#ifndef BIT_STEP
#define BIT_STEP 1
#endif

static char folder[32], path[64];
static struct vsx_error err;

/*
 * Who meets a torn superblock looks once more, a little later: a writer may be
 * at it. Here is none, and what is damaged stays so.
 */
int nanosleep(const struct timespec *wanted, struct timespec *rest)
{
	(void)wanted;
	(void)rest;
	return 0;
}

static void setup(void)
{
	snprintf(folder, sizeof(folder), "%s/vsx-damage-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x.vsx", folder);
}

static void teardown(void)
{
	unlink(path);
	rmdir(folder);
}

TestSuite(damage, .init = setup, .fini = teardown, .timeout = 1200);

/* Build it; returns its bytes. Ids with gaps, so that there are id tables. */
static uint8_t *build(const char *spec, size_t *bytes)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b = NULL;
	struct vsx_rng rng = {1};
	float rows[ROWS][DIM];
	uint64_t ids[ROWS];
	struct stat st;
	uint8_t *file;
	FILE *f;

	for (int i = 0; i < ROWS; i++) {
		ids[i] = (uint64_t)(ROWS - i) * 1000000007;
		for (int d = 0; d < DIM; d++)
			rows[i][d] = (float)vsx_to_unit(vsx_rng_next(&rng));
	}
	opts.dim = DIM;
	opts.spec = spec;
	opts.metric = VSX_COSINE;
	opts.model = "tiny";
	opts.n_threads = 1;
	opts.force = 1;
	cr_assert(!vsx_builder_new(&b, path, &opts, &err) &&
			  !vsx_builder_add(b,
					   VSX_BATCH(rows, VSX_F32, ROWS, ids),
					   &err) &&
			  !vsx_builder_finish(b, NULL, &err),
		  "%s", err.text);
	vsx_builder_free(b);
	cr_assert_eq(stat(path, &st), 0);
	*bytes = (size_t)st.st_size;
	file = malloc(*bytes);
	f = fopen(path, "rb");
	cr_assert(f && fread(file, 1, *bytes, f) == *bytes);
	fclose(f);
	return file;
}

/* What the findings say. */
struct heard {
	char first[VSX_ERROR_TEXT];
	uint32_t pages; /* a bit for each that is named */
};

static int hear(void *context, const struct vsx_verify_event *event)
{
	struct heard *heard = context;
	unsigned int page;

	if (event->what != VSX_FINDING)
		return 0;
	if (!heard->first[0])
		snprintf(heard->first, sizeof(heard->first), "%s", event->text);
	if (sscanf(event->text, "page %u: ", &page) == 1 && page < 32)
		heard->pages |= UINT32_C(1) << page;
	return 0;
}

static enum vsx_status verify(enum vsx_verify_level level, struct heard *heard,
			      struct vsx_verify_result *result)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;

	opts.level = level;
	opts.n_threads = 1;
	memset(heard, 0, sizeof(*heard));
	return vsx_verify(path, &opts, hear, heard, result, &err);
}

static void put_byte(int fd, size_t at, uint8_t byte)
{
	cr_assert_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
}

/*
 * The file is two pages of superblock slots, one of sections and one of the
 * manifest. None keeps another from being checked, but for the manifest and
 * both slots: so a bit of the one half is flipped together with one of the
 * other, and both pages must be named, and no others.
 */
#define HALF ((size_t)2 * PAGE)

static void flip_every_bit(const char *spec)
{
	struct vsx_verify_result result;
	struct heard heard;
	size_t bytes, n_flips = 0, n_wrong = 0;
	uint8_t *file = build(spec, &bytes);
	int fd = open(path, O_WRONLY);

	cr_assert_geq(fd, 0);
	cr_assert(bytes > HALF && bytes <= 2 * HALF, "%zu", bytes);
	cr_assert_eq(verify(VSX_VERIFY_FULL, &heard, &result), VSX_OK);
	cr_assert_eq(result.n_findings, 0, "%s", heard.first);

	for (size_t bit = 0; bit < HALF * 8; bit += BIT_STEP) {
		size_t at = bit / 8;
		unsigned int which = BIT_STEP == 1 ? bit % 8 : at % 8;
		uint32_t due = 0;

		for (size_t i = at; i < bytes; i += HALF) {
			put_byte(fd, i, (uint8_t)(file[i] ^ 1u << which));
			due |= UINT32_C(1) << i / PAGE;
			n_flips++;
		}
		if (verify(VSX_VERIFY_PAGES, &heard, &result) != VSX_OK ||
		    heard.pages != due) {
			n_wrong++;
			cr_expect(n_wrong > 5,
				  "%s: byte %zu bit %u: pages 0x%x are named, "
				  "0x%x were hurt: %s%s",
				  spec, at, which, heard.pages, due,
				  heard.first, err.text);
		}
		for (size_t i = at; i < bytes; i += HALF)
			put_byte(fd, i, file[i]);
	}
	cr_assert_eq(n_wrong, 0);
	cr_assert_eq(n_flips, bytes * 8 / BIT_STEP);
	close(fd);
	free(file);
}

Test(damage, every_flipped_bit_of_flat_is_found_in_its_page)
{
	flip_every_bit("Flat");
}

Test(damage, every_flipped_bit_of_ivf_is_found_in_its_page)
{
	flip_every_bit("IVF3,Flat");
}

Test(damage, every_flipped_bit_of_hnsw_is_found_in_its_page)
{
	flip_every_bit("HNSW3");
}

/* The same of files of more pages, where the sums of some are in others: a bit
 * of one byte at a time, of every few. */
#define BYTE_STEP (BIT_STEP == 1 ? 5 : 61)

static void flip_bytes(const char *spec)
{
	struct vsx_verify_result result;
	struct heard heard;
	size_t bytes;
	uint8_t *file = build(spec, &bytes);
	int fd = open(path, O_WRONLY);

	cr_assert(bytes <= (size_t)32 * PAGE, "%s: %zu", spec, bytes);
	cr_assert_eq(verify(VSX_VERIFY_FULL, &heard, &result), VSX_OK);
	cr_assert_eq(result.n_findings, 0, "%s: %s", spec, heard.first);

	for (size_t at = 0; at < bytes; at += BYTE_STEP) {
		put_byte(fd, at, (uint8_t)(file[at] ^ 1u << at % 8));
		cr_assert(verify(VSX_VERIFY_PAGES, &heard, &result) == VSX_OK &&
				  heard.pages >> at / PAGE & 1,
			  "%s: byte %zu of page %zu: pages 0x%x are named: "
			  "%s%s",
			  spec, at % PAGE, at / PAGE, heard.pages, heard.first,
			  err.text);
		put_byte(fd, at, file[at]);
	}
	close(fd);
	free(file);
}

Test(damage, every_flipped_byte_of_codes_is_found_in_its_page)
{
	static const char *const specs[] = {
		"SQ8",	     "IVF3,SQ4",     "IVF3,PQ5x4",
		"PQ4x4fs",   "PQ2,NoRefine", "IVF3,RaBitQ",
		"RaBitQ4",   "OPQ2,PQ2x4",   "PCA3,SQ8,Refine(FP16)",
		"HNSW3,SQ8", "HNSW3,SQ8,G4",
	};

	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
		flip_bytes(specs[i]);
}

/* A cut file is never opened, and verify says so. */
static void cut_everywhere(const char *spec)
{
	struct vsx_verify_result result;
	struct heard heard;
	struct vsx *index;
	size_t bytes;

	free(build(spec, &bytes));
	for (size_t n = bytes; n-- > 0;) {
		enum vsx_status opened, verified;

		cr_assert_eq(truncate(path, (off_t)n), 0);
		opened = vsx_open(&index, path, NULL, &err);
		cr_assert(opened == VSX_ETRUNCATED || opened == VSX_EFORMAT,
			  "%s cut to %zu of %zu bytes: %d %s", spec, n, bytes,
			  (int)opened, err.text);
		cr_assert_null(index);
		verified = verify(VSX_VERIFY_FULL, &heard, &result);
		cr_assert(verified == VSX_EFORMAT ||
				  (verified == VSX_OK && result.n_findings),
			  "%s cut to %zu bytes: %s", spec, n, err.text);
	}
}

Test(damage, a_file_cut_at_any_byte_is_refused)
{
	cut_everywhere("Flat");
	cut_everywhere("IVF3,Flat");
	cut_everywhere("HNSW3");
}

Test(damage, bytes_behind_the_end_are_noticed_and_not_used)
{
	static const uint8_t junk[4096] = {1};
	struct vsx_verify_result result;
	struct vsx_facts facts;
	struct heard heard;
	struct vsx *index;
	size_t bytes;

	for (size_t n = 1; n <= sizeof(junk); n++) {
		int fd;

		if (n == 1)
			free(build("HNSW3", &bytes));
		fd = open(path, O_WRONLY | O_APPEND);
		cr_assert_eq(write(fd, junk + n - 1, 1), 1);
		close(fd);
		cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
			     err.text);
		vsx_get_facts(index, &facts);
		cr_assert_eq(facts.extra_bytes, n);
		vsx_close(index);
		cr_assert_eq(verify(VSX_VERIFY_PAGES, &heard, &result), VSX_OK);
		cr_assert_eq(result.n_findings, 0, "%s", heard.first);
		cr_assert_eq(result.n_notices, 1);
	}
}

Test(damage, an_untouched_bad_page_harms_no_search_and_a_touched_one_is_told)
{
	struct vsx_searcher *searcher;
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	struct vsx_section_facts section;
	struct vsx_facts facts;
	struct vsx_hit hits[3];
	struct vsx *index;
	float query[DIM] = {1, 2, 3, 4, 5};
	size_t bytes, n;
	uint8_t *file = build("HNSW3", &bytes);
	int fd = open(path, O_WRONLY);

	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	vsx_get_facts(index, &facts);
	for (uint32_t i = 0; i < facts.n_sections; i++) {
		enum vsx_status due, found;

		cr_assert_eq(vsx_get_section(index, i, &section, NULL), VSX_OK);
		/* What a search does not read: the test, ids by rising id. */
		due = section.segment < 0 || !strcmp(section.name, "IDRO")
			      ? VSX_OK
			      : VSX_ECORRUPT;
		put_byte(fd, section.offset, file[section.offset] ^ 1);
		{
			struct vsx *hurt;

			found = vsx_open(&hurt, path, NULL, &err);
			if (found == VSX_OK) {
				cr_assert_eq(
					vsx_searcher_new(&searcher, hurt, &err),
					VSX_OK);
				found = vsx_search(searcher, query, VSX_F32, 3,
						   NULL, hits, &n, &err);
				vsx_searcher_free(searcher);
			}
			vsx_close(hurt);
			cr_expect_eq(found, due, "%s: %s", section.name,
				     err.text);
			if (found != VSX_OK)
				cr_expect(strstr(err.text, section.name),
					  "%s: %s", section.name, err.text);
			opts.check = VSX_CHECK_ALL;
			cr_expect_eq(vsx_open(&hurt, path, &opts, &err),
				     VSX_ECORRUPT, "%s", section.name);
		}
		put_byte(fd, section.offset, file[section.offset]);
	}
	vsx_close(index);
	close(fd);
	free(file);
}
