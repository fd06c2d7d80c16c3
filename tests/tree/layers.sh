#!/bin/sh
# format <- lib <- tools, and inside lib
#   base <- io <- field <- kernel <- train <- code <- segment <- kind <- read <- write
#   <- backup
# and inside tools/bench
#   base <- plot <- report <- data <- engine <- measure
# A file includes headers of its own folder and of folders before it. What is in
# lib/bindings sees the public headers alone.
set -eu
bad=0

complain() { echo "$1: includes $2"; bad=1; }

includes() { sed -n 's/^#include "\(.*\)".*/\1/p' "$1"; }

rank() {
	case $1 in
	base) echo 1 ;; io) echo 2 ;; field) echo 3 ;; kernel) echo 4 ;;
	train) echo 5 ;; code) echo 6 ;; segment) echo 7 ;; kind) echo 8 ;;
	read) echo 9 ;; write) echo 10 ;; backup) echo 11 ;;
	*) echo 0 ;; # a header of format/, or a public one
	esac
}

for file in format/*.[ch]; do
	for header in $(includes "$file"); do
		[ -e "format/$header" ] || complain "$file" "$header"
	done
done
for file in $(find lib/bindings -name '*.[ch]'); do
	for header in $(includes "$file"); do
		case $header in
		vsx.h | vsx_write.h) ;;
		*) [ -e "$(dirname "$file")/$header" ] ||
			complain "$file" "$header" ;;
		esac
	done
done
for file in $(find lib -mindepth 2 -name '*.[ch]' ! -path 'lib/bindings/*'); do
	folder=${file#lib/}
	folder=${folder%%/*}
	for header in $(includes "$file"); do
		case $header in
		vsx.h) [ "$(rank "$folder")" -ge 9 ] || complain "$file" "$header" ;;
		vsx_write.h) [ "$(rank "$folder")" -ge 10 ] || complain "$file" "$header" ;;
		*/*) [ "$(rank "${header%%/*}")" -le "$(rank "$folder")" ] &&
			[ -e "lib/$header" ] || complain "$file" "$header" ;;
		*) [ -e "format/$header" ] || complain "$file" "$header" ;;
		esac
	done
done
# The rooms of tools/bench; what is in no room of it may see all of them.
room() {
	case $1 in
	bench/base/*) echo 1 ;; bench/plot/*) echo 2 ;; bench/report/*) echo 3 ;;
	bench/data/*) echo 4 ;; bench/engine/*) echo 5 ;; bench/measure/*) echo 6 ;;
	bench/*/*) echo 9 ;; bench/*) echo 7 ;;
	*) echo 0 ;;
	esac
}

for file in $(find tools -name '*.[ch]'); do
	for header in $(includes "$file"); do
		case $header in
		vsx.h | vsx_range.h | vsx_rows.h | vsx_select.h | vsx_write.h | vsx_status.h | vsx_types.h) ;;
		*) [ -e "tools/$header" ] || [ -e "$(dirname "$file")/$header" ] ||
			complain "$file" "$header"
			[ "$(room "$header")" -le "$(room "${file#tools/}")" ] ||
				complain "$file" "$header" ;;
		esac
	done
done
exit $bad
