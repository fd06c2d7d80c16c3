/* From the numbers that files hold to those that vectors are made of. */
#ifndef VSX_INPUT_CONVERT_H
#define VSX_INPUT_CONVERT_H

#include "input/rows.h"
#include "vsx_types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The element type that cells become. */
enum vsx_elem convert_elem(enum cell cell);

/* The cells are that type already. */
bool convert_is_same(enum cell cell);

/*
 * n cells to f32. Stops at the first that f32 cannot give: an integer that it
 * does not hold exactly, a finite f64 beyond its largest. Returns how many were
 * converted; fewer than n means that the next one is such.
 */
size_t convert_to_f32(float *to, const void *from, enum cell cell, size_t n);

/* The cell as text, for the message about it. */
#define CONVERT_TEXT_BYTES 32
void convert_text(char to[CONVERT_TEXT_BYTES], const void *from, enum cell cell,
		  size_t i);

/*
 * n integer cells to ids. Stops at the first negative one; returns how many
 * were converted. convert_is_id() says whether a cell is an integer that ids
 * come in.
 */
bool convert_is_id(enum cell cell);
/* The same, but that -1 becomes TRUTH_END of input/truth.h. */
size_t convert_to_truth(uint64_t *to, const void *from, enum cell cell,
			size_t n);
size_t convert_to_id(uint64_t *to, const void *from, enum cell cell, size_t n);

#endif
