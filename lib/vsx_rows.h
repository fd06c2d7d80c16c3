/*
 * Rows of an open index: which there are, their vectors, and what they have
 * beside them: keys, payload, values of fields. Included by vsx.h, whose rules
 * hold.
 */
#ifndef VSX_ROWS_H
#define VSX_ROWS_H

#include "vsx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- which there are -------------------------------------------------- */

/*
 * The id of row number `row`, 0 to n_rows - 1, in the order of the file, which
 * is not that of the input. VSX_ENOTFOUND for a row that is deleted, and after
 * the last one.
 */
VSX_API enum vsx_status vsx_id_at(const struct vsx *index, uint64_t row,
				  uint64_t *id, struct vsx_error *err);

/*
 * Ids of live rows by rising id, `from` or more.
 *
 * among  NULL: of all rows; otherwise of those that are selected
 * ids    uint64_t[room]
 * n      set to how many there are; fewer than room: these were the last.
 *        Otherwise go on from ids[n - 1] + 1, unless that is UINT64_MAX
 *
 * Takes a look into each segment for each id: pages of thousands are best.
 */
VSX_API enum vsx_status vsx_ids(const struct vsx *index,
				const struct vsx_selection *among,
				uint64_t from, uint64_t *ids, size_t room,
				size_t *n, struct vsx_error *err);

/* *found: 1 if a row has this id, otherwise 0. Looks at no vector. */
VSX_API enum vsx_status vsx_contains(const struct vsx *index, uint64_t id,
				     uint32_t *found, struct vsx_error *err);

/* ---- vectors ----------------------------------------------------------- */

/*
 * The vector with this id, as f32[dim], as it was given (before any
 * normalisation for cosine; after conversion to the index's element type).
 * Where rows are kept as codes (see vsx_facts.kept), what its code decodes to:
 * near the vector that was given, under cosine near that scaled to length 1.
 */
VSX_API enum vsx_status vsx_get(const struct vsx *index, uint64_t id,
				float *vector, struct vsx_error *err);

/*
 * The vectors with these ids.
 *
 * ids      uint64_t[n]; may repeat
 * vectors  float[n][dim]; the row of an id that is not there stays as it was
 * found    uint8_t[n], set to 1 or 0 for each; NULL: an id that is not there is
 *          VSX_ENOTFOUND, which names the first one
 *
 * After a failure nothing is written.
 */
VSX_API enum vsx_status vsx_get_many(const struct vsx *index,
				     const uint64_t *ids, size_t n,
				     float *vectors, uint8_t *found,
				     struct vsx_error *err);

/*
 * The row with this id where it lies, without a copy.
 *
 * row  set to vector_bytes bytes (see vsx_facts): dim components of the index's
 *      element type, little-endian, as vsx_get() converts them; at a multiple
 *      of 4. Not the caller's to change; valid until the index is closed
 *
 * Its pages are checked as for a search. VSX_ENOTFOUND if no row has this id;
 * VSX_EINVAL if it is kept as a code, which vsx_get() decodes, or in a narrower
 * type (kept_narrow of vsx_facts).
 */
VSX_API enum vsx_status vsx_row(const struct vsx *index, uint64_t id,
				const void **row, struct vsx_error *err);

/* ---- keys and payload -------------------------------------------------- */

/*
 * The id of the row with a key of n bytes, as a build or an update was given.
 * VSX_ENOTFOUND if no row has it; n is 1 to VSX_MAX_KEY (VSX_EINVAL).
 */
VSX_API enum vsx_status vsx_find(const struct vsx *index, const void *key,
				 size_t n, uint64_t *id, struct vsx_error *err);

/*
 * The key of the row with this id.
 *
 * key  room for VSX_MAX_KEY bytes, which need not end with a NUL nor be text
 * n    set to how many there are; 0: the row has no key
 */
VSX_API enum vsx_status vsx_key(const struct vsx *index, uint64_t id, void *key,
				size_t *n, struct vsx_error *err);

/*
 * The payload of the row with this id.
 *
 * payload  void[room]; written only if it is all there is room for. NULL with
 *          room 0 to ask for its length
 * n        set to the bytes that there are, even if these are more than room;
 * 0: the row has none
 */
VSX_API enum vsx_status vsx_payload(const struct vsx *index, uint64_t id,
				    void *payload, size_t room, size_t *n,
				    struct vsx_error *err);

/* Gets the payload of ids[i], which lives until it returns; n 0: there is
 * none. Nonzero stops (VSX_ESTOPPED). */
typedef int vsx_payload_report(void *context, size_t i,
			       const struct vsx_bytes *payload);

/*
 * The payloads of the rows with these ids, in their order: rows that lie beside
 * each other are decoded once. VSX_ENOTFOUND names the first id that no row
 * has, before anything is reported.
 */
VSX_API enum vsx_status vsx_payloads(const struct vsx *index,
				     const uint64_t *ids, size_t n,
				     vsx_payload_report *report, void *context,
				     struct vsx_error *err);

/* ---- values of fields -------------------------------------------------- */

/*
 * Gets what the row ids[i] has of names[field]: n values of the field's type,
 * which live until it returns; strings as long as the index. A time is a
 * number. NULL: the row has no value, not even an empty list. Nonzero stops
 * (VSX_ESTOPPED).
 */
typedef int vsx_values_report(void *context, size_t i, size_t field,
			      const struct vsx_value *values, size_t n);

/*
 * The values of the rows with these ids, row by row in their order, and for
 * each the fields in that of the names. See vsx_fields_put() for the other way.
 *
 * names  const char *[n_names], fields of the index, any number of times; NULL,
 *        with n_names 0: all, as vsx_get_field() counts them
 *
 * VSX_EINVAL names a field that the index lacks, VSX_ENOTFOUND the first id
 * that no row has, before anything is reported.
 */
VSX_API enum vsx_status vsx_values(const struct vsx *index, const uint64_t *ids,
				   size_t n, const char *const *names,
				   size_t n_names, vsx_values_report *report,
				   void *context, struct vsx_error *err);

#define VSX_TIME_TEXT 32

/*
 * A time, in microseconds since 1970 UTC, as text: "2026-01-31" where the time
 * of day is 0, else as RFC 3339 has it: "2026-01-31T12:00:00Z", "...:30.5Z".
 * Of years other than 1 to 9999 it is the number.
 */
VSX_API void vsx_time_text(char text[VSX_TIME_TEXT], int64_t time);

#ifdef __cplusplus
}
#endif

#endif
