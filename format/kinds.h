/*
 * The list of index kinds: a line for each.
 *
 *     X(its number, its name in specs and reports, its folder in lib/kind)
 *
 * Everything that must know all kinds is made from it: their names, the table
 * of libvsx (lib/kind/kinds.c) and that of libvsxwrite (build_kinds.c).
 */
#ifndef VSX_KINDS_H
#define VSX_KINDS_H

#include "vsx_types.h"

/* A program may be built with kinds of its own: a test does. */
#ifndef VSX_MORE_KINDS
#define VSX_MORE_KINDS(X)
#endif

#define VSX_KINDS(X)                                                           \
	X(VSX_FLAT, "Flat", flat)                                              \
	X(VSX_IVF, "IVF", ivf)                                                 \
	X(VSX_HNSW, "HNSW", hnsw)                                              \
	VSX_MORE_KINDS(X)

#endif
