/*
 * The report as one page that needs no network and no script: the answer, the
 * plots, the tables. It is also well-formed XML.
 */
#include "bench/report/html_answer.h"
#include "bench/report/plots.h"
#include "bench/report/sheet.h"
#include "cli/fail.h"
#include "cli/outfile.h"
#include "cli/xml.h"

static const char style[] =
	":root{color-scheme:light dark;--ink:#1d2126;--faint:#5c646d;"
	"--rule:#dfe3e7;--paper:#fff;--mark:#0b6bb0}\n"
	"@media screen and (prefers-color-scheme:dark){:root{--ink:#e8eaed;"
	"--faint:#a2abb4;--rule:#343a41;--paper:#16191d;--mark:#62b4f0}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--paper);color:var(--ink);"
	"font:16px/1.55 system-ui,-apple-system,\"Segoe UI\","
	"\"Helvetica Neue\",Arial,sans-serif;"
	"font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}\n"
	"main{max-width:1008px;margin:0 auto;padding:40px 24px 64px}\n"
	"h1{font-size:2.1rem;line-height:1.15;letter-spacing:-.02em;"
	"font-weight:650;margin:0 0 6px;overflow-wrap:anywhere}\n"
	"h2{font-size:1.3rem;letter-spacing:-.01em;font-weight:650;"
	"margin:56px 0 20px;padding-top:16px;"
	"border-top:1px solid var(--rule)}\n"
	"h3{font-size:1rem;font-weight:650;margin:0}\n"
	"p{margin:0 0 12px}\n"
	".sub,figcaption p,.notes,dl{color:var(--faint)}\n"
	".answer{font-size:1.3rem;line-height:1.45;letter-spacing:-.005em;"
	"margin:28px 0 10px;max-width:42em;text-wrap:pretty}\n"
	".unsteady{font-weight:600;padding-left:12px;"
	"border-left:4px solid #c4550a}\n"
	".rest{max-width:54em;text-wrap:pretty}\n"
	"figure{margin:0;min-width:0;display:flex;flex-direction:column}\n"
	"figure .plot{margin-top:auto}\n"
	"figcaption{margin:0 0 12px}\n"
	"figcaption p{font-size:.875rem;line-height:1.45;margin:2px 0 0;"
	"max-width:46em}\n"
	".grid{display:grid;gap:40px 32px;"
	"grid-template-columns:repeat(auto-fit,minmax(min(400px,100%),1fr))}\n"
	".grid.cost{grid-template-columns:"
	"repeat(auto-fit,minmax(min(280px,100%),1fr))}\n"
	".plot{display:block;width:100%;height:auto;overflow:visible}\n"
	".narrow{display:none;max-width:640px}\n"
	".grid .plot{max-width:640px}.cost .plot{max-width:440px}\n"
	"@media screen and (max-width:820px){.wide{display:none}"
	".narrow{display:block}main{padding:24px 16px 48px}"
	"h1{font-size:1.7rem}.answer{font-size:1.15rem}}\n"
	".scroll{overflow-x:auto;margin:0 0 32px}\n"
	"table{border-collapse:collapse;font-size:.85rem;line-height:1.3;"
	"white-space:nowrap;min-width:100%}\n"
	"caption{text-align:left;font-weight:650;font-size:1rem;"
	"padding:0 0 8px;position:sticky;left:0}\n"
	"th,td{padding:6px 0 6px 18px;text-align:left;font-weight:400;"
	"border-bottom:1px solid var(--rule)}\n"
	"th:first-child{padding-left:0}\n"
	"thead th{color:var(--faint);vertical-align:bottom}\n"
	"tbody th{font-weight:600}\n"
	".number{text-align:right}\n"
	"tbody tr:hover{background:color-mix(in srgb,var(--mark) 8%,"
	"transparent)}\n"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px;"
	"font-size:.875rem;margin:0}\n"
	"dd{margin:0;color:var(--ink);overflow-wrap:anywhere}\n"
	"code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,"
	"monospace}\n"
	"ul.notes{padding-left:1.1em;margin:0 0 16px;font-size:.875rem}\n"
	"@page{margin:14mm}\n"
	"@media print{main{max-width:none;padding:0}body{font-size:10.5pt}"
	"h2{margin-top:28px;break-after:avoid}figure,tr{break-inside:avoid}"
	".grid{grid-template-columns:1fr 1fr;gap:24px}"
	".grid.cost{grid-template-columns:1fr 1fr 1fr}"
	".scroll{overflow:visible}table{font-size:7pt}"
	"th,td{padding:3px 0 3px 7px}.tip{display:none}}\n";

static const char *const headings[PLOTS_PARTS] = {
	"Speed and recall", "Latency", "Cost", "Growth", "Under load"};

static void put_element(FILE *to, const char *tag, const char *class,
			const char *text)
{
	fprintf(to, "<%s", tag);
	if (class)
		fprintf(to, " class=\"%s\"", class);
	fputc('>', to);
	xml_put(to, text);
	fprintf(to, "</%s>\n", tag);
}

static void put_head(FILE *to, const struct report *r)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\"/>\n"
	      "<meta name=\"viewport\" "
	      "content=\"width=device-width,initial-scale=1\"/>\n<title>",
	      to);
	xml_put(to, r->name);
	fprintf(to, ": recall@%u against speed</title>\n<style>\n%s", r->k,
		style);
	plot_style(to, false);
	fputs("@media screen and (prefers-color-scheme:dark){", to);
	plot_style(to, true);
	fputs("}\n</style>\n</head>\n<body>\n<main>\n", to);
}

static void put_plot(FILE *to, const struct plot *p, enum plots_part part)
{
	static const struct plot_size wide = {860, 440, "wide"};
	static const struct plot_size narrow = {420, 400, "narrow"};
	static const struct plot_size half = {464, 340, "half"};
	static const struct plot_size bars = {320, 0, "bars"};

	fprintf(to, "<figure>\n<figcaption><h3 id=\"%s-t\">", p->name);
	xml_put(to, p->title);
	fprintf(to, "</h3><p id=\"%s-d\">", p->name);
	xml_put(to, p->about);
	fputs("</p></figcaption>\n", to);
	if (part == PLOTS_RECALL) {
		plot_svg(p, &wide, to);
		plot_svg(p, &narrow, to);
	} else {
		plot_svg(p, p->bars ? &bars : &half, to);
	}
	fputs("</figure>\n", to);
}

static void put_plots(FILE *to, const struct plots *all)
{
	for (unsigned i = 0; i < all->n; i++) {
		enum plots_part part = all->parts[i];

		if (i == 0 || all->parts[i - 1] != part) {
			put_element(to, "h2", NULL, headings[part]);
			if (part != PLOTS_RECALL)
				fprintf(to, "<div class=\"grid%s\">\n",
					part == PLOTS_COST ? " cost" : "");
		}
		put_plot(to, &all->plots[i], part);
		if (part != PLOTS_RECALL &&
		    (i + 1 == all->n || all->parts[i + 1] != part))
			fputs("</div>\n", to);
	}
}

static void put_cell(FILE *to, const struct sheet *s, uint32_t row, uint32_t c)
{
	const char *text = s->rows[row][c];

	if (c == 0) {
		fputs("<th scope=\"row\">", to);
		xml_put(to, text);
		fputs("</th>", to);
		return;
	}
	fprintf(to, "<td%s>", s->columns[c].right ? " class=\"number\"" : "");
	xml_put(to, text);
	fputs("</td>", to);
}

static void put_sheet(FILE *to, const struct sheet *s)
{
	fprintf(to,
		"<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
		"aria-label=\"%s\">\n<table>\n<caption>%s</caption>\n"
		"<thead><tr>",
		s->title, s->title);
	for (uint32_t c = 0; c < s->n_columns; c++) {
		if (s->columns[c].any)
			fprintf(to, "<th scope=\"col\"%s>%s</th>",
				s->columns[c].right ? " class=\"number\"" : "",
				s->columns[c].heading);
	}
	fputs("</tr></thead>\n<tbody>\n", to);
	for (uint32_t i = 0; i < s->n_rows; i++) {
		fputs("<tr>", to);
		for (uint32_t c = 0; c < s->n_columns; c++) {
			if (s->columns[c].any)
				put_cell(to, s, i, c);
		}
		fputs("</tr>\n", to);
	}
	fputs("</tbody>\n</table>\n</div>\n", to);
}

static enum vsx_status put_sheets(FILE *to, const struct report *r,
				  struct vsx_error *err)
{
	put_element(to, "h2", NULL, "Tables");
	for (int kind = 0; kind < SHEET_KINDS; kind++) {
		struct sheet sheet;
		enum vsx_status status =
			sheet_make(&sheet, r, (enum sheet_kind)kind, err);

		if (status != VSX_OK)
			return status;
		if (sheet.n_rows)
			put_sheet(to, &sheet);
		sheet_release(&sheet);
	}
	return VSX_OK;
}

static void put_notes(FILE *to, const struct report *r)
{
	char line[WORDS_LINE];
	bool any = false;

	if (*words_spread_note(line, r))
		put_element(to, "p", "notes", line);
	for (uint32_t i = 0; i < r->n_series; i++) {
		if (!*words_note(line, r, i))
			continue;
		fputs(any ? "" : "<ul class=\"notes\">\n", to);
		any = true;
		put_element(to, "li", NULL, line);
	}
	fputs(any ? "</ul>\n" : "", to);
}

static void put_fact(FILE *to, const char *name, const char *text, bool code)
{
	if (!*text)
		return;
	put_element(to, "dt", NULL, name);
	fputs(code ? "<dd><code>" : "<dd>", to);
	xml_put(to, text);
	fputs(code ? "</code></dd>\n" : "</dd>\n", to);
}

static void put_facts(FILE *to, const struct report *r)
{
	char line[WORDS_LINE];

	put_element(to, "h2", NULL, "How it was measured");
	fputs("<dl>\n", to);
	put_fact(to, "Command", r->command, true);
	put_fact(to, "Data", words_data(line, r), false);
	put_fact(to, "Searches", words_aim(line, r), false);
	put_fact(to, "Machine", words_machine(line, r), false);
	snprintf(line, sizeof(line), "%s%s%s%s", r->version,
		 *r->commit ? " (" : "", r->commit, *r->commit ? ")" : "");
	put_fact(to, "VSX", line, false);
	put_fact(to, "Date", r->date, false);
	fputs("</dl>\n</main>\n</body>\n</html>\n", to);
}

static enum vsx_status put_page(FILE *to, const struct report *r,
				struct vsx_error *err)
{
	enum vsx_status status;
	struct plots all;
	char line[WORDS_LINE];

	status = plots_make(&all, r, err);
	if (status != VSX_OK)
		return status;
	put_head(to, r);
	put_element(to, "h1", NULL, r->name);
	put_element(to, "p", "sub", words_data(line, r));
	html_answer(to, r);
	put_plots(to, &all);
	plots_release(&all);
	status = put_sheets(to, r, err);
	if (status != VSX_OK)
		return status;
	put_notes(to, r);
	put_facts(to, r);
	return VSX_OK;
}

enum vsx_status report_html(const struct report *r, const char *path,
			    struct vsx_error *err)
{
	struct outfile page;
	enum vsx_status status = outfile_open(&page, path, err);

	if (status != VSX_OK)
		return status;
	status = put_page(page.to, r, err);
	if (status == VSX_OK)
		status = outfile_close(&page, err);
	outfile_drop(&page);
	return status;
}
