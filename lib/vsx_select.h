/*
 * Rows of an index, for searches and whatever else takes some rows only: those
 * that a filter over fields is true of, a set of ids or keys, a bitmap, or what
 * a callback says.
 *
 * A selection is a bit for each row of one index, which does not change. It is
 * made once, takes the same rows in all searches of that index, and any number
 * of threads may use it; free it before the index is closed or afterwards. What
 * it was made from is not needed any longer. Deleted rows are never selected.
 * vsx_refresh() gives another index, which takes another selection.
 *
 * vsx.h includes this header; rules for all calls are there.
 */
#ifndef VSX_SELECT_H
#define VSX_SELECT_H

#include "vsx.h"

#ifdef __cplusplus
extern "C" {
#endif

struct vsx_filter; /* an expression over fields */

/*
 * Parse a filter, such as
 *
 *     lang = "en" and year >= 2024 and not (tags contains "draft")
 *
 * The language is in vsx-query(1). A filter belongs to no index; any number of
 * threads may use it. vsx_filter_free() accepts NULL.
 *
 * VSX_EINVAL says what is expected at which character.
 */
VSX_API enum vsx_status vsx_filter_parse(struct vsx_filter **out,
					 const char *text,
					 struct vsx_error *err);
VSX_API void vsx_filter_free(struct vsx_filter *filter);

/*
 * The rows that a filter is true of. An index without rows has no fields; there
 * any filter selects nothing.
 *
 * VSX_EINVAL    a field that the index lacks, or a test that does not suit it
 * VSX_ECORRUPT  a page that it needed is damaged
 */
VSX_API enum vsx_status vsx_select(struct vsx_selection **out,
				   const struct vsx *index,
				   const struct vsx_filter *filter,
				   struct vsx_error *err);

/*
 * The rows with these ids, in any order; an id may repeat, and one that no row
 * has selects none.
 *
 * ids  uint64_t[n]
 */
VSX_API enum vsx_status vsx_select_ids(struct vsx_selection **out,
				       const struct vsx *index,
				       const uint64_t *ids, size_t n,
				       struct vsx_error *err);

/* The same of keys, [n]. VSX_EINVAL names the first of a length that no key
   has. */
VSX_API enum vsx_status vsx_select_keys(struct vsx_selection **out,
					const struct vsx *index,
					const struct vsx_bytes *keys, size_t n,
					struct vsx_error *err);

/*
 * The rows whose ids have a bit.
 *
 * bits    uint8_t[(n_bits + 7) / 8]: id i is selected if bit i % 8, the lowest
 *         being number 0, of byte i / 8 is set
 * n_bits  a row with an id that is not below it is not selected
 */
VSX_API enum vsx_status vsx_select_bits(struct vsx_selection **out,
					const struct vsx *index,
					const uint8_t *bits, uint64_t n_bits,
					struct vsx_error *err);

/* Whether the row with this id is selected: 1, or 0. Below 0 gives up
   (VSX_ESTOPPED). */
typedef int vsx_select_test(void *context, uint64_t id);

/* The rows of which a function says so. It is asked once for each live row, in
   the order of the file, by the thread that makes the call. */
VSX_API enum vsx_status vsx_select_where(struct vsx_selection **out,
					 const struct vsx *index,
					 vsx_select_test *test, void *context,
					 struct vsx_error *err);

/*
 * Keep those rows of a selection that another one has as well. Not while
 * anybody uses `selection`. VSX_EINVAL if they are not of the same index; then
 * nothing changes.
 */
VSX_API enum vsx_status vsx_selection_narrow(struct vsx_selection *selection,
					     const struct vsx_selection *other,
					     struct vsx_error *err);

/* Accepts NULL. */
VSX_API void vsx_selection_free(struct vsx_selection *selection);
/* How many rows. */
VSX_API uint64_t vsx_selection_count(const struct vsx_selection *selection);
/* The first selected row that is `row` or comes after it, as a number for
   vsx_id_at(); n_rows of the index, which must be open, if there is none. */
VSX_API uint64_t vsx_selection_next(const struct vsx_selection *selection,
				    uint64_t row);

#ifdef __cplusplus
}
#endif

#endif
