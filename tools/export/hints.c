#include "export/hints.h"

#include "cli/fail.h"
#include "cli/format_num.h"
#include "cli/say.h"

#include <stdlib.h>
#include <string.h>

void hints_before(const struct export *e, bool of_vectors)
{
	const struct vsx_facts *f = &e->facts;

	if (f->kept_as_codes)
		say("%s: keeps codes (%s) in place of rows: the vectors that "
		    "are written are what these decode to",
		    e->path, f->kept);
	if (of_vectors && !e->ids.to)
		say("%s: ids are left out, which go into a file beside -o FILE",
		    e->path);
	if (of_vectors && (f->has_keys || f->has_payload || e->n_fields))
		say("%s: keys, payload and fields are left out, which jsonl "
		    "and csv hold",
		    e->path);
}

/* As a shell takes it, in quotes where it needs some. */
static void put_word(FILE *to, const char *word)
{
	bool plain = *word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
						 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						 "0123456789_-+=./,:")];

	fputs(plain ? " " : " '", to);
	for (; *word; word++)
		if (*word == '\'')
			fputs("'\\''", to);
		else
			fputc(*word, to);
	if (!plain)
		fputc('\'', to);
}

/* What vsx-build does not see from the values. Those of CSV are all text. */
static void put_fields(FILE *to, const struct export *e)
{
	bool typed = e->format == &export_csv;
	const char *comma = typed ? "" : ",";

	fprintf(to, " --fields '%s", typed ? "" : "auto");
	for (size_t i = 0; i < e->n_fields; i++) {
		const struct value_field *f = &e->fields[i];

		if (!typed && f->type != VSX_TIME)
			continue;
		fprintf(to, "%s%s:%s", comma, f->name,
			vsx_field_type_text(f->type, f->is_list));
		comma = ",";
	}
	fputc('\'', to);
}

static void put_command(FILE *to, const struct export *e, bool of_vectors)
{
	const struct vsx_facts *f = &e->facts;
	bool typed = e->format == &export_npy && f->elem != VSX_BF16 &&
		     !f->kept_narrow;
	char *ids;

	fputs("vsx-build", to);
	put_word(to, e->out);
	if (of_vectors && (ids = export_ids_path(e->out))) {
		fputs(" --ids", to);
		put_word(to, ids);
		free(ids);
	}
	fputs(" -o INDEX -i", to);
	put_word(to, f->spec);
	fprintf(to, " -m %s", vsx_metric_text(f->metric));
	if (!typed && f->elem != VSX_F32)
		fprintf(to, " -e %s", vsx_elem_text(f->elem));
	if (f->normalised)
		fputs(" --normalize", to);
	if (!of_vectors && e->n_fields)
		put_fields(to, e);
}

void hints_after(const struct export *e, bool of_vectors)
{
	char rows[NUM_OF_BYTES], name[TOOL_NAME_BYTES];
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	if (to) {
		put_command(to, e, of_vectors);
		if (fclose(to) != 0)
			len = 0;
	}
	say("%s: %s, %s", tool_name(name, e->out), num_of(rows, e->n, "row"),
	    e->list ? "in the order of --ids-from" : "by rising id");
	/* A name from elsewhere may hold what moves the cursor. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			len = 0;
	if (len)
		say("read back by: %s", text);
	free(text);
}
