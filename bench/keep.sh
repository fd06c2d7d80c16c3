#!/bin/sh
# Print NEW, a page in sections (## TITLE), with those sections of OLD that it lacks, each
# behind the one that it followed there. TITLES, a file, lists those that are not kept.
# usage: sh bench/keep.sh OLD NEW TITLES
set -eu
awk '
FNR == 1 { file++; title = "" }
file == 1 { gone["## " $0]; next }
/^## / { title = $0; if (file == 2) order[++n] = title; else given[title] = 1 }
{ text[file, title] = text[file, title] $0 "\n" }
file == 3 && /^## / { now[++m] = title }
function put(page) { sub(/\n+$/, "\n", page); printf "%s%s", between, page; between = "\n" }
END {
	put(text[3, ""])
	follow("")
	for (i = 1; i <= m; i++) {
		put(text[3, now[i]])
		follow(now[i])
	}
}
# Sections of OLD that follow `title` there, up to one that NEW has.
function follow(title,    i, on) {
	on = title == ""
	for (i = 1; i <= n; i++) {
		if (on && order[i] in given)
			return
		if (on && !(order[i] in gone))
			put(text[2, order[i]])
		if (order[i] == title)
			on = 1
	}
}' "$3" "$1" "$2"
