/* Opening HNSW segments, and the table of the kind for the reader. */
#include "kind/hnsw/check.h"
#include "kind/hnsw/hnsw.h"
#include "plural.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "links are read in place: this needs a little-endian machine"
#endif

/* Level sizes from LEVL: the first is n_rows, none is larger than the last. */
static enum vsx_status open_levels(struct vsx_segment *seg,
				   struct vsx_error *err)
{
	const struct vsx_view *levels = &seg->view[VSX_SEC_LEVL];
	struct vsx_hnsw *g = seg->state;
	uint64_t at = 0;

	g->broad = seg->n_rows >= VSX_HNSW_BROAD_ROWS;
	g->n_levels = seg->params[VSX_HNSW_LEVELS];
	if (g->n_levels < 1 || g->n_levels > VSX_MAX_LEVELS)
		return vsx_fail(err, VSX_ECORRUPT,
				"%u level%s, expected 1 to %d", g->n_levels,
				vsx_s(g->n_levels), VSX_MAX_LEVELS);
	if (levels->bytes != (uint64_t)g->n_levels * 4)
		return vsx_bad_length("LEVL", levels->bytes,
				      (uint64_t)g->n_levels * 4, err);
	VSX_TRY(vsx_touch(levels, 0, levels->bytes, err));
	for (uint32_t l = 0; l < g->n_levels; l++) {
		uint32_t rows = vsx_load32(levels->base + (size_t)l * 4);
		uint32_t most = l ? g->level_rows[l - 1] : seg->n_rows;

		if (rows < 1 || rows > most || (l == 0 && rows != most))
			return vsx_fail(err, VSX_ECORRUPT,
					"level %u has %u row%s, the one below "
					"%u",
					l, rows, vsx_s(rows), most);
		g->level_rows[l] = rows;
		g->level_links[l] = at;
		if (l > 0)
			at += (uint64_t)rows * seg->params[VSX_HNSW_M];
	}
	if (seg->view[VSX_SEC_LNKU].bytes != at * 4)
		return vsx_bad_length("LNKU", seg->view[VSX_SEC_LNKU].bytes,
				      at * 4, err);
	if (seg->params[VSX_HNSW_ENTRY] >= g->level_rows[g->n_levels - 1])
		return vsx_fail(err, VSX_ECORRUPT,
				"the entry point is row %u, expected one of "
				"the %u on level %u",
				seg->params[VSX_HNSW_ENTRY],
				g->level_rows[g->n_levels - 1],
				g->n_levels - 1);
	return VSX_OK;
}

static enum vsx_status open_hnsw(struct vsx_segment *seg, struct vsx_error *err)
{
	uint32_t m = seg->params[VSX_HNSW_M];
	uint32_t ef = seg->params[VSX_HNSW_EF_CONSTRUCTION];
	uint64_t due;

	if (m < VSX_HNSW_MIN_M || m > VSX_HNSW_MAX_M)
		return vsx_fail(err, VSX_ECORRUPT, "M is %u, expected %d to %d",
				m, VSX_HNSW_MIN_M, VSX_HNSW_MAX_M);
	if (ef < 1 || ef > VSX_HNSW_MAX_EF_CONSTRUCTION)
		return vsx_fail(err, VSX_ECORRUPT,
				"efConstruction is %u, expected 1 to %d", ef,
				VSX_HNSW_MAX_EF_CONSTRUCTION);
	due = (uint64_t)seg->n_rows * 2 * m * 4;
	if (seg->view[VSX_SEC_LNK0].bytes != due)
		return vsx_bad_length("LNK0", seg->view[VSX_SEC_LNK0].bytes,
				      due, err);
	VSX_TRY(open_levels(seg, err));
	return vsx_hnsw_open_gates(seg, err);
}

void vsx_hnsw_level(const struct vsx_segment *seg, uint32_t level,
		    struct vsx_level *out)
{
	const struct vsx_view *links =
		&seg->view[level ? VSX_SEC_LNKU : VSX_SEC_LNK0];
	uint64_t at = level ? vsx_hnsw_of(seg)->level_links[level] * 4 : 0;

	*out = (struct vsx_level){
		.links = (const uint32_t *)(const void *)(links->base + at),
		.links_view = links->guard ? links : NULL,
		.links_at = at,
		.degree = seg->params[VSX_HNSW_M] * (level ? 1 : 2),
		.n_rows = vsx_hnsw_of(seg)->level_rows[level],
	};
}

static uint32_t default_effort(const struct vsx_segment *seg)
{
	(void)seg;
	return VSX_HNSW_UNMEASURED_EF;
}

static uint32_t most_effort(const struct vsx_segment *seg)
{
	return seg->n_rows;
}

const struct vsx_kind vsx_kind_hnsw = {
	.code = VSX_HNSW,
	.effort_name = "ef",
	.hops_name = "hops",
	.n_params = 5,
	.params =
		{
			[VSX_HNSW_M] = {"m", "M #"},
			[VSX_HNSW_EF_CONSTRUCTION] = {"ef_construction",
						      "efConstruction #"},
			[VSX_HNSW_LEVELS] = {"levels", "# levels"},
			[VSX_HNSW_GATES] = {"gates", "G#"},
		},
	.read_at_random = 1u << VSX_SEC_VECS | 1u << VSX_SEC_CODE |
			  1u << VSX_SEC_LNK0 | 1u << VSX_SEC_LNKU |
			  1u << VSX_SEC_LNKG,
	.state_bytes = sizeof(struct vsx_hnsw),
	.default_effort = default_effort,
	.most_effort = most_effort,
	.effort_is_rows = true,
	.open = open_hnsw,
	.search = vsx_hnsw_search,
	.climb = vsx_hnsw_climb,
	.check = vsx_hnsw_check,
};
