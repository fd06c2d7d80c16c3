#include "field/columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "plural.h"

typedef unsigned long long ull;

static uint32_t width_of(const struct vsx_column *c)
{
	if (c->kind.type == VSX_BOOL)
		return 0;
	if (c->kind.type != VSX_STRING)
		return 8;
	return c->n_words <= 1u << 8 ? 1 : c->n_words <= 1u << 16 ? 2 : 4;
}

void vsx_column_place(struct vsx_column *c, uint32_t n_rows)
{
	bool words = c->kind.type == VSX_STRING;

	c->width = width_of(c);
	c->lists = vsx_column_up(c->ranges +
				 vsx_column_blocks(n_rows) *
					 sizeof(struct vsx_disk_range));
	c->nulls =
		vsx_column_up(c->lists + (uint64_t)c->n_lists *
						 sizeof(struct vsx_disk_range));
	c->ends = vsx_column_up(c->nulls + vsx_column_bits(n_rows));
	c->values = c->kind.list ? vsx_column_up(c->ends + 4 * (uint64_t)n_rows)
				 : c->ends;
	c->words = vsx_column_up(c->values +
				 (c->width ? c->n_values * c->width
					   : vsx_column_bits(c->n_values)));
	c->text = words ? vsx_column_up(c->words + 4 * (uint64_t)c->n_words)
			: c->words;
	c->end = vsx_column_up(c->text + c->word_bytes);
}

static enum vsx_status bad(struct vsx_error *err, enum vsx_status status)
{
	return vsx_at_section(err, status, "COLS");
}

/* The name of an entry that is one; "" if it is none. */
static void take_name(char out[VSX_FIELD_NAME], const struct vsx_disk_column *d)
{
	size_t n = 0;

	memcpy(out, d->name, VSX_FIELD_NAME);
	while (n < VSX_FIELD_NAME && out[n])
		n++;
	if (n == VSX_FIELD_NAME || !vsx_field_name_ok(out) ||
	    !vsx_is_zero(d->name + n, VSX_FIELD_NAME - n))
		out[0] = '\0';
}

static enum vsx_status take_counts(const struct vsx_columns *cols, uint32_t i,
				   const struct vsx_disk_column *d,
				   struct vsx_error *err)
{
	struct vsx_column *c = &cols->column[i];
	uint32_t n_rows = cols->n_rows;
	bool words = c->kind.type == VSX_STRING;

	c->n_words = vsx_get32(d->n_words);
	c->n_values = vsx_get64(d->n_values);
	c->word_bytes = vsx_get64(d->word_bytes);
	c->n_lists = vsx_get32(d->n_lists);
	if (c->n_lists != 0 && c->n_lists != cols->n_lists)
		return vsx_fail(err, VSX_ECORRUPT,
				"field %u, %s, has ranges of %u list%s, the "
				"segment has %u",
				i, c->name, c->n_lists, vsx_s(c->n_lists),
				cols->n_lists);
	if (c->n_values > UINT32_MAX ||
	    (!c->kind.list && c->n_values != n_rows))
		return vsx_fail(err, VSX_ECORRUPT,
				"field %u, %s, has %llu value%s for %u row%s",
				i, c->name, (ull)c->n_values,
				vsx_s(c->n_values), n_rows, vsx_s(n_rows));
	if (words ? c->word_bytes > UINT32_MAX
		  : c->n_words != 0 || c->word_bytes != 0)
		return vsx_fail(err, VSX_ECORRUPT,
				"field %u, %s, has a dictionary of %u word%s "
				"and %llu byte%s",
				i, c->name, c->n_words, vsx_s(c->n_words),
				(ull)c->word_bytes, vsx_s(c->word_bytes));
	return VSX_OK;
}

static enum vsx_status take_entry(struct vsx_columns *cols, uint32_t i,
				  uint64_t *at, struct vsx_error *err)
{
	struct vsx_column *c = &cols->column[i];
	struct vsx_disk_column d;
	uint32_t type;

	memcpy(&d, cols->view.base + vsx_columns_begin(i), sizeof(d));
	take_name(c->name, &d);
	if (!c->name[0])
		return vsx_fail(err, VSX_ECORRUPT, "field %u has no name", i);
	if (i > 0 && strcmp(cols->column[i - 1].name, c->name) >= 0)
		return vsx_fail(err, VSX_ECORRUPT,
				"field %u, %s, after %s, expected rising names",
				i, c->name, cols->column[i - 1].name);
	type = vsx_get32(d.type);
	c->kind.list = type & VSX_COLUMN_LIST;
	c->kind.type = (enum vsx_field_type)(type & ~VSX_COLUMN_LIST);
	if (!vsx_field_kind_name(c->kind))
		return vsx_fail(err, VSX_ECORRUPT,
				"field %u, %s, has type %u, which this library "
				"does not know",
				i, c->name, type);
	if (!vsx_is_zero(d.zero, sizeof(d.zero)))
		return vsx_fail(err, VSX_ECORRUPT,
				"field %u, %s: reserved bytes are not 0", i,
				c->name);
	VSX_TRY(take_counts(cols, i, &d, err));
	c->ranges = *at;
	vsx_column_place(c, cols->n_rows);
	if (vsx_get64(d.offset) != c->ranges ||
	    vsx_get64(d.bytes) != c->end - c->ranges)
		return vsx_fail(err, VSX_ECORRUPT,
				"field %u, %s, has %llu byte%s at %llu, "
				"expected %llu at %llu",
				i, c->name, (ull)vsx_get64(d.bytes),
				vsx_s(vsx_get64(d.bytes)),
				(ull)vsx_get64(d.offset),
				(ull)(c->end - c->ranges), (ull)c->ranges);
	*at = c->end;
	return VSX_OK;
}

static enum vsx_status take_entries(struct vsx_columns *c,
				    struct vsx_error *err)
{
	struct vsx_disk_columns head;
	uint64_t at;

	VSX_TRY(vsx_touch(&c->view, 0, sizeof(head), err));
	memcpy(&head, c->view.base, sizeof(head));
	c->n = vsx_get32(head.n_fields);
	if (c->n < 1 || c->n > VSX_MAX_FIELDS)
		return vsx_fail(err, VSX_ECORRUPT,
				"%u field%s, expected 1 to %d", c->n,
				vsx_s(c->n), VSX_MAX_FIELDS);
	if (!vsx_is_zero(head.zero, sizeof(head.zero)))
		return vsx_fail(err, VSX_ECORRUPT,
				"the head of section COLS: reserved bytes are "
				"not 0");
	at = vsx_columns_begin(c->n);
	VSX_TRY(vsx_touch(&c->view, 0, at, err));
	VSX_TRY(vsx_alloc_to(&c->column, c->n, sizeof(*c->column), err));
	for (uint32_t i = 0; i < c->n; i++)
		VSX_TRY(take_entry(c, i, &at, err));
	if (at != c->view.bytes)
		return vsx_fail(err, VSX_ECORRUPT,
				"section COLS has %llu byte%s, expected %llu",
				(ull)c->view.bytes, vsx_s(c->view.bytes),
				(ull)at);
	return VSX_OK;
}

enum vsx_status vsx_columns_open(struct vsx_columns *c,
				 const struct vsx_view *view, uint32_t n_rows,
				 uint32_t n_lists, struct vsx_error *err)
{
	*c = (struct vsx_columns){
		.view = *view,
		.n_rows = n_rows,
		.n_lists = n_lists,
	};
	return view->base ? bad(err, take_entries(c, err)) : VSX_OK;
}

void vsx_columns_close(struct vsx_columns *c)
{
	free(c->column);
	*c = (struct vsx_columns){.n = 0};
}

const struct vsx_column *vsx_columns_find(const struct vsx_columns *c,
					  const char *name)
{
	uint32_t low = 0, high = c->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = strcmp(c->column[mid].name, name);

		if (order == 0)
			return &c->column[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

enum vsx_status vsx_column_range(const struct vsx_columns *c,
				 const struct vsx_column *col, uint64_t part,
				 uint64_t i, int64_t *least, int64_t *greatest,
				 uint32_t *n_null, struct vsx_error *err)
{
	uint64_t at = part + i * sizeof(struct vsx_disk_range);
	struct vsx_disk_range r;

	VSX_TRY(vsx_touch(&c->view, at, sizeof(r), err));
	memcpy(&r, c->view.base + at, sizeof(r));
	*least = vsx_value_key(col->kind, vsx_get64(r.least));
	*greatest = vsx_value_key(col->kind, vsx_get64(r.greatest));
	*n_null = vsx_get32(r.n_null);
	return VSX_OK;
}

enum vsx_status vsx_column_list(const struct vsx_columns *c,
				const struct vsx_column *col, uint32_t row,
				uint64_t *first, uint64_t *end,
				struct vsx_error *err)
{
	uint64_t at = col->ends + 4 * (uint64_t)row;

	*first = 0;
	if (row > 0) {
		VSX_TRY(vsx_touch(&c->view, at - 4, 4, err));
		*first = vsx_load32(c->view.base + at - 4);
	}
	VSX_TRY(vsx_touch(&c->view, at, 4, err));
	*end = vsx_load32(c->view.base + at);
	if (*first <= *end && *end <= col->n_values)
		return VSX_OK;
	return bad(err, vsx_at_row(err,
				   vsx_fail(err, VSX_ECORRUPT,
					    "field %s, row %u: values %llu to "
					    "%llu of %llu",
					    col->name, row, (ull)*first,
					    (ull)*end, (ull)col->n_values),
				   row));
}

enum vsx_status vsx_column_value(const struct vsx_columns *c,
				 const struct vsx_column *col, uint64_t i,
				 uint64_t *value, struct vsx_error *err)
{
	uint64_t at = col->values + i * col->width;
	const uint8_t *p = c->view.base + at;

	if (col->width == 0)
		at = col->values + i / 8;
	VSX_TRY(vsx_touch(&c->view, at, col->width ? col->width : 1, err));
	switch (col->width) {
	case 0:
		*value = c->view.base[at] >> (i & 7) & 1;
		break;
	case 1:
		*value = *p;
		break;
	case 2:
		*value = (uint64_t)(p[0] | p[1] << 8);
		break;
	case 4:
		*value = vsx_load32(p);
		break;
	default:
		*value = vsx_load64(p);
	}
	return VSX_OK;
}

enum vsx_status vsx_column_is_null(const struct vsx_columns *c,
				   const struct vsx_column *col, uint32_t row,
				   bool *is, struct vsx_error *err)
{
	uint64_t at = col->nulls + row / 8;

	VSX_TRY(vsx_touch(&c->view, at, 1, err));
	*is = c->view.base[at] >> (row & 7) & 1;
	return VSX_OK;
}

enum vsx_status vsx_column_text(const struct vsx_columns *c,
				const struct vsx_column *col, uint64_t i,
				const uint8_t **text, uint32_t *bytes,
				struct vsx_error *err)
{
	uint64_t at = col->words + 4 * i, first = 0, end;

	if (i >= col->n_words)
		return bad(err, vsx_fail(err, VSX_ECORRUPT,
					 "field %s: word %llu of %u", col->name,
					 (ull)i, col->n_words));
	if (i > 0) {
		VSX_TRY(vsx_touch(&c->view, at - 4, 4, err));
		first = vsx_load32(c->view.base + at - 4);
	}
	VSX_TRY(vsx_touch(&c->view, at, 4, err));
	end = vsx_load32(c->view.base + at);
	if (first > end || end > col->word_bytes ||
	    end - first > VSX_MAX_STRING_BYTES)
		return bad(err, vsx_fail(err, VSX_ECORRUPT,
					 "field %s, word %llu: bytes %llu to "
					 "%llu of %llu",
					 col->name, (ull)i, (ull)first,
					 (ull)end, (ull)col->word_bytes));
	if (end > first)
		VSX_TRY(vsx_touch(&c->view, col->text + first, end - first,
				  err));
	*text = c->view.base + col->text + first;
	*bytes = (uint32_t)(end - first);
	return VSX_OK;
}

static int compare_text(const uint8_t *a, uint32_t n, const void *b, size_t m)
{
	size_t least = n < m ? n : m;
	int order = least ? memcmp(a, b, least) : 0;

	return order ? order : n < m ? -1 : n > m;
}

enum vsx_status vsx_column_find_word(const struct vsx_columns *c,
				     const struct vsx_column *col,
				     const void *text, size_t bytes,
				     uint32_t *number, bool *found,
				     struct vsx_error *err)
{
	uint32_t low = 0, high = col->n_words;

	*found = false;
	while (low < high && !*found) {
		uint32_t mid = low + (high - low) / 2, n;
		const uint8_t *word;
		int order;

		VSX_TRY(vsx_column_text(c, col, mid, &word, &n, err));
		order = compare_text(word, n, text, bytes);
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
		*found = order == 0;
		if (*found)
			low = mid;
	}
	*number = low;
	return VSX_OK;
}
