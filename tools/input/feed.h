/*
 * The rows of all input files, one after the other, with their ids, for a
 * build or for an update.
 */
#ifndef VSX_INPUT_FEED_H
#define VSX_INPUT_FEED_H

#include "input/fields.h"
#include "input/input.h"
#include "input/strings.h"
#include "vsx_write.h"

struct feed {
	struct input **inputs;
	size_t n_inputs;
	uint64_t n; /* of all inputs, INPUT_UNKNOWN_ROWS with a stream */
	uint32_t dim;
	enum vsx_elem elem; /* of all inputs, or VSX_F32 when they differ */
	uint64_t *ids;	    /* NULL: none were given */
	uint64_t n_ids;
	const char *ids_name;
	const char *keys_name, *payload_name;  /* files, or NULL; set before */
	const char *fields_name, *fields_spec; /* likewise, both or none */
	struct strings keys, payload;
	struct field_rows fields;
	bool keep_odd; /* values that cannot be converted; set it before */
	struct odd_rows odds; /* of the last block */
	size_t at;	      /* the input that is read */
	uint64_t first; /* the number of its first row, over all of them */
};

/*
 * Open all inputs and the ids, check that they agree. dim: see struct
 * input_opts. `feed` is zeroed before, but for what is to be set; release it
 * also after a failure.
 */
enum vsx_status feed_open(struct feed *feed, char **paths, size_t n,
			  uint32_t dim, const char *ids, struct vsx_error *err);
void feed_release(struct feed *feed);

/* Takes rows as vsx_builder_add() and vsx_update_add() do. */
typedef enum vsx_status feed_sink(void *to, const struct vsx_batch *rows,
				  struct vsx_error *err);

/* Pass all rows on; draws progress; *seconds is what it took. */
enum vsx_status feed_rows(struct feed *feed, feed_sink *sink, void *to,
			  double *seconds, struct vsx_error *err);

#endif
