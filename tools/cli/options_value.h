/* The value of one option, read strictly; private to cli/. */
#ifndef VSX_CLI_OPTIONS_VALUE_H
#define VSX_CLI_OPTIONS_VALUE_H

#include "cli/options.h"

#include <stdbool.h>

/*
 * Store the value at option->to. On failure writes what it is not, such as
 * "a number from 1 to 1024", into `rule` and returns false. Also used for
 * flags, with value NULL.
 */
#define CLI_RULE_BYTES 512
bool cli_store(const struct cli_option *option, const char *value,
	       char rule[CLI_RULE_BYTES]);

#endif
