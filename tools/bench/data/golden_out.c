#include "bench/data/golden_out.h"

#include "bench/base/draw.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/outfile.h"
#include "input/golden.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define N_QUERIES 100

/* Number i of n, spread over all queries. */
static uint64_t pick(const struct dataset *d, uint64_t i, uint64_t n)
{
	return (uint64_t)((draw_u128)d->n_queries * i / n);
}

static void write_line(FILE *to, const struct golden_out *out,
		       const struct dataset *d, uint64_t query, uint32_t k)
{
	const float *vector = d->queries_f32 + query * d->dim;
	char note[192], name[TOOL_NAME_BYTES];
	struct json j;

	snprintf(note, sizeof(note), "query %" PRIu64 " of %s, exact %s", query,
		 tool_name(name, out->source), vsx_metric_text(d->metric));
	json_begin(&j, to, false);
	json_put_object(&j, NULL);
	json_put_array(&j, "query");
	for (uint32_t i = 0; i < d->dim; i++)
		json_put_float(&j, NULL, vector[i]);
	json_close(&j);
	json_put_array(&j, "expect");
	for (uint32_t i = 0; i < k; i++)
		json_put_u64(&j, NULL, d->truth[query * d->truth_k + i]);
	json_close(&j);
	json_put_string(&j, "note", note);
	json_close(&j);
	json_end(&j);
}

static enum vsx_status write_json(const struct golden_out *out,
				  const struct dataset *d, uint64_t n,
				  uint32_t k, struct vsx_error *err)
{
	struct outfile file;
	enum vsx_status status = outfile_open(&file, out->path, err);

	for (uint64_t i = 0; i < n && status == VSX_OK; i++)
		write_line(file.to, out, d, pick(d, i, n), k);
	if (status == VSX_OK)
		status = outfile_close(&file, err);
	outfile_drop(&file);
	return status;
}

static void write_vecs(FILE *queries, FILE *ids, const struct dataset *d,
		       uint64_t query, uint32_t k)
{
	int32_t value = (int32_t)d->dim;

	fwrite(&value, sizeof(value), 1, queries);
	fwrite(d->queries_f32 + query * d->dim, sizeof(float), d->dim, queries);
	value = (int32_t)k;
	fwrite(&value, sizeof(value), 1, ids);
	for (uint32_t i = 0; i < k; i++) {
		value = (int32_t)d->truth[query * d->truth_k + i];
		fwrite(&value, sizeof(value), 1, ids);
	}
}

static enum vsx_status write_two(const struct golden_out *out,
				 const char *ids_path, const struct dataset *d,
				 uint64_t n, uint32_t k, struct vsx_error *err)
{
	struct outfile queries = {0}, ids = {0};
	enum vsx_status status;

	if (d->n_rows > INT32_MAX)
		return tool_fail(err, VSX_EINVAL,
				 ".ivecs holds ids up to %d, there are %" PRIu64
				 " row%s; write JSON lines",
				 INT32_MAX, d->n_rows, plural_s(d->n_rows));
	status = outfile_open(&queries, out->path, err);
	if (status == VSX_OK)
		status = outfile_open(&ids, ids_path, err);
	for (uint64_t i = 0; i < n && status == VSX_OK; i++)
		write_vecs(queries.to, ids.to, d, pick(d, i, n), k);
	if (status == VSX_OK)
		status = outfile_close(&ids, err);
	if (status == VSX_OK)
		status = outfile_close(&queries, err);
	outfile_drop(&queries);
	outfile_drop(&ids);
	return status;
}

enum vsx_status golden_write(const struct golden_out *out,
			     const struct dataset *d, uint64_t *n,
			     struct vsx_error *err)
{
	uint32_t k = out->k < d->n_rows ? out->k : (uint32_t)d->n_rows;
	enum vsx_status status;
	char *ids;

	if (k > d->truth_k)
		return tool_fail(err, VSX_EINVAL,
				 "the ground truth has %u neighbour%s per "
				 "query, -k %u asks for more",
				 d->truth_k, plural_s(d->truth_k), k);

	*n = out->n ? out->n : N_QUERIES;
	if (*n > d->n_queries)
		*n = d->n_queries;
	status = golden_beside(&ids, out->path, err);
	if (status != VSX_OK)
		return status;
	status = ids ? write_two(out, ids, d, *n, k, err)
		     : write_json(out, d, *n, k, err);
	free(ids);
	return status;
}
