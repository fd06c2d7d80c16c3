#include "names.h"

#include <string.h>

#include "kinds.h"

static const char *const metric_names[] = {NULL, "l2", "ip", "cosine"};
static const char *const elem_names[] = {NULL,	 "f32", "f16",
					 "bf16", "i8",	"u8"};
static const uint32_t elem_bytes[] = {0, 4, 2, 2, 1, 1};
static const char *const kind_names[] = {
#define VSX_KIND_NAME(code, name, folder) [code] = name,
	VSX_KINDS(VSX_KIND_NAME)
#undef VSX_KIND_NAME
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *name_at(const char *const *names, size_t n, uint32_t i)
{
	return i < n ? names[i] : NULL;
}

const char *vsx_metric_name(uint32_t metric)
{
	return name_at(metric_names, COUNT(metric_names), metric);
}

const char *vsx_elem_name(uint32_t elem)
{
	return name_at(elem_names, COUNT(elem_names), elem);
}

const char *vsx_kind_name(uint32_t kind)
{
	return name_at(kind_names, COUNT(kind_names), kind);
}

static uint32_t find(const char *const *names, size_t n, const char *word)
{
	for (uint32_t i = 1; i < n; i++)
		if (strcmp(names[i], word) == 0)
			return i;
	return 0;
}

bool vsx_metric_parse(enum vsx_metric *out, const char *word)
{
	uint32_t i = find(metric_names, COUNT(metric_names), word);

	if (i)
		*out = (enum vsx_metric)i;
	return i != 0;
}

bool vsx_elem_parse(enum vsx_elem *out, const char *word)
{
	uint32_t i = find(elem_names, COUNT(elem_names), word);

	if (i)
		*out = (enum vsx_elem)i;
	return i != 0;
}

uint32_t vsx_elem_bytes(uint32_t elem)
{
	return elem < COUNT(elem_bytes) ? elem_bytes[elem] : 0;
}

static const struct {
	char letters[5];
	const char *text;
} sections[] = {
#define VSX_SECTION_ROW(name, letters, text) {letters, text},
	VSX_SECTIONS(VSX_SECTION_ROW)
#undef VSX_SECTION_ROW
};

uint32_t vsx_section_id(enum vsx_section_slot slot)
{
	const char *c = sections[slot].letters;

	return (uint32_t)(uint8_t)c[0] | (uint32_t)(uint8_t)c[1] << 8 |
	       (uint32_t)(uint8_t)c[2] << 16 | (uint32_t)(uint8_t)c[3] << 24;
}

enum vsx_section_slot vsx_section_slot(uint32_t id)
{
	enum vsx_section_slot slot = 0;

	while (slot < VSX_N_SECTION_SLOTS && vsx_section_id(slot) != id)
		slot++;
	return slot;
}

void vsx_section_letters(char out[5], uint32_t id)
{
	for (int i = 0; i < 4; i++) {
		char c = (char)(id >> 8 * i & 0xff);

		out[i] = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c
									  : '.';
	}
	out[4] = '\0';
}

const char *vsx_section_text(enum vsx_section_slot slot)
{
	return sections[slot].text;
}
