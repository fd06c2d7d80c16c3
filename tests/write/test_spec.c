#include <criterion/criterion.h>
#include <string.h>

#include "kind/ivf/ivf.h"
#include "kind/build_spec.h"
#include "write/options.h"
#include "vsx_write.h"

static struct vsx_spec good(const char *text)
{
	struct vsx_spec spec;
	struct vsx_error err;

	cr_assert_eq(vsx_spec_parse(&spec, text, &err), VSX_OK, "%s", text);
	return spec;
}

Test(spec, parses_what_there_is)
{
	cr_expect_eq(good(NULL).kind, 0);
	cr_expect_eq(good("auto").kind, 0);
	cr_expect_eq(good("Flat").kind, VSX_FLAT);
	cr_expect_eq(good("IVF1,Flat").size, 1);
	cr_expect_eq(good("IVF16777216,Flat").size, VSX_IVF_MAX_NLIST);
	cr_expect_eq(good("HNSW2").size, 2);
	cr_expect_eq(good("HNSW512,Flat").size, 512);
	cr_expect_eq(good("HNSW33").size, 33);
}

/* Bytes are compared as such: codes of 8 bits would be the rows once more.
 * Others are smaller, or of other rows. */
Test(spec, codes_that_would_be_the_rows_are_none)
{
	static const char *const dropped[][2] = {
		{"HNSW8,SQ8", "HNSW8"},
		{"HNSW8,SQ8u", "HNSW8"},
		{"HNSW8,SQ8,NoRefine", "HNSW8"},
		{"HNSW8,SQ8,Refine(SQ8)", "HNSW8"},
		{"IVF8,SQ8", "IVF8,Flat"},
		{"SQ8", "Flat"}};
	static const char *const kept[] = {"HNSW8,SQ4",
					   "HNSW8,SQ8,Refine(FP16)",
					   "PCA8,HNSW8,SQ8", "IVF8,SQ4"};
	char text[64];

	for (size_t i = 0; i < 6; i++) {
		struct vsx_spec spec = good(dropped[i][0]);

		cr_expect(!vsx_spec_drop_codes(&spec, VSX_L2, VSX_F16));
		cr_expect(vsx_spec_drop_codes(&spec, VSX_L2, VSX_U8));
		vsx_spec_text(&spec, text, sizeof(text));
		cr_expect_str_eq(text, dropped[i][1]);
	}
	for (size_t i = 0; i < 4; i++) {
		struct vsx_spec spec = good(kept[i]);

		cr_expect(!vsx_spec_drop_codes(&spec, VSX_L2, VSX_I8), "%s",
			  kept[i]);
	}
}

/* Codes of links are of what rows are compared as, by squared distances: under
 * cosine these are codes. */
Test(spec, codes_that_links_need_are_kept)
{
	struct vsx_spec spec = good("HNSW8,SQ8,G4");
	char text[64];

	cr_expect_not(vsx_spec_drop_codes(&spec, VSX_COSINE, VSX_U8));
	cr_expect(vsx_spec_drop_codes(&spec, VSX_L2, VSX_U8));
	vsx_spec_text(&spec, text, sizeof(text));
	cr_expect_str_eq(text, "HNSW8,G4");
}

Test(spec, links_have_codes_of_parts)
{
	static const char *const texts[] = {
		"HNSW16,SQ8,G32",	"HNSW,SQ8,G4",
		"HNSW2,G128",		"PCA64,HNSW32,SQ4,G48,NoRefine",
		"HNSW8,PQ8x4,G8,RFlat", "PCA8,HNSW,Flat,G4,Refine(FP16)",
	};
	char text[64];

	cr_expect_eq(good("HNSW16,SQ8").gates, 0);
	cr_expect_eq(good("hnsw16,sq8,g32").gates, 32);
	cr_expect_eq(good("HNSW16,Flat,G128").gates, 128);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct vsx_spec s = good(texts[i]);

		vsx_spec_text(&s, text, sizeof(text));
		cr_expect_str_eq(text, texts[i]);
	}
}

Test(spec, codes_of_links_are_refused_in_a_line)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"HNSW8,SQ8,G0", "parts of G are 0, expected a multiple of 4, "
				 "4 to 128"},
		{"HNSW8,SQ8,G30", "parts of G are 30, expected"},
		{"HNSW8,SQ8,G132", "parts of G are 132, expected"},
		{"HNSW8,SQ8,G4294967300",
		 "parts of G are 4294967300, expected"},
		{"HNSW8,SQ8,G", "'G' is not known; expected"},
		{"HNSW8,SQ8,G8x4", "'G8x4' is not known; expected"},
		{"HNSW8,G8,SQ8", "'SQ8' cannot stand there"},
		{"HNSW8,G8,G8", "'G8' cannot stand there"},
		{"HNSW8,RFlat,G8", "'G8' cannot stand there"},
		{"IVF8,SQ8,G8", "'G8' cannot stand there"},
		{"SQ8,G8", "'G8' cannot stand there"},
		{"G8", "'G8' cannot stand there"},
	};
	struct vsx_spec spec;
	struct vsx_error err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(vsx_spec_parse(&spec, bad[i].text, &err),
			     VSX_EINVAL, "%s", bad[i].text);
		cr_expect(strstr(err.text, bad[i].says), "%s", err.text);
		cr_expect_null(strchr(err.text, '\n'));
	}
}

Test(spec, takes_any_case)
{
	cr_expect_eq(good("AUTO").kind, 0);
	cr_expect_eq(good("flat").kind, VSX_FLAT);
	cr_expect_eq(good("FLAT").kind, VSX_FLAT);
	cr_expect_eq(good("ivf64,flat").size, 64);
	cr_expect_eq(good("Ivf64,FLAT").kind, VSX_IVF);
	cr_expect_eq(good("hnsw16").size, 16);
	cr_expect_eq(good("Hnsw16,flat").kind, VSX_HNSW);
}

Test(spec, a_kind_without_a_size_is_sized_later)
{
	static const char *const ivf[] = {"IVF", "ivf", "IVF,Flat"};
	static const char *const hnsw[] = {"HNSW", "hnsw", "HNSW,Flat"};

	for (size_t i = 0; i < 3; i++) {
		cr_expect_eq(good(ivf[i]).kind, VSX_IVF);
		cr_expect_eq(good(ivf[i]).size, 0);
		cr_expect_eq(good(hnsw[i]).kind, VSX_HNSW);
		cr_expect_eq(good(hnsw[i]).size, 0);
	}
	cr_expect_eq(good("IVF100").size, 100);
}

Test(spec, codes_take_the_place_of_flat)
{
	cr_expect_eq(good("SQ8").kind, VSX_FLAT);
	cr_expect_eq(good("SQ8").codes.build, &vsx_codec_sq8_build);
	cr_expect_eq(good("sq8U,rflat").codes.build, &vsx_codec_sq8u_build);
	cr_expect_eq(good("IVF64,SQ4").kind, VSX_IVF);
	cr_expect_eq(good("IVF64,SQ4").size, 64);
	cr_expect_eq(good("IVF64,SQ4").codes.build, &vsx_codec_sq4_build);
	cr_expect_eq(good("IVF64,SQ4").keep, VSX_KEEP_UNSAID);
	cr_expect_eq(good("PQ16").codes.build, &vsx_codec_pq8_build);
	cr_expect_eq(good("PQ16").codes.size, 16);
	cr_expect_eq(good("IVF64,pq7x8").codes.build, &vsx_codec_pq8_build);
	cr_expect_eq(good("IVF64,PQ7X4,RFlat").codes.build,
		     &vsx_codec_pq4_build);
	cr_expect_eq(good("IVF64,PQ7x4fs").codes.build, &vsx_codec_pq4fs_build);
	cr_expect_eq(good("IVF64,PQ7x4fsr").codes.build,
		     &vsx_codec_pq4fs_build);
	cr_expect_eq(good("IVF64,PQ7x4").codes.size, 7);
	cr_expect_eq(good("IVF64,PQ7x4").size, 64);
	cr_expect_eq(good("IVF,SQ8,RFlat").size, 0);
	cr_expect_eq(good("IVF,SQ8,RFlat").keep, VSX_KEEP_ROWS);
	cr_expect_null(good("IVF64,Flat,RFlat").codes.build);
	cr_expect_eq(good("IVF64,RFlat").keep, VSX_KEEP_ROWS);
	cr_expect_eq(good("Flat,RFlat").keep, VSX_KEEP_ROWS);
}

Test(spec, bits_of_a_dimension_need_not_be_said)
{
	char text[64];

	cr_expect_eq(good("rabitq").codes.build, &vsx_codec_rabitq_build);
	cr_expect_eq(good("rabitq").codes.size, 1);
	for (int i = 0; i < 2; i++) {
		struct vsx_spec s = good(i ? "IVF8,RaBitQ1" : "IVF8,RaBitQ");

		cr_expect_eq(s.codes.size, 1);
		vsx_spec_text(&s, text, sizeof(text));
		cr_expect_str_eq(text, "IVF8,RaBitQ");
	}
	cr_expect_eq(good("RaBitQ8").codes.size, 8);
}

/* A graph compares rows one by one. */
Test(spec, links_lead_to_records_of_bits)
{
	struct vsx_spec s = good("HNSW8,RaBitQ4");
	char text[64];

	cr_expect_eq(s.codes.build, &vsx_codec_rabitq_record_build);
	cr_expect_eq(vsx_spec_kept(&s).build, NULL);
	vsx_spec_text(&s, text, sizeof(text));
	cr_expect_str_eq(text, "HNSW8,RaBitQ4");
	s = good("HNSW8,RaBitQ4,NoRefine");
	cr_expect_eq(vsx_spec_kept(&s).build, &vsx_codec_rabitq_record_build);
	cr_expect_not(vsx_spec_codes_beside(&s));
}

Test(spec, a_transform_stands_before_a_kind_that_scans)
{
	struct vsx_spec s = good("PCA64,IVF100,SQ8");

	cr_expect_eq(s.kind, VSX_IVF);
	cr_expect_eq(s.size, 100);
	cr_expect_eq(s.codes.build, &vsx_codec_sq8_build);
	cr_expect_eq(s.codes.transform, VSX_PCA);
	cr_expect_eq(s.codes.transform_dim, 64);
	s = good("opq16_32,sq4,rflat");
	cr_expect_eq(s.kind, VSX_FLAT);
	cr_expect_eq(s.codes.transform, VSX_OPQ);
	cr_expect_eq(s.codes.transform_m, 16);
	cr_expect_eq(s.codes.transform_dim, 32);
	cr_expect_eq(good("OPQ16,SQ4").codes.transform_dim, 0);
	/* transformed rows themselves */
	cr_expect_eq(good("PCA8,Flat").codes.build, &vsx_codec_floats_build);
	cr_expect_eq(good("PCA8,IVF4").codes.build, &vsx_codec_floats_build);
	cr_expect_eq(good("PCA8,IVF,Flat,RFlat").codes.build,
		     &vsx_codec_floats_build);
	cr_expect_not(vsx_spec_is_exact(&(struct vsx_spec){
		.kind = VSX_FLAT, .codes = good("PCA8,Flat").codes}));
}

Test(spec, text_of_a_transform_is_what_was_said)
{
	static const char *const texts[] = {
		"PCA64,IVF100,SQ8", "OPQ16_32,SQ4",    "OPQ4,IVF9,Flat",
		"PCA8,Flat",	    "PCA8,Flat,RFlat",
	};
	char text[64];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct vsx_spec s = good(texts[i]);

		vsx_spec_text(&s, text, sizeof(text));
		cr_expect_str_eq(text, texts[i]);
	}
}

static struct vsx_spec sized(const char *text, uint64_t n, double recall)
{
	struct vsx_spec_need need = {.n_rows = n, .target_recall = recall};
	struct vsx_spec spec = good(text);
	char reason[160] = "";

	cr_expect(vsx_spec_size(&spec, &need, reason, sizeof(reason)));
	cr_expect_gt(strlen(reason), 10);
	cr_expect_not(vsx_spec_size(&spec, &need, reason, sizeof(reason)));
	return spec;
}

Test(spec, sizes_by_rows_and_recall)
{
	cr_expect_eq(sized("IVF", 1, 0.95).size, 1);
	cr_expect_eq(sized("IVF", 15, 0.95).size, 1);
	cr_expect_eq(sized("IVF", 41, 0.95).size, 4);
	cr_expect_eq(sized("IVF", 20000, 0.95).size, 512);
	cr_expect_eq(sized("IVF", 10000000, 0.95).size, 16384);
	cr_expect_eq(sized("HNSW", 20000, 0.95).size, 16);
	cr_expect_eq(sized("HNSW", 20000, 0.98).size, 32);
	cr_expect_eq(sized("HNSW", 1000001, 0.95).size, 32);
}

static void refused(const char *text, const char *part)
{
	struct vsx_spec spec;
	struct vsx_error err;

	cr_assert_eq(vsx_spec_parse(&spec, text, &err), VSX_EINVAL, "%s", text);
	cr_expect(strstr(err.text, part), "%s: %s", text, err.text);
}

Test(spec, says_which_part_is_not_known)
{
	refused("", "'' is not known");
	refused("fla", "'fla' is not known; expected one of Flat, "
		       "IVF<nlist>,Flat");
	refused("LSH", "'LSH' is not known");
	refused("Flat,Flat", "'Flat' cannot stand there");
	refused("FlatX", "'FlatX' is not known");
	refused("IVFx,Flat", "'IVFx' is not known");
	refused("IVF64x,Flat", "'IVF64x' is not known");
	refused("IVF,", "'' is not known");
	refused("IVF64,", "'' is not known");
	refused("IVF ,Flat", "'IVF ' is not known");
	refused("IVF64,SQ9", "'SQ9' is not known");
	refused("IVF64,SQ8x", "'SQ8x' is not known");
	refused("IVF64,SQ8,", "'' is not known");
	refused("PQ", "'PQ' is not known");
	refused("IVF64,PQ8x5", "'PQ8x5' is not known");
	refused("PQ8x4x4", "'PQ8x4x4' is not known");
	refused("PQ8x4f", "'PQ8x4f' is not known");
	refused("PQ8x8fs", "'PQ8x8fs' is not known");
	refused("PQ16385x4fs", "m is 16385, expected 1 to 16384");
	refused("PQ0", "m is 0, expected 1 to 65536");
	refused("IVF64,PQ65537x4", "m is 65537, expected 1 to 65536");
	refused("IVF64,SQ8,Flat", "'Flat' cannot stand there");
	refused("IVF64,SQ8,RFlat,RFlat", "'RFlat' cannot stand there");
	refused("IVF64,RFlat,Flat", "'Flat' cannot stand there");
	refused("SQ8,SQ8", "'SQ8' cannot stand there");
	refused("PCA64,", "'' is not known");
	refused("PCA64", "nothing is behind it; expected what is transformed, "
			 "as in PCA64,Flat");
	refused("PCA,Flat", "'PCA' is not known");
	refused("PCA0,Flat", "d of PCA is 0, expected 1 to 65536");
	refused("OPQ8_,Flat", "'OPQ8_' is not known");
	refused("OPQ8_x,Flat", "'OPQ8_x' is not known");
	refused("OPQ0,Flat", "m of OPQ is 0");
	refused("PCA8,auto", "'auto' cannot stand there");
	refused("PCA8,PCA4,Flat", "'PCA4' cannot stand there");
	refused("PCA65537,Flat", "d of PCA is 65537, expected 1 to 65536");
	refused("OPQ8_0,Flat", "d of OPQ is 0");
	refused("IVF0,Flat", "nlist is 0, expected 1 to 16777216");
	refused("IVF16777217,Flat", "nlist is 16777217");
	refused("IVF99999999999999999999,Flat", "is not known");
	refused("HNSWx", "'HNSWx' is not known");
	refused("HNSW1", "M is 1, expected 2 to 512");
	refused("HNSW513", "M is 513");
	refused("HNSW32,SQ9", "'SQ9' is not known");
	refused("RaBitQ9", "bits is 9, expected 1 to 8");
	refused("IVF8,RaBitQ0", "bits is 0, expected 1 to 8");
	refused("HNSW32,NoRefine", "but it names none");
	refused("HNSW32,", "'' is not known");
	refused("HNSW-2", "'HNSW-2' is not known");
}

/* What FAISS has, and VSX not, is refused with what to write. */
Test(spec, says_what_words_of_faiss_are_here)
{
	refused("IVF1024_HNSW32,Flat", "'IVF1024_HNSW32' is not known; the "
				       "nearest lists are found without a "
				       "graph: write IVF<nlist>");
	refused("IVF65536(IVF256,PQ8x4fs,RFlat),PQ16", "write IVF<nlist>");
	refused("IMI2x8,PQ16", "IVF<nlist>");
	refused("HNSW32_SQ8", "as in HNSW32,SQ8");
	refused("PCAR64,IVF8,SQ8", "write PCA<d>");
	refused("PCAW64,Flat", "write PCA<d>");
	refused("RR64,PQ8", "OPQ<m>");
	refused("ITQ64,LSH", "RaBitQ");
	refused("lsh", "RaBitQ");
	refused("IVF8,RaBitQfs4", "write RaBitQ<bits>");
	refused("RaBitQ4fs", "write RaBitQ<bits>");
	refused("L2norm,IVF8,Flat", "metric cosine");
	refused("PCA8,L2norm,Flat", "metric cosine");
	refused("IDMap2,Flat", "every index has ids");
	refused("IVF8,Flat,IDMap", "every index has ids");
	refused("Pad128,IVF8,SQ8", "leave it out");
	refused("IVF8,SQfp16", "element type");
	refused("SQ8_direct_signed", "element type");
	refused("SQ6", "SQ8, SQ4");
	refused("IVF8,PQ16x4fs_64", "write PQ<m>x4fs");
	refused("PQ16x12", "PQ<m>x4");
	refused("PQ16np", "write PQ<m>");
	refused("PQ16+16", "RFlat");
	refused("PQ16,Refine(PQ25x12)", "Refine(SQ8)");
}

Test(spec, says_that_a_part_stands_where_it_cannot)
{
	refused("IVF8,SQ8,PQ16", "'PQ16' cannot stand there; expected PCA<d> "
				 "or OPQ<m>, the kind, its codes");
	refused("IVF8,HNSW16", "'HNSW16' cannot stand there");
	refused("IVF8,PCA4,SQ8", "'PCA4' cannot stand there");
	refused("RFlat", "'RFlat' cannot stand there");
	refused("SQ8,NoRefine,RFlat", "'RFlat' cannot stand there");
}

/* FAISS spells these in two ways. */
Test(spec, what_is_kept_may_be_spelt_as_in_faiss)
{
	cr_expect_eq(good("IVF8,PQ4,Refine(Flat)").keep, VSX_KEEP_ROWS);
	cr_expect_eq(good("PQ4,refine(sqfp16)").keep, VSX_KEEP_FP16);
}

static struct vsx_spec chosen(uint64_t n, uint32_t dim, uint64_t memory,
			      double recall)
{
	struct vsx_spec_need need = {
		.n_rows = n,
		.dim = dim,
		.stride = dim * 4,
		.memory = memory,
		.target_recall = recall,
		.metric = VSX_L2,
		.elem = VSX_F32,
	};
	struct vsx_spec spec;
	char reason[160] = "";

	vsx_spec_choose(&spec, &need, reason, sizeof(reason));
	cr_expect(strlen(reason) > 10 && strlen(reason) < sizeof(reason) - 1,
		  "%s", reason);
	return spec;
}

Test(spec, chooses_by_size_memory_and_recall)
{
	uint64_t gib = UINT64_C(1) << 30;

	cr_expect_eq(chosen(1, 1, gib, 0.95).kind, VSX_FLAT);
	cr_expect_eq(chosen(20000, 128, gib, 0.95).kind, VSX_FLAT);
	cr_expect_eq(chosen(1000, 65536, gib, 0.95).kind, VSX_FLAT);
	cr_expect_eq(chosen(20001, 128, gib, 0.95).kind, VSX_HNSW);
	cr_expect_eq(chosen(100000, 128, gib, 0.95).size, 16);
	cr_expect_eq(chosen(100000, 128, gib, 0.99).size, 32);
	cr_expect_eq(chosen(100000, 128, gib, 1.0).kind, VSX_FLAT);
	cr_expect_eq(chosen(10000000, 128, gib, 0.95).kind, VSX_IVF);
	cr_expect_eq(chosen(10000000, 128, gib, 0.95).size, 16384);
}

/* Where a walk over them was measured to be faster. */
Test(spec, chooses_codes_for_graphs_of_floats_and_distances)
{
	static const struct {
		enum vsx_metric metric;
		enum vsx_elem elem;
		uint32_t dim;
		const char *spec;
	} cases[] = {
		{VSX_L2, VSX_F32, 128, "HNSW16,SQ8"},
		{VSX_COSINE, VSX_F32, 50, "HNSW16,SQ8"},
		{VSX_L2, VSX_F16, 128, "HNSW16,SQ8"},
		{VSX_L2, VSX_BF16, 960, "HNSW16,SQ8"},
		{VSX_L2, VSX_F32, 31, "HNSW16"},
		{VSX_IP, VSX_F32, 128, "HNSW16"},
		{VSX_L2, VSX_U8, 128, "HNSW16"},
		{VSX_COSINE, VSX_I8, 128, "HNSW16"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
		struct vsx_build_opts checked;
		struct vsx_choice choice;
		struct vsx_error err;
		char text[64];

		opts.dim = cases[i].dim;
		opts.metric = cases[i].metric;
		opts.elem = cases[i].elem;
		opts.memory = UINT64_C(4) << 30;
		cr_assert_eq(vsx_options_check(&checked, &opts, &err), VSX_OK);
		cr_assert_eq(vsx_options_choose(&choice, &checked, 100000,
						false, &err),
			     VSX_OK, "%s", err.text);
		vsx_spec_text(&choice.spec, text, sizeof(text));
		cr_expect_str_eq(text, cases[i].spec, "case %zu: %s", i, text);
		cr_expect_eq(strstr(choice.reason, "codes") != NULL,
			     strstr(text, "SQ8") != NULL, "%s", choice.reason);
	}
}

Test(spec, lowers_m_for_few_rows)
{
	struct vsx_spec spec = good("HNSW32");
	char note[96] = "";

	vsx_spec_adjust(&spec, 33, note, sizeof(note));
	cr_expect_str_eq(note, "");
	vsx_spec_adjust(&spec, 10, note, sizeof(note));
	cr_expect_eq(spec.size, 9);
	cr_expect_str_eq(note, "M lowered from 32 to 9: there are 10 rows");
	vsx_spec_adjust(&spec, 1, note, sizeof(note));
	cr_expect_eq(spec.size, 2);
}

Test(spec, keeps_lists_that_the_rows_can_fill)
{
	struct vsx_spec spec = good("IVF8,Flat");
	char note[96] = "";

	vsx_spec_adjust(&spec, 64, note, sizeof(note));
	cr_expect_eq(spec.size, 8);
	cr_expect_str_eq(note, "");
	vsx_spec_adjust(&spec, 41, note, sizeof(note));
	cr_expect_eq(spec.size, 8);
	cr_expect_str_eq(note, "41 rows are few for 8 lists: at least 8 rows "
			       "per list are recommended");
	vsx_spec_adjust(&spec, 8, note, sizeof(note));
	cr_expect_eq(spec.size, 8);
	vsx_spec_adjust(&spec, 7, note, sizeof(note));
	cr_expect_eq(spec.size, 7);
	cr_expect_str_eq(note, "nlist lowered from 8 to 7: there are 7 rows");
}

Test(spec, writes_what_it_reads)
{
	static const char *const texts[] = {
		"Flat",	       "IVF1024,Flat",
		"HNSW32",      "IVF,Flat",
		"HNSW",	       "auto",
		"SQ8",	       "SQ8u,RFlat",
		"IVF1024,SQ4", "IVF,SQ8",
		"PQ16",	       "IVF64,PQ7x4",
		"RaBitQ",      "IVF64,RaBitQ,Refine(FP16)",
		"RaBitQ7",     "IVF64,RaBitQ4,NoRefine",
		"Flat,RFlat",  "IVF16777216,Flat,RFlat",
		"HNSW32,SQ8",  "HNSW,SQ4,Refine(SQ8)",
		"HNSW8,PQ7x4", "PCA8,HNSW16,SQ8,NoRefine",
		"PQ7x4fs",     "OPQ8,IVF64,PQ8x4fs,Refine(FP16)"};
	char text[64];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct vsx_spec spec = good(texts[i]);

		vsx_spec_text(&spec, text, sizeof(text));
		cr_expect_str_eq(text, texts[i]);
	}
}
