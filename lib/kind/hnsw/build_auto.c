#include "kind/hnsw/build_auto.h"

#include "code/edge.h"
#include "kind/hnsw/hnsw.h"
#include "kind/rates.h"
#include "segment/codes.h"

/* Where 16 links a row begin to be too few. */
#define LARGE_ROWS  1000000
#define HIGH_RECALL 0.97

uint32_t vsx_hnsw_m_for(const struct vsx_spec_need *need)
{
	return need->target_recall > HIGH_RECALL || need->n_rows > LARGE_ROWS
		       ? 32
		       : 16;
}

#define LEAST_CODED 32

bool vsx_hnsw_codes_pay(const struct vsx_spec_need *need)
{
	return !vsx_elem_is_int(need->elem) && need->metric != VSX_IP &&
	       need->dim >= LEAST_CODED;
}

/* ---- what is tried ---------------------------------------------------- */

/* Of the codes of links: directions in many dimensions want more parts, those
   in few have no more to say. Where rows are long, more parts than 24 bring no
   more and make up a tenth of the file. */
#define PARTS	   16
#define MORE_PARTS 32
#define LONG_PARTS 24
#define FEW_DIMS   16
#define MANY_DIMS  64
#define LONG_DIMS  512

/* Of fewer rows one graph more would leave too few for a trial. */
#define MANY_ROWS 24000

struct list {
	const struct vsx_spec_need *need;
	struct vsx_spec *out;
	uint32_t n;
};

static void add(struct list *l, uint32_t m, bool codes, uint32_t gates)
{
	l->out[l->n++] = (struct vsx_spec){
		.size = m,
		.codes.build = codes ? &vsx_codec_sq8_build : NULL,
		.gates = gates,
	};
}

/* One number of links with codes of them. */
static void add_gates(struct list *l, uint32_t m)
{
	uint32_t dim = l->need->dim;

	if (l->need->metric == VSX_IP || dim < PARTS / 2)
		return;
	add(l, m, true, dim < FEW_DIMS ? PARTS / 2 : PARTS);
	if (dim >= MANY_DIMS)
		add(l, m, true, dim >= LONG_DIMS ? LONG_PARTS : MORE_PARTS);
}

/* And without. */
static void add_m(struct list *l, uint32_t m)
{
	add(l, m, vsx_hnsw_codes_pay(l->need), 0);
	add_gates(l, m);
}

uint32_t vsx_hnsw_layouts(const struct vsx_spec_need *need,
			  struct vsx_spec out[VSX_MAX_LAYOUTS])
{
	struct list l = {need, out, 0};
	uint32_t first = vsx_hnsw_m_for(need);

	add_m(&l, first);
	add_m(&l, first == 16 ? 32 : 16);
	/* So many links pay only where most of them cost no distance. */
	if (need->n_rows >= MANY_ROWS)
		add_gates(&l, 48);
	/* Products may have codes or not: which is better the rows say. */
	if (need->metric == VSX_IP && !vsx_elem_is_int(need->elem))
		add(&l, first, true, 0);
	if (need->few_bytes)
		add(&l, 8, vsx_hnsw_codes_pay(need), 0);
	return l.n;
}

/* ---- what it costs ---------------------------------------------------- */

/* In nanoseconds: of a search; of a step, and each line of its links and of
   their codes; of a row that is compared, and each line of its code that caches
   do not hold. Other lines of it take no time to speak of. */
#define NS_SEARCH    5000.0
#define NS_HOP	     270.0
#define NS_LINK_LINE 7.5
#define NS_GATE_LINE 7.5
#define NS_COMPARED  10.0
#define NS_FAR_LINE  2.5

static double ns_of_hop(const struct vsx_segment *seg)
{
	uint32_t links = 2 * seg->params[VSX_HNSW_M];
	uint32_t gates = seg->params[VSX_HNSW_GATES];
	double ns = NS_HOP + NS_LINK_LINE * links * 4 / VSX_LINE;

	if (gates)
		ns += NS_GATE_LINE *
		      (double)vsx_hnsw_gates_row_bytes(seg->params[VSX_HNSW_M],
						       gates) /
		      VSX_LINE;
	return ns;
}

double vsx_hnsw_cost(const struct vsx_segment *seg, const struct vsx_work *work,
		     uint64_t n_rows)
{
	bool codes = vsx_codes_present(seg) && seg->codec->estimates;
	double bytes = codes ? seg->codec->block_bytes(&seg->form)
			     : vsx_vecs_stride(seg);
	double compared =
		NS_COMPARED + NS_FAR_LINE * bytes / VSX_LINE *
				      vsx_share_far(bytes * (double)n_rows);
	/* Steps grow with the logarithm of the rows. */
	double growth = vsx_log2_about((double)n_rows) /
			vsx_log2_about((double)seg->n_rows);
	double ns = NS_SEARCH + VSX_NS_COMPONENT * seg->space.dim;

	if (codes)
		ns += vsx_ns_of_looks(vsx_vecs_stride(seg));
	return ns + growth * (work->n_hops * ns_of_hop(seg) +
			      work->n_distances * compared);
}
