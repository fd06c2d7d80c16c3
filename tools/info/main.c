/* vsx-info: what is inside an index. */
#include "cli/colour.h"
#include "cli/exit.h"
#include "cli/fail.h"
#include "cli/files.h"
#include "cli/format_num.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/say.h"
#include "cli/select.h"
#include "cli/common.h"
#include "cli/table.h"
#include "cli/utf8.h"
#include "vsx.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What a screen of 24 lines has room for, without --sections. */
#define FIELDS_SHOWN	 8
#define PROPERTIES_SHOWN 3
#define RECALLS_SHOWN	 3

static bool as_json, sections;
static const char *count;

static const struct cli_option option_table[] = {
	CLI_GROUP("Output"),
	CLI_FLAG(0, "sections",
		 "list every field, segment, section, property and measured "
		 "recall",
		 &sections),
	CLI_WHERE("count", "print how many live rows pass, and nothing else",
		  &count),
	CLI_FLAG(0, "json", "as JSON", &as_json),
	CLI_COLOUR,
	CLI_END,
};

static const struct cli_command command = {
	.name = "vsx-info",
	.version = VSX_VERSION,
	.usage = "INDEX [--sections|--count EXPR] [--json]",
	.about = "Show what is inside an index: facts, segments, sections, "
		 "measured recall, where it came from.",
	.needs = "an INDEX",
	.examples = "  vsx-info photos.vsx\n"
		    "  vsx-info photos.vsx --json | jq .rows\n"
		    "  vsx-info notes.vsx --count 'lang = \"en\"'\n",
	.min_operands = 1,
	.max_operands = 1,
	.options = option_table,
};

static void uuid_text(char to[37], const uint8_t uuid[16])
{
	char *p = to;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		p += sprintf(p, "%02x", uuid[i]);
	}
}

/* What a search does that names no effort. */
static void print_searches(const struct vsx_facts *f)
{
	bool effort = *f->effort_name && f->default_effort;

	if (effort)
		printf("  searches    %s %u", f->effort_name,
		       f->default_effort);
	if (f->default_refine > 0.0)
		printf("%srefine %g", effort ? ", " : "  searches    ",
		       f->default_refine);
	if (effort || f->default_refine > 0.0)
		printf(" by default\n");
	else if (*f->effort_name)
		printf("  searches    %s by the size of each segment\n",
		       f->effort_name);
}

/* "at:time, lang:string", in lines of a screen. */
static void print_fields(const struct vsx *index)
{
	struct vsx_field_facts f;
	char *text = NULL, more[NUM_OF_BYTES];
	uint32_t n = 0;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return;
	for (; vsx_get_field(index, n, &f, NULL) == VSX_OK; n++)
		if (sections || n < FIELDS_SHOWN)
			fprintf(to, "%s%s:%s", n ? ", " : "", f.name,
				vsx_field_type_text(f.type, f.is_list));
	if (!sections && n > FIELDS_SHOWN)
		fprintf(to, ", and %s more with --sections",
			num_of(more, n - FIELDS_SHOWN, "field"));
	if (fclose(to) == 0 && n > 0) {
		printf("  fields      ");
		utf8_wrap(stdout, text, 14, 14, 80);
	}
	free(text);
}

/* What rows have beside their vectors: bytes; 0: none. */
enum beside { KEYS, PAYLOAD, FIELDS, N_BESIDE };
static const char *const beside_names[] = {"keys", "payload", "fields"};

static void find_beside(const struct vsx *index, uint64_t bytes[N_BESIDE])
{
	static const struct {
		const char *section;
		enum beside what;
	} parts[] = {{"KEYS", KEYS},	{"KDIR", KEYS},	   {"KTAB", KEYS},
		     {"PAYL", PAYLOAD}, {"PDIR", PAYLOAD}, {"COLS", FIELDS}};
	struct vsx_section_facts s;

	memset(bytes, 0, N_BESIDE * sizeof(*bytes));
	for (uint32_t i = 0; vsx_get_section(index, i, &s, NULL) == VSX_OK; i++)
		for (size_t p = 0; p < sizeof(parts) / sizeof(*parts); p++)
			if (strcmp(s.name, parts[p].section) == 0)
				bytes[parts[p].what] += s.bytes;
}

static void print_beside(const struct vsx *index)
{
	const char *before = "  beside      ";
	uint64_t bytes[N_BESIDE];
	char a[NUM_BYTES];

	find_beside(index, bytes);
	for (int i = 0; i < N_BESIDE; i++) {
		if (!bytes[i])
			continue;
		printf("%s%s of %s", before, beside_names[i],
		       num_bytes(a, bytes[i]));
		before = ", ";
	}
	if (*before == ',')
		printf("\n");
}

/* Of the first segment that keeps them so. */
static void print_narrow(const struct vsx *index, const struct vsx_facts *f)
{
	const char *elem = vsx_elem_text(f->elem);
	struct vsx_segment_facts s;
	uint32_t i = 0;

	while (vsx_get_segment(index, i++, &s, NULL) == VSX_OK)
		if (strcmp(s.kept, elem) != 0) {
			printf("  kept        %s, which holds these whole "
			       "numbers exactly: nothing is lost\n",
			       s.kept);
			return;
		}
}

/* A search looks past rows that are deleted: of so many it is told. */
#define MANY_DELETED 0.3

/* Of the rows that a search comes to: not where all of a segment are. */
static double part_looked_past(const struct vsx *index)
{
	double n = 0, of = 0;
	struct vsx_segment_facts s;
	uint32_t i = 0;

	while (vsx_get_segment(index, i++, &s, NULL) == VSX_OK)
		if (s.n_dead < s.n_rows) {
			n += (double)s.n_dead;
			of += (double)s.n_rows;
		}
	return of > 0 ? n / of : 0;
}

static void print_deleted(const struct vsx *index, const struct vsx_facts *f)
{
	uint64_t n = f->n_rows - f->n_live;
	double part = (double)n / (double)f->n_rows;
	char a[NUM_BYTES];

	printf("  deleted     %s (%.1f %%), still in the file%s\n",
	       num_count(a, n), 100 * part,
	       part_looked_past(index) > MANY_DELETED
		       ? ": searches are slower for it until "
			 "vsx-compact removes them"
		       : "");
}

static void print_facts(const char *path, const struct vsx *index,
			const struct vsx_facts *f)
{
	char a[NUM_BYTES], b[NUM_BYTES], c[NUM_BYTES], uuid[37];
	char more[NUM_OF_BYTES];
	const char *entry;
	uint32_t n = 0; /* properties */

	uuid_text(uuid, f->uuid);
	printf("%s%s%s\n", colour(stdout, COLOUR_HEADING), path,
	       colour_off(stdout));
	printf("  index       %s, %s\n", f->spec, vsx_metric_text(f->metric));
	if (strcmp(f->asked, f->spec) != 0)
		printf("  asked for   %s, recall@10 %g\n", f->asked,
		       f->target_recall);
	printf("  rows        %s of %u %s%s\n", num_count(a, f->n_live), f->dim,
	       vsx_elem_text(f->elem), f->normalised ? ", normalised" : "");
	if (f->kept_as_codes)
		printf("  kept        codes (%s): what is given back and what "
		       "answers go by is what these decode to\n",
		       f->kept);
	if (f->kept_narrow)
		print_narrow(index, f);
	if (f->n_live != f->n_rows)
		print_deleted(index, f);
	print_beside(index);
	print_fields(index);
	print_searches(f);
	printf("  file        %s in pages of %s, generation %" PRIu64
	       ", format %u\n",
	       num_bytes(a, f->file_bytes), num_bytes(b, f->page_bytes),
	       f->generation, f->format_version);
	printf("  bytes       %s live, %s of deleted rows, %s superseded\n",
	       num_bytes(a, f->live_bytes), num_bytes(b, f->deleted_bytes),
	       num_bytes(c, f->superseded_bytes));
	if (f->extra_bytes)
		printf("  left over   %s after the committed end\n",
		       num_bytes(a, f->extra_bytes));
	printf("  uuid        %s\n", uuid);
	printf("  seed        %" PRIu64 "\n", f->seed);
	for (uint32_t i = 0; (entry = vsx_property_at(index, i)); i++) {
		const char *eq = strchr(entry, '=');

		if (strncmp(entry, "spec=", 5) == 0)
			continue;
		if (sections || n++ < PROPERTIES_SHOWN)
			printf("  %-11.*s %s\n", (int)(eq - entry), entry,
			       eq + 1);
	}
	if (n > PROPERTIES_SHOWN)
		printf("  and %s more with --sections\n",
		       num_of(more, n - PROPERTIES_SHOWN, "property"));
}

/* "M 16, efConstruction 200, 4 levels" */
static const char *parameters(char *to, size_t bytes,
			      const struct vsx_segment_facts *s)
{
	char a[NUM_BYTES];
	size_t at = 0;

	to[0] = '\0';
	for (uint32_t i = 0; i < s->n_parameters && at < bytes; i++) {
		const struct vsx_parameter *p = &s->parameters[i];
		int before = (int)strcspn(p->text, "#");

		at += (size_t)snprintf(to + at, bytes - at, "%s%.*s%s%s",
				       i ? ", " : "", before, p->text,
				       num_count(a, p->value),
				       p->text + before + 1);
	}
	return to;
}

static enum vsx_status print_segments(const struct vsx *index, uint32_t n,
				      struct vsx_error *err)
{
	struct table *t = table_new();
	struct vsx_segment_facts s;
	enum vsx_status status;
	struct vsx_facts f;
	char a[NUM_BYTES], text[256];

	vsx_get_facts(index, &f);
	table_column(t, "segment", TABLE_RIGHT);
	table_column(t, "kind", TABLE_LEFT);
	table_column(t, "since", TABLE_RIGHT);
	table_column(t, "rows", TABLE_RIGHT);
	table_column(t, "deleted", TABLE_RIGHT);
	table_column(t, "row size", TABLE_RIGHT);
	if (f.kept_as_codes || f.kept_narrow)
		table_column(t, "kept as", TABLE_LEFT);
	table_column(t, "parameters", TABLE_WRAP);
	for (uint32_t i = 0;
	     i < n && vsx_get_segment(index, i, &s, NULL) == VSX_OK; i++) {
		table_row(t);
		table_cell(t, "%u", i);
		table_cell(t, "%s%s%s", s.kind,
			   s.estimates && *s.codes ? "," : "",
			   s.estimates ? s.codes : "");
		table_cell(t, "%s", num_count(a, s.generation));
		table_cell(t, "%s", num_count(a, s.n_rows));
		table_cell(t, "%s", num_count(a, s.n_dead));
		table_cell(t, "%s", num_bytes(a, s.row_stride));
		if (f.kept_as_codes || f.kept_narrow)
			table_cell(t, "%s", s.kept);
		table_cell(t, "%s", parameters(text, sizeof(text), &s));
	}
	status = table_print(t, stdout, err);
	table_free(t);
	return status;
}

static enum vsx_status print_sections(const struct vsx *index, uint32_t n,
				      struct vsx_error *err)
{
	struct table *t = table_new();
	struct vsx_section_facts s;
	enum vsx_status status;
	char a[NUM_BYTES];

	table_column(t, "section", TABLE_LEFT);
	table_column(t, "segment", TABLE_RIGHT);
	table_column(t, "offset", TABLE_RIGHT);
	table_column(t, "size", TABLE_RIGHT);
	table_column(t, "holds", TABLE_WRAP);
	for (uint32_t i = 0;
	     i < n && vsx_get_section(index, i, &s, NULL) == VSX_OK; i++) {
		table_row(t);
		table_cell(t, "%s", s.name);
		if (s.segment < 0)
			table_cell(t, "%s", "");
		else
			table_cell(t, "%" PRId32, s.segment);
		table_cell(t, "%s", num_count(a, s.offset));
		table_cell(t, "%s", num_bytes(a, s.bytes));
		table_cell(t, "%s", s.text);
	}
	status = table_print(t, stdout, err);
	table_free(t);
	return status;
}

/* All of them. */
static bool shows_recalls(const struct vsx_facts *f)
{
	return sections || f->n_recalls <= RECALLS_SHOWN;
}

static enum vsx_status print_recalls(const struct vsx *index,
				     const struct vsx_facts *f,
				     struct vsx_error *err)
{
	struct table *t = table_new();
	enum vsx_status status = VSX_OK;
	struct vsx_recall r;
	char a[NUM_BYTES];

	if (*f->effort_name)
		table_column(t, f->effort_name, TABLE_RIGHT);
	if (f->default_refine > 0.0)
		table_column(t, "refine", TABLE_RIGHT);
	table_column(t, "recall@1", TABLE_RIGHT);
	table_column(t, "@10", TABLE_RIGHT);
	table_column(t, "@100", TABLE_RIGHT);
	table_column(t, "distances", TABLE_RIGHT);
	for (uint32_t i = 0; status == VSX_OK && i < f->n_recalls; i++) {
		status = vsx_get_recall(index, i, &r, err);
		if (status != VSX_OK)
			break;
		/* The least, the default, the most. */
		if (!shows_recalls(f) && i > 0 && i + 1 < f->n_recalls &&
		    (r.effort != f->default_effort ||
		     r.refine != f->default_refine))
			continue;
		table_row(t);
		if (*f->effort_name)
			table_cell(t, "%s", num_count(a, r.effort));
		if (f->default_refine > 0.0)
			table_cell(t, "%g", r.refine);
		table_cell(t, "%.4f", r.at_1);
		table_cell(t, "%.4f", r.at_10);
		table_cell(t, "%.4f", r.at_100);
		table_cell(t, "%s", num_count(a, (uint64_t)r.distances));
	}
	if (status == VSX_OK)
		status = table_print(t, stdout, err);
	table_free(t);
	return status;
}

static enum vsx_status print_text(const char *path, const struct vsx *index,
				  struct vsx_error *err)
{
	struct vsx_facts f;
	enum vsx_status status = VSX_OK;
	char n[NUM_OF_BYTES];

	vsx_get_facts(index, &f);
	print_facts(path, index, &f);
	putchar('\n');
	if (f.n_segments > 1 && !sections)
		printf("%s (--sections lists them)\n",
		       num_of(n, f.n_segments, "segment"));
	else
		status = print_segments(index, f.n_segments, err);
	if (status == VSX_OK && sections) {
		putchar('\n');
		status = print_sections(index, f.n_sections, err);
	}
	if (status != VSX_OK || f.n_recalls == 0)
		return status;
	printf("\nmeasured on %s",
	       num_of(n, f.n_queries, f.own_queries ? "row" : "query"));
	if (f.own_queries)
		printf(" of the index");
	if (f.test_as_given)
		printf(", as they were before they became codes");
	if (f.n_queries < f.due_queries)
		printf(", too few to tell");
	if (!shows_recalls(&f))
		printf(" at %s (--sections lists them)",
		       num_of(n, f.n_recalls,
			      f.default_refine > 0.0 ? "setting" : "effort"));
	putchar('\n');
	return print_recalls(index, &f, err);
}

static void json_facts(struct json *j, const struct vsx *index,
		       const struct vsx_facts *f)
{
	uint64_t beside[N_BESIDE];
	const char *entry;
	char uuid[37], key[64];

	uuid_text(uuid, f->uuid);
	find_beside(index, beside);
	json_put_string(j, "spec", f->spec);
	json_put_string(j, "asked", f->asked);
	json_put_string(j, "metric", vsx_metric_text(f->metric));
	json_put_string(j, "element", vsx_elem_text(f->elem));
	json_put_u64(j, "dim", f->dim);
	json_put_string(j, "kept", f->kept);
	json_put_bool(j, "kept_as_codes", f->kept_as_codes);
	json_put_bool(j, "kept_narrow", f->kept_narrow);
	json_put_u64(j, "rows", f->n_rows);
	json_put_u64(j, "live", f->n_live);
	json_put_u64(j, "dead", f->n_rows - f->n_live);
	json_put_bool(j, "normalised", f->normalised);
	json_put_string(j, "effort_name", f->effort_name);
	json_put_u64(j, "default_effort", f->default_effort);
	json_put_double(j, "default_refine", f->default_refine);
	json_put_double(j, "target_recall", f->target_recall);
	json_put_u64(j, "seed", f->seed);
	json_put_string(j, "uuid", uuid);
	json_put_u64(j, "format_version", f->format_version);
	json_put_u64(j, "generation", f->generation);
	json_put_u64(j, "page_bytes", f->page_bytes);
	json_put_u64(j, "file_bytes", f->file_bytes);
	json_put_u64(j, "live_bytes", f->live_bytes);
	json_put_u64(j, "deleted_bytes", f->deleted_bytes);
	json_put_u64(j, "superseded_bytes", f->superseded_bytes);
	json_put_u64(j, "extra_bytes", f->extra_bytes);
	json_put_bool(j, "has_keys", f->has_keys);
	json_put_bool(j, "has_payload", f->has_payload);
	json_put_object(j, "beside_bytes");
	for (int i = 0; i < N_BESIDE; i++)
		json_put_u64(j, beside_names[i], beside[i]);
	json_close(j);
	json_put_u64(j, "test_queries", f->n_queries);
	json_put_u64(j, "due_queries", f->due_queries);
	json_put_bool(j, "test_queries_are_rows", f->own_queries);
	json_put_bool(j, "test_as_given", f->test_as_given);
	json_put_object(j, "properties");
	for (uint32_t i = 0; (entry = vsx_property_at(index, i)); i++) {
		size_t len = strcspn(entry, "=");

		if (len >= sizeof(key))
			continue;
		memcpy(key, entry, len);
		key[len] = '\0';
		json_put_string(j, key, entry + len + 1);
	}
	json_close(j);
}

static void json_tables(struct json *j, const struct vsx *index,
			const struct vsx_facts *f)
{
	struct vsx_segment_facts s;
	struct vsx_section_facts c;
	struct vsx_field_facts field;

	json_put_array(j, "fields");
	for (uint32_t i = 0; vsx_get_field(index, i, &field, NULL) == VSX_OK;
	     i++) {
		json_put_object(j, NULL);
		json_put_string(j, "name", field.name);
		json_put_string(j, "type",
				vsx_field_type_text(field.type, field.is_list));
		json_close(j);
	}
	json_close(j);
	json_put_array(j, "segments");
	for (uint32_t i = 0; i < f->n_segments; i++) {
		if (vsx_get_segment(index, i, &s, NULL) != VSX_OK)
			break;
		json_put_object(j, NULL);
		json_put_string(j, "kind", s.kind);
		json_put_u64(j, "rows", s.n_rows);
		json_put_u64(j, "dead", s.n_dead);
		json_put_u64(j, "generation", s.generation);
		json_put_u64(j, "row_stride", s.row_stride);
		json_put_string(j, "kept", s.kept);
		json_put_string(j, "codes", s.codes);
		for (uint32_t p = 0; p < s.n_parameters; p++)
			json_put_u64(j, s.parameters[p].name,
				     s.parameters[p].value);
		json_close(j);
	}
	json_close(j);
	json_put_array(j, "sections");
	for (uint32_t i = 0; i < f->n_sections; i++) {
		if (vsx_get_section(index, i, &c, NULL) != VSX_OK)
			break;
		json_put_object(j, NULL);
		json_put_string(j, "name", c.name);
		if (c.segment < 0)
			json_put_null(j, "segment");
		else
			json_put_u64(j, "segment", (uint64_t)c.segment);
		json_put_u64(j, "offset", c.offset);
		json_put_u64(j, "bytes", c.bytes);
		json_close(j);
	}
	json_close(j);
}

static enum vsx_status json_recalls(struct json *j, const struct vsx *index,
				    const struct vsx_facts *f,
				    struct vsx_error *err)
{
	json_put_array(j, "recall");
	for (uint32_t i = 0; i < f->n_recalls; i++) {
		struct vsx_recall r;
		enum vsx_status status = vsx_get_recall(index, i, &r, err);

		if (status != VSX_OK)
			return status;
		json_put_object(j, NULL);
		json_put_u64(j, "effort", r.effort);
		json_put_double(j, "at_1", r.at_1);
		json_put_double(j, "at_10", r.at_10);
		json_put_double(j, "at_100", r.at_100);
		json_put_double(j, "distances", r.distances);
		json_put_double(j, "refine", r.refine);
		json_close(j);
	}
	json_close(j);
	return VSX_OK;
}

static enum vsx_status write_json(FILE *to, const char *path,
				  const struct vsx *index,
				  struct vsx_error *err)
{
	struct vsx_facts f;
	enum vsx_status status;
	struct json j;

	vsx_get_facts(index, &f);
	json_begin(&j, to, true);
	json_put_object(&j, NULL);
	json_put_string(&j, "index", path);
	json_facts(&j, index, &f);
	json_tables(&j, index, &f);
	status = json_recalls(&j, index, &f, err);
	if (status != VSX_OK)
		return status;
	json_close(&j);
	json_end(&j);
	return VSX_OK;
}

/* Whole or none: what is damaged shows only when it is reached. */
static enum vsx_status print_json(const char *path, const struct vsx *index,
				  struct vsx_error *err)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);
	enum vsx_status status;
	bool bad;

	if (!to)
		return tool_fail_memory(err, n);
	status = write_json(to, path, index, err);
	bad = ferror(to) != 0;
	if (fclose(to) != 0)
		bad = true;
	if (status == VSX_OK && bad)
		status = tool_fail(err, VSX_ENOMEM, "no memory for the JSON");
	if (status == VSX_OK)
		fwrite(text, 1, n, stdout);
	free(text);
	return status;
}

static enum vsx_status print_count(const struct vsx *index,
				   struct vsx_error *err)
{
	struct vsx_selection *selection;
	enum vsx_status status = select_rows(&selection, index, count, err);

	if (status == VSX_OK)
		printf("%" PRIu64 "\n", vsx_selection_count(selection));
	vsx_selection_free(selection);
	return status;
}

int main(int argc, char **argv)
{
	struct cli_operands operands;
	struct vsx_error err = {0};
	enum vsx_status status;
	struct vsx *index;
	int code = cli_parse(&command, argc, argv, &operands);

	if (code == CLI_GO_ON && count && (as_json || sections))
		code = cli_usage_error(&command,
				       "--count and --%s cannot be combined",
				       as_json ? "json" : "sections");
	if (code != CLI_GO_ON)
		return code;
	vsx_guard_install(NULL);
	files_read(operands.items[0]);
	status = files_check(&err);
	if (status == VSX_OK)
		status = vsx_open(&index, operands.items[0], NULL, &err);
	if (status != VSX_OK)
		return say_error(&err);
	status = count	   ? print_count(index, &err)
		 : as_json ? print_json(operands.items[0], index, &err)
			   : print_text(operands.items[0], index, &err);
	vsx_close(index);
	return say_end(status == VSX_OK ? EXIT_DONE : say_error(&err));
}
