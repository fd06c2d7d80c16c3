/* How many links, what they come to, and the table of the kind. */
#include <math.h>
#include <stdio.h>

#include "code/build_edge.h"
#include "kind/hnsw/build_auto.h"
#include "kind/hnsw/build_gates.h"
#include "kind/hnsw/build_partition.h"
#include "kind/hnsw/build_shape.h"
#include "plural.h"

typedef unsigned long long ull;

static uint32_t size(const struct vsx_spec_need *need, char *reason, size_t n)
{
	snprintf(reason, n, "for %llu row%s and a recall of %g",
		 (ull)need->n_rows, vsx_s(need->n_rows), need->target_recall);
	return vsx_hnsw_m_for(need);
}

/* The fastest, where its rows and links fit into memory. */
static bool suits(const struct vsx_spec_need *need, struct vsx_spec *spec,
		  char *reason, size_t n)
{
	double bytes, most = (double)need->memory / 0x1p20;
	bool codes = vsx_hnsw_codes_pay(need);
	double code = codes ? need->dim + 4.0 : 0.0; /* with its term */

	spec->size = vsx_hnsw_m_for(need);
	if (codes)
		spec->codes.build = &vsx_codec_sq8_build;
	bytes = (double)need->n_rows *
		(need->stride + code + spec->size * 2 * 4.0);
	if (bytes <= (double)need->memory) {
		snprintf(reason, n,
			 "a graph%s is the fastest, and its rows%s and links "
			 "take %.0f MiB of %.0f MiB",
			 codes ? " over 8-bit codes" : "",
			 codes ? ", codes" : "", ceil(bytes / 0x1p20), most);
		return true;
	}
	snprintf(reason, n,
		 "a graph would need %.0f MiB of memory and may take %.0f MiB",
		 ceil(bytes / 0x1p20), most);
	return false;
}

static uint32_t fit(uint32_t m, uint64_t n_rows, char *note, size_t n)
{
	uint64_t most = n_rows > VSX_HNSW_MIN_M ? n_rows - 1 : VSX_HNSW_MIN_M;

	if (m <= most)
		return m;
	snprintf(note, n, "M lowered from %u to %llu: there %s %llu row%s", m,
		 (ull)most, n_rows == 1 ? "is" : "are", (ull)n_rows,
		 vsx_s(n_rows));
	return (uint32_t)most;
}

static uint32_t ef_at(const struct vsx_segment *seg, uint32_t i)
{
	static const uint32_t ladder[] = {
		10,  12,  14,  16,  20,	 24,  28,  32,	 40,  48,
		56,  64,  80,  96,  112, 128, 160, 192,	 224, 256,
		320, 384, 448, 512, 640, 768, 896, 1024,
	};

	(void)seg;
	return i < sizeof(ladder) / sizeof(ladder[0]) ? ladder[i] : 0;
}

/* Of linking a row of few bytes to its neighbours, among so many rows: as the
 * rates of write/plan_time.c. */
#define LINK_SECONDS	    100e-6
#define LINK_BYTE_SECONDS   0.06e-6
#define LINK_ROWS	    60000.0
#define LINK_EF		    200.0
#define LINK_M		    16.0
#define LINK_REAL_IS_SLOWER 1.35

/* The same by a partition, which goes by the distances of leaves. */
#define PART_SECONDS	  90e-6
#define PART_BYTE_SECONDS 0.03e-6

/* Of a link's code. */
#define GATE_SECONDS	  0.1e-6
#define GATE_BYTE_SECONDS 0.001e-6

static bool by_partition(const struct vsx_plan_need *need)
{
	return vsx_hnsw_by_partition(need->job, need->n_rows);
}

static double seconds(const struct vsx_plan_need *need)
{
	double n = (double)need->n_rows;
	bool coded = vsx_coded_inserts(need->space);
	double row = LINK_SECONDS +
		     LINK_BYTE_SECONDS *
			     (coded ? need->space->dim : need->space->stride);

	if (by_partition(need))
		return n *
		       (PART_SECONDS + PART_BYTE_SECONDS * need->space->dim);
	row *= fmax(0.1, 1.0 + 0.5 * log10(n / LINK_ROWS));
	row *= fmin(need->job->ef_construction, n) / LINK_EF;
	row *= 0.5 + 0.5 * need->size / LINK_M;
	if (!coded && !vsx_elem_is_int(need->space->elem))
		row *= LINK_REAL_IS_SLOWER;
	return n * row;
}

/* Links of the upper levels: n/M rows reach level 1, of which 1/M level 2. */
static uint64_t upper_bytes(const struct vsx_plan_need *need)
{
	uint64_t m = need->size, bytes = 0;

	for (uint64_t rows = need->n_rows / m; rows > 0; rows /= m)
		bytes += rows * m * 4;
	return bytes;
}

/* They are made when the graph is done, and need its links and all codes. */
static void plan_gates(const struct vsx_plan_need *need, struct vsx_plan *out)
{
	uint64_t n = need->n_rows, bytes;

	bytes = n * (need->code_bytes + need->size * UINT64_C(8));
	out->section[out->n_sections++] = vsx_edges_bytes(need->coded);
	out->section[out->n_sections++] =
		n * vsx_hnsw_gates_row_bytes(need->size, need->gates);
	if (out->arrays_bytes < bytes)
		out->arrays_bytes = bytes;
	out->build_bytes += vsx_edges_learn_bytes(need->coded, need->gates,
						  need->job->n_threads);
	out->seconds += (double)n * 2 * need->size *
			(GATE_SECONDS + GATE_BYTE_SECONDS * need->coded);
}

/* Beside the links with their keys: what finds them; then, when that is gone,
   a copy of them in the new order. */
static uint64_t passing_bytes(const struct vsx_plan_need *need,
			      uint64_t sections)
{
	uint64_t find = 0, give = sections + need->n_rows * (4 + 4 + 4 + 1);

	if (by_partition(need))
		find = need->n_rows * vsx_partition_row_bytes(need->size);
	return find > give ? find : give;
}

static void plan(const struct vsx_plan_need *need, struct vsx_plan *out)
{
	uint64_t n = need->n_rows, level0 = n * 2 * need->size;
	uint64_t upper = upper_bytes(need);

	out->renumbers = true;
	out->section[0] = 16; /* LEVL */
	out->section[1] = level0 * 4;
	out->section[2] = upper;
	out->n_sections = 3;
	out->build_bytes = need->job->n_threads * n; /* marks */
	out->arrays_bytes = level0 * 8 + upper * 2 + n * (4 + 4 + 2 + 2) +
			    passing_bytes(need, level0 * 4 + upper);
	if (vsx_hnsw_by_codes(need->job, need->space, n))
		out->arrays_bytes += n * vsx_coded_row_bytes(need->space->dim);
	out->searcher_bytes = n; /* a mark for each row */
	out->seconds = seconds(need);
	if (need->gates)
		plan_gates(need, out);
}

/* Walks go over deleted rows as over others: with so many of them a search
 * takes 1.2 to 1.5 times as long as in a graph of the rest. */
#define MOST_DEAD 20

const struct vsx_kind_build vsx_kind_build_hnsw = {
	.code = VSX_HNSW,
	.size_name = "M",
	.least_size = VSX_HNSW_MIN_M,
	.most_size = VSX_HNSW_MAX_M,
	.size_param = VSX_HNSW_M,
	.ending = "",
	.turn = 2,
	.suits = suits,
	.layouts = vsx_hnsw_layouts,
	.cost = vsx_hnsw_cost,
	.size = size,
	.fit = fit,
	.plan = plan,
	.effort_at = ef_at,
	.build = vsx_hnsw_build,
	.shape = vsx_hnsw_shape,
	.walks = true,
	.most_dead = MOST_DEAD,
	.gates = vsx_hnsw_build_gates,
	.gates_param = VSX_HNSW_GATES,
};
