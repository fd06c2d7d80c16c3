/*
 * Whatever bytes: opened in every mode, searched, verified. Nothing may crash,
 * leak, run away or answer with an id that is not there.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/hostile.h"
#include "support/build.h"

#define MAX_K 12

static void check_hits(const struct vsx *index, const struct vsx_hit *hits,
		       size_t n, size_t k, bool sound)
{
	static float row[VSX_MAX_DIM];

	must(n <= k, "not more hits than asked for");
	for (size_t i = 0; sound && i < n; i++) {
		must(vsx_get(index, hits[i].id, row, NULL) == VSX_OK,
		     "a hit of a sound index is there");
		must(!isnan(hits[i].distance), "a hit has a distance");
	}
}

static void search(const struct vsx *index, const struct vsx_selection *among,
		   uint32_t dim, bool sound)
{
	static float query[VSX_MAX_DIM];
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_error err = {.text = ""};
	struct vsx_hit hits[MAX_K];
	struct vsx_searcher *s;
	enum vsx_status status;

	opts.among = among;
	for (uint32_t d = 0; d < dim; d++)
		query[d] = (float)(d % 5) + 1;
	if (vsx_searcher_new(&s, index, &err))
		return;
	for (size_t k = 1; k <= MAX_K; k += 4) {
		size_t n = 0;

		opts.effort = (uint32_t)k;
		opts.exact = k == 5;
		opts.recall = k == 9 ? 0.9 : 0.0;
		status =
			vsx_search(s, query, VSX_F32, k, &opts, hits, &n, &err);
		if (status != VSX_OK)
			must_tell(&err, status);
		check_hits(index, hits, n, k, sound);
		n = 0;
		status = vsx_search_id(s, k, k, &opts, hits, &n, &err);
		if (status != VSX_OK)
			must_tell(&err, status);
		check_hits(index, hits, n, k, sound);
		for (size_t i = 0; i < n; i++)
			must(hits[i].id != k, "the row itself is left out");
	}
	vsx_searcher_free(s);
}

/* Rows of a filter are there; so are searches among them. */
static void look_at_fields(const struct vsx *index, const struct vsx_facts *f,
			   bool sound)
{
	struct vsx_error err = {.text = ""};
	struct vsx_selection *selection;
	struct vsx_field_facts field;
	struct vsx_filter *filter;
	enum vsx_status status;
	uint64_t n = 0, id;

	for (uint32_t i = 0; vsx_get_field(index, i, &field, &err) == VSX_OK;
	     i++)
		must(vsx_field_type_text(field.type, field.is_list) != NULL,
		     "a field has a type");
	if (vsx_filter_parse(&filter, "n >= 5 or not tags contains 'odd'",
			     &err))
		must(false, err.text);
	status = vsx_select(&selection, index, filter, &err);
	vsx_filter_free(filter);
	if (status != VSX_OK) {
		must_tell(&err, status);
		return;
	}
	for (uint64_t row = 0;
	     (row = vsx_selection_next(selection, row)) < f->n_rows; row++, n++)
		must(!sound || vsx_id_at(index, row, &id, &err) == VSX_OK,
		     "a selected row of a sound index is there");
	must(n == vsx_selection_count(selection), "as many as are counted");
	search(index, selection, f->dim, sound);
	vsx_selection_free(selection);
}

/* A key leads back to its row. */
static void look_at_keys(const struct vsx *index, bool sound)
{
	static char key[VSX_MAX_KEY], payload[1 << 16];
	struct vsx_error err = {.text = ""};
	enum vsx_status status;

	for (uint64_t id = 0; id < 40; id++) {
		uint64_t found = 0;
		size_t n = 0;

		status = vsx_key(index, id, key, &n, &err);
		if (status != VSX_OK)
			must_tell(&err, status);
		must(n <= sizeof(key), "a key is no longer than one may be");
		if (n > 0) {
			status = vsx_find(index, key, n, &found, &err);
			if (status != VSX_OK)
				must_tell(&err, status);
			must(!sound || (status == VSX_OK && found == id),
			     "a key finds its row");
		}
		n = 0;
		status = vsx_payload(index, id, payload, sizeof(payload), &n,
				     &err);
		if (status != VSX_OK)
			must_tell(&err, status);
		must(n <= VSX_MAX_PAYLOAD, "payload has its limit");
	}
}

static void look(const struct vsx *index, bool sound)
{
	struct vsx_section_facts section;
	struct vsx_segment_facts segment;
	struct vsx_error err = {.text = ""};
	struct vsx_facts f;
	struct vsx_recall row;
	enum vsx_status status;
	uint32_t effort;
	const char *entry;

	vsx_get_facts(index, &f);
	must(f.dim >= 1 && f.dim <= VSX_MAX_DIM, "the dimension is allowed");
	must(f.spec && f.effort_name, "there are names");
	for (uint32_t i = 0; i < f.n_segments; i++)
		must(vsx_get_segment(index, i, &segment, NULL) == VSX_OK,
		     "segment");
	for (uint32_t i = 0; i < f.n_sections; i++)
		must(vsx_get_section(index, i, &section, NULL) == VSX_OK,
		     "section");
	for (uint32_t i = 0; (entry = vsx_property_at(index, i)); i++)
		must(strchr(entry, '=') != NULL, "a property is key=value");
	for (uint32_t i = 0; i < 3; i++) {
		status = vsx_get_recall(index, i, &row, &err);
		if (status != VSX_OK)
			must_tell(&err, status);
	}
	status = vsx_effort_for(index, 0.99, 10, &effort, NULL, &err);
	if (status != VSX_OK)
		must_tell(&err, status);
	search(index, NULL, f.dim, sound);
	look_at_fields(index, &f, sound);
	look_at_keys(index, sound);
}

static int hear(void *context, const struct vsx_verify_event *event)
{
	unsigned int *n_events = context;

	must(event->text && !strpbrk(event->text, "\n\r\x1b"),
	     "an event is one line");
	/* An acceptance test may be asked for that takes hours. */
	return ++*n_events > 2000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = support_memory_file(data, size);
	const char *path = support_fd_path(fd);
	void *memory = support_aligned_copy(data, size);
	struct vsx_verify_result result;
	struct vsx_error err = {.text = ""};
	bool sound = false;
	unsigned int n_events = 0;
	enum vsx_status status;
	struct vsx *index;

	status = vsx_verify(path, NULL, hear, &n_events, &result, &err);
	if (status != VSX_OK)
		must_tell(&err, status);
	else
		sound = result.n_findings == 0;
	for (int mode = 0; mode < 3; mode++) {
		struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;

		opts.check = mode == 1 ? VSX_CHECK_NONE : VSX_CHECK_TOUCH;
		opts.untrusted = mode == 2;
		/* A path for one of them: memory is quicker. */
		status = mode == 2 ? vsx_open(&index, path, &opts, &err)
				   : vsx_open_memory(&index, memory, size,
						     &opts, &err);
		if (status != VSX_OK) {
			must(index == NULL, "a failed open gives no index");
			must(!sound, "what verify calls sound can be opened");
			must_tell(&err, status);
			continue;
		}
		look(index, sound);
		vsx_close(index);
	}
	free(memory);
	close(fd);
	return 0;
}
