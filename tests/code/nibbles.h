/*
 * A codec of 4 bits that no file may name: what the library's own codec is not.
 * Codes of 32 rows lie together, dimension by dimension, and one step is lost
 * at most that holds for all rows. It is here so that whatever takes codes is
 * tried with two kinds of them.
 */
#ifndef NIBBLES_H
#define NIBBLES_H

#include "code/build.h"

extern const struct vsx_codec_build nibbles_build;

/* The same codes, of which it is said that their bounds are estimates; and they
 * are: far too narrow. */
extern const struct vsx_codec_build guesses_build;

#endif
