/* From the records of rows to section COLS, in two passes over them. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "field/build_words.h"
#include "field/record.h"

/* What the values of a block, or a list, come to. */
struct range {
	uint64_t least, greatest;
	uint32_t n_null;
	bool any;
};

/* A field on its way to a column. */
struct making {
	struct vsx_column c;
	struct vsx_words words;
	uint32_t *sorted; /* words by place */
	uint64_t done;	  /* values */
	uint64_t had;	  /* 1 + the last row that had it */
	struct range block, list;
	uint32_t n_lists; /* that are over */
};

struct build {
	const struct vsx_records *records;
	struct vsx_schema schema; /* fields as they come */
	struct making *m;	  /* of each */
	size_t m_cap;
	uint8_t *out;
};

/* A field of a record. */
struct item {
	size_t number; /* in the schema */
	uint32_t n_values;
	const uint8_t *values;
};

/* Reads it, and its field, which often comes after that of the item before. */
static enum vsx_status take_item(struct build *b, struct item *item,
				 const uint8_t *p, size_t expected,
				 struct vsx_error *err)
{
	char name[VSX_FIELD_NAME] = "";
	struct vsx_field_kind kind;

	memcpy(name, p + 1, p[0]);
	p += 1 + p[0];
	kind.list = *p & VSX_COLUMN_LIST;
	kind.type = (enum vsx_field_type)(*p & ~VSX_COLUMN_LIST);
	item->n_values = vsx_load32(p + 1);
	item->values = p + 5;
	item->number = expected;
	if (expected < b->schema.n &&
	    strcmp(b->schema.fields[expected].name, name) == 0 &&
	    vsx_field_kind_same(b->schema.fields[expected].kind, kind))
		return VSX_OK;
	VSX_TRY(vsx_schema_add(&b->schema, name, kind, &item->number, err));
	if (b->m_cap >= b->schema.n)
		return VSX_OK;
	return vsx_grow(&b->m, &b->m_cap, b->schema.n, sizeof(*b->m), err);
}

/* Takes a field of a row; *p moves from its values to what comes behind. */
typedef enum vsx_status take_field(struct build *b, const struct item *item,
				   uint32_t row, const uint8_t **p,
				   struct vsx_error *err);

static enum vsx_status pass_row(struct build *b, uint32_t row, take_field *take,
				struct vsx_error *err)
{
	const struct vsx_records *r = b->records;
	size_t n = 0, expected = 0;
	const uint8_t *p =
		r->get(r->context, r->order ? r->order[row] : row, &n);
	const uint8_t *end = p + n;

	while (n > 0 && p < end) {
		struct item item;

		VSX_TRY(take_item(b, &item, p, expected, err));
		p = item.values;
		VSX_TRY(take(b, &item, row, &p, err));
		expected = item.number + 1;
	}
	return VSX_OK;
}

/* Count values and learn words. */
static enum vsx_status survey(struct build *b, const struct item *item,
			      uint32_t row, const uint8_t **p,
			      struct vsx_error *err)
{
	struct making *m = &b->m[item->number];

	if (m->had == (uint64_t)row + 1)
		return vsx_fail(err, VSX_EINVAL,
				"field %s is there twice in a row",
				b->schema.fields[item->number].name);
	m->had = (uint64_t)row + 1;
	if (item->n_values == VSX_RECORD_NULL)
		return VSX_OK;
	m->c.n_values += item->n_values;
	if (b->schema.fields[item->number].kind.type != VSX_STRING) {
		*p += 8 * (size_t)item->n_values;
		return VSX_OK;
	}
	for (uint32_t i = 0; i < item->n_values; i++) {
		uint32_t bytes = vsx_load32(*p), word;

		VSX_TRY(vsx_words_add(&m->words, *p + 4, bytes, &word, err));
		*p += 4 + (size_t)bytes;
	}
	return VSX_OK;
}

/* Rows a list that make ranges of lists worth their bytes. */
#define LIST_ROWS 64

/* A bool and the number of a word are looked at in less time than a range. */
static uint32_t n_lists_of(const struct vsx_column *c, uint32_t n_rows,
			   const struct vsx_row_lists *lists)
{
	bool small = c->kind.type == VSX_BOOL || c->kind.type == VSX_STRING;

	if (n_rows / LIST_ROWS < lists->n || (small && !c->kind.list))
		return 0;
	return lists->n;
}

static enum vsx_status settle(struct making *m, uint32_t n_rows,
			      const struct vsx_row_lists *lists,
			      struct vsx_error *err)
{
	m->had = 0;
	if (!m->c.kind.list)
		m->c.n_values = n_rows;
	if (m->c.n_values > UINT32_MAX || m->words.bytes > UINT32_MAX)
		return vsx_fail(err, VSX_EINVAL,
				"field %s has %llu values and %llu bytes of "
				"strings, expected less than 2^32",
				m->c.name, (unsigned long long)m->c.n_values,
				(unsigned long long)m->words.bytes);
	m->c.n_words = (uint32_t)m->words.n;
	m->c.word_bytes = m->words.bytes;
	m->c.n_lists = n_lists_of(&m->c, n_rows, lists);
	return m->words.n ? vsx_words_sort(&m->words, &m->sorted, err) : VSX_OK;
}

/* ---- what is written ---------------------------------------------------- */

static void put32(const struct build *b, uint64_t at, uint32_t x)
{
	vsx_le32 v;

	vsx_put32(&v, x);
	memcpy(b->out + at, v.b, sizeof(v));
}

static void put_value(const struct build *b, const struct making *m, uint64_t i,
		      uint64_t value)
{
	uint8_t *at = b->out + m->c.values;

	if (m->c.width == 0)
		at[i / 8] |= (uint8_t)(value << (i & 7));
	for (uint32_t byte = 0; byte < m->c.width; byte++)
		at[i * m->c.width + byte] = (uint8_t)(value >> 8 * byte);
}

static void widen(struct range *r, struct vsx_field_kind kind, uint64_t value)
{
	int64_t key = vsx_value_key(kind, value);

	if (!r->any || key < vsx_value_key(kind, r->least))
		r->least = value;
	if (!r->any || key > vsx_value_key(kind, r->greatest))
		r->greatest = value;
	r->any = true;
}

/* A value of a record as the column has it; *p moves on. */
static enum vsx_status take_value(struct making *m, const uint8_t **p,
				  uint64_t *value, struct vsx_error *err)
{
	uint32_t word;

	if (m->c.kind.type != VSX_STRING) {
		*value = vsx_load64(*p);
		*p += 8;
		return VSX_OK;
	}
	VSX_TRY(vsx_words_add(&m->words, *p + 4, vsx_load32(*p), &word, err));
	*value = m->words.word[word].place;
	*p += 4 + (size_t)vsx_load32(*p);
	return VSX_OK;
}

static enum vsx_status put_field(struct build *b, const struct item *item,
				 uint32_t row, const uint8_t **p,
				 struct vsx_error *err)
{
	struct making *m = &b->m[item->number];

	if (item->n_values == VSX_RECORD_NULL)
		return VSX_OK;
	m->had = (uint64_t)row + 1;
	for (uint32_t i = 0; i < item->n_values; i++) {
		uint64_t value;

		VSX_TRY(take_value(m, p, &value, err));
		widen(&m->block, m->c.kind, value);
		if (m->c.n_lists)
			widen(&m->list, m->c.kind, value);
		put_value(b, m, m->c.kind.list ? m->done + i : row, value);
	}
	m->done += item->n_values;
	return VSX_OK;
}

static void put_range(const struct build *b, uint64_t part, uint64_t i,
		      struct range *r)
{
	struct vsx_disk_range d = {.zero = {0}};

	vsx_put64(&d.least, r->least);
	vsx_put64(&d.greatest, r->greatest);
	vsx_put32(&d.n_null, r->n_null);
	memcpy(b->out + part + i * sizeof(d), &d, sizeof(d));
	*r = (struct range){.any = false};
}

/* Lists that end with the row. Those before it are empty, and have zeros. */
static void end_lists(const struct build *b, struct making *m, uint32_t row)
{
	const uint32_t *ends = b->records->lists.ends;

	while (m->n_lists < m->c.n_lists && ends[m->n_lists] <= row)
		m->n_lists++;
	if (m->n_lists < m->c.n_lists && ends[m->n_lists] == row + 1)
		put_range(b, m->c.lists, m->n_lists++, &m->list);
}

/* Behind the fields that a row has. */
static void end_row(const struct build *b, struct making *m, uint32_t row)
{
	if (m->had != (uint64_t)row + 1) {
		b->out[m->c.nulls + row / 8] |= (uint8_t)(1u << (row & 7));
		m->block.n_null++;
		m->list.n_null++;
	}
	if (m->c.kind.list)
		put32(b, m->c.ends + 4 * (uint64_t)row, (uint32_t)m->done);
	if (row % VSX_COLUMN_BLOCK == VSX_COLUMN_BLOCK - 1 ||
	    row + 1 == b->records->n)
		put_range(b, m->c.ranges, row / VSX_COLUMN_BLOCK, &m->block);
	end_lists(b, m, row);
}

static void put_words(const struct build *b, const struct making *m)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < m->c.n_words; i++) {
		const struct vsx_word *w = &m->words.word[m->sorted[i]];

		if (w->bytes)
			memcpy(b->out + m->c.text + at, w->text, w->bytes);
		at += w->bytes;
		put32(b, m->c.words + 4 * (uint64_t)i, (uint32_t)at);
	}
}

static void put_entry(const struct build *b, const struct making *m, uint64_t i)
{
	struct vsx_disk_column d = {.zero = {0}};

	memcpy(d.name, m->c.name, sizeof(d.name));
	vsx_put32(&d.type, (uint32_t)m->c.kind.type +
				   (m->c.kind.list ? VSX_COLUMN_LIST : 0));
	vsx_put32(&d.n_words, m->c.n_words);
	vsx_put64(&d.offset, m->c.ranges);
	vsx_put64(&d.bytes, m->c.end - m->c.ranges);
	vsx_put64(&d.n_values, m->c.n_values);
	vsx_put64(&d.word_bytes, m->c.word_bytes);
	vsx_put32(&d.n_lists, m->c.n_lists);
	memcpy(b->out + vsx_columns_begin(i), &d, sizeof(d));
}

static int by_name(const void *a, const void *b, void *context)
{
	const struct vsx_schema_field *fields = context;

	return strcmp(fields[*(const size_t *)a].name,
		      fields[*(const size_t *)b].name);
}

/* Where all columns go, by name; their entries. */
static enum vsx_status lay_out(struct build *b, struct vsx_columns_built *out,
			       struct vsx_error *err)
{
	size_t n = b->schema.n, *sorted;
	uint64_t at = vsx_columns_begin(n);
	enum vsx_status status;

	VSX_TRY(vsx_alloc_to(&sorted, n, sizeof(*sorted), err));
	for (size_t i = 0; i < n; i++)
		sorted[i] = i;
	qsort_r(sorted, n, sizeof(*sorted), by_name, b->schema.fields);
	for (size_t i = 0; i < n; i++) {
		struct making *m = &b->m[sorted[i]];

		m->c.ranges = at;
		vsx_column_place(&m->c, b->records->n);
		at = m->c.end;
	}
	out->n = at;
	status = vsx_alloc_to(&out->bytes, at, 1, err);
	b->out = out->bytes;
	for (size_t i = 0; status == VSX_OK && i < n; i++)
		put_entry(b, &b->m[sorted[i]], i);
	if (status == VSX_OK)
		put32(b, 0, (uint32_t)n);
	free(sorted);
	return status;
}

static enum vsx_status make(struct build *b, struct vsx_columns_built *out,
			    struct vsx_error *err)
{
	uint32_t n_rows = b->records->n;

	for (uint32_t row = 0; row < n_rows; row++)
		VSX_TRY(pass_row(b, row, survey, err));
	if (b->schema.n == 0)
		return VSX_OK;
	for (size_t i = 0; i < b->schema.n; i++) {
		const struct vsx_schema_field *f = &b->schema.fields[i];

		memcpy(b->m[i].c.name, f->name, sizeof(f->name));
		b->m[i].c.kind = f->kind;
		VSX_TRY(settle(&b->m[i], n_rows, &b->records->lists, err));
	}
	VSX_TRY(lay_out(b, out, err));
	for (uint32_t row = 0; row < n_rows; row++) {
		VSX_TRY(pass_row(b, row, put_field, err));
		for (size_t i = 0; i < b->schema.n; i++)
			end_row(b, &b->m[i], row);
	}
	for (size_t i = 0; i < b->schema.n; i++)
		put_words(b, &b->m[i]);
	return VSX_OK;
}

enum vsx_status vsx_columns_build(struct vsx_columns_built *out,
				  const struct vsx_records *records,
				  struct vsx_error *err)
{
	struct build b = {.records = records};
	enum vsx_status status;

	*out = (struct vsx_columns_built){NULL, 0};
	status = make(&b, out, err);
	for (size_t i = 0; i < b.m_cap; i++) {
		vsx_words_release(&b.m[i].words);
		free(b.m[i].sorted);
	}
	free(b.m);
	vsx_schema_release(&b.schema);
	if (status != VSX_OK) {
		free(out->bytes);
		*out = (struct vsx_columns_built){NULL, 0};
	}
	return status;
}
