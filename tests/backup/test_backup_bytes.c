/* The rules for every byte of a repository and a stream, broken one by one. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backup/packer.h"
#include "scene.h"

TestSuite(backup_bytes, .init = scene_make, .fini = scene_drop, .timeout = 120);

static struct vsx_error err;

static void put32(uint8_t *p, uint32_t x)
{
	vsx_le32 v;

	vsx_put32(&v, x);
	memcpy(p, &v, 4);
}

static void put64(uint8_t *p, uint64_t x)
{
	vsx_le64 v;

	vsx_put64(&v, x);
	memcpy(p, &v, 8);
}

static void seal_head(uint8_t raw[VSX_HEAD_BYTES])
{
	put64(raw + 56, vsx_sum64(raw, 56));
}

/* ---- chunks ----------------------------------------------------------- */

static const struct vsx_chunk_head good = {
	.encoding = VSX_CHUNK_PLANES,
	.width = 4,
	.raw_bytes = 4096,
	.stored_bytes = 100,
	.stored_sum = 5,
};

Test(backup_bytes, a_head_of_a_chunk_keeps_its_rules)
{
	static const struct {
		size_t at;
		uint32_t value;
		bool sealed;
		enum vsx_status due;
	} cases[] = {
		{0, 1, true, VSX_EFORMAT},
		{8, 2, true, VSX_EVERSION}, /* version */
		{8, 2, false, VSX_ECORRUPT},
		{12, 3, true, VSX_EVERSION}, /* encoding */
		{12, 1, true, VSX_ECORRUPT}, /* LZ4 with a width */
		{16, 0, true, VSX_ECORRUPT}, /* width */
		{16, 3, true, VSX_ECORRUPT},
		{16, 16, true, VSX_ECORRUPT},
		{20, 0, true, VSX_ECORRUPT}, /* raw bytes */
		{20, VSX_MAX_CHUNK_BYTES + 1, true, VSX_ECORRUPT},
		{20, 100, true, VSX_ECORRUPT},
		{24, 0, true, VSX_ECORRUPT}, /* stored bytes */
		{24, 4096, true, VSX_ECORRUPT},
		{24, 0xffffffff, true, VSX_ECORRUPT},
		{28, 1, true, VSX_ECORRUPT},  /* zero */
		{32, 1, false, VSX_ECORRUPT}, /* hash */
		{48, 1, false, VSX_ECORRUPT}, /* sum of the stored bytes */
		{56, 1, false, VSX_ECORRUPT},
	};
	uint8_t raw[VSX_HEAD_BYTES];
	struct vsx_chunk_head head;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vsx_chunk_head_encode(raw, &good);
		cr_assert_eq(vsx_chunk_head_decode(&head, raw, &err), VSX_OK);
		cr_assert_eq(head.width, 4);
		put32(raw + cases[i].at, cases[i].value);
		if (cases[i].sealed)
			seal_head(raw);
		cr_expect_eq(vsx_chunk_head_decode(&head, raw, &err),
			     cases[i].due, "case %zu: %s", i, err.text);
	}
}

Test(backup_bytes, a_plain_chunk_has_neither_width_nor_sum)
{
	struct vsx_chunk_head plain = {.raw_bytes = 9, .stored_bytes = 9};
	struct vsx_chunk_head head;
	uint8_t raw[VSX_HEAD_BYTES];

	vsx_chunk_head_encode(raw, &plain);
	cr_assert_eq(vsx_chunk_head_decode(&head, raw, &err), VSX_OK);
	for (int i = 0; i < 3; i++) {
		struct vsx_chunk_head bad = plain;

		bad.width = i == 0 ? 4 : 0;
		bad.stored_sum = i == 1;
		bad.stored_bytes -= i == 2;
		vsx_chunk_head_encode(raw, &bad);
		cr_assert_eq(vsx_chunk_head_decode(&head, raw, &err),
			     VSX_ECORRUPT);
	}
}

/* What kinds of bytes there are; none is changed on the way. */
static void fill(uint8_t *p, uint32_t n, int kind)
{
	srandom((unsigned int)kind);
	for (uint32_t i = 0; i < n; i++)
		p[i] = (uint8_t)(kind == 0   ? 0
				 : kind == 1 ? random()
				 : kind == 2 ? (i % 4 == 3 ? 0x3f : random())
				 : kind == 3 ? (i % 8 ? 0 : i / 8)
					     : i % 251);
}

Test(backup_bytes, chunks_come_back_as_they_were)
{
	static const uint32_t sizes[] = {
		1, 2, 3, 7, 64, 4096, 8191, 8192, 8193, 65536, 70001, 262144};
	struct vsx_packer c, d;
	unsigned int encodings = 0;

	cr_assert_eq(vsx_packer_init(&c, 262144, &err), VSX_OK);
	cr_assert_eq(vsx_packer_init(&d, 1024, &err), VSX_OK);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int kind = 0; kind < 5; kind++) {
			uint32_t n = sizes[i];
			struct vsx_chunk_head head;
			struct vsx_hash hash;
			const uint8_t *record;
			size_t bytes;

			fill(vsx_packer_bytes(&c), n, kind);
			hash = vsx_hash128(vsx_packer_bytes(&c), n);
			vsx_packer_pack(&c, n, hash, &record, &bytes);
			cr_assert_leq(bytes, n + VSX_HEAD_BYTES);
			cr_assert_eq(vsx_chunk_head_decode(&head, record, &err),
				     VSX_OK, "%s", err.text);
			encodings |= 1u << head.encoding;
			cr_assert_eq(vsx_packer_fit(&d, n, &err), VSX_OK);
			memcpy(vsx_packer_stored(&d, &head),
			       record + VSX_HEAD_BYTES, head.stored_bytes);
			cr_assert_eq(vsx_packer_unpack(&d, &head, &err), VSX_OK,
				     "%s", err.text);
			cr_assert_eq(memcmp(vsx_packer_bytes(&c),
					    vsx_packer_bytes(&d), n),
				     0);
			cr_assert(kind != 1 || bytes == n + VSX_HEAD_BYTES);
		}
	}
	cr_assert_eq(encodings, 7, "every encoding was in use");
	vsx_packer_release(&c);
	vsx_packer_release(&d);
}

/* The sums are those of the bytes, and still it does not decode. */
Test(backup_bytes, stored_bytes_that_lie_are_refused)
{
	struct vsx_packer c;
	const uint8_t *record;
	struct vsx_chunk_head head;
	struct vsx_hash hash;
	uint8_t copy[8192];
	size_t bytes;

	cr_assert_eq(vsx_packer_init(&c, 8192, &err), VSX_OK);
	fill(vsx_packer_bytes(&c), 8192, 4);
	hash = vsx_hash128(vsx_packer_bytes(&c), 8192);
	vsx_packer_pack(&c, 8192, hash, &record, &bytes);
	cr_assert_eq(vsx_chunk_head_decode(&head, record, &err), VSX_OK);
	memcpy(copy, record + VSX_HEAD_BYTES, head.stored_bytes);
	for (uint32_t i = 0; i < head.stored_bytes; i++) {
		uint8_t *stored = vsx_packer_stored(&c, &head);
		struct vsx_chunk_head h = head;

		memcpy(stored, copy, head.stored_bytes);
		stored[i] ^= 0x55;
		cr_assert_eq(vsx_packer_unpack(&c, &h, &err), VSX_ECORRUPT);
		h.stored_sum = vsx_sum64(stored, h.stored_bytes);
		cr_assert_eq(vsx_packer_unpack(&c, &h, &err), VSX_ECORRUPT);
		/* Also when it says that it is shorter, or longer. */
		memcpy(stored, copy, head.stored_bytes);
		h = head;
		h.raw_bytes = i + 1;
		cr_assert_eq(vsx_packer_unpack(&c, &h, &err), VSX_ECORRUPT);
	}
	vsx_packer_release(&c);
}

/* ---- snapshots -------------------------------------------------------- */

static uint8_t *good_snapshot(uint64_t *n)
{
	struct vsx_chunk_ref refs[3] = {
		{.bytes = 8192}, {.bytes = 65536}, {.bytes = 4096}};
	struct vsx_snapshot_record s = {
		.created = 1,
		.index_bytes = 8192 + 65536 + 4096,
		.generation = 3,
		.n_rows = 10,
		.n_live = 9,
		.source = "/somewhere/i.vsx",
		.n_chunks = 3,
		.chunks = refs,
	};
	uint8_t *raw;

	cr_assert_eq(vsx_snapshot_encode(&raw, n, &s, &err), VSX_OK);
	return raw;
}

static void seal_snapshot(uint8_t *raw, uint64_t n)
{
	struct vsx_hash h = vsx_hash128(raw, n - 16);

	memcpy(raw + n - 16, h.b, 16);
}

Test(backup_bytes, a_snapshot_keeps_its_rules)
{
	static const struct {
		size_t at;
		uint64_t value; /* of 8 bytes */
		enum vsx_status due;
	} cases[] = {
		{0, 1, VSX_EFORMAT},
		{8, 2, VSX_EVERSION},
		{8, 1 | UINT64_C(1) << 32, VSX_ECORRUPT}, /* zero */
		{16, 1, VSX_EVERSION},			  /* features */
		{32, 0, VSX_ECORRUPT},			  /* index_bytes */
		{32, 4096, VSX_ECORRUPT},
		{32, 77825, VSX_ECORRUPT},
		{32, UINT64_C(1) << 63, VSX_ECORRUPT},
		{40, 0, VSX_ECORRUPT},	/* generation */
		{72, 11, VSX_ECORRUPT}, /* n_live */
		{96, 2, VSX_ECORRUPT},	/* n_chunks */
		{96, 4, VSX_ECORRUPT},
		{96, UINT64_MAX, VSX_ECORRUPT},
		{96, UINT64_MAX / 24, VSX_ECORRUPT},
		{112, 1, VSX_ECORRUPT}, /* zero */
		{120, 1, VSX_ECORRUPT},
		{128, 0x0a41, VSX_ECORRUPT}, /* source */
		{128, 0x7f, VSX_ECORRUPT},
		{128, 0x41, VSX_ECORRUPT}, /* something behind its end */
		{376, 0x4100000000000000, VSX_ECORRUPT},
		{400, 0, VSX_ECORRUPT}, /* bytes of a chunk */
		{400, VSX_MAX_CHUNK_BYTES + 1, VSX_ECORRUPT},
		{400, 8193, VSX_ECORRUPT},
		{400, 8192 | UINT64_C(1) << 32, VSX_ECORRUPT}, /* zero */
	};
	struct vsx_snapshot_record s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t n;
		uint8_t *raw = good_snapshot(&n);

		cr_assert_eq(vsx_snapshot_decode(&s, raw, n, &err), VSX_OK,
			     "%s", err.text);
		cr_assert_eq(s.n_chunks, 3);
		cr_assert_str_eq(s.source, "/somewhere/i.vsx");
		free(s.chunks);
		put64(raw + cases[i].at, cases[i].value);
		seal_snapshot(raw, n);
		cr_expect_eq(vsx_snapshot_decode(&s, raw, n, &err),
			     cases[i].due, "case %zu: %s", i, err.text);
		cr_expect_null(s.chunks);
		free(raw);
	}
}

Test(backup_bytes, a_snapshot_of_any_other_length_is_refused)
{
	struct vsx_snapshot_record s;
	uint64_t n;
	uint8_t *raw = good_snapshot(&n);

	for (uint64_t left = 0; left < n; left++) {
		uint8_t *cut = malloc(left + 1);

		memcpy(cut, raw, left);
		cr_assert_neq(vsx_snapshot_decode(&s, cut, left, &err), VSX_OK);
		if (left >= 16) {
			seal_snapshot(cut, left);
			cr_assert_neq(vsx_snapshot_decode(&s, cut, left, &err),
				      VSX_OK);
		}
		free(cut);
	}
	free(raw);
}

/* ---- streams ---------------------------------------------------------- */

static uint8_t *stream;
static size_t stream_bytes;
static const char *stream_index;

/* A small one: of half a dozen chunks. */
static void make_stream(void)
{
	struct support_index what = {
		.spec = "Flat", .n = 40, .n_test_queries = UINT32_MAX};
	int fd = memfd_create("stream", 0);

	stream_index = scene_path("s.vsx");
	support_build(stream_index, what);
	cr_assert_eq(vsx_backup_send(stream_index, fd, NULL, NULL, &err),
		     VSX_OK, "%s", err.text);
	stream_bytes = (size_t)lseek(fd, 0, SEEK_END);
	stream = malloc(stream_bytes + 1);
	cr_assert_eq(pread(fd, stream, stream_bytes, 0), (ssize_t)stream_bytes);
	close(fd);
}

/* What restoring the first n bytes of it answers; nothing is left of it. */
static enum vsx_status receive(const uint8_t *p, size_t n)
{
	const char *out = scene_path("out/i.vsx");
	struct shaky steady = {.at = -1};
	struct vsx_file_ops ops = shaky_ops(&steady);
	int fd = memfd_create("stream", 0);
	enum vsx_status status;

	cr_assert_eq(pwrite(fd, p, n, 0), (ssize_t)n);
	status = vsx_backup_receive_on(fd, out, NULL, &ops, NULL, &err);
	close(fd);
	if (status == VSX_OK) {
		cr_assert(scene_same(out, stream_index));
		unlink(out);
	}
	cr_assert_eq(scene_count(scene_path("out")), 0);
	return status;
}

static void begin(void)
{
	make_stream();
	vsx_system_files.mkdir(NULL, scene_path("out"), 0777);
	cr_assert_eq(receive(stream, stream_bytes), VSX_OK, "%s", err.text);
}

static unsigned int n_reserved;

static int count_reserve(void *context, int fd, uint64_t bytes)
{
	(void)context;
	(void)fd;
	(void)bytes;
	n_reserved++;
	errno = ENOSPC;
	return -1;
}

/* A stream may say that it is of any length: that takes no disk. */
Test(backup_bytes, a_stream_takes_the_blocks_of_what_it_brings)
{
	struct vsx_file_ops ops = vsx_system_files;
	int fd = memfd_create("stream", 0);
	vsx_le64 word;

	begin();
	vsx_put64(&word, UINT64_C(1) << 62);
	memcpy(stream + 24, &word, 8);
	vsx_put64(&word, vsx_sum64(stream, 56));
	memcpy(stream + 56, &word, 8);
	cr_assert_eq(pwrite(fd, stream, stream_bytes, 0),
		     (ssize_t)stream_bytes);
	ops.reserve = count_reserve;
	cr_expect_eq(vsx_backup_receive_on(fd, scene_path("out/i.vsx"), NULL,
					   &ops, NULL, &err),
		     VSX_ECORRUPT, "%s", err.text);
	cr_expect_eq(n_reserved, 0);
	cr_expect_eq(scene_count(scene_path("out")), 0);
	close(fd);
}

Test(backup_bytes, a_stream_that_was_cut_anywhere_is_refused)
{
	begin();
	for (size_t n = 0; n < stream_bytes; n++)
		cr_assert_eq(receive(stream, n), VSX_ETRUNCATED, "%zu: %s", n,
			     err.text);
	stream[stream_bytes] = 0;
	cr_assert_eq(receive(stream, stream_bytes + 1), VSX_ECORRUPT);
	cr_assert(strstr(err.text, "continues after its end"), "%s", err.text);
	free(stream);
}

Test(backup_bytes, a_stream_with_a_changed_byte_is_refused)
{
	begin();
	for (size_t i = 0; i < stream_bytes; i++) {
		stream[i] ^= 0x10;
		cr_assert_neq(receive(stream, stream_bytes), VSX_OK, "%zu", i);
		stream[i] ^= 0x10;
	}
	free(stream);
}

/* The length of the first chunk's record, behind the head. */
static size_t first_record(void)
{
	struct vsx_chunk_head head;

	cr_assert_eq(
		vsx_chunk_head_decode(&head, stream + VSX_HEAD_BYTES, &err),
		VSX_OK);
	return VSX_HEAD_BYTES + head.stored_bytes;
}

Test(backup_bytes, a_stream_that_has_lost_or_gained_a_chunk_is_refused)
{
	size_t n, at = VSX_HEAD_BYTES;
	uint8_t *other;

	begin();
	n = first_record();
	other = malloc(stream_bytes + n);
	memcpy(other, stream, at);
	memcpy(other + at, stream + at + n, stream_bytes - at - n);
	cr_assert_neq(receive(other, stream_bytes - n), VSX_OK);
	memcpy(other + at, stream + at, n);
	memcpy(other + at + n, stream + at, stream_bytes - at);
	cr_assert_neq(receive(other, stream_bytes + n), VSX_OK);
	/* One that says to be of another index. */
	memcpy(other, stream, stream_bytes);
	vsx_stream_head_encode(other, 1 << 30);
	cr_assert_eq(receive(other, stream_bytes), VSX_ECORRUPT, "%s",
		     err.text);
	vsx_stream_head_encode(other, 4096);
	cr_assert_eq(receive(other, stream_bytes), VSX_ECORRUPT);
	vsx_stream_head_encode(other, 0);
	cr_assert_eq(receive(other, stream_bytes), VSX_ECORRUPT);
	vsx_stream_head_encode(other, 4097);
	cr_assert_eq(receive(other, stream_bytes), VSX_ECORRUPT);
	/* What no stream is. */
	memcpy(other, "\x93NUMPY", 6);
	cr_assert_eq(receive(other, stream_bytes), VSX_EFORMAT);
	free(other);
	free(stream);
}

/* ---- records of a repository ------------------------------------------ */

static uint8_t *good_checks(uint64_t *n)
{
	static const struct vsx_chunk_check all[] = {
		{{{1}}, 100, 7}, {{{2}}, 1, 8}, {{{2, 1}}, UINT64_MAX, 9}};
	uint8_t *raw = vsx_checked_encode(n, all, 3);

	cr_assert_not_null(raw);
	return raw;
}

/* [11.2-9] [11.7-1] [11.7-2] [11.7-3] [11.7-4] */
Test(backup_bytes, a_record_of_checks_keeps_its_rules)
{
	static const struct {
		size_t at;
		uint64_t value; /* of 8 bytes */
		enum vsx_status due;
	} cases[] = {
		{0, 1, VSX_EFORMAT},
		{8, 2, VSX_EVERSION},
		{8, 1 | UINT64_C(1) << 32, VSX_ECORRUPT}, /* zero */
		{16, 1, VSX_EVERSION},			  /* features */
		{24, 2, VSX_ECORRUPT},			  /* value */
		{24, 4, VSX_ECORRUPT},
		{24, UINT64_MAX, VSX_ECORRUPT},
		{24, UINT64_C(1) << 59 | 3, VSX_ECORRUPT},
		{48, 1, VSX_ECORRUPT},	    /* zero */
		{64, 2, VSX_ECORRUPT},	    /* the same twice */
		{64, 0x0202, VSX_ECORRUPT}, /* not in order */
		{64 + 16, 0, VSX_ECORRUPT}, /* at */
		{64 + 24, 0, VSX_ECORRUPT}, /* stamp */
		{64 + 64 + 16, 0, VSX_ECORRUPT},
		{64 + 64, 0x02, VSX_ECORRUPT},
	};
	struct vsx_chunk_check check;
	uint64_t n, n_checks;
	uint8_t *raw = good_checks(&n);

	cr_assert_eq(n, 64 + 3 * 32 + 16);
	cr_assert_eq(vsx_checked_count(&n_checks, raw, n, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(n_checks, 3);
	vsx_checked_get(&check, raw, 2);
	cr_expect_eq(check.hash.b[1], 1);
	cr_expect_eq(check.at, UINT64_MAX);
	cr_expect_eq(check.stamp, 9);
	for (uint64_t left = 0; left < n; left++)
		cr_expect_neq(vsx_checked_count(&n_checks, raw, left, &err),
			      VSX_OK, "%llu", (unsigned long long)left);
	raw[n - 1] ^= 1;
	cr_expect_eq(vsx_checked_count(&n_checks, raw, n, &err), VSX_ECORRUPT);
	free(raw);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		raw = good_checks(&n);
		put64(raw + cases[i].at, cases[i].value);
		seal_head(raw);
		seal_snapshot(raw, n);
		cr_expect_eq(vsx_checked_count(&n_checks, raw, n, &err),
			     cases[i].due, "case %zu: %s", i, err.text);
		free(raw);
	}
}

/* [11.2-8] */
Test(backup_bytes, the_last_number_keeps_its_rules)
{
	static const struct {
		size_t at;
		uint64_t value; /* of 8 bytes */
		enum vsx_status due;
	} cases[] = {
		{0, 1, VSX_EFORMAT},   {8, 2, VSX_EVERSION},
		{16, 1, VSX_EVERSION}, {24, 0, VSX_ECORRUPT},
		{24, 1, VSX_OK},       {24, VSX_MAX_SEQUENCE, VSX_OK},
		{32, 1, VSX_ECORRUPT}, {24, VSX_MAX_SEQUENCE + 1, VSX_ECORRUPT},
	};
	uint8_t raw[VSX_HEAD_BYTES + 1] = {0};
	uint64_t last;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vsx_head_encode(raw, VSX_HEAD_SEQUENCE, 5);
		put64(raw + cases[i].at, cases[i].value);
		seal_head(raw);
		cr_expect_eq(
			vsx_sequence_decode(&last, raw, VSX_HEAD_BYTES, &err),
			cases[i].due, "case %zu: %s", i, err.text);
	}
	/* That of something else, or of another length. */
	vsx_head_encode(raw, VSX_HEAD_STREAM, 4096);
	cr_expect_eq(vsx_sequence_decode(&last, raw, VSX_HEAD_BYTES, &err),
		     VSX_EFORMAT);
	vsx_head_encode(raw, VSX_HEAD_SEQUENCE, 5);
	for (uint64_t n = 0; n <= sizeof(raw); n++)
		cr_expect_eq(vsx_sequence_decode(&last, raw, n, &err),
			     n == VSX_HEAD_BYTES ? VSX_OK : VSX_ECORRUPT);
	/* The head of a repository tells nothing. */
	vsx_head_encode(raw, VSX_HEAD_REPO, 5);
	cr_expect_eq(vsx_repo_head_decode(raw, VSX_HEAD_BYTES, &err),
		     VSX_ECORRUPT);
}
