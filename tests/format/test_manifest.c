/* The manifest: SPEC.md 4.2, rule by rule. */
#include "format/good_manifest.h"

Test(manifest, round_trip)
{
	struct vsx_manifest out;

	prove_good();
	cr_assert_eq(vsx_manifest_decode(&out, raw, n_raw, &sb, &err), VSX_OK);
	cr_expect_eq(out.page_shift, 12);
	cr_expect_eq(out.generation, m.generation);
	cr_expect_eq(out.n_rows, m.n_rows);
	cr_expect_eq(out.n_live, m.n_live);
	cr_expect_eq(out.dim, m.dim);
	cr_expect_eq(out.metric, m.metric);
	cr_expect_eq(out.elem, m.elem);
	cr_expect_eq(out.flags, m.flags);
	cr_expect_eq(out.seed, m.seed);
	cr_expect_eq(out.default_effort, m.default_effort);
	cr_expect_eq(out.default_refine, m.default_refine);
	cr_expect_eq(out.target_recall, m.target_recall);
	cr_expect_eq(out.n_queries, m.n_queries);
	cr_expect_eq(out.truth_k, m.truth_k);
	cr_expect_eq(out.n_recalls, m.n_recalls);
	for (uint32_t i = 0; i < N_SEGMENTS; i++) {
		struct vsx_segment_entry e = vsx_manifest_segment(&out, i);

		cr_expect_eq(e.kind, seg[i].kind);
		cr_expect_eq(e.row_stride, seg[i].row_stride);
		cr_expect_eq(e.n_rows, seg[i].n_rows);
		cr_expect_eq(e.generation, seg[i].generation);
		cr_expect_arr_eq(e.params, seg[i].params, sizeof(e.params));
	}
	for (uint32_t i = 0; i < N_SECTIONS; i++) {
		struct vsx_section_entry e = vsx_manifest_section(&out, i);

		cr_expect_eq(e.id, sec[i].id);
		cr_expect_eq(e.segment, sec[i].segment);
		cr_expect_eq(e.encoding, sec[i].encoding);
		cr_expect_eq(e.offset, sec[i].offset);
		cr_expect_eq(e.bytes, sec[i].bytes);
		cr_expect_eq(e.raw_bytes, sec[i].raw_bytes);
		cr_expect_eq(e.sums_offset, sec[i].sums_offset);
		cr_expect_eq(e.sums_bytes, sec[i].sums_bytes);
		cr_expect(vsx_hash_equal(e.root, sec[i].root));
	}
}

/* The bytes themselves, so that encoder and decoder cannot err together. */
Test(manifest, fields_lie_where_the_tables_say)
{
	static const struct {
		size_t at;
		uint8_t due;
	} bytes[] = {
		{0, 'M'},
		{1, 'A'},
		{2, 'N'},
		{3, 'I'},
		{4, N_SEGMENTS},
		{8, N_SECTIONS},
		{12, sizeof(PROPERTIES)},
		{16, 3},
		{24, 1100 & 255},
		{32, 1100 & 255},
		{40, 16},
		{44, VSX_COSINE},
		{48, VSX_F32},
		{52, 3},
		{56, 0xf0},
		{63, 0x12},
		{64, 40},
		{68, 950000 & 255},
		{72, 100},
		{76, 10},
		{80, 1},
		{84, 500 & 255},
		{88, 200},
		{92, 'H'},
		{97, '2'},
		{156, 1500 & 255},
		{SEGMENT(0), VSX_HNSW},
		{SEGMENT(0) + 4, 72},
		{SEGMENT(0) + 8, 1000 & 255},
		{SEGMENT(0) + 16, 1},
		{SEGMENT(0) + 24, 16},
		{SEGMENT(0) + 28, 200},
		{SEGMENT(1), VSX_IVF},
		{SECTION(0), 'V'},
		{SECTION(0) + 3, 'S'},
		{SECTION(1) + 4, 1},
		{SECTION(3) + 4, 0xff},
		{SECTION(0) + 17, 0x20},
		{SECTION(2) + 24, 288 & 255},
		{SECTION(3) + 32, 4000 & 255},
		{SECTION(2) + 40, 16},
		{SECTION(0) + 48, 16},
		{SECTION(0) + 56, 0x5a},
		{SECTION(0) + 71, 0x5a},
		{SECTION(N_SECTIONS), 'l'},
	};

	prove_good();
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		cr_expect_eq(raw[bytes[i].at], bytes[i].due, "byte %zu",
			     bytes[i].at);
	cr_expect_eq(n_raw, SECTION(N_SECTIONS) + sizeof(PROPERTIES));
}

/* ---- lengths --------------------------------------------------------- */

Test(manifest, refuses_every_other_length)
{
	prove_good();
	for (uint64_t n = 0; n < n_raw; n++)
		cr_expect_eq(decode(n), VSX_ECORRUPT, "length %zu", (size_t)n);
	for (uint64_t n = n_raw + 1; n < n_raw + 100; n++)
		cr_expect_eq(decode(n), VSX_ECORRUPT, "length %zu", (size_t)n);
	cr_expect_eq(decode(n_raw), VSX_OK);
}

Test(manifest, refuses_counts_that_are_not_its_length)
{
	static const size_t counts[] = {4, 8, 12};

	for (size_t i = 0; i < 3; i++)
		for (size_t b = 0; b < 4; b++) {
			prove_good();
			raw[counts[i] + b] ^= 0x80;
			refused(VSX_ECORRUPT, "manifest of ");
		}
}

/* [4.2.1-2] and [4.2.1-3]: with a length that would fit the count. */
Test(manifest, refuses_more_entries_than_there_may_be)
{
	uint64_t n = 256 + 64 * UINT64_C(262145);
	uint8_t *big = calloc(1, n);
	struct vsx_manifest out;

	prove_good();
	memcpy(big, raw, 256);
	memset(big + 4, 0, 12);
	big[4] = 1;
	big[6] = 4; /* 262145 segments */
	cr_expect_eq(vsx_manifest_decode(&out, big, n, &sb, &err),
		     VSX_ECORRUPT);
	cr_expect(strstr(err.text, "262145 segments"), "%s", err.text);
	free(big);
	n = 256 + UINT64_C(80) * 3355444;
	big = calloc(1, n);
	memcpy(big, raw, 256);
	memset(big + 4, 0, 12);
	big[8] = 0x34;
	big[9] = big[10] = 0x33; /* 3355444 sections */
	cr_expect_eq(vsx_manifest_decode(&out, big, n, &sb, &err),
		     VSX_ECORRUPT);
	cr_expect(strstr(err.text, "3355444 sections"), "%s", err.text);
	/* One less is no more than the greatest manifest has room for. */
	big[8] = 0x33;
	cr_expect_eq(vsx_manifest_decode(&out, big, n - 80, &sb, &err),
		     VSX_ECORRUPT);
	cr_expect_not(strstr(err.text, "manifest of "), "%s", err.text);
	free(big);
}

/* ---- 4.2.1: the header ----------------------------------------------- */

Test(manifest, refuses_another_tag)
{
	for (size_t at = 0; at < 4; at++)
		byte_refused(at, "does not begin with MANI");
}

Test(manifest, refuses_reserved_bytes_of_the_header)
{
	for (size_t at = 160; at < 256; at++)
		byte_refused(at, "reserved bytes of the manifest");
}

REFUSES(another_generation, CORRUPT,
	"manifest has generation 4, the superblock 3", m.generation = 4)
REFUSES(queries_without_neighbours, CORRUPT, "100 queries with 0 neighbours",
	m.truth_k = 0)
REFUSES(more_neighbours_than_rows, CORRUPT, "neighbours each",
	m.truth_k = (uint32_t)m.n_rows + 1)
REFUSES(own_queries_that_count_themselves, CORRUPT, "neighbours each",
	m.flags = VSX_MANIFEST_OWN_QUERIES;
	m.truth_k = (uint32_t)m.n_rows)
REFUSES(more_neighbours_than_100, CORRUPT, "100 queries with 101 neighbours",
	m.truth_k = 101)
REFUSES(more_components_of_rows_than_a_test_may_have, CORRUPT,
	"8193 queries that are rows, expected at most 8192", m.dim = 1024;
	m.elem = VSX_I8; m.flags = VSX_MANIFEST_OWN_QUERIES; m.n_queries = 8193;
	seg[0].row_stride = seg[1].row_stride = 1032; seg[1].n_rows = 7;
	m.n_rows = m.n_live = 1007)
/* [5.6-2]: a scan that finds the neighbours would take long. */
REFUSES(many_queries_without_neighbours, CORRUPT,
	"section QTRU has 0 bytes, expected 2621440", m.n_queries = 65536;
	memcpy(&sec[3].id, "ZZ97", 4);
	sec[4] = section("QSRC", VSX_WHOLE_INDEX, 700, 262144,
			 TABLES + 4 * PAGE + 512);
	sec[5].offset += 200 * PAGE; sec[6].offset += 200 * PAGE)
REFUSES(more_queries_than_a_test_may_have, CORRUPT,
	"1048577 queries and 1 measured", m.flags = VSX_MANIFEST_NORMALISED;
	m.n_queries = (1u << 20) + 1)
REFUSES(more_queries_that_are_rows, CORRUPT,
	"65537 queries that are rows, expected at most 65536",
	m.n_queries = (1u << 16) + 1)
REFUSES(more_recalls_than_a_test_may_have, CORRUPT,
	"100 queries and 4097 measured", m.n_recalls = 4097)
REFUSES(neighbours_of_no_queries, CORRUPT, "0 queries with", m.n_queries = 0)
REFUSES(normalised_whole_numbers, CORRUPT, "cannot be normalised",
	m.flags = VSX_MANIFEST_NORMALISED;
	m.elem = VSX_I8)
REFUSES(one_table_over_two_pages, CORRUPT, "bytes of sums",
	sec[1].sums_offset = TABLES + 5 * PAGE - 8)
REFUSES(dimension_0, CORRUPT, "dimension is 0, expected 1 to 65536", m.dim = 0)
REFUSES(dimension_65537, CORRUPT, "dimension is 65537", m.dim = 65537)
REFUSES(metric_0, VERSION, "metric 0 is not known",
	m.metric = (enum vsx_metric)0)
REFUSES(metric_4, VERSION, "metric 4 is not known",
	m.metric = (enum vsx_metric)4)
REFUSES(element_0, VERSION, "element type 0 is not known",
	m.elem = (enum vsx_elem)0)
REFUSES(element_6, VERSION, "element type 6 is not known",
	m.elem = (enum vsx_elem)6)
REFUSES(flag_3, VERSION, "flags 0x8 are not known", m.flags |= 8)
REFUSES(a_test_as_given_of_rows_as_they_are, CORRUPT, "are not kept as codes",
	m.flags |= 4)
REFUSES(flag_31, VERSION, "flags 0x80000000", m.flags |= 1u << 31)
REFUSES(more_rows_than_segments_hold, CORRUPT,
	"segments hold 1100 rows, the index 1101", m.n_rows = 1101)
REFUSES(fewer_rows_than_segments_hold, CORRUPT,
	"segments hold 1100 rows, the index 1099", m.n_rows = m.n_live = 1099)
REFUSES(more_than_2_to_the_48_rows, CORRUPT, "281474976710657 rows",
	m.n_rows = (UINT64_C(1) << 48) + 1)
REFUSES(more_live_rows_than_rows, CORRUPT, "1100 rows, 1101 of them live",
	m.n_live = 1101)
REFUSES(recall_above_1, CORRUPT, "target recall is 1000001 millionths",
	m.target_recall = 1000001)

REFUSES(refine_factor_below_1, CORRUPT,
	"default refine factor is 999 thousandths", m.default_refine = 999)
REFUSES(refine_factor_above_1000, CORRUPT,
	"default refine factor is 1000001 thousandths",
	m.default_refine = 1000001)

ACCEPTS(refine_factor_of_1, m.default_refine = 1000)
ACCEPTS(refine_factor_of_1000, m.default_refine = 1000000)
ACCEPTS(recall_of_1, m.target_recall = 1000000)
ACCEPTS(any_seed_and_effort, m.seed = UINT64_MAX; m.default_effort = UINT32_MAX)

Test(manifest, accepts_the_smallest)
{
	prove_good();
	m.n_rows = m.n_live = 0;
	m.n_segments = m.n_sections = m.properties_bytes = 0;
	m.n_queries = m.truth_k = m.n_recalls = 0;
	m.flags = 0;
	encode();
	cr_expect_eq(n_raw, 256);
	cr_expect_eq(decode(n_raw), VSX_OK, "%s", err.text);
}

Test(manifest, accepts_the_limits_of_dimension)
{
	prove_good();
	m.n_queries = m.truth_k = m.n_recalls = m.flags = 0;
	m.n_rows = m.n_live = 2;
	seg[0].n_rows = seg[1].n_rows = 1;
	sec[0] = section("VECS", 0, 0, 100 * PAGE, TABLES);
	sec[1] = section("VECS", 1, 100, 400 * PAGE, TABLES + 2 * PAGE);
	m.dim = 65536;
	seg[0].row_stride = seg[1].row_stride = 65536 * 4 + 4;
	encode();
	cr_expect_eq(decode(n_raw), VSX_OK, "%s", err.text);
	m.dim = 1;
	seg[0].row_stride = seg[1].row_stride = 8;
	encode();
	cr_expect_eq(decode(n_raw), VSX_OK, "%s", err.text);
}

/* ---- 4.2.2: segments ------------------------------------------------- */

REFUSES(kind_0, VERSION, "segment 0: kind 0 is not known", seg[0].kind = 0)
REFUSES(kind_4, VERSION, "segment 1: kind 4 is not known", seg[1].kind = 4)
REFUSES(codec_99, VERSION, "segment 1: codec 99 is not known",
	seg[1].params[VSX_PARAM_CODES] = 99)
REFUSES(codec_99_of_a_size, VERSION, "segment 1: codec 99 is not known",
	seg[1].params[VSX_PARAM_CODES] = 0x4063)
REFUSES(rows_of_codec_255, VERSION, "segment 0: codec 255 is not known",
	seg[0].params[VSX_PARAM_ROWS] = 255)
REFUSES(codes_in_place_of_f16, CORRUPT,
	"segment 0: rows of f16 are kept as codes, expected f32",
	m.elem = VSX_F16;
	seg[0].params[VSX_PARAM_ROWS] = VSX_CODE_WORD(VSX_CODEC_SQ8, 16))
REFUSES(a_segment_without_rows, CORRUPT,
	"segment 1: 0 rows, expected 1 to 2147483647", seg[1].n_rows = 0;
	m.n_rows = m.n_live = 1000)
REFUSES(a_segment_of_2_to_the_31_rows, CORRUPT, "segment 0: 2147483648 rows",
	seg[0].n_rows = UINT64_C(1) << 31)
REFUSES(a_segment_whose_rows_would_wrap, CORRUPT,
	"segment 0: 18446744073709551516 rows", seg[0].n_rows = UINT64_MAX - 99)
REFUSES(a_stride_below_the_row, CORRUPT,
	"segment 0: rows are 64 bytes apart, expected 68 to 200",
	seg[0].row_stride = 64)
REFUSES(a_stride_of_no_multiple_of_4, CORRUPT,
	"segment 0: rows are 70 bytes apart, expected a multiple of 4",
	seg[0].row_stride = 70)
REFUSES(a_stride_far_above_the_row, CORRUPT,
	"segment 0: rows are 204 bytes apart, expected 68 to 200",
	seg[0].row_stride = 204)
REFUSES(a_segment_of_generation_0, CORRUPT,
	"segment 0: generation 0, expected 1 to 3", seg[0].generation = 0)
REFUSES(a_segment_of_a_later_generation, CORRUPT, "segment 0: generation 4",
	seg[0].generation = 4)

ACCEPTS(the_greatest_stride, seg[0].row_stride = 2 * 68 + 64)
ACCEPTS(the_least_stride, seg[0].row_stride = 68)
ACCEPTS(as_many_rows_as_there_are_bytes, seg[0].n_rows = 600 * PAGE / 72;
	m.n_rows = m.n_live = seg[0].n_rows + 100)
REFUSES(a_row_more_than_there_are_bytes, CORRUPT,
	"section VECS has 2457600 bytes, expected 2457648 for 34134 rows of 72",
	seg[0].n_rows = 600 * PAGE / 72 + 1;
	m.n_rows = m.n_live = seg[0].n_rows + 100)

REFUSES(rows_of_a_segment_twice, CORRUPT,
	"section VECS of segment 0 appears twice", sec[1].segment = 0)
REFUSES(rows_of_a_later_segment_first, CORRUPT,
	"segment 0 has no section VECS, or not before that of segment 1",
	sec[0].segment = 1)

REFUSES(more_deleted_rows_than_rows, CORRUPT,
	"segment 1: 101 of 100 rows are deleted", seg[1].n_dead = 101;
	m.n_live = 999)
REFUSES(deleted_rows_that_are_counted_as_live, CORRUPT,
	"segments hold 1098 live rows, the index 1100", seg[0].n_dead = 2)

ACCEPTS(deleted_rows, seg[0].n_dead = 2; seg[1].n_dead = 100; m.n_live = 998)
ACCEPTS(no_live_row, seg[0].n_dead = 1000; seg[1].n_dead = 100; m.n_live = 0)

/* ---- 4.2.3: sections ------------------------------------------------- */

REFUSES(a_section_of_no_segment, CORRUPT, "section LIST: segment 2 of 2",
	sec[2].segment = 2)
REFUSES(a_section_of_almost_the_whole_index, CORRUPT,
	"section LIST: segment 4294967294 of 2", sec[2].segment = 0xfffffffe)
REFUSES(encoding_1, VERSION, "section QTRU: encoding 1 is not known",
	sec[3].encoding = 1)
REFUSES(two_lengths_of_a_section, CORRUPT,
	"section LIST: 288 bytes that hold 289", sec[2].raw_bytes = 289)
REFUSES(an_empty_section, CORRUPT,
	"section LIST has 0 bytes, expected 1 or more",
	sec[2].bytes = sec[2].raw_bytes = 0)
REFUSES(a_section_off_the_pages, CORRUPT,
	"expected a multiple of 4096, or of 64 in one page",
	sec[2].offset += 32)
REFUSES(a_short_section_over_two_pages, CORRUPT,
	"expected a multiple of 4096, or of 64 in one page",
	sec[2].offset += PAGE - 256)
REFUSES(a_long_section_off_the_pages, CORRUPT,
	"expected a multiple of 4096, or of 64 in one page",
	sec[1].offset += 64)
ACCEPTS(what_was_asked_for_with_the_most_effort,
	m.asked_ef_construction = 65536)
REFUSES(what_was_asked_for_without_a_text, CORRUPT,
	"requested index is not a text of 1 to 63 characters", m.asked[0] = 0)
REFUSES(what_was_asked_for_without_an_end, CORRUPT,
	"requested index is not a text", memset(m.asked, 'x', sizeof(m.asked)))
REFUSES(what_was_asked_for_with_more_behind, CORRUPT,
	"requested index is not a text", m.asked[40] = 'x')
REFUSES(what_was_asked_for_in_other_characters, CORRUPT,
	"requested index is not a text", m.asked[2] = ' ')
REFUSES(what_was_asked_for_with_too_much_effort, CORRUPT,
	"requested efConstruction is 65537", m.asked_ef_construction = 65537)
REFUSES(a_section_over_the_slots, CORRUPT,
	"section VECS begins at byte 4096, expected 8192 or more",
	sec[0].offset = 4096)
REFUSES(a_section_over_the_one_before, CORRUPT,
	"section VECS begins at byte 2461696, expected 2465792 or more, where",
	sec[1].offset -= PAGE)
REFUSES(a_section_in_the_padding_of_another, CORRUPT, "section LIST",
	sec[1].bytes = sec[1].raw_bytes = PAGE + 1;
	sec[2].offset -= PAGE)
REFUSES(a_section_over_the_manifest, CORRUPT,
	"section ZZ99: 163841 bytes at byte 4104192, expected an end before",
	sec[LAST].bytes = sec[LAST].raw_bytes = END - (8192 + 1000 * PAGE) +
						122881)
REFUSES(a_section_past_the_end, CORRUPT, "section ZZ99",
	sec[LAST].offset = END + PAGE)
REFUSES(a_section_whose_end_would_wrap, CORRUPT,
	"section ZZ99: 1 byte at byte 18446744073709547520",
	sec[LAST].offset = UINT64_MAX - 4095)
REFUSES(a_section_whose_length_would_wrap, CORRUPT,
	"section ZZ99: 18446744073709551615 bytes",
	sec[LAST].bytes = sec[LAST].raw_bytes = UINT64_MAX)
REFUSES(too_few_sums, CORRUPT,
	"section LIST: 0 bytes of sums, expected 8 for 288 bytes",
	sec[2].sums_bytes = 0)
REFUSES(too_many_sums, CORRUPT,
	"section LIST: 16 bytes of sums, expected 8 for 288 bytes",
	sec[2].sums_bytes = 16)
REFUSES(sums_off_a_multiple_of_8, CORRUPT,
	"expected a multiple of 8 in one page", sec[2].sums_offset += 4)
REFUSES(sums_in_a_slot, CORRUPT,
	"section LIST: 8 bytes of sums at byte 4096, expected a place from",
	sec[2].sums_offset = 4096)
REFUSES(sums_over_the_manifest, CORRUPT, "to the manifest at byte",
	sec[2].sums_offset = END)
REFUSES(sums_whose_end_would_wrap, CORRUPT,
	"section LIST: 8 bytes of sums at byte 18446744073709551608",
	sec[2].sums_offset = UINT64_MAX - 7)
REFUSES(several_tables_off_the_pages, CORRUPT, "expected the start of a page",
	sec[0].sums_offset += 8)
REFUSES(a_table_of_sums_over_two_pages, CORRUPT,
	"expected a multiple of 8 in one page",
	sec[1].sums_offset = (sec[1].sums_offset & ~UINT64_C(4095)) + 4088)

ACCEPTS(a_section_of_an_unknown_id, sec[2].id = 0x01020304)
ACCEPTS(a_short_section_anywhere_in_a_page, sec[2].offset += PAGE - 320)
ACCEPTS(sections_that_share_a_page, sec[1].bytes = sec[1].raw_bytes = 6800;
	sec[2].offset -= PAGE - 2752)
ACCEPTS(sections_with_pages_between, sec[LAST].offset += PAGE)
ACCEPTS(a_section_up_to_the_manifest, sec[LAST].offset = END - PAGE)

Test(manifest, refuses_reserved_bytes_of_a_section)
{
	for (size_t at = 12; at < 16; at++)
		byte_refused(SECTION(3) + at, "section QTRU: reserved bytes");
	for (size_t at = 72; at < 80; at++)
		byte_refused(SECTION(3) + at, "section QTRU: reserved bytes");
}

/* Pages of 64 KiB: the data start is there, and so are all multiples. */
Test(manifest, refuses_places_by_the_page_size_of_the_file)
{
	prove_good();
	sb.page_shift = 16;
	sb.manifest_offset = (END | 0xffff) + 1;
	refused(VSX_ECORRUPT,
		"section VECS: 2457600 bytes at byte 8192, "
		"expected a multiple of 65536, or of 64 in one page");
}

/* ---- 4.2 and 5.1: sizes ---------------------------------------------- */

Test(manifest, size_at_the_limits)
{
	cr_expect_eq(vsx_manifest_bytes(0, 0, 0), 256);
	cr_expect_eq(vsx_manifest_bytes(1, 6, 41), 841);
	cr_expect_eq(vsx_manifest_bytes(UINT32_MAX, UINT32_MAX, UINT32_MAX),
		     256 + UINT64_C(145) * UINT32_MAX);
}

Test(manifest, row_bytes)
{
	cr_expect_eq(vsx_row_bytes(1, VSX_U8, VSX_L2), 1);
	cr_expect_eq(vsx_row_bytes(3, VSX_F16, VSX_IP), 6);
	cr_expect_eq(vsx_row_bytes(65536, VSX_F32, VSX_L2), 262144);
	cr_expect_eq(vsx_row_bytes(1, VSX_U8, VSX_COSINE), 8);
	cr_expect_eq(vsx_row_bytes(4, VSX_I8, VSX_COSINE), 8);
	cr_expect_eq(vsx_row_bytes(5, VSX_BF16, VSX_COSINE), 16);
	cr_expect_eq(vsx_row_bytes(65536, VSX_F32, VSX_COSINE), 262148);
}

Test(manifest, row_stride)
{
	static const uint32_t due[][2] = {
		{1, 4},	    {4, 4},	{8, 8},	    {16, 16},
		{20, 20},   {57, 64},	{64, 64},   {68, 72},
		{100, 112}, {784, 832}, {200, 224}, {262148, 262208},
	};

	for (size_t i = 0; i < sizeof(due) / sizeof(due[0]); i++)
		cr_expect_eq(vsx_row_stride(due[i][0]), due[i][1],
			     "%u bytes: stride %u, expected %u", due[i][0],
			     vsx_row_stride(due[i][0]), due[i][1]);
}

/* The rule of 5.1 in other words, for every row that there can be. */
Test(manifest, row_stride_keeps_its_rule)
{
	for (uint32_t b = 1; b <= 262148; b++) {
		uint32_t stride = vsx_row_stride(b), a = 64;

		while (a > 4 && (b + a - 1) / a * a - b > b / 8)
			a /= 2;
		cr_assert_eq(stride, (b + a - 1) / a * a, "%u bytes", b);
		cr_assert(stride % 4 == 0 && stride >= b &&
			  stride <= 2 * b + 64);
	}
}

Test(manifest, row_stride_alone)
{
	static const uint32_t due[][2] = {
		{1, 4},	      {784, 832},     {910, 960},	{911, 1024},
		{1025, 1088}, {1820, 1856},   {1821, 2048},	{2049, 2112},
		{3136, 3136}, {3640, 3648},   {3641, 4096},	{3840, 4096},
		{4096, 4096}, {4100, 4160},   {7281, 7296},	{7282, 8192},
		{8196, 8256}, {12288, 12288}, {262148, 266240},
	};

	for (size_t i = 0; i < sizeof(due) / sizeof(due[0]); i++)
		cr_expect_eq(vsx_row_stride_alone(due[i][0]), due[i][1],
			     "%u bytes: stride %u, expected %u", due[i][0],
			     vsx_row_stride_alone(due[i][0]), due[i][1]);
}

/* The same of rows that are looked at one by one: no page that another could
 * do without, and no more padding than elsewhere. */
Test(manifest, row_stride_alone_keeps_its_rule)
{
	for (uint32_t b = 1; b <= 262148; b++) {
		uint32_t stride = vsx_row_stride_alone(b);
		uint32_t due = vsx_row_stride(b);

		for (uint32_t a = 1024; a <= 4096; a *= 2) {
			uint32_t up = (b + a - 1) / a * a;

			if (up - b <= b / 8 && (a == 4096 || up == a))
				due = up;
		}
		cr_assert_eq(stride, due, "%u bytes", b);
		cr_assert(stride % 4 == 0 && stride >= vsx_row_stride(b) &&
			  stride <= 2 * b + 64);
	}
}

/* Up to the limit it is the segments that say how many rows there are. */
REFUSES(rows_at_the_limit_that_are_nowhere, CORRUPT, "segments",
	m.n_rows = UINT64_C(1) << 48)
REFUSES(rows_beyond_the_limit, CORRUPT, "of at most 281474976710656",
	m.n_rows = (UINT64_C(1) << 48) + 1)

Test(manifest, takes_whole_pages)
{
	static const struct {
		uint64_t bytes, pages;
	} due[] = {{1, 1},	  {PAGE - 1, 1}, {PAGE, 1},
		   {PAGE + 1, 2}, {2 * PAGE, 2}, {2 * PAGE + 1, 3}};
	struct vsx_usage none, usage;
	struct vsx_manifest out;

	make_good();
	encode();
	cr_assert_eq(vsx_manifest_decode(&out, raw, n_raw, &sb, &err), VSX_OK,
		     "%s", err.text);
	sb.committed_bytes = 1 << 30;
	sb.manifest_bytes = 0;
	vsx_manifest_usage(&none, &out, &sb);
	for (size_t i = 0; i < sizeof(due) / sizeof(due[0]); i++) {
		sb.manifest_bytes = due[i].bytes;
		vsx_manifest_usage(&usage, &out, &sb);
		cr_expect_eq(none.superseded - usage.superseded,
			     due[i].pages * PAGE, "%llu bytes",
			     (unsigned long long)due[i].bytes);
	}
}
