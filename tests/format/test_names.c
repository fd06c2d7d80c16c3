/* Numbers of the format as words; ids of sections. SPEC.md 4.2 and 5. */
#include <criterion/criterion.h>
#include <string.h>

#include "names.h"

Test(names, metrics)
{
	enum vsx_metric m = VSX_L2;

	cr_expect_str_eq(vsx_metric_name(1), "l2");
	cr_expect_str_eq(vsx_metric_name(2), "ip");
	cr_expect_str_eq(vsx_metric_name(3), "cosine");
	cr_expect_null(vsx_metric_name(0));
	cr_expect_null(vsx_metric_name(4));
	cr_expect_null(vsx_metric_name(UINT32_MAX));
	for (uint32_t i = 1; i <= 3; i++) {
		cr_expect(vsx_metric_parse(&m, vsx_metric_name(i)));
		cr_expect_eq((uint32_t)m, i);
	}
}

Test(names, elements)
{
	static const char *const names[] = {"f32", "f16", "bf16", "i8", "u8"};
	static const uint32_t bytes[] = {4, 2, 2, 1, 1};
	enum vsx_elem e = VSX_F32;

	for (uint32_t i = 1; i <= 5; i++) {
		cr_expect_str_eq(vsx_elem_name(i), names[i - 1]);
		cr_expect_eq(vsx_elem_bytes(i), bytes[i - 1]);
		cr_expect(vsx_elem_parse(&e, names[i - 1]));
		cr_expect_eq((uint32_t)e, i);
		cr_expect_eq(vsx_elem_is_int(i), i >= 4);
	}
	cr_expect_null(vsx_elem_name(0));
	cr_expect_null(vsx_elem_name(6));
	cr_expect_eq(vsx_elem_bytes(0), 0);
	cr_expect_eq(vsx_elem_bytes(6), 0);
	cr_expect_eq(vsx_elem_bytes(UINT32_MAX), 0);
}

Test(names, kinds)
{
	cr_expect_str_eq(vsx_kind_name(1), "Flat");
	cr_expect_str_eq(vsx_kind_name(2), "IVF");
	cr_expect_str_eq(vsx_kind_name(3), "HNSW");
	cr_expect_null(vsx_kind_name(0));
	cr_expect_null(vsx_kind_name(4));
}

Test(names, refuses_other_words_and_leaves_the_result_alone)
{
	static const char *const words[] = {"",	 "L2",	 "l2 ",
					    "l", "f32x", "F32"};
	enum vsx_metric m = VSX_COSINE;
	enum vsx_elem e = VSX_BF16;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		cr_expect_not(vsx_metric_parse(&m, words[i]), "%s", words[i]);
		cr_expect_not(vsx_elem_parse(&e, words[i]), "%s", words[i]);
	}
	cr_expect_eq(m, VSX_COSINE);
	cr_expect_eq(e, VSX_BF16);
}

/* The list of SPEC.md 5, and no other. */
static const char *const letters[] = {
	"VECS", "VPAR", "CODE", "CPAR", "ROID", "IDRO", "DEAD", "GONE", "LIST",
	"CENT", "LNK0", "LNKU", "LNKP", "LNKG", "LEVL", "KEYS", "KDIR", "KTAB",
	"PAYL", "PDIR", "COLS", "QRYS", "QTRU", "QSRC", "RCLL",
};

Test(names, section_ids_are_their_letters)
{
	cr_assert_eq(sizeof(letters) / sizeof(letters[0]), VSX_N_SECTION_SLOTS);
	cr_expect_eq(vsx_section_id(VSX_SEC_VECS), 0x53434556);
	for (int i = 0; i < VSX_N_SECTION_SLOTS; i++) {
		enum vsx_section_slot slot = (enum vsx_section_slot)i;
		char text[5];

		vsx_section_letters(text, vsx_section_id(slot));
		cr_expect_str_eq(text, letters[i]);
		cr_expect_eq(vsx_section_slot(vsx_section_id(slot)), slot);
		cr_expect(strlen(vsx_section_text(slot)) > 0);
	}
}

Test(names, unknown_sections_have_no_slot)
{
	static const uint32_t ids[] = {0, 1, 0x53434557, 0x73636576,
				       0xffffffff};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		cr_expect_eq(vsx_section_slot(ids[i]), VSX_N_SECTION_SLOTS);
}

/* Ids come from a file: what is printed of them is harmless. */
Test(names, letters_are_letters_or_dots)
{
	char text[5];

	vsx_section_letters(text, 0x1b0a5b41); /* 'A', '[', LF, ESC */
	cr_expect_str_eq(text, "A...");
	vsx_section_letters(text, 0);
	cr_expect_str_eq(text, "....");
	vsx_section_letters(text, 0xff396130); /* '0', 'a', '9' */
	cr_expect_str_eq(text, "0.9.");
}
