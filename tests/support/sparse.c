#include "support/sparse.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checksum.h"
#include "manifest.h"
#include "names.h"
#include "sums.h"

#define PAGE  UINT64_C(4096)
#define SHIFT 12

static int put(int fd, const void *p, size_t n, uint64_t at)
{
	return pwrite(fd, p, n, (off_t)at) == (ssize_t)n ? 0 : -1;
}

static void put_sum(uint8_t *to, uint64_t sum)
{
	vsx_le64 v;

	vsx_put64(&v, sum);
	memcpy(to, &v, 8);
}

/* All tables of sums: every page is zero but the last. */
static uint8_t *make_sums(const struct vsx_sums *s, const uint8_t *last_page)
{
	uint64_t last = s->count[0] - 1;
	static const uint8_t zeros[PAGE];
	uint8_t *sums = calloc(1, s->bytes);

	if (!sums)
		return NULL;
	for (uint64_t i = 0; i < s->count[0]; i++)
		put_sum(sums + i * 8, vsx_sum64(i < last ? zeros : last_page,
						vsx_sums_page_bytes(s, i)));
	for (uint32_t l = 1; l < s->n_levels; l++)
		for (uint64_t i = 0; i < s->count[l]; i++)
			put_sum(sums + s->start[l] + i * 8,
				vsx_sum64(sums + s->start[l - 1] + i * PAGE,
					  vsx_sums_chunk_bytes(s, l - 1, i)));
	return sums;
}

static int write_frame(int fd, struct vsx_section_entry *section,
		       uint64_t n_rows, uint32_t dim)
{
	static const char properties[] = "spec=Flat";
	struct vsx_segment_entry segment = {.kind = VSX_FLAT,
					    .row_stride = dim * 4,
					    .n_rows = n_rows,
					    .generation = 1};
	struct vsx_manifest m = {.generation = 1,
				 .n_rows = n_rows,
				 .n_live = n_rows,
				 .dim = dim,
				 .metric = VSX_L2,
				 .elem = VSX_F32,
				 .asked = "Flat",
				 .n_segments = 1,
				 .n_sections = 1,
				 .properties_bytes = sizeof(properties)};
	uint8_t raw[PAGE] = {0}, slot[VSX_SUPER_BYTES];
	struct vsx_super sb = {.page_shift = SHIFT, .generation = 1};

	sb.manifest_bytes = vsx_manifest_bytes(1, 1, sizeof(properties));
	sb.manifest_offset =
		(section->sums_offset + section->sums_bytes + PAGE - 1) &
		~(PAGE - 1);
	sb.committed_bytes = sb.manifest_offset + PAGE;
	vsx_manifest_encode(raw, &m, &segment, section, properties);
	sb.manifest_hash = vsx_hash128(raw, sb.manifest_bytes);
	vsx_super_encode(slot, &sb);
	return put(fd, raw, PAGE, sb.manifest_offset) ||
	       put(fd, slot, sizeof(slot), 0) ||
	       put(fd, slot, sizeof(slot), VSX_SLOT_BYTES);
}

int sparse_index(const char *path, uint64_t n_rows, uint32_t dim, float last)
{
	struct vsx_section_entry section = {.id = vsx_section_id(VSX_SEC_VECS),
					    .offset = 2 * PAGE};
	float page[PAGE / 4] = {0};
	struct vsx_sums shape;
	uint64_t end;
	uint8_t *sums;
	int bad = 1, fd;

	section.bytes = section.raw_bytes = n_rows * dim * 4;
	end = section.bytes % PAGE ? section.bytes % PAGE : PAGE;
	for (uint32_t d = 0; d < dim; d++)
		page[end / 4 - dim + d] = last;
	if (!vsx_sums_shape(&shape, section.bytes, SHIFT))
		return -1;
	section.sums_offset = section.offset + shape.count[0] * PAGE;
	section.sums_bytes = shape.bytes;
	sums = make_sums(&shape, (const uint8_t *)page);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (sums && fd >= 0) {
		uint32_t top = shape.n_levels - 1;

		section.root = vsx_hash128(sums + shape.start[top],
					   shape.count[top] * 8);
		bad = put(fd, page, PAGE, section.sums_offset - PAGE) ||
		      put(fd, sums, shape.bytes, section.sums_offset) ||
		      write_frame(fd, &section, n_rows, dim);
	}
	free(sums);
	if (fd >= 0)
		bad |= close(fd);
	return bad ? -1 : 0;
}
