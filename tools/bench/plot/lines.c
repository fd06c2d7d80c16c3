/* Axes and the lines between them. */
#include "bench/plot/draw.h"

#include "bench/plot/text.h"

#include <math.h>

/* Everything that a plot of lines is drawn with. */
struct frame {
	const struct plot *plot;
	struct axis x, y;
	struct axis_range x_range, y_range;
	struct box box; /* between the axes */
};

static void take_in(struct axis_range *range, double value)
{
	if (isnan(value))
		return;
	range->least = fmin(range->least, value);
	range->most = fmax(range->most, value);
	if (value < 1)
		range->missing = range->missing > 0
					 ? fmin(range->missing, 1 - value)
					 : 1 - value;
}

static void find_ranges(struct frame *f)
{
	const struct plot *p = f->plot;

	f->x_range = (struct axis_range){.least = INFINITY, .most = -INFINITY};
	f->y_range = f->x_range;
	f->x_range.names = p->names;
	f->x_range.n_names = p->n_names;
	f->y_range.from_zero = p->from_zero;
	for (uint32_t i = 0; i < p->n_lines; i++) {
		const struct plot_line *line = &p->lines[i];

		for (uint32_t k = 0; k < line->n_marks; k++) {
			take_in(&f->x_range, line->marks[k].x);
			take_in(&f->y_range, line->marks[k].y);
		}
	}
	take_in(&f->x_range, p->target);
	take_in(&f->y_range, p->also[0]);
	take_in(&f->y_range, p->also[1]);
	axis_make(&f->x, p->x_scale, &f->x_range);
	axis_make(&f->y, p->y_scale, &f->y_range);
	f->y.upright = true;
}

static void place(struct frame *f)
{
	double room = 0;

	axis_place(&f->y, &f->y_range, f->box.bottom, f->box.top);
	for (unsigned i = 0; i < f->y.n_ticks; i++)
		room = fmax(room, text_width(f->y.ticks[i].text, TEXT_SIZE));
	f->box.left += room + 8;
	axis_place(&f->x, &f->x_range, f->box.left, f->box.right);
}

static void draw_axes(FILE *to, const struct frame *f)
{
	const struct box *b = &f->box;
	const struct plot *p = f->plot;

	fputs("<path class=\"grid\" d=\"", to);
	for (unsigned i = 0; i < f->y.n_ticks; i++)
		fprintf(to, "M%.1f %.1fH%.1f", b->left,
			axis_at(&f->y, f->y.ticks[i].value), b->right);
	for (unsigned i = 0; i < f->x.n_ticks; i++)
		fprintf(to, "M%.1f %.1fV%.1f",
			axis_at(&f->x, f->x.ticks[i].value), b->bottom, b->top);
	fprintf(to, "\"/><path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>\n",
		b->left, b->bottom, b->right);
	for (unsigned i = 0; i < f->y.n_ticks; i++)
		draw_text(to, b->left - 8,
			  axis_at(&f->y, f->y.ticks[i].value) + 4, "end",
			  "tick", f->y.ticks[i].text);
	for (unsigned i = 0; i < f->x.n_ticks; i++)
		draw_text(to, axis_at(&f->x, f->x.ticks[i].value),
			  b->bottom + 18, "middle", "tick", f->x.ticks[i].text);
	draw_text(to, b->right, b->bottom + 37, "end", "name", p->x_name);
	fputc('\n', to);
}

static void draw_target(FILE *to, const struct frame *f)
{
	double x;

	if (isnan(f->plot->target))
		return;
	x = axis_at(&f->x, f->plot->target);
	fprintf(to, "<path class=\"target\" d=\"M%.1f %.1fV%.1f\"/>", x,
		f->box.top, f->box.bottom);
	/* Where the lines are not: they fall or rise. */
	draw_text(to, x - 6,
		  f->plot->falling ? f->box.bottom - 7 : f->box.top + 14, "end",
		  "name halo", f->plot->target_text);
	fputc('\n', to);
}

static void draw_line(FILE *to, const struct frame *f,
		      const struct plot_line *line)
{
	char command = 'M';

	fprintf(to, "<g class=\"s%u\"><path class=\"line\" d=\"",
		line->style % PLOT_COLOURS);
	for (uint32_t i = 0; i < line->n_marks; i++) {
		const struct plot_mark *mark = &line->marks[i];

		if (mark->aside)
			continue;
		fprintf(to, "%c%.1f %.1f", command, axis_at(&f->x, mark->x),
			axis_at(&f->y, mark->y));
		command = 'L';
	}
	fputc('"', to);
	draw_dashes(to, line->style);
	fputs("/>", to);
	for (uint32_t i = 0; i < line->n_marks; i++) {
		const struct plot_mark *mark = &line->marks[i];

		fputs(mark->aside ? "<g class=\"aside\">" : "", to);
		draw_symbol(to, line->style, axis_at(&f->x, mark->x),
			    axis_at(&f->y, mark->y), mark->aside ? 3 : 4);
		fputs(mark->aside ? "</g>" : "", to);
	}
	fputs("</g>\n", to);
}

void draw_lines(FILE *to, const struct plot *p, const struct plot_size *size,
		const struct box *box)
{
	struct frame f = {.plot = p, .box = *box};

	draw_text(to, box->left, box->top + 12, "start", "name", p->y_name);
	f.box.top += 26;
	f.box.bottom -= 42;
	f.box.right -= 8;
	find_ranges(&f);
	place(&f);
	draw_axes(to, &f);
	draw_target(to, &f);
	for (uint32_t i = 0; i < p->n_lines; i++)
		draw_line(to, &f, &p->lines[i]);
	/* Last, so that they lie above all lines. */
	for (uint32_t i = 0; i < p->n_lines; i++) {
		const struct plot_line *line = &p->lines[i];

		for (uint32_t k = 0; k < line->n_marks; k++) {
			const struct plot_mark *mark = &line->marks[k];

			draw_tip(to, size, axis_at(&f.x, mark->x),
				 axis_at(&f.y, mark->y), mark->text);
		}
	}
}
