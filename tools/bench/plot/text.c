#include "bench/plot/text.h"

#include <string.h>

double text_width(const char *text, double size)
{
	double em = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c & 0xc0) == 0x80) /* not the first byte of its letter */
			continue;
		if (strchr("ijltf.,:;'|!()[] I", c))
			em += 0.35;
		else if (strchr("mwMW@%", c))
			em += 0.92;
		else if (c >= 'A' && c <= 'Z')
			em += 0.70;
		else
			em += 0.62;
	}
	return em * size;
}
