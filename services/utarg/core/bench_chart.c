// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/bench_chart.h"

enum {
	WIDTH = 860,
	LABEL_WIDTH = 240,
	VALUE_WIDTH = 130,
	ROW_HEIGHT = 26,
	HEAD_HEIGHT = 74,
	FOOT_HEIGHT = 34
};

static const double share_max = 2.5; // longer bars are cut and say so by their value

static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if ((unsigned char)*text >= ' ')
			fputc(*text, out);
	}
}

static double x_of(double share)
{
	double shown = share < 0 ? 0 : share > share_max ? share_max : share;
	return LABEL_WIDTH + shown / share_max * (WIDTH - LABEL_WIDTH - VALUE_WIDTH);
}

static void line(FILE *out, double x, int top, int bottom, const char *dash)
{
	fprintf(out,
		"<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#444\" "
		"stroke-dasharray=\"%s\"/>\n",
		x, top, x, bottom, dash);
}

static void put_bar(FILE *out, const struct bench_bar *bar, int top)
{
	double end = x_of(bar->known ? bar->share : 0);
	fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LABEL_WIDTH - 8, top + 17);
	put_text(out, bar->label);
	fputs("</text>\n", out);
	if (bar->known)
		fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
			LABEL_WIDTH, top + 4, end - LABEL_WIDTH, ROW_HEIGHT - 8,
			bar->share >= 1 ? "#2e7d4f" : "#c0792a");
	if (bar->beyond > 0 && bar->beyond <= share_max)
		line(out, x_of(bar->beyond), top + 2, top + ROW_HEIGHT - 2, "2 2");
	double goal = x_of(1);
	double at = (end > goal ? end : goal) + 6;
	fprintf(out, "<text x=\"%.1f\" y=\"%d\" class=\"value\">", at, top + 17);
	put_text(out, bar->known ? bar->value : "not measured");
	fputs("</text>\n", out);
}

void bench_chart(FILE *out, const char *title, const char *subtitle, const struct bench_bar *bars,
		 size_t count)
{
	int bottom = HEAD_HEIGHT + (int)count * ROW_HEIGHT, height = bottom + FOOT_HEIGHT;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d "
		"%d\">\n",
		WIDTH, height, WIDTH, height);
	fputs("<style>text{font:13px "
	      "sans-serif;fill:#222}.title{font-size:17px;font-weight:bold}.value{font-size:12px}"
	      "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"16\" y=\"28\" "
	      "class=\"title\">",
	      out);
	put_text(out, title);
	fputs("</text>\n<text x=\"16\" y=\"50\" class=\"value\">", out);
	put_text(out, subtitle);
	fputs("</text>\n", out);
	for (size_t i = 0; i < count; i++)
		put_bar(out, &bars[i], HEAD_HEIGHT + (int)i * ROW_HEIGHT);
	line(out, x_of(1), HEAD_HEIGHT - 6, bottom + 4, "none");
	fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" class=\"value\">goal</text>\n",
		x_of(1), bottom + 20);
	fputs("</svg>\n", out);
}
