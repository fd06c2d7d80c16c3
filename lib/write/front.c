#include "write/front.h"

#include "read/recall.h"

/* Whether a search does better with `other`: for no more it finds no less. Of
 * equals the first stays. */
static bool is_beaten(const struct vsx_recall *row,
		      const struct vsx_recall *other, bool is_before,
		      uint32_t k, uint32_t look_cost)
{
	double cost = vsx_recall_cost(row, k, look_cost);
	double less = vsx_recall_cost(other, k, look_cost);
	double found = vsx_recall_found(row, k);
	double more = vsx_recall_found(other, k);

	if (less > cost || more < found)
		return false;
	return less < cost || more > found || is_before;
}

/* Row i, by the rows of which `kept` from the first on stayed. What beat one
 * that is gone beats whatever that one would. */
static bool is_wanted(const struct vsx_recall *rows, uint32_t kept, uint32_t i,
		      uint32_t n, uint32_t k, uint32_t look_cost)
{
	for (uint32_t j = 0; j < kept; j++)
		if (is_beaten(&rows[i], &rows[j], true, k, look_cost))
			return false;
	for (uint32_t j = i + 1; j < n; j++)
		if (is_beaten(&rows[i], &rows[j], false, k, look_cost))
			return false;
	return true;
}

uint32_t vsx_front(struct vsx_recall *rows, uint32_t n, uint32_t always,
		   uint32_t look_cost)
{
	static const uint32_t depths[] = {1, 10, 100};
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		bool stays = i == always;

		for (int d = 0; d < 3 && !stays; d++)
			stays = is_wanted(rows, kept, i, n, depths[d],
					  look_cost);
		if (stays)
			rows[kept++] = rows[i];
	}
	return kept;
}
