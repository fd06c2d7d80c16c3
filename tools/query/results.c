#include "query/results.h"

#include "cli/fail.h"
#include "cli/json.h"
#include "cli/npy_out.h"
#include "cli/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *value_name(const struct results *r)
{
	switch (r->metric) {
	case VSX_L2:
		return "distance";
	case VSX_IP:
		return "product";
	case VSX_COSINE:
		break;
	}
	return "similarity";
}

char *results_distances_path(const char *path)
{
	size_t len = strlen(path);
	char *to;

	if (len > 4 && strcmp(path + len - 4, ".npy") == 0)
		len -= 4;
	return asprintf(&to, "%.*s.distances.npy", (int)len, path) < 0 ? NULL
								       : to;
}

static enum vsx_status begin_npy(struct results *r, struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES], *path;
	enum vsx_status status;

	if (!r->file.replaces)
		return tool_fail(err, VSX_EINVAL,
				 "'%s' is not a regular file, which the format "
				 "npy needs",
				 tool_name(name, r->path));
	path = results_distances_path(r->path);
	if (!path)
		return tool_fail_memory(err, strlen(r->path));
	status = outfile_open(&r->distances, path, err);
	free(path);
	if (status != VSX_OK)
		return status;
	npy_write_head(r->file.to, "<i8", 0, r->k);
	npy_write_head(r->distances.to, "<f4", 0, r->k);
	return VSX_OK;
}

static enum table_align align(const struct value_field *field)
{
	if (field->is_list || field->type == VSX_STRING)
		return TABLE_CUT;
	return field->type == VSX_INT || field->type == VSX_FLOAT ? TABLE_RIGHT
								  : TABLE_LEFT;
}

enum vsx_status results_begin(struct results *r, struct vsx_error *err)
{
	size_t names = 2; /* columns that name a row: query, rank and others */
	enum vsx_status status;

	status = outfile_open(&r->file, r->path ? r->path : "-", err);
	if (status == VSX_OK && r->format == FORMAT_NPY)
		status = begin_npy(r, err);
	if (status != VSX_OK || r->format != FORMAT_TABLE)
		return status;
	r->table = table_new();
	table_column(r->table, r->query_ids ? "row" : "query", TABLE_RIGHT);
	if (r->query_ids && r->shown.keys) {
		table_column(r->table, "key of row", TABLE_WRAP);
		names++;
	}
	if (r->query_ids && r->labels) {
		table_column(r->table, "label", TABLE_WRAP);
		names++;
	}
	table_column(r->table, "rank", TABLE_RIGHT);
	table_names(r->table, names);
	table_column(r->table, "id", TABLE_RIGHT);
	if (r->shown.keys)
		table_column(r->table, "key", TABLE_WRAP);
	table_column(r->table, value_name(r), TABLE_RIGHT);
	if (r->labels)
		table_column(r->table, r->query_ids ? "neighbour" : "label",
			     TABLE_WRAP);
	for (size_t f = 0; f < r->shown.n_fields; f++)
		table_column(r->table, r->shown.fields[f].name,
			     align(&r->shown.fields[f]));
	if (r->shown.payload)
		table_column(r->table, "payload", TABLE_CUT);
	return VSX_OK;
}

/* Of a payload or a string, in a table. */
#define MOST_SHOWN 200

static void add_text(struct results *r, const struct vsx_bytes *bytes)
{
	char *text = shown_text(bytes, MOST_SHOWN);

	table_cell(r->table, "%s", text ? text : "");
	free(text);
}

static void add_field(struct results *r, size_t i, size_t f)
{
	char *text = shown_value(&r->shown, i, f, MOST_SHOWN);

	table_cell(r->table, "%s", text ? text : "");
	free(text);
}

static const char *label_of(const struct results *r, uint64_t id)
{
	const char *label = r->labels ? labels_get(r->labels, id) : NULL;

	return label ? label : "";
}

/* As many digits as f32 has, and no exponent for what people compare. */
static void add_value(struct results *r, float value)
{
	double size = fabs((double)value);

	if (r->metric == VSX_COSINE)
		table_cell(r->table, "%.6f", (double)value);
	else if (size == floor(size) && size < 1e9)
		table_cell(r->table, "%.0f", (double)value);
	else if (size >= 1e5 && size < 1e9)
		table_cell(r->table, "%.1f", (double)value);
	else
		table_cell(r->table, "%.6g", (double)value);
}

/* What was asked stands in the first line of its answers. */
static void add_query(struct results *r, bool first)
{
	uint64_t query = r->query_ids ? r->query_ids[r->n] : r->n;

	if (first)
		table_cell(r->table, "%" PRIu64, query);
	else
		table_cell(r->table, "%s", "");
	if (r->query_ids && r->shown.keys && first)
		add_text(r, &r->asked.key[0]);
	else if (r->query_ids && r->shown.keys)
		table_cell(r->table, "%s", "");
	if (r->query_ids && r->labels)
		table_cell(r->table, "%s", first ? label_of(r, query) : "");
}

static void add_table(struct results *r, const struct vsx_hit *hits, size_t n)
{
	if (n == 0) { /* the only row of an index has no neighbours */
		table_row(r->table);
		add_query(r, true);
		table_cell(r->table, "%s", "none");
	}
	for (size_t i = 0; i < n; i++) {
		table_row(r->table);
		add_query(r, i == 0);
		table_cell(r->table, "%zu", i + 1);
		table_cell(r->table, "%" PRIu64, hits[i].id);
		if (r->shown.keys)
			add_text(r, &r->shown.key[i]);
		add_value(r, hits[i].distance);
		if (r->labels)
			table_cell(r->table, "%s", label_of(r, hits[i].id));
		for (size_t f = 0; f < r->shown.n_fields; f++)
			add_field(r, i, f);
		if (r->shown.payload)
			add_text(r, &r->shown.payloads[i]);
	}
}

/* A row that has none has no such member. */
static void add_member(struct json *j, const char *name,
		       const struct vsx_bytes *bytes)
{
	if (bytes->n)
		json_put_data(j, name, bytes->at, bytes->n);
}

static void add_fields(struct json *j, const struct shown *s, size_t i)
{
	json_put_object(j, "fields");
	for (size_t f = 0; f < s->n_fields; f++) {
		const struct shown_values *v = &s->values[i * s->n_fields + f];

		value_json(j, s->fields[f].name, &s->fields[f], v->values,
			   v->n);
	}
	json_close(j);
}

static void add_json(struct results *r, const struct vsx_hit *hits, size_t n)
{
	struct json j;

	json_begin(&j, r->file.to, false);
	json_put_object(&j, NULL);
	if (r->query_ids)
		json_put_u64(&j, "row", r->query_ids[r->n]);
	if (r->query_ids && r->shown.keys)
		add_member(&j, "key", &r->asked.key[0]);
	if (r->query_ids && r->labels)
		json_put_string(&j, "label", label_of(r, r->query_ids[r->n]));
	if (!r->query_ids)
		json_put_u64(&j, "query", r->n);
	json_put_array(&j, "hits");
	for (size_t i = 0; i < n; i++) {
		json_put_object(&j, NULL);
		json_put_u64(&j, "id", hits[i].id);
		if (r->shown.keys)
			add_member(&j, "key", &r->shown.key[i]);
		json_put_float(&j, value_name(r), hits[i].distance);
		if (r->labels)
			json_put_string(&j, "label", label_of(r, hits[i].id));
		if (r->shown.n_fields)
			add_fields(&j, &r->shown, i);
		if (r->shown.payload)
			add_member(&j, "payload", &r->shown.payloads[i]);
		json_close(&j);
	}
	json_close(&j);
	json_close(&j);
	json_end(&j);
}

/* Takes the text over. */
static void put_column(struct results *r, char *text)
{
	fprintf(r->file.to, "\t%s", text ? text : "");
	free(text);
}

static void add_tsv(struct results *r, const struct vsx_hit *hits, size_t n)
{
	uint64_t query = r->query_ids ? r->query_ids[r->n] : r->n;

	for (size_t i = 0; i < n; i++) {
		fprintf(r->file.to, "%" PRIu64 "\t%zu\t%" PRIu64 "\t%.9g",
			query, i + 1, hits[i].id, (double)hits[i].distance);
		if (r->labels)
			fprintf(r->file.to, "\t%s", label_of(r, hits[i].id));
		if (r->shown.keys)
			put_column(r, shown_text(&r->shown.key[i], 0));
		for (size_t f = 0; f < r->shown.n_fields; f++)
			put_column(r, shown_value(&r->shown, i, f, 0));
		if (r->shown.payload)
			put_column(r, shown_text(&r->shown.payloads[i], 0));
		fputc('\n', r->file.to);
	}
}

/* A row of k: ids that are missing are -1; of n, if k is 0. */
static enum vsx_status add_ivecs(struct results *r, const struct vsx_hit *hits,
				 size_t n, struct vsx_error *err)
{
	size_t k = r->k ? r->k : n;
	int32_t v = (int32_t)k;

	fwrite(&v, 4, 1, r->file.to);
	for (size_t i = 0; i < k; i++) {
		if (i < n && hits[i].id > INT32_MAX)
			return tool_fail(err, VSX_EINVAL,
					 "id %" PRIu64 " does not fit .ivecs, "
					 "whose ids are at most %d",
					 hits[i].id, INT32_MAX);
		v = i < n ? (int32_t)hits[i].id : -1;
		fwrite(&v, 4, 1, r->file.to);
	}
	return VSX_OK;
}

static enum vsx_status add_npy(struct results *r, const struct vsx_hit *hits,
			       size_t n, struct vsx_error *err)
{
	for (size_t i = 0; i < r->k; i++) {
		int64_t id = i < n ? (int64_t)hits[i].id : -1;
		float distance = i < n ? hits[i].distance : NAN;

		if (i < n && hits[i].id > INT64_MAX)
			return tool_fail(err, VSX_EINVAL,
					 "id %" PRIu64 " does not fit the i64 "
					 "of .npy",
					 hits[i].id);
		fwrite(&id, 8, 1, r->file.to);
		fwrite(&distance, 4, 1, r->distances.to);
	}
	return VSX_OK;
}

/* What rows have, where the format has a place for it. */
static enum vsx_status fetch(struct results *r, const struct vsx_hit *hits,
			     size_t n, struct vsx_error *err)
{
	struct vsx_hit query;
	enum vsx_status status;

	if (r->format == FORMAT_IVECS || r->format == FORMAT_NPY)
		return VSX_OK;
	status = shown_fetch(&r->shown, hits, n, err);
	if (status != VSX_OK || !r->query_ids || !r->shown.keys)
		return status;
	query = (struct vsx_hit){.id = r->query_ids[r->n]};
	r->asked.index = r->shown.index;
	r->asked.keys = true;
	return shown_fetch(&r->asked, &query, 1, err);
}

enum vsx_status results_add(struct results *r, const struct vsx_hit *hits,
			    const size_t *n_hits, size_t n,
			    struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	for (size_t q = 0; q < n && status == VSX_OK; q++) {
		const struct vsx_hit *h = hits + q * r->k;

		status = fetch(r, h, n_hits[q], err);
		if (status != VSX_OK)
			break;
		switch (r->format) {
		case FORMAT_TABLE:
			add_table(r, h, n_hits[q]);
			break;
		case FORMAT_JSON:
			add_json(r, h, n_hits[q]);
			break;
		case FORMAT_TSV:
			add_tsv(r, h, n_hits[q]);
			break;
		case FORMAT_IVECS:
			status = add_ivecs(r, h, n_hits[q], err);
			break;
		case FORMAT_NPY:
			status = add_npy(r, h, n_hits[q], err);
			break;
		}
		r->n++;
	}
	return status;
}

enum vsx_status results_end(struct results *r, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	if (r->format == FORMAT_TABLE)
		status = table_print(r->table, r->file.to, err);
	if (status == VSX_OK && r->format == FORMAT_NPY) {
		rewind(r->file.to);
		npy_write_head(r->file.to, "<i8", r->n, r->k);
		rewind(r->distances.to);
		npy_write_head(r->distances.to, "<f4", r->n, r->k);
		status = outfile_close(&r->distances, err);
	}
	if (status == VSX_OK)
		status = outfile_close(&r->file, err);
	results_drop(r);
	return status;
}

void results_drop(struct results *r)
{
	outfile_drop(&r->file);
	outfile_drop(&r->distances);
	shown_release(&r->shown);
	shown_release(&r->asked);
	r->shown = r->asked = (struct shown){NULL};
	table_free(r->table);
	r->table = NULL;
}
