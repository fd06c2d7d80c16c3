#include "cli/tried.h"

#include "cli/format_num.h"
#include "cli/say.h"
#include "cli/table.h"

#include <inttypes.h>
#include <string.h>

#define MOST 32

static struct vsx_tried kept[MOST];
static uint32_t n_kept;

static void add_row(struct table *t, const struct vsx_tried *x)
{
	char bytes[NUM_BYTES], cost[NUM_BYTES], here[NUM_BYTES];

	table_row(t);
	table_cell(t, "%s", x->spec);
	if (x->effort)
		table_cell(t, "%s %u", x->effort_name, x->effort);
	else
		table_cell(t, "-");
	table_cell(t, "%.4f", x->recall_at_10);
	table_cell(t, "%s", num_count(bytes, x->row_bytes));
	table_cell(t, "%s", num_duration(cost, x->cost * 1e-9));
	table_cell(t, "%s", num_duration(here, x->seconds));
	table_cell(t, "%s", x->is_chosen ? "chosen" : "");
}

void tried_say(const struct vsx_build_event *event)
{
	struct table *t = table_new();
	struct vsx_error err;

	say("%s", event->text);
	table_column(t, "layout", TABLE_LEFT);
	table_column(t, "effort", TABLE_LEFT);
	table_column(t, "recall@10", TABLE_RIGHT);
	table_column(t, "bytes a row", TABLE_RIGHT);
	table_column(t, "cost", TABLE_RIGHT);
	table_column(t, "here", TABLE_RIGHT);
	table_column(t, "", TABLE_LEFT);
	for (uint32_t i = 0; i < event->n_tried; i++)
		add_row(t, &event->tried[i]);
	/* A remark that cannot be made ends nothing. */
	(void)table_print(t, stderr, &err);
	table_free(t);
}

void tried_keep(const struct vsx_build_event *event)
{
	n_kept = event->n_tried < MOST ? event->n_tried : MOST;
	memcpy(kept, event->tried, n_kept * sizeof(*kept));
}

void tried_json(struct json *j)
{
	json_put_array(j, "tried");
	for (uint32_t i = 0; i < n_kept; i++) {
		const struct vsx_tried *x = &kept[i];

		json_put_object(j, NULL);
		json_put_string(j, "spec", x->spec);
		json_put_bool(j, "chosen", x->is_chosen);
		json_put_u64(j, "effort", x->effort);
		json_put_double(j, "recall_at_10", x->recall_at_10);
		json_put_u64(j, "row_bytes", x->row_bytes);
		json_put_double(j, "cost_ns", x->cost);
		json_put_double(j, "seconds", x->seconds);
		json_close(j);
	}
	json_close(j);
}
