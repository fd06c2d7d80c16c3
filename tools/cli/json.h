/*
 * Writing JSON as it comes, without a tree in memory. 64-bit integers are
 * written as integers; a float as the shortest text that reads back as itself;
 * NaN and infinity, which JSON lacks, as null; bytes that are no UTF-8 as
 * U+FFFD.
 *
 *	struct json j;
 *
 *	json_begin(&j, stdout, true);
 *	json_put_object(&j, NULL);
 *	json_put_u64(&j, "rows", 60000);
 *	json_put_array(&j, "ids");
 *	json_put_u64(&j, NULL, 7);
 *	json_close(&j);
 *	json_close(&j);
 *	json_end(&j);
 *
 * `key` is the member's name inside an object, NULL inside an array and at the
 * top. Nesting goes to 32 levels. Write errors stay in the stream: see
 * say_end().
 */
#ifndef VSX_CLI_JSON_H
#define VSX_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_MAX_DEPTH 32

struct json {
	FILE *to;
	bool pretty; /* one member a line, indented by two; else one line */
	unsigned depth;
	bool any[JSON_MAX_DEPTH + 1];	   /* a value stands before the next */
	bool is_array[JSON_MAX_DEPTH + 1]; /* else an object */
	bool on_line[JSON_MAX_DEPTH + 1];  /* opened by json_put_row() */
};

void json_begin(struct json *j, FILE *to, bool pretty);
void json_end(struct json *j); /* the line feed behind the document */

void json_put_object(struct json *j, const char *key);
void json_put_array(struct json *j, const char *key);
/* An array that stays on one line also when pretty: for ids and numbers. */
void json_put_row(struct json *j, const char *key);
void json_close(struct json *j); /* the object or array opened last */

void json_put_string(struct json *j, const char *key, const char *value);
void json_put_bytes(struct json *j, const char *key, const char *value,
		    size_t len);
/* Bytes of any kind: a string, or, where they are no UTF-8, a string of base64
 * that is called key_base64. */
void json_put_data(struct json *j, const char *key, const void *value,
		   size_t len);
void json_put_u64(struct json *j, const char *key, uint64_t value);
void json_put_i64(struct json *j, const char *key, int64_t value);
void json_put_double(struct json *j, const char *key, double value);
void json_put_float(struct json *j, const char *key, float value);
/* An array of f32 on one line; a negative 0 as -0.0, which keeps its sign. */
void json_put_floats(struct json *j, const char *key, const float *values,
		     size_t n);
/* With a point or an exponent, also if it is whole. */
void json_put_real(struct json *j, const char *key, double value);
void json_put_bool(struct json *j, const char *key, bool value);
void json_put_null(struct json *j, const char *key);

#endif
