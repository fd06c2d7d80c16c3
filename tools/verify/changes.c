#include "verify/changes.h"

#include "cli/table.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/*
 * Make place `at` of a list free: what stands there and behind moves on by one,
 * and off the end of a full list.
 */
static void make_place(void *list, size_t *n, size_t at, size_t size)
{
	char *base = list;

	if (*n < CHANGES_SHOWN)
		++*n;
	memmove(base + (at + 1) * size, base + at * size, (*n - at - 1) * size);
}

void changes_query(struct changes *c, const char *label, size_t kept, size_t of)
{
	size_t at = c->n_queries;

	while (at > 0 &&
	       kept * c->queries[at - 1].of < c->queries[at - 1].kept * of)
		at--;
	if (at == CHANGES_SHOWN)
		return;
	make_place(c->queries, &c->n_queries, at, sizeof(*c->queries));
	c->queries[at] = (struct changed_query){.kept = kept, .of = of};
	snprintf(c->queries[at].label, sizeof(c->queries[at].label), "%s",
		 label);
}

void changes_id(struct changes *c, uint64_t id, uint64_t gone, uint64_t come)
{
	size_t at = c->n_ids;

	while (at > 0 &&
	       gone + come > c->ids[at - 1].gone + c->ids[at - 1].come)
		at--;
	if (at == CHANGES_SHOWN)
		return;
	make_place(c->ids, &c->n_ids, at, sizeof(*c->ids));
	c->ids[at] = (struct changed_id){.id = id, .gone = gone, .come = come};
}

void changes_vector(struct changes *c, uint64_t id, double cosine)
{
	size_t at = c->n_vectors;

	while (at > 0 && cosine < c->vectors[at - 1].cosine)
		at--;
	if (at == CHANGES_SHOWN)
		return;
	make_place(c->vectors, &c->n_vectors, at, sizeof(*c->vectors));
	c->vectors[at] = (struct changed_vector){.id = id, .cosine = cosine};
}

static void fill_queries(const struct changes *c, struct table *t)
{
	table_column(t, "query", TABLE_LEFT);
	table_column(t, "answers kept", TABLE_RIGHT);
	for (size_t i = 0; i < c->n_queries; i++) {
		table_row(t);
		table_cell(t, "%s", c->queries[i].label);
		table_cell(t, "%zu of %zu", c->queries[i].kept,
			   c->queries[i].of);
	}
}

static void fill_ids(const struct changes *c, struct table *t)
{
	table_column(t, "id", TABLE_RIGHT);
	table_column(t, "gone from answers of", TABLE_RIGHT);
	table_column(t, "new in answers of", TABLE_RIGHT);
	for (size_t i = 0; i < c->n_ids; i++) {
		table_row(t);
		table_cell(t, "%" PRIu64, c->ids[i].id);
		table_cell(t, "%" PRIu64, c->ids[i].gone);
		table_cell(t, "%" PRIu64, c->ids[i].come);
	}
}

static void fill_vectors(const struct changes *c, struct table *t)
{
	table_column(t, "id", TABLE_RIGHT);
	table_column(t, "cosine of old and new vector", TABLE_RIGHT);
	for (size_t i = 0; i < c->n_vectors; i++) {
		table_row(t);
		table_cell(t, "%" PRIu64, c->vectors[i].id);
		table_cell(t, "%.4f", c->vectors[i].cosine);
	}
}

enum vsx_status changes_print(const struct changes *c, FILE *to,
			      struct vsx_error *err)
{
	static void (*const fill[])(const struct changes *, struct table *) = {
		fill_queries, fill_ids, fill_vectors};
	const size_t n[] = {c->n_queries, c->n_ids, c->n_vectors};
	enum vsx_status status = VSX_OK;

	for (int i = 0; i < 3 && status == VSX_OK; i++) {
		struct table *t;

		if (n[i] == 0)
			continue;
		fprintf(to, "\n");
		t = table_new();
		fill[i](c, t);
		status = table_print(t, to, err);
		table_free(t);
	}
	return status;
}

void changes_json(const struct changes *c, struct json *j)
{
	json_put_array(j, "changed_queries");
	for (size_t i = 0; i < c->n_queries; i++) {
		json_put_object(j, NULL);
		json_put_string(j, "query", c->queries[i].label);
		json_put_u64(j, "kept", c->queries[i].kept);
		json_put_u64(j, "of", c->queries[i].of);
		json_close(j);
	}
	json_close(j);
	json_put_array(j, "changed_ids");
	for (size_t i = 0; i < c->n_ids; i++) {
		json_put_object(j, NULL);
		json_put_u64(j, "id", c->ids[i].id);
		json_put_u64(j, "gone", c->ids[i].gone);
		json_put_u64(j, "come", c->ids[i].come);
		json_close(j);
	}
	json_close(j);
	json_put_array(j, "changed_vectors");
	for (size_t i = 0; i < c->n_vectors; i++) {
		json_put_object(j, NULL);
		json_put_u64(j, "id", c->vectors[i].id);
		json_put_double(j, "cosine", c->vectors[i].cosine);
		json_close(j);
	}
	json_close(j);
}
