#include "input/feed_cli.h"

const char *const feed_formats[] = {"jsonl", "csv", NULL};

int feed_cli_check(const struct cli_command *command, struct feed_opts *feed,
		   int format, char **inputs, size_t n)
{
	bool documents = format >= 0;

	for (size_t i = 0; i < n; i++)
		documents |= docs_format_of(inputs[i]) != DOCS_NONE;
	feed->docs.format =
		format < 0 ? DOCS_NONE : (enum docs_format)(format + 1);
	if (feed->fields_from ? !feed->fields : feed->fields && !documents)
		return cli_usage_error(command,
				       "--fields and --fields-from need each "
				       "other, but for documents");
	if (feed->docs.keep_line && feed->docs.text_field)
		return cli_usage_error(command, "--keep-line and --text-field "
						"cannot be combined");
	if (documents)
		return CLI_GO_ON;
	if (feed->docs.vector_field || feed->docs.id_field ||
	    feed->docs.text_field || feed->docs.keep_line)
		return cli_usage_error(command,
				       "--%s is for JSON lines and CSV",
				       feed->docs.vector_field ? "vector-field"
				       : feed->docs.id_field   ? "id-field"
				       : feed->docs.text_field ? "text-field"
							       : "keep-line");
	return CLI_GO_ON;
}
