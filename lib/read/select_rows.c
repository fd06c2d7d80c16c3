/* Rows of an index by their ids, by their keys, or by what a caller says. */
#include "plural.h"
#include "read/selection.h"
#include "segment/dead.h"
#include "segment/ids.h"
#include "segment/keys.h"

/* Once, however often it is asked for. */
static void choose(struct vsx_chosen *c, uint32_t row)
{
	uint8_t bit = (uint8_t)(1u << (row & 7));

	c->n += (c->barred[row >> 3] & bit) != 0;
	c->barred[row >> 3] &= (uint8_t)~bit;
}

struct ids {
	const uint64_t *at;
	size_t n;
};

/* Newest segment first: only one has a live row with the id. */
static enum vsx_status choose_id(struct vsx_selection *s,
				 const struct vsx *index, uint64_t id,
				 struct vsx_error *err)
{
	for (uint32_t i = s->n_segments; i-- > 0;) {
		uint32_t row;
		enum vsx_status status =
			vsx_live_find(&index->segments[i], id, &row, err);

		if (status == VSX_OK)
			choose(&s->chosen[i], row);
		if (status != VSX_ENOTFOUND)
			return status;
	}
	return VSX_OK;
}

static enum vsx_status fill_ids(struct vsx_selection *s,
				const struct vsx *index, const void *what,
				struct vsx_error *err)
{
	const struct ids *ids = what;

	for (size_t i = 0; i < ids->n; i++)
		VSX_TRY(choose_id(s, index, ids->at[i], err));
	return VSX_OK;
}

enum vsx_status vsx_select_ids(struct vsx_selection **out,
			       const struct vsx *index, const uint64_t *ids,
			       size_t n, struct vsx_error *err)
{
	const struct ids all = {ids, n};

	return vsx_selection_make(out, index, fill_ids, &all, err);
}

struct keys {
	const struct vsx_bytes *at;
	size_t n;
};

static enum vsx_status choose_key(struct vsx_selection *s,
				  const struct vsx *index,
				  const struct vsx_bytes *key,
				  struct vsx_error *err)
{
	for (uint32_t i = s->n_segments; i-- > 0;) {
		uint32_t row;
		enum vsx_status status =
			vsx_keys_find_live(&index->segments[i], key, &row, err);

		if (status == VSX_OK)
			choose(&s->chosen[i], row);
		if (status != VSX_ENOTFOUND)
			return status;
	}
	return VSX_OK;
}

static enum vsx_status fill_keys(struct vsx_selection *s,
				 const struct vsx *index, const void *what,
				 struct vsx_error *err)
{
	const struct keys *keys = what;

	for (size_t i = 0; i < keys->n; i++) {
		const struct vsx_bytes *key = &keys->at[i];

		if (!key->at || key->n == 0 || key->n > VSX_MAX_KEY)
			return vsx_fail(err, VSX_EINVAL,
					"key %zu has %zu byte%s, expected 1 to "
					"%u",
					i, key->n, vsx_s(key->n), VSX_MAX_KEY);
		VSX_TRY(choose_key(s, index, key, err));
	}
	return VSX_OK;
}

enum vsx_status vsx_select_keys(struct vsx_selection **out,
				const struct vsx *index,
				const struct vsx_bytes *keys, size_t n,
				struct vsx_error *err)
{
	const struct keys all = {keys, n};

	return vsx_selection_make(out, index, fill_keys, &all, err);
}

struct test {
	vsx_select_test *test;
	void *context;
};

static enum vsx_status fill_where(struct vsx_selection *s,
				  const struct vsx *index, const void *what,
				  struct vsx_error *err)
{
	const struct test *t = what;

	for (uint32_t i = 0; i < s->n_segments; i++) {
		const struct vsx_segment *seg = &index->segments[i];

		VSX_TRY(vsx_dead_touch(seg, err));
		for (uint32_t row = 0; row < seg->n_rows; row++) {
			uint64_t id;
			int says;

			if (vsx_is_dead(seg, row))
				continue;
			VSX_TRY(vsx_ids_of(seg, row, &id, err));
			says = t->test(t->context, id);
			if (says < 0)
				return vsx_fail(err, VSX_ESTOPPED,
						"stopped at id %llu",
						(unsigned long long)id);
			if (says)
				choose(&s->chosen[i], row);
		}
	}
	return VSX_OK;
}

enum vsx_status vsx_select_where(struct vsx_selection **out,
				 const struct vsx *index, vsx_select_test *test,
				 void *context, struct vsx_error *err)
{
	const struct test t = {test, context};

	return vsx_selection_make(out, index, fill_where, &t, err);
}

struct bits {
	const uint8_t *at;
	uint64_t n;
};

static int test_bit(void *context, uint64_t id)
{
	const struct bits *b = context;

	return id < b->n && b->at[id >> 3] >> (id & 7) & 1;
}

enum vsx_status vsx_select_bits(struct vsx_selection **out,
				const struct vsx *index, const uint8_t *bits,
				uint64_t n_bits, struct vsx_error *err)
{
	struct bits b = {bits, n_bits};

	return vsx_select_where(out, index, test_bit, &b, err);
}
