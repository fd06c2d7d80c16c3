/* Naming a file that is something else than vectors. Private to input/. */
#ifndef VSX_INPUT_SNIFF_H
#define VSX_INPUT_SNIFF_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the first bytes of a file are known to be, as the end of a sentence
 * that starts with "is": "a git-LFS pointer, not vectors (run 'git lfs
 * pull')". NULL if nothing is known. Ask only after the format that the file
 * should have was refused: nothing stops a row of vectors from looking like
 * the start of a gzip file.
 */
const char *sniff(const uint8_t *head, size_t len);

#endif
