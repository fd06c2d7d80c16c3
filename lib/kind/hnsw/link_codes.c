#include "kind/hnsw/link_codes.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const uint8_t *code_of(const struct vsx_link_coder *k, uint32_t row)
{
	size_t at = k->order ? k->order[row] : row;

	return k->codes.base + at * k->codes.block_bytes;
}

void vsx_link_coder_load(const struct vsx_link_coder *k, uint32_t row,
			 float *out)
{
	const struct vsx_codes *c = &k->codes;

	if (c->codec->decode)
		c->codec->decode(&c->form, c->params, code_of(k, row), 0, out);
	else
		vsx_space_load(&c->rows, out, code_of(k, row));
}

uint32_t vsx_link_coder_count(const struct vsx_link_coder *k, uint32_t row)
{
	const uint32_t *links = vsx_link_coder_links(k, row);
	uint32_t n = 0;

	while (n < k->degree && links[n] < k->n_rows)
		n++;
	return n;
}

static void expect(const struct vsx_link_coder *k, uint32_t row)
{
	const uint8_t *at = code_of(k, row);

	for (uint32_t b = 0; b < k->codes.block_bytes; b += 64)
		__builtin_prefetch(at + b);
}

/* Rows that are asked for before their turn. */
#define AHEAD 8u

void vsx_link_coder_row(const struct vsx_link_coder *k, uint32_t row,
			float *work, uint8_t *blocks)
{
	const uint32_t *links = vsx_link_coder_links(k, row);
	size_t dim = k->edges.dim, n = vsx_link_coder_count(k, row);
	size_t block = vsx_gate_block_bytes(k->edges.parts);
	float *v = work, *u = v + dim;
	struct vsx_edge_start start;

	memset(blocks, 0,
	       (k->degree + VSX_GATE_LINKS - 1) / VSX_GATE_LINKS * block);
	vsx_link_coder_load(k, row, v);
	vsx_edge_coder_start(&k->coder, v, u, &start);
	for (size_t i = 0; i < n; i += VSX_EDGES_AT_ONCE) {
		uint32_t some = (uint32_t)(n - i < VSX_EDGES_AT_ONCE
						   ? n - i
						   : VSX_EDGES_AT_ONCE);
		struct vsx_edge edges[VSX_EDGES_AT_ONCE];

		for (size_t j = i; j < i + some; j++) {
			if (j + AHEAD < n)
				expect(k, links[j + AHEAD]);
			vsx_link_coder_load(k, links[j], u + (j - i) * dim);
		}
		vsx_edge_coder_edges(&k->coder, &start, u, some, edges);
		for (size_t j = i; j < i + some; j++)
			vsx_edge_put(&k->edges, &edges[j - i],
				     j % VSX_GATE_LINKS,
				     blocks + j / VSX_GATE_LINKS * block);
	}
}

enum vsx_status vsx_link_coder_entries(const struct vsx_link_coder *k,
				       float *work, uint32_t *shift,
				       uint8_t *blocks, struct vsx_error *err)
{
	uint32_t n = vsx_hnsw_entry_blocks(k->n_rows) * VSX_GATE_LINKS;
	uint32_t step = vsx_hnsw_entry_step(k->n_rows);
	size_t bytes = vsx_gate_block_bytes(k->edges.parts);
	struct vsx_edges edges = k->edges;
	struct vsx_edge_start start;
	struct vsx_edge *entry;

	VSX_TRY(vsx_alloc_to(&entry, n, sizeof(*entry), err));
	vsx_edge_coder_start(&k->coder, edges.mean, work, &start);
	for (uint32_t i = 0; i < n; i++) {
		vsx_link_coder_load(k, i * step, work);
		vsx_edge_coder_edges(&k->coder, &start, work, 1, &entry[i]);
	}
	*shift = edges.shift = vsx_edges_shift(&edges, entry, n);
	memset(blocks, 0, n / VSX_GATE_LINKS * bytes);
	for (uint32_t i = 0; i < n; i++)
		vsx_edge_put_far(&edges, &entry[i], i % VSX_GATE_LINKS,
				 blocks + i / VSX_GATE_LINKS * bytes);
	free(entry);
	return VSX_OK;
}
