#include "base/topk.h"

static void sift_down(struct vsx_best *heap, size_t n, size_t i)
{
	struct vsx_best b = heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n &&
		    vsx_best_less(&heap[child], &heap[child + 1]))
			child++;
		if (!vsx_best_less(&b, &heap[child]))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = b;
}

static void sift_up(struct vsx_best *heap, size_t i)
{
	struct vsx_best b = heap[i];

	while (i > 0) {
		size_t parent = (i - 1) / 2;

		if (!vsx_best_less(&heap[parent], &b))
			break;
		heap[i] = heap[parent];
		i = parent;
	}
	heap[i] = b;
}

void vsx_topk_push(struct vsx_topk *t, struct vsx_best b)
{
	if (t->n < t->k) {
		t->heap[t->n] = b;
		sift_up(t->heap, t->n++);
	} else if (t->k && vsx_best_less(&b, &t->heap[0])) {
		t->heap[0] = b;
		sift_down(t->heap, t->n, 0);
	}
}

void vsx_topk_sort(struct vsx_topk *t)
{
	for (size_t n = t->n; n > 1; n--) {
		struct vsx_best last = t->heap[n - 1];

		t->heap[n - 1] = t->heap[0];
		t->heap[0] = last;
		sift_down(t->heap, n - 1, 0);
	}
}
