#include "input/npy_header.h"

#include <string.h>

bool npy_magic(const uint8_t *head, size_t len)
{
	return len >= NPY_MAGIC_BYTES && memcmp(head, "\x93NUMPY", 6) == 0;
}

const char *npy_frame(const uint8_t frame[NPY_FRAME_BYTES], size_t *dict_at,
		      uint32_t *dict_bytes)
{
	uint8_t major = frame[6], minor = frame[7];

	if (major < 1 || major > 3 || minor != 0)
		return "the version is not 1.0, 2.0 or 3.0";
	if (major == 1) {
		*dict_at = 10;
		*dict_bytes = (uint32_t)frame[8] | (uint32_t)frame[9] << 8;
	} else {
		*dict_at = 12;
		*dict_bytes = (uint32_t)frame[8] | (uint32_t)frame[9] << 8 |
			      (uint32_t)frame[10] << 16 |
			      (uint32_t)frame[11] << 24;
	}
	if (*dict_bytes > NPY_MAX_HEADER)
		return "the header is longer than 10000 bytes";
	return NULL;
}

struct text {
	const char *at, *end;
};

static void skip_blanks(struct text *t)
{
	while (t->at < t->end && (*t->at == ' ' || *t->at == '\t' ||
				  *t->at == '\n' || *t->at == '\r'))
		t->at++;
}

/* Take a punctuation mark, and the blanks before it. */
static bool take(struct text *t, char mark)
{
	skip_blanks(t);
	if (t->at == t->end || *t->at != mark)
		return false;
	t->at++;
	return true;
}

static bool take_word(struct text *t, const char *word)
{
	size_t len = strlen(word);

	skip_blanks(t);
	if ((size_t)(t->end - t->at) < len || memcmp(t->at, word, len) != 0)
		return false;
	t->at += len;
	return true;
}

/* A quoted string without escapes, which no key or type name needs. */
static bool take_string(struct text *t, char *to, size_t bytes)
{
	size_t len = 0;
	char quote;

	skip_blanks(t);
	if (t->at == t->end || (*t->at != '\'' && *t->at != '"'))
		return false;
	quote = *t->at++;
	while (t->at < t->end && *t->at != quote) {
		if (*t->at == '\\' || *t->at < 0x20 || len + 1 >= bytes)
			return false;
		to[len++] = *t->at++;
	}
	to[len] = '\0';
	return take(t, quote);
}

static bool take_number(struct text *t, uint64_t *value)
{
	const char *from;

	skip_blanks(t);
	*value = 0;
	for (from = t->at; t->at < t->end && *t->at >= '0' && *t->at <= '9';
	     t->at++) {
		unsigned digit = (unsigned)(*t->at - '0');

		if (*value > (UINT64_MAX - digit) / 10)
			return false;
		*value = *value * 10 + digit;
	}
	if (t->at == from)
		return false;
	if (t->at < t->end && *t->at == 'L') /* as Python 2 wrote it */
		t->at++;
	return true;
}

static const char *parse_shape(struct text *t, struct npy_header *header)
{
	if (!take(t, '('))
		return "expected '(' and the shape";
	while (!take(t, ')')) {
		if (header->ndim == NPY_MAX_NDIM)
			return "the shape has more than 32 dimensions";
		if (!take_number(t, &header->shape[header->ndim]))
			return "the shape is not made of whole numbers";
		header->ndim++;
		if (take(t, ','))
			continue;
		if (!take(t, ')'))
			return "expected ',' or ')' in the shape";
		/* (3) is a number in Python, and no tuple. */
		return header->ndim == 1 ? "the shape is not a tuple" : NULL;
	}
	return NULL;
}

enum {
	HAS_DESCR = 1,
	HAS_ORDER = 2,
	HAS_SHAPE = 4,
	HAS_ALL = 7,
};

static const char *parse_member(struct text *t, struct npy_header *header,
				unsigned *seen)
{
	char key[16];
	unsigned which;

	if (!take_string(t, key, sizeof(key)))
		return "expected a key";
	if (strcmp(key, "descr") == 0)
		which = HAS_DESCR;
	else if (strcmp(key, "fortran_order") == 0)
		which = HAS_ORDER;
	else if (strcmp(key, "shape") == 0)
		which = HAS_SHAPE;
	else
		return "a key is not descr, fortran_order or shape";
	if (*seen & which)
		return "a key occurs twice";
	*seen |= which;
	if (!take(t, ':'))
		return "expected ':' after a key";

	if (which == HAS_SHAPE)
		return parse_shape(t, header);
	if (which == HAS_DESCR) {
		skip_blanks(t);
		if (t->at < t->end && *t->at == '[')
			return "the elements are records, not numbers";
		if (!take_string(t, header->descr, sizeof(header->descr)))
			return "the element type is not a short string";
		return NULL;
	}
	header->fortran = take_word(t, "True");
	if (!header->fortran && !take_word(t, "False"))
		return "fortran_order is neither True nor False";
	return NULL;
}

const char *npy_parse(struct npy_header *header, const char *dict, size_t len,
		      size_t *at)
{
	struct text t = {dict, dict + len};
	const char *wrong = NULL;
	unsigned seen = 0;

	memset(header, 0, sizeof(*header));
	if (!take(&t, '{'))
		wrong = "expected '{'";
	while (!wrong && !take(&t, '}')) {
		wrong = parse_member(&t, header, &seen);
		if (wrong || take(&t, ','))
			continue;
		if (take(&t, '}'))
			break;
		wrong = "expected ',' or '}'";
	}
	skip_blanks(&t);
	if (!wrong && seen != HAS_ALL)
		wrong = "descr, fortran_order or shape is missing";
	if (!wrong && t.at != t.end)
		wrong = "there is something after the closing '}'";
	*at = (size_t)(t.at - dict);
	return wrong;
}
