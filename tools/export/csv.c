/* CSV as RFC 4180 has it, but with line feeds alone at the ends of lines. */
#include "export/text.h"

#include "cli/fail.h"
#include "cli/utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void put_quoted(FILE *to, const char *text, size_t n)
{
	fputc('"', to);
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '"')
			fputc('"', to);
		fputc(text[i], to);
	}
	fputc('"', to);
}

/* Text that is there; nothing between two commas is null. */
static void put_text(FILE *to, const char *text, size_t n)
{
	bool quote = n == 0 || text[0] == ' ' || text[n - 1] == ' ';

	for (size_t i = 0; !quote && i < n; i++)
		quote = strchr(",\"\r\n\t", text[i]) != NULL;
	if (quote)
		put_quoted(to, text, n);
	else
		fwrite(text, 1, n, to);
}

/* What of a row is bytes of any kind must be text here. */
static enum vsx_status put_data(struct export *e, const struct export_row *row,
				const char *what, const void *bytes, size_t n,
				struct vsx_error *err)
{
	const char *text = bytes;

	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_len(text + i, n - i);
		if (len == 0 || text[i] == '\0')
			return tool_fail(
				err, VSX_EINVAL,
				"id %" PRIu64 ": its %s is no text in UTF-8, "
				"which JSON lines can hold and CSV cannot",
				row->id, what);
	}
	fputc(',', e->file.to);
	if (n)
		put_text(e->file.to, text, n);
	return VSX_OK;
}

/* A field of a name that is taken is fields.NAME. */
static enum vsx_status csv_begin(struct export *e, struct vsx_error *err)
{
	FILE *to = e->file.to;

	(void)err;
	fputs("id", to);
	if (e->facts.has_keys)
		fputs(",key", to);
	fputs(",vector", to);
	if (e->facts.has_payload)
		fputs(",payload", to);
	for (size_t f = 0; f < e->n_fields; f++)
		fprintf(to, ",%s%s",
			export_is_taken(e->names[f]) ? "fields." : "",
			e->names[f]);
	fputc('\n', to);
	return VSX_OK;
}

static int put_field(void *context, size_t i, size_t field,
		     const struct vsx_value *values, size_t n)
{
	struct export *e = context;
	char *text;

	(void)i;
	fputc(',', e->file.to);
	if (!values)
		return 0;
	text = value_text(&e->fields[field], values, n);
	if (!text)
		return 1;
	put_text(e->file.to, text, strlen(text));
	free(text);
	return 0;
}

static enum vsx_status put_row(struct export *e, const struct export_row *row,
			       struct vsx_error *err)
{
	struct vsx_error why;
	enum vsx_status status = VSX_OK;
	struct json json;

	fprintf(e->file.to, "%" PRIu64, row->id);
	if (e->facts.has_keys)
		status = put_data(e, row, "key", row->key, row->n_key, err);
	fputs(",\"", e->file.to);
	json_begin(&json, e->file.to, false);
	json_put_floats(&json, NULL, row->vector, e->facts.dim);
	fputc('"', e->file.to);
	if (status == VSX_OK && e->facts.has_payload)
		status = put_data(e, row, "payload", row->payload->at,
				  row->payload->n, err);
	if (status != VSX_OK)
		return status;
	status = vsx_values(e->index, &row->id, 1, e->names, e->n_fields,
			    put_field, e, &why);
	fputc('\n', e->file.to);
	if (status == VSX_ESTOPPED)
		return tool_fail(err, VSX_ENOMEM, "no memory for values");
	if (status != VSX_OK && err)
		*err = why;
	return status;
}

static enum vsx_status csv_rows(struct export *e, const uint64_t *ids, size_t n,
				struct vsx_error *err)
{
	return export_each(e, ids, n, put_row, err);
}

const struct export_format export_csv = {csv_begin, csv_rows};
