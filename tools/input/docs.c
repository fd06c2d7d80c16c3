#include "input/docs.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/array.h"
#include "cli/fail.h"
#include "cli/interrupt.h"
#include "cli/plural.h"
#include "cli/say.h"
#include "input/doc.h"
#include "input/doc_csv.h"
#include "input/texts.h"

#define BATCH_BYTES  ((size_t)2 << 20) /* of vectors, and of the rest */
#define SAMPLE_LINES 1000
#define SAMPLE_BYTES ((size_t)8 << 20)
#define MAX_JUMPS    ((size_t)1 << 20)

/* From this row on lines go on by one. */
struct jump {
	uint64_t row, line;
};

struct docs {
	struct lines lines;
	struct docs_opts opts;
	struct doc_maker maker;
	struct fields *fields;
	struct doc doc;
	bool given_dim; /* by whoever opened them, not by the first row */
	bool known;	/* whether rows have ids and keys, from the first */
	bool has_ids, has_keys;
	uint64_t first_line; /* that said so, and of what dimension they are */
	uint64_t n_rows;     /* that were read */
	bool has_payload;    /* one of them has */
	struct docs_estimate sample;
	uint64_t sample_bytes;
	struct jump *jumps;
	size_t n_jumps;
	/* The batch. */
	float *vectors;
	uint64_t *ids;
	size_t room, n;
	struct texts keys, payloads, records;
};

/* ---- formats ------------------------------------------------------------ */

static bool ends_with(const char *path, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && strncasecmp(path + len - n, suffix, n) == 0;
}

enum docs_format docs_format_of(const char *path)
{
	static const char *const json[] = {".jsonl", ".ndjson", ".json"};
	size_t len = strlen(path);

	if (ends_with(path, len, ".gz"))
		len -= 3;
	else if (ends_with(path, len, ".zst"))
		len -= 4;
	for (size_t i = 0; i < sizeof(json) / sizeof(*json); i++)
		if (ends_with(path, len, json[i]))
			return DOCS_JSONL;
	return ends_with(path, len, ".csv") ? DOCS_CSV : DOCS_NONE;
}

static bool is_csv(const struct docs *d)
{
	return d->opts.format == DOCS_CSV;
}

/* ---- a line ------------------------------------------------------------- */

static bool is_role(const void *context, const char *name)
{
	const struct docs *d = context;

	/* Cells that are none have no roles there. */
	return doc_roles(&d->opts, name) != 0;
}

/* `why`, with the place in front. */
static enum vsx_status at_line(const struct docs *d, uint64_t line,
			       enum vsx_status status,
			       const struct vsx_error *why,
			       struct vsx_error *err)
{
	return tool_fail(err, status, "%s: line %" PRIu64 ": %s",
			 d->lines.source.name, line, why->text);
}

static const char utf16[] = "is UTF-16, expected UTF-8";

/* By its byte-order mark, of either order. */
static bool is_utf16(const struct line *line)
{
	return line->number == 1 && line->len >= 2 &&
	       (memcmp(line->text, "\xff\xfe", 2) == 0 ||
		memcmp(line->text, "\xfe\xff", 2) == 0);
}

static enum vsx_status make(struct docs *d, const struct line *line,
			    struct vsx_error *err)
{
	float *vector = d->doc.vector;

	doc_release(&d->doc);
	d->doc = (struct doc){.vector = vector};
	if (line->bad)
		return tool_fail(err, VSX_EINVAL, "%s", line->bad);
	if (is_utf16(line))
		return tool_fail(err, VSX_EINVAL, "%s", utf16);
	return is_csv(d) ? doc_of_csv(&d->maker, &d->doc, line, err)
			 : doc_of_json(&d->maker, &d->doc, line, err);
}

/* The next line that is not blank. */
static enum vsx_status next(struct docs *d, struct line *line, bool *is_one,
			    struct vsx_error *err)
{
	enum vsx_status status;

	do
		status = lines_next(&d->lines, line, is_one, err);
	while (status == VSX_OK && *is_one && !line->bad &&
	       line_is_blank(line, 0));
	return status;
}

/* ---- the first lines ---------------------------------------------------- */

/* What all rows have, or none. */
static void learn(struct docs *d, const struct line *line)
{
	if (!d->opts.dim)
		d->opts.dim = d->doc.dim;
	d->has_keys = d->doc.key.n > 0;
	d->has_ids = d->doc.has_id && !(d->has_keys && d->opts.keys_only);
	d->first_line = line->number;
	d->known = true;
}

static enum vsx_status look_at(struct docs *d, const struct line *line,
			       struct vsx_error *first, struct vsx_error *err)
{
	struct vsx_error why;
	enum vsx_status status = make(d, line, &why);

	d->sample.rows++;
	if (status == VSX_OK && !d->known)
		learn(d, line);
	if (status == VSX_OK)
		status =
			fields_look(d->fields, d->doc.object, is_role, d, &why);
	d->sample.key_bytes += d->doc.key.n;
	d->sample.payload_bytes += d->doc.payload.n;
	if (status == VSX_OK)
		return VSX_OK;
	if (status != VSX_EINVAL)
		return at_line(d, line->number, status, &why, err);
	if (first->status == VSX_OK)
		at_line(d, line->number, status, &why, first);
	return VSX_OK;
}

/*
 * The dimension, types of fields, and how large things are: from lines that
 * are read once more afterwards.
 */
static enum vsx_status sample(struct docs *d, struct vsx_error *err)
{
	struct vsx_error first = {.status = VSX_OK};
	uint64_t begin = lines_passed(&d->lines);
	enum vsx_status status;
	struct line line;
	bool is_one = true;

	lines_hold(&d->lines);
	do {
		status = next(d, &line, &is_one, err);
		if (status == VSX_OK && is_one)
			status = look_at(d, &line, &first, err);
	} while (status == VSX_OK && is_one && d->sample.rows < SAMPLE_LINES &&
		 lines_passed(&d->lines) - begin < SAMPLE_BYTES);
	if (status != VSX_OK)
		return status;
	d->sample.exact = !is_one;
	d->sample.field_bytes = fields_bytes(d->fields);
	d->sample_bytes = lines_passed(&d->lines) - begin;
	lines_again(&d->lines);
	if (d->sample.rows == 0)
		return tool_fail(err, VSX_EINVAL, "%s: holds no rows",
				 d->lines.source.name);
	if (!d->known && !d->opts.dim)
		return tool_fail(err, VSX_EINVAL, "%s", first.text);
	if (is_csv(d))
		csv_decide(d->maker.csv);
	return VSX_OK;
}

static enum vsx_status read_header(struct docs *d, struct vsx_error *err)
{
	struct vsx_error why;
	enum vsx_status status;
	struct line line;
	bool is_one;

	fields_of_cells(d->fields);
	status = next(d, &line, &is_one, err);
	if (status != VSX_OK)
		return status;
	if (!is_one)
		return tool_fail(err, VSX_EINVAL,
				 "%s: is blank, expected a line of names",
				 d->lines.source.name);
	if (line.bad || is_utf16(&line))
		status = tool_fail(&why, VSX_EINVAL, "%s",
				   line.bad ? line.bad : utf16);
	else
		status = doc_csv_header(&d->maker, &line, &why);
	return status == VSX_OK ? VSX_OK
				: at_line(d, line.number, status, &why, err);
}

/* ---- open --------------------------------------------------------------- */

static enum vsx_status know_fields(struct docs *d, const struct vsx *index,
				   struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	struct vsx_field_facts facts;

	for (uint32_t i = 0; status == VSX_OK &&
			     vsx_get_field(index, i, &facts, NULL) == VSX_OK;
	     i++)
		status = fields_know(d->fields, &facts, err);
	return status;
}

static enum vsx_status make_room(struct docs *d, struct vsx_error *err)
{
	d->room = BATCH_BYTES / ((size_t)d->opts.dim * sizeof(float)) + 1;
	d->vectors = calloc(d->room * d->opts.dim, sizeof(float));
	d->ids = calloc(d->room, sizeof(*d->ids));
	if (!d->vectors || !d->ids)
		return tool_fail_memory(err,
					d->room * d->opts.dim * sizeof(float));
	return VSX_OK;
}

static enum vsx_status begin(struct docs *d, const char *path,
			     struct vsx_error *err)
{
	enum vsx_status status;

	if (!d->opts.format)
		d->opts.format = docs_format_of(path);
	if (is_csv(d) && d->opts.keep_line)
		return tool_fail(
			err, VSX_EINVAL,
			"%s: is CSV, and --keep-line is for JSON lines", path);
	d->lines.quotes = is_csv(d);
	status = fields_new(&d->fields, d->opts.fields, err);
	if (status == VSX_OK && d->opts.index)
		status = know_fields(d, d->opts.index, err);
	d->opts.index = NULL;
	if (status == VSX_OK)
		status = lines_open(&d->lines, path, err);
	if (status == VSX_OK && is_csv(d))
		status = read_header(d, err);
	if (status == VSX_OK)
		status = sample(d, err);
	return status == VSX_OK ? make_room(d, err) : status;
}

enum vsx_status docs_open(struct docs **out, const char *path,
			  const struct docs_opts *opts, struct vsx_error *err)
{
	struct docs *d = calloc(1, sizeof(*d));
	enum vsx_status status;

	*out = NULL;
	if (!d)
		return tool_fail_memory(err, sizeof(*d));
	d->lines.source.fd = -1;
	d->opts = *opts;
	d->given_dim = opts->dim > 0;
	d->maker.opts = &d->opts;
	d->doc.vector = calloc(VSX_MAX_DIM, sizeof(float));
	status = d->doc.vector
			 ? begin(d, path, err)
			 : tool_fail_memory(err, VSX_MAX_DIM * sizeof(float));
	if (status != VSX_OK)
		docs_close(d);
	else
		*out = d;
	return status;
}

void docs_close(struct docs *d)
{
	if (!d)
		return;
	lines_close(&d->lines);
	fields_free(d->fields);
	doc_release(&d->doc);
	free(d->doc.vector);
	free(d->maker.scratch);
	free(d->maker.key64);
	free(d->maker.text64);
	csv_free(d->maker.csv);
	free(d->jumps);
	free(d->vectors);
	free(d->ids);
	texts_release(&d->keys);
	texts_release(&d->payloads);
	texts_release(&d->records);
	free(d);
}

uint32_t docs_dim(const struct docs *d)
{
	return d->opts.dim;
}

const char *docs_name(const struct docs *d)
{
	return d->lines.source.name;
}

void docs_say(const struct docs *d)
{
	if (d->opts.text_field && !d->has_payload)
		say("%s: no line has %s, which --text-field names",
		    d->lines.source.name, d->opts.text_field);
	fields_say(d->fields);
}

/* ---- read --------------------------------------------------------------- */

static enum vsx_status note_line(struct docs *d, uint64_t line,
				 struct vsx_error *err)
{
	const struct jump *last = d->n_jumps ? &d->jumps[d->n_jumps - 1] : NULL;
	struct jump *more;

	if (last && last->line + (d->n_rows - last->row) == line)
		return VSX_OK;
	if (d->n_jumps == MAX_JUMPS)
		return VSX_OK;
	more = array_one_more(d->jumps, d->n_jumps, sizeof(*more));
	if (!more)
		return tool_fail_memory(err, d->n_jumps * sizeof(*more));
	d->jumps = more;
	d->jumps[d->n_jumps++] = (struct jump){d->n_rows, line};
	return VSX_OK;
}

uint64_t docs_line(const struct docs *d, uint64_t row)
{
	size_t low = 0, high = d->n_jumps;

	/* The last jump may have been one of many that were not noted. */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (d->jumps[mid].row <= row)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0 || low == MAX_JUMPS)
		return 0;
	return d->jumps[low - 1].line + (row - d->jumps[low - 1].row);
}

static const char *names_of(bool id, bool key)
{
	if (id)
		return key ? "an id and a key" : "an id";
	return key ? "a key" : "neither id nor key";
}

/* What the first row has, and this one has not, or the other way round. */
static enum vsx_status check_alike(const struct docs *d, struct vsx_error *err)
{
	bool ids = d->doc.has_id && !(d->has_keys && d->opts.keys_only);
	bool keys = d->doc.key.n > 0;

	/* Beside ids of their own, rows may have keys or none. */
	if (ids == d->has_ids &&
	    (keys == d->has_keys || (ids && !d->opts.keys_only)))
		return VSX_OK;
	return tool_fail(err, VSX_EINVAL,
			 "has %s, line %" PRIu64 " has %s: a number is an id, "
			 "a string a key",
			 names_of(ids, keys), d->first_line,
			 names_of(d->has_ids, d->has_keys));
}

static enum vsx_status check_dim(const struct docs *d, struct vsx_error *err)
{
	uint32_t n = d->doc.dim;

	if (n == d->opts.dim)
		return VSX_OK;
	if (d->given_dim)
		return tool_fail(err, VSX_EINVAL,
				 "a vector of %u component%s, expected %u", n,
				 plural_s(n), d->opts.dim);
	return tool_fail(err, VSX_EINVAL,
			 "a vector of %u component%s, line %" PRIu64
			 " has one of %u",
			 n, plural_s(n), d->first_line, d->opts.dim);
}

/* The document as a row of the batch. */
static enum vsx_status put(struct docs *d, struct vsx_error *err)
{
	struct vsx_bytes record;
	enum vsx_status status = check_alike(d, err);

	if (status == VSX_OK)
		status = check_dim(d, err);
	if (status == VSX_OK)
		status = fields_take(d->fields, d->doc.object, is_role, d,
				     &record, err);
	if (status != VSX_OK)
		return status;
	memcpy(d->vectors + d->n * d->opts.dim, d->doc.vector,
	       d->opts.dim * sizeof(float));
	d->ids[d->n] = d->doc.id;
	d->has_payload |= d->doc.payload.n > 0;
	status = texts_add(&d->keys, d->doc.key.at, d->doc.key.n, err);
	if (status == VSX_OK)
		status = texts_add(&d->payloads, d->doc.payload.at,
				   d->doc.payload.n, err);
	if (status == VSX_OK)
		status = texts_add(&d->records, record.at, record.n, err);
	return status;
}

/* A bad line as a row that the library leaves out. */
static enum vsx_status put_odd(struct docs *d, const char *why,
			       struct vsx_error *err)
{
	struct odd_rows *odds = d->opts.odds;
	struct odd_row *items =
		array_one_more(odds->items, odds->n, sizeof(*items));
	enum vsx_status status;

	if (!items)
		return tool_fail_memory(err, (odds->n + 1) * sizeof(*items));
	odds->items = items;
	items[odds->n].row = d->n_rows;
	snprintf(items[odds->n++].why, sizeof(items->why), "%.127s", why);
	for (uint32_t i = 0; i < d->opts.dim; i++)
		d->vectors[d->n * d->opts.dim + i] = NAN;
	d->ids[d->n] = d->doc.has_id ? d->doc.id : d->n_rows;
	status = texts_add(&d->keys, NULL, 0, err);
	if (status == VSX_OK)
		status = texts_add(&d->payloads, NULL, 0, err);
	if (status == VSX_OK)
		status = texts_add(&d->records, NULL, 0, err);
	return status;
}

static enum vsx_status take(struct docs *d, const struct line *line,
			    struct vsx_error *err)
{
	struct vsx_error why;
	enum vsx_status status = make(d, line, &why);

	if (status == VSX_OK && !d->known)
		learn(d, line);
	if (status == VSX_OK)
		status = put(d, &why);
	if (status == VSX_EINVAL && d->opts.odds)
		status = put_odd(d, why.text, &why);
	if (status != VSX_OK)
		return at_line(d, line->number, status, &why, err);
	status = note_line(d, line->number, err);
	d->n++;
	d->n_rows++;
	return status;
}

static bool is_full(const struct docs *d)
{
	return d->n == d->room ||
	       d->keys.used + d->payloads.used + d->records.used >= BATCH_BYTES;
}

enum vsx_status docs_read(struct docs *d, struct vsx_batch *batch,
			  struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	bool is_one = true;
	struct line line;

	d->n = 0;
	texts_clear(&d->keys);
	texts_clear(&d->payloads);
	texts_clear(&d->records);
	*batch = (struct vsx_batch)VSX_BATCH_INIT;
	while (status == VSX_OK && !is_full(d)) {
		if (interrupted())
			return tool_fail(err, VSX_ESTOPPED, "interrupted");
		status = next(d, &line, &is_one, err);
		if (status != VSX_OK || !is_one)
			break;
		status = take(d, &line, err);
	}
	if (status != VSX_OK)
		return status;
	batch->n = d->n;
	batch->vectors = d->vectors;
	batch->ids = d->has_ids ? d->ids : NULL;
	batch->keys = texts_items(&d->keys);
	batch->payloads = texts_items(&d->payloads);
	batch->fields = texts_items(&d->records);
	return VSX_OK;
}

/* ---- how much there is -------------------------------------------------- */

bool docs_estimate(const struct docs *d, struct docs_estimate *estimate)
{
	double times;
	uint64_t text_bytes;

	*estimate = d->sample;
	if (d->sample.exact)
		return true;
	if (!lines_size(&d->lines, &text_bytes) || !d->sample_bytes)
		return false;
	times = (double)text_bytes / (double)d->sample_bytes;
	estimate->rows = (uint64_t)((double)d->sample.rows * times + 0.5);
	estimate->key_bytes = (uint64_t)((double)d->sample.key_bytes * times);
	estimate->payload_bytes =
		(uint64_t)((double)d->sample.payload_bytes * times);
	estimate->field_bytes =
		(uint64_t)((double)d->sample.field_bytes * times);
	return true;
}
