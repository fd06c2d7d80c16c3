/* Text in XML, SVG and HTML. */
#ifndef VSX_CLI_XML_H
#define VSX_CLI_XML_H

#include <stdio.h>

/*
 * The text with <, >, &, " and ' as entities, which makes it safe between tags
 * and in quoted attributes; what XML cannot hold becomes U+FFFD.
 */
void xml_put(FILE *to, const char *text);

#endif
