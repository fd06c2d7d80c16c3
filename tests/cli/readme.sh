#!/bin/sh
# Every command and every C program that README.md, the man pages and --help
# show does what it is shown for, as it stands.
. tests/cli/lib.sh.inc

cache=$bin/../CMakeCache.txt
case $(sed -n 's/^VSX_SANITIZE:STRING=//p' "$cache") in
?*) skip 'a build with a sanitizer is not linked with the plain compiler' ;;
esac
command -v python3 >/dev/null || skip "no python3 to read the texts with"

# Not run, and why. One that fits nothing any more is a failure.
cat >"$tmp/left_out" <<'END'
sh tools/quickstart.sh	installs packages; what it runs is shown below it
sh tests/run.sh	runs this
sudo cmake --install build	writes to the system; tests/install does so elsewhere
sudo ldconfig	changes the system
END

# ---- what the texts suppose to be there -----------------------------------

mkdir "$tmp/made" "$tmp/stubs" "$tmp/help"
cd "$tmp/made" || exit 1
python3 "$here/tests/cli/shown.py" inputs "$words/vectors.npy" || fail inputs
run 0 vsx-build base.npy -o photos.vsx -i HNSW16 -q --model clip-vit-b32
awk '{ printf "{\"length\": %d, \"s\": %s}\n", length($0), /s$/ ? "true" : "false" }' \
	words.txt >words.jsonl
run 0 vsx-build vectors.npy -o words.vsx -i HNSW16 -m cosine -q --keys words.txt \
	--fields auto --fields-from words.jsonl
# As many names as there are rows.
cp new.npy notes.npy
rows=$(vsx-build notes.npy --plan --json | sed -n 's/^  "rows": \([0-9]*\),$/\1/p')
{ echo piano; seq 2 "$rows"; } >names.txt
sed 's/.*/{"name": "&"}/' names.txt >notes.jsonl
awk '{ print "{\"lang\": \"en\", \"year\": 2025, \"doc\": \"" ($0 == "piano" ? "b.pdf" : "a.pdf") "\"}" }' names.txt >fields.jsonl
run 0 vsx-build notes.npy -o notes.vsx -i Flat -q --keys names.txt --payload notes.jsonl \
	--fields lang:string,year:int,doc:string --fields-from fields.jsonl
# Documents, under the names of README.md and those of a man page.
awk 'NR <= 100 { printf "{\"id\": \"%s\", \"text\": \"about %s\", \"lang\": \"en\", \"year\": 2024, \"vector\": [%d, 1]}\n", $1, $1, NR }' \
	words.txt >docs.jsonl
sed 's/^{"id": "[^"]*"/{"id": "geige"/;q' docs.jsonl >>docs.jsonl
sed 's/"vector"/"embedding"/; s/"text"/"body"/' docs.jsonl | gzip -c >docs.jsonl.gz
gzip -c docs.jsonl >today.jsonl.gz
run 0 vsx-build docs.jsonl -o docs.vsx -m cosine -q --fields auto
if ! grep -q '^ZLIB_FOUND:INTERNAL=1' "$cache"; then
	echo 'vsx-add docs.vsx today.jsonl.gz	no zlib in this build' >>"$tmp/left_out"
fi
printf '3\n7\n9\n' >mine.txt # ids, and keys
cp photos.vsx new.vsx
cp photos.vsx old.vsx
cp photos.vsx sift.vsx
run 0 vsx-query sift.vsx query.fvecs -k 100 --exact --format ivecs -o true.ivecs
run 0 vsx-bench base.npy --queries queries.npy --make-golden golden.jsonl -q
for part in part1 part2 part3; do
	run 0 vsx-build base.fvecs -o $part.vsx -i Flat -q
done
head -c 30720 /dev/zero | tr '\0' '1' >rows_of_768
vsx-build - --dim 768 -o texts.vsx -i Flat -q <rows_of_768 || fail texts.vsx
mkdir -p tests/data
ln -s "$words" tests/data/words
mkdir build there mnt mnt/backup backup
cp words.vsx build/
cp part1.vsx part2.vsx mnt/backup/
run 0 vsx-backup create photos.vsx backup/photos -q
# shellcheck disable=SC2046 # flags are words
if grep -q '^HDF5_FOUND:INTERNAL=1' "$cache" && mkdir "$tmp/hdf5" &&
    cc -D_GNU_SOURCE $(pkg-config --cflags hdf5) -o "$tmp/make_hdf5" \
	"$here/tests/cli/make_hdf5.c" $(pkg-config --libs hdf5) &&
    (cd "$tmp/hdf5" && "$tmp/make_hdf5"); then
	mv "$tmp/hdf5/good.hdf5" sift-128-euclidean.hdf5
else
	echo 'vsx-bench sift-128-euclidean.hdf5	no HDF5 here to make it with' \
		>>"$tmp/left_out"
fi

# Programs of the reader's own, and another machine.
cat >"$tmp/stubs/embed" <<END
#!/bin/sh
cat "$tmp/made/rows_of_768"
END
printf '#!/bin/sh\necho 4711\n' >"$tmp/stubs/removed-photos"
printf '#!/bin/sh\ncd "$1" && shift && exec "$@"\n' >"$tmp/stubs/ssh"
command -v jq >/dev/null || printf '#!/bin/sh\ncat\n' >"$tmp/stubs/jq"
# As little is measured as it takes to be run at all.
cat >"$tmp/stubs/vsx-bench" <<END
#!/bin/sh
case "\$*" in
*--clients*) set -- "\$@" --duration 0.05 ;;
*--index* | *--rows* | *rows.fbin* | *--make-golden* | *--synthetic* | *hdf5*) ;;
*) set -- "\$@" --rows 1000 ;;
esac
exec "$bin/vsx-bench" "\$@" --seconds 0.02
END
chmod +x "$tmp/stubs/"*
PATH=$tmp/stubs:$PATH

# The library as it is installed.
prefix=$tmp/prefix
run 0 cmake --install "$bin/.." --prefix "$prefix"
libdir=$(dirname "$(find "$prefix" -name libvsx.so)")
PKG_CONFIG_PATH=$libdir/pkgconfig
LD_LIBRARY_PATH=$libdir # what ldconfig is for
export PKG_CONFIG_PATH LD_LIBRARY_PATH

# ---- what is typed ----------------------------------------------------------

for command in "$bin"/vsx-*; do
	"$command" --help >"$tmp/help/$(basename "$command")"
done
python3 "$here/tests/cli/shown.py" commands "$here/README.md" "$bin/man" \
	"$tmp/help" >"$tmp/shown" || fail "commands"
n=$(wc -l <"$tmp/shown")
[ "$n" -ge 60 ] || fail "only $n commands were found"
for command in $(cd "$tmp/help" && echo vsx-*); do
	[ "$(grep -c "	.*\.1	.*$command " "$tmp/shown")" -gt 0 ] ||
		fail "the man pages show no $command"
done

# C programs, each with what its block is compiled by.
sed -n '/^```c$/,/^```$/p' "$here/README.md" | sed '1d;$d' >"$tmp/made/example.c"
[ "$(grep -c '^```c$' "$here/README.md")" = 1 ] ||
	fail "README.md shows another number of programs than one"

# The folders of the texts are folders of ours, sizes and limits are small.
adapt() {
	printf '%s\n' "$1" | sed -e 's| /backup/| backup/|g' \
		-e 's| /mnt/backup/| mnt/backup/|g' -e 's|100000x128|500x16|' \
		-e 's|--max-p95 20 |--max-p95 20000 |' \
		-e 's|--rows 10000 --rows 100000|--rows 2000|' \
		-e 's|^cc \(.*\)$|cc -Wall -Wextra -Werror -std=c11 \1 \&\& ./a.out|'
}

tab=$(printf '\t')
: >"$tmp/matched"
while IFS=$tab read -r first where command; do
	if [ "$first" = = ]; then
		cd "$tmp" && rm -rf block && cp -R made block && cd block || exit 1
	fi
	reason=
	while IFS=$tab read -r begin why; do
		case $command in
		"$begin"*)
			reason=$why
			echo "$begin" >>"$tmp/matched"
			;;
		esac
	done <"$tmp/left_out"
	if [ -n "$reason" ]; then
		echo "not run: $command: $reason"
		continue
	fi
	typed=$(adapt "$command")
	# What an example writes is not there yet; on the other machine neither.
	case $typed in
	*ssh*) ;;
	*)
		for output in $(printf '%s\n' "$typed" |
			sed -n 's/.* -o \([^ ]*\).*/\1/p'); do
			rm -f "$output"
		done
		;;
	esac
	sh -e -c "$typed" >"$tmp/out" 2>"$tmp/err" </dev/null ||
		{ fail "$where: $command"; sed 's/^/    /' "$tmp/err"; }
	! grep -q '^vsx-[a-z]*: .*(see vsx-' "$tmp/err" ||
		{ fail "$where: $command"; sed 's/^/    /' "$tmp/err"; }
	case $typed in
	*./a.out) [ "$(wc -l <"$tmp/out")" = 10 ] || fail "not ten neighbours" ;;
	esac
done <"$tmp/shown"
grep -q 'a\.out\|^cc ' "$tmp/shown" || grep -q "	cc example.c" "$tmp/shown" ||
	fail "README.md does not say how its program is compiled"
cut -f 1 "$tmp/left_out" | while read -r begin; do
	grep -qxF "$begin" "$tmp/matched" || echo "$begin"
done >"$tmp/stale"
[ ! -s "$tmp/stale" ] || fail "left out, but shown nowhere: $(cat "$tmp/stale")"

# And every option that a text names is one of some command.
for command in "$bin"/vsx-*; do
	"$command" --print-options | cut -f 1
done | sort -u >"$tmp/options"
grep -o '`[^`]*`' "$here/README.md" | grep -o -e '--[a-z][a-z0-9-]*' | sort -u |
	while read -r option; do
		grep -qx -- "${option#--}" "$tmp/options" || echo "$option"
	done >"$tmp/unknown"
[ ! -s "$tmp/unknown" ] || fail "README.md names $(cat "$tmp/unknown")"
finish
