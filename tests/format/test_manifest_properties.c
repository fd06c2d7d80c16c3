/* Properties of the manifest: SPEC.md 4.2.4, rule by rule. */
#include "format/good_manifest.h"

static void properties_are(const char *area, size_t n, bool ok)
{
	prove_good();
	properties = area;
	m.properties_bytes = (uint32_t)n;
	encode();
	if (ok)
		cr_expect_eq(decode(n_raw), VSX_OK, "'%s': %s", area, err.text);
	else
		refused(VSX_ECORRUPT, "propert");
}

#define GOOD(area) properties_are(area, sizeof(area), true)
#define BAD(area)  properties_are(area, sizeof(area), false)

Test(manifest_properties, accepts_properties)
{
	GOOD("a=");
	GOOD("a=b=c");
	GOOD("a= \xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf");
	GOOD("a=\xed\x9f\xbf\xee\x80\x80");	    /* beside the surrogates */
	GOOD("a=\xf0\x90\x80\x80\xf1\x80\x80\x80"); /* the first of four bytes
						     */
	GOOD("a_9=x\0a_b=x\0ab=x");
	GOOD("a=x\0a0=x\0a_=x\0aa=x\0b=x");
	properties_are("", 0, true);
}

Test(manifest_properties, refuses_keys_that_are_none)
{
	BAD("");
	BAD("=x");
	BAD("a");
	BAD("A=x");
	BAD("9a=x");
	BAD("_a=x");
	BAD("a b=x");
	BAD("a-b=x");
	BAD("\xc3\xa4=x");
	BAD("a=x\0");
}

Test(manifest_properties, refuses_values_that_are_not_utf8)
{
	BAD("a=\x80");
	BAD("a=\xc0\x80"); /* longer than need be */
	BAD("a=\xc1\xbf");
	BAD("a=\xe0\x9f\xbf");
	BAD("a=\xf0\x8f\xbf\xbf");
	BAD("a=\xc3"); /* cut off */
	BAD("a=\xe2\x82");
	BAD("a=\xf0\x9f\x98");
	BAD("a=\xe2\x28\xa1");
	BAD("a=\xed\xa0\x80"); /* surrogates */
	BAD("a=\xed\xbf\xbf");
	BAD("a=\xf4\x90\x80\x80"); /* above U+10FFFF */
	BAD("a=\xf5\x80\x80\x80");
	BAD("a=\xff");
}

Test(manifest_properties, refuses_control_characters)
{
	char area[] = "a=?";

	for (int c = 1; c < 0x20; c++) {
		area[2] = (char)c;
		properties_are(area, sizeof(area), false);
	}
	BAD("a=\x7f");
	BAD("a=\xc2\x80");
	BAD("a=\xc2\x9f");
	GOOD("a=\x7e");
}

Test(manifest_properties, refuses_keys_that_do_not_rise)
{
	BAD("b=x\0a=x");
	BAD("a=x\0a=y");
	BAD("ab=x\0a=x"); /* the shorter one comes first */
	BAD("a=x\0c=x\0b=x");
	BAD("a_=x\0a0=x");
}

Test(manifest_properties, refuses_a_property_without_an_end)
{
	properties_are("a=x", 3, false);
	properties_are("a=x\0b=\xe2\x82", 8, false);
	properties_are("a", 1, false);
}

Test(manifest_properties, refuses_more_than_64_kib_of_properties)
{
	struct vsx_manifest out;
	static uint8_t big[128 + 65537];

	prove_good();
	memcpy(big, raw, 128);
	memset(big + 4, 0, 12);
	big[12] = 1;
	big[14] = 1; /* 65537 bytes */
	cr_expect_eq(vsx_manifest_decode(&out, big, sizeof(big), &sb, &err),
		     VSX_ECORRUPT);
	cr_expect(strstr(err.text, "65537 bytes of properties"), "%s",
		  err.text);
}

Test(manifest_properties, finds_properties)
{
	struct vsx_manifest out;

	prove_good();
	cr_assert_eq(vsx_manifest_decode(&out, raw, n_raw, &sb, &err), VSX_OK);
	cr_expect_str_eq(vsx_manifest_property(&out, "library"), "vsx 0.2.0");
	cr_expect_str_eq(vsx_manifest_property(&out, "model"), "");
	cr_expect_str_eq(vsx_manifest_property(&out, "spec"), "HNSW16");
	cr_expect_null(vsx_manifest_property(&out, "spe"));
	cr_expect_null(vsx_manifest_property(&out, "specs"));
	cr_expect_null(vsx_manifest_property(&out, ""));
	cr_expect_str_eq(vsx_manifest_property_at(&out, 1), "model=");
	cr_expect_str_eq(vsx_manifest_property_at(&out, 2), "spec=HNSW16");
	cr_expect_null(vsx_manifest_property_at(&out, 3));
	cr_expect_null(vsx_manifest_property_at(&out, UINT32_MAX));
}
