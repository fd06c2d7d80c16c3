#include "cli/few.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <stdio.h>

const char *few_text(char to[FEW_BYTES], uint64_t n_queries, uint64_t due)
{
	to[0] = '\0';
	if (n_queries < due)
		snprintf(to, FEW_BYTES,
			 " (measured on %" PRIu64 " quer%s, too few to tell)",
			 n_queries, plural_ies(n_queries));
	return to;
}
