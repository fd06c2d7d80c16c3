#include "segment/strings.h"

#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "plural.h"

typedef unsigned long long ull;

#define UUID_TEXT  36u
#define UUID_BYTES 16u

/* Bytes of a length at most: 2^28 - 1. */
#define LENGTH_BYTES 4

struct vsx_strings vsx_segment_keys(const struct vsx_segment *seg)
{
	return (struct vsx_strings){
		.blocks = &seg->view[VSX_SEC_KEYS],
		.directory = &seg->view[VSX_SEC_KDIR],
		.name = "KEYS",
		.directory_name = "KDIR",
		.n_rows = seg->n_rows,
		.most = VSX_MAX_KEY,
		.packs = true,
	};
}

struct vsx_strings vsx_segment_payload(const struct vsx_segment *seg)
{
	return (struct vsx_strings){
		.blocks = &seg->view[VSX_SEC_PAYL],
		.directory = &seg->view[VSX_SEC_PDIR],
		.name = "PAYL",
		.directory_name = "PDIR",
		.n_rows = seg->n_rows,
		.most = VSX_MAX_PAYLOAD,
	};
}

static uint64_t n_blocks(const struct vsx_strings *s)
{
	return s->directory->bytes / sizeof(struct vsx_disk_strings);
}

enum vsx_status vsx_strings_open(const struct vsx_strings *s,
				 struct vsx_error *err)
{
	uint64_t least =
		((uint64_t)s->n_rows + VSX_STRINGS_ROWS - 1) / VSX_STRINGS_ROWS;
	bool blocks = s->blocks->base != NULL;

	if (blocks != (s->directory->base != NULL))
		return vsx_at_section(
			err,
			vsx_fail(err, VSX_ECORRUPT,
				 "section %s without section %s",
				 blocks ? s->name : s->directory_name,
				 blocks ? s->directory_name : s->name),
			blocks ? s->name : s->directory_name);
	if (!blocks ||
	    (s->directory->bytes % sizeof(struct vsx_disk_strings) == 0 &&
	     n_blocks(s) >= least && n_blocks(s) <= s->n_rows))
		return VSX_OK;
	return vsx_at_section(
		err,
		vsx_fail(err, VSX_ECORRUPT,
			 "section %s has %llu byte%s, expected %zu for each of "
			 "%llu to %u blocks of %u row%s",
			 s->directory_name, (ull)s->directory->bytes,
			 vsx_s(s->directory->bytes),
			 sizeof(struct vsx_disk_strings), (ull)least, s->n_rows,
			 s->n_rows, vsx_s(s->n_rows)),
		s->directory_name);
}

/* ---- a block ---------------------------------------------------------- */

/* An entry of the directory with what the next one says of its end. */
struct block {
	uint64_t number, offset, end;
	uint32_t first, n, raw_bytes, form;
};

static struct vsx_disk_strings entry_at(const struct vsx_strings *s, uint64_t i)
{
	struct vsx_disk_strings e;

	memcpy(&e, s->directory->base + i * sizeof(e), sizeof(e));
	return e;
}

static enum vsx_status touch_entry(const struct vsx_strings *s, uint64_t i,
				   uint64_t n, struct vsx_error *err)
{
	const uint64_t size = sizeof(struct vsx_disk_strings);

	return vsx_touch(s->directory, i * size, n * size, err);
}

static enum vsx_status bad_block(const struct vsx_strings *s,
				 const struct block *b, const char *what,
				 struct vsx_error *err)
{
	return vsx_at_section(
		err,
		vsx_fail(err, VSX_ECORRUPT,
			 "section %s: block %llu, rows %u to %llu, %llu "
			 "byte%s of form %u for %u: %s",
			 s->directory_name, (ull)b->number, b->first,
			 (ull)b->first + b->n - 1, (ull)(b->end - b->offset),
			 vsx_s(b->end - b->offset), b->form, b->raw_bytes,
			 what),
		s->directory_name);
}

/* What a block may not be, whatever its bytes are; NULL: nothing. */
static const char *what_is_wrong(const struct vsx_strings *s,
				 const struct block *b)
{
	uint64_t stored = b->end - b->offset;

	if (b->n == 0 || b->n > VSX_STRINGS_ROWS)
		return "more rows than 1024, or none";
	if (b->offset >= b->end || b->end > s->blocks->bytes)
		return "it lies outside of the section, or is empty";
	if (b->raw_bytes == 0 || b->raw_bytes > s->most + VSX_STRINGS_BYTES)
		return "longer than a block may be, or empty";
	switch (b->form) {
	case VSX_STRINGS_LZ4:
		return stored < b->raw_bytes ? NULL : "it is no shorter";
	case VSX_STRINGS_UUID:
		if (b->raw_bytes != b->n * UUID_BYTES)
			return "not 16 bytes for each row";
		/* fall through */
	case VSX_STRINGS_HEX:
		if (!s->packs)
			return "it has keys alone";
		/* fall through */
	case VSX_STRINGS_PLAIN:
		return stored == b->raw_bytes ? NULL : "the lengths differ";
	default:
		return "the form is not known";
	}
}

static enum vsx_status read_block(const struct vsx_strings *s, uint64_t i,
				  struct block *b, struct vsx_error *err)
{
	bool last = i + 1 == n_blocks(s);
	struct vsx_disk_strings e;
	uint32_t end = s->n_rows;
	const char *wrong;

	VSX_TRY(touch_entry(s, i, last ? 1 : 2, err));
	e = entry_at(s, i);
	*b = (struct block){
		.number = i,
		.offset = vsx_get64(e.offset),
		.end = s->blocks->bytes,
		.first = vsx_get32(e.first_row),
		.raw_bytes = vsx_get32(e.raw_bytes),
		.form = vsx_get32(e.form),
	};
	if (!last) {
		e = entry_at(s, i + 1);
		b->end = vsx_get64(e.offset);
		end = vsx_get32(e.first_row);
	}
	b->n = end > b->first && end <= s->n_rows ? end - b->first : 0;
	wrong = what_is_wrong(s, b);
	return wrong ? bad_block(s, b, wrong, err) : VSX_OK;
}

/* The first entry that begins on the page behind that of entry i. */
static uint64_t page_behind(const struct vsx_strings *s, uint64_t i)
{
	const uint64_t size = sizeof(struct vsx_disk_strings);
	uint32_t shift = s->directory->guard->shape.page_shift;

	return ((((i * size >> shift) + 1) << shift) + size - 1) / size;
}

/* An entry between low and high that can be read, in the middle if possible:
 * a page that is damaged costs the blocks on it, not the way to others. */
static bool pick_entry(const struct vsx_strings *s, uint64_t low, uint64_t high,
		       uint64_t *out)
{
	uint64_t mid = low + (high - low) / 2;

	for (uint64_t i = mid; i < high; i = page_behind(s, i)) {
		*out = i;
		if (touch_entry(s, i, 1, NULL) == VSX_OK)
			return true;
	}
	/* Then before the middle, from behind, none of which is tried twice:
	   they are fewer each time. */
	return mid > low + 1 && pick_entry(s, low, mid, out);
}

/* Rows from entry `low` on to entry `high`, between which none can be read, and
 * why: who asks for the next of them need not try these pages again. */
static enum vsx_status keep_gap(struct vsx_strings_reader *r, uint64_t low,
				uint64_t high, struct vsx_error *err)
{
	const struct vsx_strings *s = &r->of;
	struct vsx_strings_gap *gap = &r->gap;

	gap->first = 0;
	gap->end = s->n_rows;
	if (touch_entry(s, low, 1, NULL) == VSX_OK)
		gap->first = vsx_get32(entry_at(s, low).first_row);
	if (high < n_blocks(s))
		gap->end = vsx_get32(entry_at(s, high).first_row);
	return vsx_retell(err, VSX_ECORRUPT, &gap->why, "%s", gap->why.text);
}

/* The block of a row: the last that does not begin after it. */
static enum vsx_status find_block(struct vsx_strings_reader *r, uint32_t row,
				  struct block *b, struct vsx_error *err)
{
	const struct vsx_strings *s = &r->of;
	uint64_t low = 0, high = n_blocks(s), mid;

	if (row >= r->gap.first && row < r->gap.end)
		return vsx_retell(err, VSX_ECORRUPT, &r->gap.why, "%s",
				  r->gap.why.text);
	while (high - low > 1 && pick_entry(s, low, high, &mid)) {
		if (vsx_get32(entry_at(s, mid).first_row) <= row)
			low = mid;
		else
			high = mid;
	}
	if (read_block(s, low, b, &r->gap.why) != VSX_OK)
		return keep_gap(r, low, high, err);
	if (row < b->first || row - b->first >= b->n)
		return bad_block(s, b, "rows do not rise", err);
	return VSX_OK;
}

/* ---- its rows ---------------------------------------------------------- */

static enum vsx_status bad_strings(const struct vsx_strings_reader *r,
				   const char *what, struct vsx_error *err)
{
	return vsx_at_section(err,
			      vsx_fail(err, VSX_ECORRUPT,
				       "section %s: block of rows %u to %u: %s",
				       r->of.name, r->first,
				       r->first + r->n - 1, what),
			      r->of.name);
}

/* Little-endian groups of 7 bits; false: it does not end before `end`. */
static inline bool take_length(const uint8_t **at, const uint8_t *end,
			       uint32_t *out)
{
	const uint8_t *p = *at;
	uint32_t v = 0;

	for (int i = 0; i < LENGTH_BYTES && p < end; i++) {
		uint8_t byte = *p++;

		v |= (uint32_t)(byte & 0x7f) << 7 * i;
		if (byte & 0x80)
			continue;
		*at = p;
		*out = v;
		/* A last group of nothing would be a second way to say it. */
		return byte || i == 0;
	}
	return false;
}

/* Where the bytes begin: behind the lengths, which make up the rest. */
static enum vsx_status find_texts(struct vsx_strings_reader *r,
				  struct vsx_error *err)
{
	uint32_t most =
		r->form == VSX_STRINGS_HEX ? r->of.most / 2 : r->of.most;
	const uint8_t *at = r->lengths;
	uint64_t sum = 0;

	if (r->form == VSX_STRINGS_UUID) {
		r->texts = r->lengths;
		return VSX_OK;
	}
	for (uint32_t i = 0; i < r->n; i++) {
		uint32_t n;

		if (!take_length(&at, r->end, &n))
			return bad_strings(r, "a length is cut or not shortest",
					   err);
		if (n > most)
			return bad_strings(r, "a string is too long", err);
		sum += n;
	}
	if (sum != (uint64_t)(r->end - at))
		return bad_strings(r, "the lengths do not fill it", err);
	r->texts = at;
	return VSX_OK;
}

static enum vsx_status decode(struct vsx_strings_reader *r,
			      const struct block *b, struct vsx_error *err)
{
	const uint8_t *stored = r->of.blocks->base + b->offset;
	uint64_t n = b->end - b->offset;

	r->lengths = stored;
	if (b->form != VSX_STRINGS_LZ4)
		return VSX_OK;
	VSX_TRY(vsx_grow(&r->raw, &r->raw_cap, b->raw_bytes, 1, err));
	r->lengths = r->raw;
	if (LZ4_decompress_safe((const char *)stored, (char *)r->raw, (int)n,
				(int)b->raw_bytes) == (int)b->raw_bytes)
		return VSX_OK;
	return bad_strings(r, "it does not decode to its length", err);
}

static void rewind_block(struct vsx_strings_reader *r)
{
	r->row = r->first;
	r->length_at = r->lengths;
	r->text_at = r->texts;
}

static enum vsx_status load(struct vsx_strings_reader *r, const struct block *b,
			    struct vsx_error *err)
{
	enum vsx_status status;

	r->first = b->first;
	r->n = b->n;
	r->form = b->form;
	status = vsx_touch(r->of.blocks, b->offset, b->end - b->offset, err);
	if (status == VSX_OK)
		status = decode(r, b, err);
	if (status == VSX_OK) {
		r->end = r->lengths + b->raw_bytes;
		status = find_texts(r, err);
	}
	if (status == VSX_OK)
		rewind_block(r);
	else
		r->n = 0;
	return status;
}

static const char digits[] = "0123456789abcdef";

/* Packed bytes as digits, with a dash before each place that `dashes` has. */
static size_t unpack(char *out, const uint8_t *packed, size_t n,
		     uint32_t dashes)
{
	char *to = out;

	for (size_t i = 0; i < n; i++) {
		if (i < 32 && dashes >> i & 1)
			*to++ = '-';
		*to++ = digits[packed[i] >> 4];
		*to++ = digits[packed[i] & 15];
	}
	return (size_t)(to - out);
}

#define UUID_DASHES (1u << 4 | 1u << 6 | 1u << 8 | 1u << 10)

/* The next row of the block, and go on. */
static enum vsx_status next(struct vsx_strings_reader *r, struct vsx_bytes *out,
			    struct vsx_error *err)
{
	uint32_t n = UUID_BYTES;

	/* A file that changes under us must not lead out of it. */
	if ((r->form != VSX_STRINGS_UUID &&
	     !take_length(&r->length_at, r->end, &n)) ||
	    n > (size_t)(r->end - r->text_at))
		return bad_strings(r, "it changes while it is read", err);
	*out = (struct vsx_bytes){r->text_at, n};
	r->text_at += n;
	r->row++;
	return VSX_OK;
}

/* What was packed, as it was given. */
static enum vsx_status spell(struct vsx_strings_reader *r,
			     struct vsx_bytes *string, struct vsx_error *err)
{
	bool uuid = r->form == VSX_STRINGS_UUID;

	if (!uuid && r->form != VSX_STRINGS_HEX)
		return VSX_OK;
	if (string->n > VSX_MAX_KEY / 2)
		return bad_strings(r, "it changes while it is read", err);
	string->n =
		unpack(r->text, string->at, string->n, uuid ? UUID_DASHES : 0);
	string->at = r->text;
	return VSX_OK;
}

void vsx_strings_begin(struct vsx_strings_reader *r,
		       const struct vsx_strings *of)
{
	r->of = *of;
	r->first = r->n = r->row = 0;
	r->gap.first = r->gap.end = 0;
	r->raw = NULL;
	r->raw_cap = 0;
}

enum vsx_status vsx_strings_get(struct vsx_strings_reader *r, uint32_t row,
				struct vsx_bytes *out, struct vsx_error *err)
{
	if (row < r->first || row - r->first >= r->n) {
		struct block b;

		VSX_TRY(find_block(r, row, &b, err));
		VSX_TRY(load(r, &b, err));
	}
	if (row < r->row)
		rewind_block(r);
	if (r->form == VSX_STRINGS_UUID) {
		r->row = row;
		r->text_at = r->texts + (size_t)(row - r->first) * UUID_BYTES;
	}
	do
		VSX_TRY(next(r, out, err));
	while (r->row <= row);
	return spell(r, out, err);
}

uint64_t vsx_strings_heap(const struct vsx_strings_reader *r)
{
	return r->raw_cap;
}

void vsx_strings_release(struct vsx_strings_reader *r)
{
	free(r->raw);
	r->raw = NULL;
	r->raw_cap = 0;
	r->n = 0;
}

/* ---- all of them ------------------------------------------------------- */

/* Every block begins where the one before ends, and nothing is left over. */
static enum vsx_status check_entry(const struct vsx_strings *s,
				   const struct block *b, struct vsx_error *err)
{
	struct vsx_disk_strings e = entry_at(s, b->number);

	if (b->number == 0 && (b->first || b->offset))
		return bad_block(
			s, b, "the first one begins with row 0, byte 0", err);
	if (vsx_get32(e.zero))
		return bad_block(s, b, "reserved bytes are not zero", err);
	return VSX_OK;
}

static enum vsx_status check_block(struct vsx_strings_reader *r,
				   const struct block *b, vsx_string_take *take,
				   void *context, struct vsx_error *err)
{
	VSX_TRY(load(r, b, err));
	for (uint32_t i = 0; i < b->n; i++) {
		struct vsx_bytes string;

		VSX_TRY(vsx_strings_get(r, b->first + i, &string, err));
		if (take)
			VSX_TRY(take(context, b->first + i, &string, err));
	}
	return VSX_OK;
}

enum vsx_status vsx_strings_check(const struct vsx_strings *s,
				  vsx_string_take *take, void *context,
				  struct vsx_error *err)
{
	struct vsx_strings_reader r = {.n = 0};
	enum vsx_status status = VSX_OK;

	vsx_strings_begin(&r, s);
	for (uint64_t i = 0; status == VSX_OK && i < n_blocks(s); i++) {
		struct block b;

		status = read_block(s, i, &b, err);
		if (status == VSX_OK)
			status = check_entry(s, &b, err);
		if (status == VSX_OK)
			status = check_block(&r, &b, take, context, err);
	}
	vsx_strings_release(&r);
	return status;
}
