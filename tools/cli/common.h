/*
 * Options that are the same in several commands, word for word: a line of the
 * table each. What waits is in wait.h, colour in colour.h.
 */
#ifndef VSX_CLI_COMMON_H
#define VSX_CLI_COMMON_H

#include "cli/options.h"

/* Of every command that takes threads. */
#define CLI_MAX_THREADS 1024

/* clang-format off */
/* what: they do, such as "work" */
#define CLI_THREADS(what, to_)                                          \
	CLI_COUNT('t', "threads", "N",                                  \
		  "threads that " what " (all processors)", to_, 1,     \
		  CLI_MAX_THREADS)

#define CLI_MEMORY(to_)                                                 \
	CLI_SIZE(0, "memory", "SIZE",                                   \
		 "memory for rows (half of what may be used); the rest "\
		 "goes to a file",                                      \
		 to_, 1 << 20, UINT64_MAX)

/* bool *skip_bad_, const char **rejects_ */
#define CLI_SKIP_BAD(skip_bad_, rejects_)                               \
	CLI_FLAG(0, "skip-bad",                                         \
		 "leave out rows that no index can hold, such as NaN",  \
		 skip_bad_),                                            \
	CLI_TEXT(0, "rejects", "FILE",                                  \
		 "list all of these in FILE: row, id, reason, input",   \
		 rejects_)

/* const char **to */
#define CLI_KEYS(to_)                                                   \
	CLI_TEXT(0, "keys", "FILE",                                     \
		 "keys of the rows, one per line: unique, up to 1,024 " \
		 "bytes", to_)
#define CLI_FIELDS(list_, from_)                                           \
	CLI_TEXT(0, "fields", "LIST",                                      \
		 "fields of the rows: NAME:TYPE with commas between, of "  \
		 "bool, int, float, time, string or [TYPE] for lists; "    \
		 "auto: all, as they are; none", list_),                   \
		CLI_TEXT(0, "fields-from", "FILE",                         \
			 "JSON lines whose line i, from 0, is of row i",   \
			 from_)
#define CLI_WHERE(name_, what_, to_)                                       \
	CLI_TEXT(0, name_, "EXPR", what_ ": see vsx-query(1)", to_)
#define CLI_PAYLOAD(to_)                                                \
	CLI_TEXT(0, "payload", "FILE",                                  \
		 "text file whose line i, from 0, is kept with row i",  \
		 to_)

/* of: what the model made */
#define CLI_MODEL_OF(of, model_, hash_)                                 \
	CLI_TEXT(0, "model", "NAME",                                    \
		 "model of the " of "; must be that of the index",      \
		 model_),                                               \
	CLI_TEXT(0, "model-hash", "HASH", "its fingerprint, likewise", hash_)

/* struct cli_list *to */
#define CLI_PROPERTY(to_)                                               \
	CLI_LIST(0, "property", "KEY=VALUE",                            \
		 "keep a property of your own, with a key that begins " \
		 "with x_; empty: take it away", to_)

/* otherwise: what is built when it is not given */
#define CLI_SPEC(otherwise, to_)                                        \
	CLI_TEXT('i', "spec", "SPEC",                                   \
		 "Flat, IVF<nlist>,Flat, HNSW<M> or auto; IVF and HNSW "\
		 "alone are sized for the rows. Codes as FAISS spells "\
		 "them: SQ8, SQ4, PQ<m> or PQ<m>x4 in place of Flat "   \
		 "or behind HNSW<M> and a comma, PQ<m>x4fs in place "   \
		 "of Flat for the fastest scans, RaBitQ or "             \
		 "RaBitQ<bits> likewise for the smallest codes, "        \
		 "G<parts> behind codes of a graph "                     \
		 "for codes of the links, "                             \
		 "OPQ<m>, or PCA<d>, before, and behind what is kept: " \
		 "RFlat, Refine(SQ8), NoRefine ("                       \
		 otherwise ")", to_),                                   \
	CLI_ALIAS("index", "spec")

#define CLI_JSON(to_) CLI_FLAG(0, "json", "report as JSON", to_)

/* what: is said all the same */
#define CLI_QUIET(what, to_)                                            \
	CLI_FLAG('q', "quiet", "say nothing but " what, to_)
/* clang-format on */

#endif
