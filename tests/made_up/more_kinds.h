/*
 * A kind more in format/kinds.h: read before the sources that are made from the
 * list, and nothing else is changed for it.
 */
#ifndef MORE_KINDS_H
#define MORE_KINDS_H

#define MADE_UP 9 /* its number in files */

#define VSX_MORE_KINDS(X) X(MADE_UP, "Falling", falling)

#endif
