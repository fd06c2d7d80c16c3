/*
 * The fields of rows, from members of JSON objects, or from cells of CSV.
 *
 * Which they are is said by a list of terms with commas between:
 *
 *   NAME:TYPE  a member by this name, of bool, int, float, time, string, or a
 *              list of these: [TYPE]. "author.name" is `name` within the object
 *              `author`
 *   auto       every member that is not something else already, of the type
 *              that its values have
 *   none       no others; by itself
 *
 * Members of the objects `fields` and `metadata` count as if they stood outside
 * of these. Without a list the fields are what these two hold, as `auto` takes
 * it, and those that fields_know() was told of.
 */
#ifndef VSX_INPUT_FIELDS_H
#define VSX_INPUT_FIELDS_H

#include "vsx.h"

#include <jansson.h>
#include <stdbool.h>

struct fields;

/* The list, or NULL. VSX_EINVAL: the list is none. */
enum vsx_status fields_new(struct fields **out, const char *list,
			   struct vsx_error *err);
void fields_free(struct fields *fields); /* accepts NULL */

/* One that an index has: rows that are added have it in the same type. */
enum vsx_status fields_know(struct fields *fields,
			    const struct vsx_field_facts *facts,
			    struct vsx_error *err);

/* Values are texts, as cells of CSV are: of a string, or null. */
void fields_of_cells(struct fields *fields);

/* Members that are something else: `auto` leaves them alone. */
typedef bool fields_taken(const void *context, const char *name);

/*
 * Look at an object of those to come, to find the types of its members: ints
 * and floats together are float. What has no type of its own in all of these
 * takes that of its first value afterwards.
 */
enum vsx_status fields_look(struct fields *fields, json_t *object,
			    fields_taken *taken, const void *context,
			    struct vsx_error *err);

/*
 * The fields of a row, which live until the next call. VSX_EINVAL names the
 * member, its value and what was expected.
 */
enum vsx_status fields_take(struct fields *fields, json_t *object,
			    fields_taken *taken, const void *context,
			    struct vsx_bytes *record, struct vsx_error *err);

/* Bytes of values in the objects that were looked at, as columns have them, but
   each string for itself. */
uint64_t fields_bytes(const struct fields *fields);

/* Say on standard error which members `auto` has left out, and why, or that
   without a list there are some that are no fields. */
void fields_say(const struct fields *fields);

#endif
