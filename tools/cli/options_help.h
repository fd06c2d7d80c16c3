/* What the table of options can print of itself; private to cli/. */
#ifndef VSX_CLI_OPTIONS_HELP_H
#define VSX_CLI_OPTIONS_HELP_H

#include "cli/options.h"

#include <stdio.h>

/* The text of --help, at most 80 columns wide. */
void cli_help(const struct cli_command *command, FILE *to);

/*
 * One line for each option, for completion.sh: long name, letter, argument,
 * words (split by '|'), help, separated by tabs; '-' where there is none.
 */
void cli_print_options(const struct cli_command *command, FILE *to);

#endif
