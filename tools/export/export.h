/* What vsx-export writes: rows of an index, in one of its formats. */
#ifndef VSX_TOOLS_EXPORT_EXPORT_H
#define VSX_TOOLS_EXPORT_EXPORT_H

#include "cli/outfile.h"
#include "cli/values.h"
#include "vsx.h"

struct export;

/* A format. */
struct export_format {
	/* What stands before the rows, and files beside; NULL: nothing. */
	enum vsx_status (*begin)(struct export *e, struct vsx_error *err);
	/* These rows; they are there. */
	enum vsx_status (*rows)(struct export *e, const uint64_t *ids, size_t n,
				struct vsx_error *err);
};

extern const struct export_format export_npy, export_fvecs, export_jsonl,
	export_csv;

struct export
{
	const struct export_format *format;
	const char *path; /* of the index, for messages */
	const char *out;  /* "-": standard output */
	const struct vsx *index;
	struct vsx_facts facts;
	struct outfile file;
	struct outfile ids;	    /* beside vectors; not open: none */
	struct value_field *fields; /* of the index, all */
	const char **names;	    /* of these */
	size_t n_fields;
	float *vector; /* [dim], the row at hand */
	/* Which rows: those of a list, or by rising id those of a selection. */
	uint64_t *list; /* NULL: there is none */
	uint64_t n_list;
	struct vsx_selection *among; /* NULL: all */
	uint64_t n;		     /* rows to write */
};

/* .ids.npy in place of the suffix; to be freed. NULL: no memory. */
char *export_ids_path(const char *path);

/*
 * Set list, among and n. A row of the list that is not in the index is an
 * error; one that the filter does not pass is left out.
 */
enum vsx_status export_choose(struct export *e, const char *ids_from,
			      const char *filter, struct vsx_error *err);

/* The next rows, at most `room`, by what came before; *at is 0 at first. */
enum vsx_status export_next(const struct export *e, uint64_t *at, uint64_t *ids,
			    size_t room, size_t *n, struct vsx_error *err);

#endif
