/* The superblock: SPEC.md 4.1, rule by rule. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "super.h"

static struct vsx_error err;

/* A file of pages of 4096 bytes: data from 8192, the manifest in page 9. */
static struct vsx_super good(void)
{
	struct vsx_super sb = {
		.page_shift = 12,
		.feature_compat = 0,
		.generation = 7,
		.committed_bytes = 40960,
		.manifest_offset = 36864,
		.manifest_bytes = 713,
	};

	for (uint8_t i = 0; i < 16; i++) {
		sb.manifest_hash.b[i] = i;
		sb.uuid[i] = (uint8_t)(0xf0 + i);
	}
	return sb;
}

static enum vsx_status decode(const uint8_t *raw, size_t n)
{
	struct vsx_super sb;

	memset(&err, 0, sizeof(err));
	return vsx_super_decode(&sb, raw, n, &err);
}

/* Decode from a block of exactly n bytes, so that a read beyond is seen. */
static enum vsx_status decode_exactly(const uint8_t *raw, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	enum vsx_status status;

	memcpy(copy, raw, n);
	status = decode(copy, n);
	free(copy);
	return status;
}

static void refused(enum vsx_status status, enum vsx_status due,
		    const char *words)
{
	cr_expect_eq(status, due, "status %d, expected %d: %s", (int)status,
		     (int)due, err.text);
	cr_expect(strstr(err.text, words), "'%s' does not say '%s'", err.text,
		  words);
}

static void prove_good(uint8_t raw[VSX_SUPER_BYTES])
{
	struct vsx_super sb = good();

	vsx_super_encode(raw, &sb);
	cr_assert_eq(decode(raw, VSX_SUPER_BYTES), VSX_OK, "%s", err.text);
}

Test(super, round_trip)
{
	struct vsx_super in = good(), out;
	uint8_t raw[VSX_SUPER_BYTES];

	in.feature_compat = UINT64_C(0x8000000000000001);
	vsx_super_encode(raw, &in);
	cr_assert_eq(vsx_super_decode(&out, raw, sizeof(raw), &err), VSX_OK);
	cr_expect_eq(out.page_shift, in.page_shift);
	cr_expect_eq(out.feature_compat, in.feature_compat);
	cr_expect_eq(out.generation, in.generation);
	cr_expect_eq(out.committed_bytes, in.committed_bytes);
	cr_expect_eq(out.manifest_offset, in.manifest_offset);
	cr_expect_eq(out.manifest_bytes, in.manifest_bytes);
	cr_expect(vsx_hash_equal(out.manifest_hash, in.manifest_hash));
	cr_expect_arr_eq(out.uuid, in.uuid, 16);
}

/* The bytes themselves, so that encoder and decoder cannot err together. */
Test(super, fields_lie_where_the_table_says)
{
	static const uint8_t magic[8] = {0x8e, 'V',  'S',  'X',
					 '\r', '\n', 0x1a, '\n'};
	uint8_t raw[VSX_SUPER_BYTES], due[VSX_SUPER_BYTES] = {0};
	uint64_t sum;

	prove_good(raw);
	memcpy(due, magic, 8);
	due[8] = 1;	/* version */
	due[12] = 12;	/* page_shift */
	due[32] = 7;	/* generation */
	due[41] = 0xa0; /* committed_bytes: 0xa000 */
	due[49] = 0x90; /* manifest_offset: 0x9000 */
	due[56] = 0xc9; /* manifest_bytes: 0x2c9 */
	due[57] = 0x02;
	for (uint8_t i = 0; i < 16; i++) {
		due[64 + i] = i;
		due[80 + i] = (uint8_t)(0xf0 + i);
	}
	cr_expect_arr_eq(raw, due, 504);
	sum = vsx_sum64(due, 504);
	for (int i = 0; i < 8; i++)
		cr_expect_eq(raw[504 + i], (uint8_t)(sum >> 8 * i));
}

Test(super, refuses_every_shorter_buffer)
{
	uint8_t raw[VSX_SUPER_BYTES];

	prove_good(raw);
	for (size_t n = 0; n < sizeof(raw); n++)
		cr_expect_eq(decode_exactly(raw, n), VSX_EFORMAT, "length %zu",
			     n);
	cr_expect_eq(decode_exactly(raw, sizeof(raw)), VSX_OK);
}

Test(super, refuses_every_flipped_bit)
{
	uint8_t raw[VSX_SUPER_BYTES];

	prove_good(raw);
	for (size_t bit = 0; bit < sizeof(raw) * 8; bit++) {
		raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_expect_eq(decode(raw, sizeof(raw)),
			     bit < 64 ? VSX_EFORMAT : VSX_ECORRUPT, "bit %zu",
			     bit);
		raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	cr_expect_eq(decode(raw, sizeof(raw)), VSX_OK);
}

/* One byte changed and sealed again, so that the rule itself is reached. */
static void byte_refused(size_t at, uint8_t flip, enum vsx_status due,
			 const char *words)
{
	uint8_t raw[VSX_SUPER_BYTES];

	prove_good(raw);
	raw[at] ^= flip;
	vsx_super_seal(raw);
	refused(decode(raw, sizeof(raw)), due, words);
}

Test(super, refuses_another_magic)
{
	for (size_t at = 0; at < 8; at++)
		byte_refused(at, 0x20, VSX_EFORMAT, "no VSX magic");
}

Test(super, refuses_another_version)
{
	byte_refused(8, 3, VSX_EVERSION,
		     "format version 2, this library reads 1");
	byte_refused(8, 1, VSX_EVERSION,
		     "format version 0, this library reads 1");
	byte_refused(11, 0x80, VSX_EVERSION, "format version 2147483649");
}

Test(super, refuses_every_incompatible_feature)
{
	for (size_t bit = 0; bit < 64; bit++) {
		char words[64];

		snprintf(words, sizeof(words), "needs features 0x%llx that",
			 1ull << bit);
		byte_refused(16 + bit / 8, (uint8_t)(1 << bit % 8),
			     VSX_EVERSION, words);
	}
}

Test(super, ignores_every_compatible_feature)
{
	uint8_t raw[VSX_SUPER_BYTES];

	prove_good(raw);
	memset(raw + 24, 0xff, 8);
	vsx_super_seal(raw);
	cr_expect_eq(decode(raw, sizeof(raw)), VSX_OK, "%s", err.text);
}

Test(super, refuses_reserved_bytes)
{
	for (size_t at = 104; at < 504; at++)
		byte_refused(at, 1, VSX_ECORRUPT, "reserved bytes");
}

/* The checksum comes before the version: a flipped bit is damage. */
Test(super, tells_damage_from_the_future)
{
	uint8_t raw[VSX_SUPER_BYTES];

	prove_good(raw);
	raw[8] ^= 2;
	refused(decode(raw, sizeof(raw)), VSX_ECORRUPT, "(superblock)");
	vsx_super_seal(raw);
	refused(decode(raw, sizeof(raw)), VSX_EVERSION, "format version 3");
}

Test(super, names_both_checksums)
{
	uint8_t raw[VSX_SUPER_BYTES];
	char words[128];
	uint64_t due;

	prove_good(raw);
	due = vsx_sum64(raw, 504);
	raw[32] ^= 1;
	snprintf(words, sizeof(words),
		 "checksum %016llx, expected %016llx (superblock)",
		 (unsigned long long)vsx_sum64(raw, 504),
		 (unsigned long long)due);
	refused(decode(raw, sizeof(raw)), VSX_ECORRUPT, words);
}

/* A rule of a field: change the object, encode, decode. */
static void expect(const struct vsx_super *sb, enum vsx_status due,
		   const char *words)
{
	uint8_t raw[VSX_SUPER_BYTES];
	enum vsx_status status;

	vsx_super_encode(raw, sb);
	status = decode(raw, sizeof(raw));
	refused(status, due, words);
}

Test(super, page_shift_is_12_to_16)
{
	struct vsx_super sb = good();

	for (uint32_t shift = 0; shift < 70; shift++) {
		bool ok = shift >= 12 && shift <= 16;

		sb.page_shift = shift;
		sb.manifest_offset = 1 << 16;
		sb.committed_bytes = 2 << 16;
		expect(&sb, ok ? VSX_OK : VSX_ECORRUPT,
		       ok ? "" : "expected 12 to 16");
	}
	sb.page_shift = UINT32_MAX;
	expect(&sb, VSX_ECORRUPT, "page shift is 4294967295");
}

Test(super, generation_begins_at_1)
{
	struct vsx_super sb = good();

	sb.generation = 0;
	expect(&sb, VSX_ECORRUPT, "generation is 0, expected 1 or more");
	sb.generation = UINT64_MAX;
	expect(&sb, VSX_OK, "");
}

Test(super, committed_length_is_whole_pages)
{
	struct vsx_super sb = good();

	sb.committed_bytes = 40961;
	expect(&sb, VSX_ECORRUPT, "committed length 40961");
	sb.committed_bytes = UINT64_MAX - 4095; /* pages, but no off_t */
	expect(&sb, VSX_ECORRUPT, "committed length 18446744073709547520");
	sb.committed_bytes = (UINT64_C(1) << 63) - 4096;
	expect(&sb, VSX_OK, "");
	sb.committed_bytes = UINT64_C(1) << 63;
	expect(&sb, VSX_ECORRUPT, "committed length 9223372036854775808");
}

Test(super, manifest_has_256_bytes_to_256_mib)
{
	struct vsx_super sb = good();

	sb.manifest_bytes = 255;
	expect(&sb, VSX_ECORRUPT,
	       "manifest has 255 bytes, expected 256 to "
	       "268435456");
	sb.manifest_bytes = 256;
	expect(&sb, VSX_OK, "");
	sb.committed_bytes = UINT64_C(1) << 32;
	sb.manifest_bytes = 256 << 20;
	expect(&sb, VSX_OK, "");
	sb.manifest_bytes++;
	expect(&sb, VSX_ECORRUPT, "manifest has 268435457 bytes");
	sb.manifest_bytes = UINT64_MAX;
	expect(&sb, VSX_ECORRUPT, "manifest has 18446744073709551615 bytes");
}

Test(super, manifest_lies_between_data_start_and_end)
{
	struct vsx_super sb = good();

	sb.manifest_offset = 36865;
	expect(&sb, VSX_ECORRUPT, "manifest at byte 36865");
	sb.manifest_offset = 4096; /* slot 1 */
	expect(&sb, VSX_ECORRUPT, "between byte 8192 and the end 40960");
	sb.manifest_offset = 8192;
	expect(&sb, VSX_OK, "");
	sb.manifest_offset = 40960;
	expect(&sb, VSX_ECORRUPT, "manifest at byte 40960");
	sb.manifest_offset = UINT64_MAX - 4095; /* + bytes would wrap */
	expect(&sb, VSX_ECORRUPT, "manifest at byte 18446744073709547520");
	sb = good();
	sb.manifest_bytes = 4096;
	expect(&sb, VSX_OK, "");
	sb.manifest_bytes = 4097;
	expect(&sb, VSX_ECORRUPT, "does not lie between");
}

Test(super, data_starts_behind_both_slots)
{
	struct vsx_super sb = good();

	cr_expect_eq(vsx_data_start(12), 8192);
	cr_expect_eq(vsx_data_start(13), 8192);
	cr_expect_eq(vsx_data_start(14), 16384);
	cr_expect_eq(vsx_data_start(16), 65536);
	sb.page_shift = 16;
	sb.manifest_offset = 0;
	sb.committed_bytes = 131072;
	expect(&sb, VSX_ECORRUPT, "between byte 65536 and the end 131072");
}

/* ---- the choice ------------------------------------------------------ */

static uint8_t head[2 * VSX_SLOT_BYTES];

static void put_slot(int i, uint64_t generation)
{
	struct vsx_super sb = good();

	sb.generation = generation;
	vsx_super_encode(head + i * VSX_SLOT_BYTES, &sb);
}

static void drop_slot(int i)
{
	memset(head + i * VSX_SLOT_BYTES, 0, VSX_SUPER_BYTES);
}

/* -1 when there is none. */
static int chosen(size_t n, struct vsx_slot slots[2], enum vsx_status *status)
{
	uint8_t *copy = malloc(n ? n : 1);
	int slot = -1;

	memset(&err, 0, sizeof(err));
	memcpy(copy, head, n);
	*status = vsx_super_choose(slots, &slot, copy, n, &err);
	free(copy);
	return *status == VSX_OK ? slot : -1;
}

static void expect_choice(int due)
{
	struct vsx_slot slots[2];
	enum vsx_status status;

	cr_expect_eq(chosen(sizeof(head), slots, &status), due, "%s", err.text);
}

Test(super_choose, takes_the_higher_generation)
{
	put_slot(0, 2);
	put_slot(1, 1);
	expect_choice(0);
	put_slot(1, 3);
	expect_choice(1);
	put_slot(0, UINT64_MAX);
	expect_choice(0);
}

Test(super_choose, takes_slot_0_on_a_tie)
{
	put_slot(0, 1);
	put_slot(1, 1);
	expect_choice(0);
}

Test(super_choose, takes_the_one_that_is_valid)
{
	struct vsx_slot slots[2];
	enum vsx_status status;

	put_slot(0, 9);
	put_slot(1, 8);
	head[100] ^= 1;
	cr_expect_eq(chosen(sizeof(head), slots, &status), 1);
	cr_expect_eq(slots[0].state, VSX_SLOT_BAD);
	cr_expect_eq(slots[0].status, VSX_ECORRUPT);
	cr_expect(strstr(slots[0].error.text, "(superblock)"));
	cr_expect_eq(slots[1].state, VSX_SLOT_VALID);
	head[100] ^= 1;
	head[VSX_SLOT_BYTES + 100] ^= 1;
	expect_choice(0);
}

/* A commit that was cut off in the middle of its slot. */
Test(super_choose, survives_a_torn_slot)
{
	uint8_t newer[VSX_SUPER_BYTES], older[VSX_SUPER_BYTES];

	put_slot(0, 4);
	memcpy(newer, head, sizeof(newer));
	put_slot(0, 2);
	memcpy(older, head, sizeof(older));
	put_slot(1, 3);
	for (size_t n = 1; n < VSX_SUPER_BYTES; n++) {
		memcpy(head, newer, n);
		memcpy(head + n, older + n, VSX_SUPER_BYTES - n);
		/* Up to the first byte that differs nothing is torn. */
		if (memcmp(head, newer, VSX_SUPER_BYTES) == 0)
			expect_choice(0);
		else
			expect_choice(1);
	}
}

Test(super_choose, tells_an_empty_slot)
{
	struct vsx_slot slots[2];
	enum vsx_status status;

	put_slot(0, 1);
	drop_slot(1);
	cr_expect_eq(chosen(sizeof(head), slots, &status), 0);
	cr_expect_eq(slots[1].state, VSX_SLOT_EMPTY);
	put_slot(1, 1);
	drop_slot(0);
	cr_expect_eq(chosen(sizeof(head), slots, &status), 1);
	cr_expect_eq(slots[0].state, VSX_SLOT_EMPTY);
}

Test(super_choose, refuses_when_none_is_valid)
{
	struct vsx_slot slots[2];
	enum vsx_status status;

	cr_expect_eq(chosen(sizeof(head), slots, &status), -1);
	cr_expect_eq(status, VSX_EFORMAT);
	put_slot(0, 1);
	put_slot(1, 1);
	head[100] ^= 1;
	head[VSX_SLOT_BYTES + 100] ^= 1;
	cr_expect_eq(chosen(sizeof(head), slots, &status), -1);
	cr_expect_eq(status, VSX_ECORRUPT);
	/* The one with the magic tells more. */
	drop_slot(0);
	cr_expect_eq(chosen(sizeof(head), slots, &status), -1);
	cr_expect_eq(status, VSX_ECORRUPT);
	cr_expect(strstr(err.text, "(superblock)"));
}

/* The caller refuses the file for it: the status says why. */
Test(super_choose, keeps_that_a_slot_is_of_a_newer_writer)
{
	struct vsx_slot slots[2];
	enum vsx_status status;

	put_slot(0, 2);
	put_slot(1, 1);
	head[16] = 4;
	vsx_super_seal(head);
	chosen(sizeof(head), slots, &status);
	cr_expect_eq(slots[0].state, VSX_SLOT_BAD);
	cr_expect_eq(slots[0].status, VSX_EVERSION);
	put_slot(1, 3);
	head[VSX_SLOT_BYTES + 8] = 9;
	vsx_super_seal(head + VSX_SLOT_BYTES);
	cr_expect_eq(chosen(sizeof(head), slots, &status), -1);
	cr_expect_eq(status, VSX_EVERSION);
}

Test(super_choose, reads_no_byte_beyond_a_short_file)
{
	struct vsx_slot slots[2];
	enum vsx_status status;

	put_slot(0, 1);
	put_slot(1, 2);
	for (size_t n = 0; n <= sizeof(head); n++) {
		int due = n < VSX_SUPER_BYTES			 ? -1
			  : n < VSX_SLOT_BYTES + VSX_SUPER_BYTES ? 0
								 : 1;

		cr_expect_eq(chosen(n, slots, &status), due, "length %zu", n);
	}
}
