#include "query/recall.h"

#include "cli/fail.h"
#include "cli/json.h"
#include "cli/plural.h"
#include "cli/say.h"
#include "input/ids.h"
#include "input/input.h"
#include "input/truth.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum vsx_status recall_begin(struct recall *r, const char *path,
			     uint64_t n_queries, size_t k,
			     const struct vsx *index, const char *name,
			     struct vsx_error *err)
{
	enum vsx_status status;
	size_t most;
	int i = 0;

	memset(r, 0, sizeof(*r));
	status = input_truth(path, &r->truth, &r->n_queries, &r->truth_k, err);
	if (status != VSX_OK)
		return status;
	if (n_queries != INPUT_UNKNOWN_ROWS && n_queries != r->n_queries)
		return tool_fail(err, VSX_EINVAL,
				 "%s: neighbours of %" PRIu64
				 " quer%s, there are %" PRIu64,
				 path, r->n_queries, plural_ies(r->n_queries),
				 n_queries);
	status = truth_check_index(r->truth, r->n_queries, r->truth_k, path,
				   index, name, err);
	if (status != VSX_OK)
		return status;
	most = k < r->truth_k ? k : r->truth_k;
	r->at[i++] = 1;
	if (most > 10)
		r->at[i++] = 10;
	if (most > 1)
		r->at[i++] = most;
	return VSX_OK;
}

/* How many of the first `at` hits are among the first `at` true ones. */
static uint64_t count_found(const struct vsx_hit *hits, size_t n_hits,
			    const uint64_t *truth, size_t at)
{
	uint64_t found = 0;

	for (size_t a = 0; a < at && a < n_hits; a++)
		for (size_t b = 0; b < at; b++)
			if (hits[a].id == truth[b]) {
				found++;
				break;
			}
	return found;
}

enum vsx_status recall_add(struct recall *r, const struct vsx_hit *hits,
			   const size_t *n_hits, size_t n, size_t k,
			   struct vsx_error *err)
{
	if (n > r->n_queries - r->n)
		return tool_fail(err, VSX_EINVAL,
				 "the ground truth has %" PRIu64
				 " quer%s, but there are more",
				 r->n_queries, plural_ies(r->n_queries));
	for (size_t q = 0; q < n; q++, r->n++) {
		const uint64_t *truth = r->truth + r->n * r->truth_k;
		uint32_t known = truth_length(truth, r->truth_k);

		r->n_telling += known > 0;
		for (int i = 0; i < RECALLS; i++) {
			size_t at = r->at[i] < known ? r->at[i] : known;

			r->of[i] += at;
			r->found[i] +=
				count_found(hits + q * k, n_hits[q], truth, at);
		}
	}
	return VSX_OK;
}

double recall_of(const struct recall *r, int i)
{
	return r->of[i] ? (double)r->found[i] / (double)r->of[i] : NAN;
}

static void print_json(const struct recall *r, FILE *to)
{
	struct json j;

	json_begin(&j, to, false);
	json_put_object(&j, NULL);
	for (int i = 0; i < RECALLS && r->at[i]; i++) {
		char key[32];

		snprintf(key, sizeof(key), "recall@%zu", r->at[i]);
		json_put_double(&j, key, recall_of(r, i));
	}
	json_put_u64(&j, "queries", r->n_telling);
	json_close(&j);
	json_end(&j);
}

void recall_print(const struct recall *r, bool as_json, FILE *to)
{
	if (as_json) {
		print_json(r, to);
		return;
	}
	for (int i = 0; i < RECALLS && r->at[i]; i++) {
		double share = recall_of(r, i);

		if (isnan(share))
			fprintf(to, "recall@%-4zu n/a\n", r->at[i]);
		else
			fprintf(to, "recall@%-4zu %.6f\n", r->at[i], share);
	}
}

void recall_say_few(const struct recall *r, const char *index, uint32_t due)
{
	if (r->n_telling < due)
		say("%s: recall was measured on %" PRIu64
		    " quer%s, too few to tell: expected %u or more",
		    index, r->n_telling, plural_ies(r->n_telling), due);
}

void recall_release(struct recall *r)
{
	free(r->truth);
	memset(r, 0, sizeof(*r));
}
