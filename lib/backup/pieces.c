#include "backup/pieces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backup/repo.h"
#include "base/alloc.h"

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return vsx_repo_time(&t);
}

static void take_facts(struct vsx_pieces *p, const char *path)
{
	struct vsx_snapshot_record *r = &p->record;
	char *real = realpath(path, NULL);

	r->created = now();
	r->index_bytes = p->source.super.committed_bytes;
	r->generation = p->source.super.generation;
	memcpy(r->uuid, p->source.super.uuid, sizeof(r->uuid));
	r->n_rows = p->source.manifest.n_rows;
	r->n_live = p->source.manifest.n_live;
	vsx_path_text(r->source, real ? real : path);
	free(real);
}

enum vsx_status vsx_pieces_open(struct vsx_pieces *p, const char *path,
				uint32_t chunk_bytes, struct vsx_error *err)
{
	memset(p, 0, sizeof(*p));
	p->chunk_bytes = chunk_bytes;
	VSX_TRY(vsx_source_open(&p->source, path, err));
	take_facts(p, path);
	return vsx_packer_init(&p->packer, chunk_bytes, err);
}

/*
 * How long the next chunk is. The superblocks are one of their own: they change
 * with every commit, what is behind them does not.
 */
static uint32_t next_bytes(struct vsx_pieces *p)
{
	uint32_t page = 1u << p->source.super.page_shift;
	uint64_t left = p->record.index_bytes - p->source.at;
	uint64_t i = p->record.n_chunks;

	if (p->source.at == 0)
		return (uint32_t)vsx_data_start(p->source.super.page_shift);
	/* As long as all were cut as in the older one, places agree. */
	if (i < p->base.n_chunks) {
		uint32_t n = p->base.chunks[i].bytes;

		if (n <= p->chunk_bytes && n % page == 0 && n <= left)
			return n;
		p->base.n_chunks = 0;
	}
	return left < p->chunk_bytes ? (uint32_t)left : p->chunk_bytes;
}

enum vsx_status vsx_pieces_next(struct vsx_pieces *p,
				const struct vsx_chunk_ref **ref,
				struct vsx_error *err)
{
	struct vsx_snapshot_record *r = &p->record;
	uint64_t i = r->n_chunks;
	struct vsx_chunk_ref *to;
	uint32_t n;

	*ref = NULL;
	if (p->source.at == r->index_bytes)
		return VSX_OK;
	n = next_bytes(p);
	VSX_TRY(vsx_grow(&r->chunks, &p->cap, i + 1, sizeof(*to), err));
	VSX_TRY(vsx_source_read(&p->source, vsx_packer_bytes(&p->packer), n,
				err));
	to = &r->chunks[i];
	to->bytes = n;
	to->hash = vsx_hash128(vsx_packer_bytes(&p->packer), n);
	p->known = i < p->base.n_chunks &&
		   vsx_hash_equal(to->hash, p->base.chunks[i].hash);
	r->n_chunks++;
	*ref = to;
	return VSX_OK;
}

void vsx_pieces_release(struct vsx_pieces *p)
{
	vsx_source_release(&p->source);
	vsx_packer_release(&p->packer);
	free(p->record.chunks);
	free(p->base.chunks);
	memset(p, 0, sizeof(*p));
	p->source.fd = -1;
}
