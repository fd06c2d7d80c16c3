/* The exit codes of every command, and which status ends in which. */
#ifndef VSX_CLI_EXIT_H
#define VSX_CLI_EXIT_H

#include "vsx_status.h"

enum {
	EXIT_DONE = 0,
	EXIT_DATA = 1,	    /* damaged, or recall under the floor */
	EXIT_USAGE = 2,	    /* wrong usage or bad input */
	EXIT_SYSTEM = 3,    /* I/O, memory, permission */
	EXIT_FORMAT = 4,    /* not a VSX file, or a newer version of one */
	EXIT_STOPPED = 130, /* by Ctrl-C; what a shell reports for SIGINT */
};

static inline int exit_code(enum vsx_status status)
{
	switch (status) {
	case VSX_OK:
		return EXIT_DONE;
	case VSX_ECORRUPT:
	case VSX_ETRUNCATED:
		return EXIT_DATA;
	case VSX_EINVAL:
	case VSX_ENOTFOUND:
	case VSX_ENUMERIC:
	case VSX_EEXIST:
		return EXIT_USAGE;
	case VSX_EIO:
	case VSX_ENOMEM:
	case VSX_EBUSY:
		return EXIT_SYSTEM;
	case VSX_EFORMAT:
	case VSX_EVERSION:
		return EXIT_FORMAT;
	case VSX_ESTOPPED:
		return EXIT_STOPPED;
	}
	return EXIT_SYSTEM;
}

#endif
