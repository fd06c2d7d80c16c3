#!/bin/sh
# The page and the plots that vsx-bench writes: whole, safe, with a line for
# each index, without a network; and what a browser makes of them.
. tests/cli/lib.sh.inc

# A name of the data that must be escaped wherever it stands.
name='a<b>&"c"'
{ printf '\350\003\000\000\062\000\000\000' # 1000 x 50
  tail -c +129 "$words/vectors.npy" | head -c 200000; } >"$name.fbin"
run 0 vsx-bench "$name.fbin" -i Flat -i IVF32,Flat -i HNSW8 --seed 1 \
	--seconds 0.2 --html named.html --svg named
run 0 vsx-bench --synthetic 3000x16 -i Flat -i IVF32,Flat -i HNSW8 --seed 1 \
	--seconds 0.2 --rows 1000 --rows 3000 --html page.html --svg plots
[ -s named.html ] && [ -s page.html ] || fail "no page"

cat >check.py <<'END'
"""A page and its plots, by an XML parser: they are well-formed."""
import glob
import os
import re
import sys
import xml.etree.ElementTree as ET

SVG = '{http://www.w3.org/2000/svg}'
page, folder, title = sys.argv[1:4]
labels = sys.argv[4:]
bad = []


def check(ok, text):
    if not ok:
        bad.append(text)


def words(element):
    return ''.join(element.itertext())


source = open(page, encoding='utf-8').read()
root = ET.fromstring(source.split('>', 1)[1])  # without the doctype
for text in [source] + [open(f, encoding='utf-8').read()
                        for f in glob.glob(folder + '/*.svg')]:
    rest = text.replace('xmlns="http://www.w3.org/2000/svg"', '')
    check(not re.search(r'https?:|//[a-z]|@import|url\(|\ssrc=|<link|<script'
                        r'|\son[a-z]+=', rest), 'a resource or a script')
check(root.find('.//h1') is not None and words(root.find('.//h1')) == title,
      'the heading is not the name')
check(all(i in source for i in ('prefers-color-scheme', '@media print')),
      'dark or print')

# Plots of the page can be heard: their names and descriptions are there.
ids = [e.get('id') for e in root.iter() if e.get('id')]
check(len(ids) == len(set(ids)), 'an id stands twice')
svgs = list(root.iter('svg'))
check(len(svgs) >= 5, f'{len(svgs)} plots')
for svg in svgs:
    check(svg.get('role') == 'img' and svg.get('viewBox'), 'role or viewBox')
    for key in ('aria-labelledby', 'aria-describedby'):
        check(svg.get(key) in ids, f'{key} leads nowhere')

# Tables, too.
tables = list(root.iter('table'))
check(len(tables) >= 2, f'{len(tables)} tables')
for table in tables:
    check(table.find('caption') is not None, 'a table without a caption')
    heads = table.findall('thead/tr/th')
    check(all(h.get('scope') == 'col' for h in heads), 'scope=col')
    for row in table.findall('tbody/tr'):
        check(row[0].get('scope') == 'row', 'scope=row')
        check(len(row) == len(heads), 'a row of another length')
first = [words(row[0]) for row in tables[0].findall('tbody/tr')]
check(first == labels, f'rows {first}')

# Each index has its line, or bar, in each plot that is about indexes.
for plot in ('recall', 'latency-p50', 'latency-p99', 'build', 'disk'):
    root = ET.parse(f'{folder}/{plot}.svg').getroot()
    texts = [words(t) for t in root.iter(SVG + 'text')]
    for label in labels:
        check(label in texts, f'{plot}: no {label}')
    styles = {e.get('class') for e in root.iter()
              if re.search(r'\bs\d+$', e.get('class', ''))}
    check(len(styles) == len(labels), f'{plot}: {styles}')
    check(root.find(SVG + 'title') is not None, f'{plot}: no title')
    check(root.find(SVG + 'desc') is not None, f'{plot}: no desc')
if os.path.exists(folder + '/growth-qps.svg'):
    root = ET.parse(folder + '/growth-qps.svg').getroot()
    check(len([p for p in root.iter(SVG + 'path')
               if re.match(r'M[^L]*L', p.get('d', ''))]) == len(labels),
          'growth: not a line of two sizes for each index')
for text in bad:
    print(text)
sys.exit(bool(bad))
END
if command -v python3 >/dev/null; then
	python3 check.py named.html named "$name.fbin" Flat IVF32,Flat HNSW8 ||
		fail "the page of hostile names"
	title=$(sed -n 's/.*<h1>\(.*\)<\/h1>.*/\1/p' page.html)
	python3 check.py page.html plots "$title" Flat IVF32,Flat HNSW8 ||
		fail "the page"
	[ -e plots/growth-qps.svg ] || fail "no growth"
	[ ! -e named/growth-qps.svg ] || fail "growth of one size"
else
	echo "no python3: the parts of the page are not looked at"
fi

# What cannot be written is said.
refused 2 /nowhere/page.html -- vsx-bench --synthetic 300x8 -i Flat -q \
	--seconds 0.1 --html /nowhere/page.html

# In a browser, where there is one: light, dark and narrow.
browser=$(command -v chromium || command -v chromium-browser ||
	command -v google-chrome) || browser=
if [ -z "$browser" ]; then
	echo "no chromium: the page is not looked at in a browser"
	finish
fi
cat >colours.py <<'END'
"""The colours in the first rows of a PNG, most frequent first."""
import collections
import struct
import sys
import zlib

data = open(sys.argv[1], 'rb').read()
assert data[:8] == b'\x89PNG\r\n\x1a\n'
at, body, size = 8, b'', None
while at < len(data):
    n, kind = struct.unpack('>I4s', data[at:at + 8])
    if kind == b'IHDR':
        width, height, depth, colour = struct.unpack(
            '>IIBB', data[at + 8:at + 18])
        size = {2: 3, 6: 4}[colour]
        assert depth == 8
    elif kind == b'IDAT':
        body += data[at + 8:at + 8 + n]
    at += 12 + n
body = zlib.decompress(body)
line, last = width * size, bytearray(width * size)
seen = collections.Counter()
for y in range(min(height, int(sys.argv[2]))):
    kind = body[y * (line + 1)]
    row = bytearray(body[y * (line + 1) + 1:(y + 1) * (line + 1)])
    for i in range(line):
        a = row[i - size] if i >= size else 0
        b = last[i]
        c = last[i - size] if i >= size else 0
        if kind == 1:
            row[i] = row[i] + a & 255
        elif kind == 2:
            row[i] = row[i] + b & 255
        elif kind == 3:
            row[i] = row[i] + (a + b) // 2 & 255
        elif kind == 4:
            p = a + b - c
            pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
            row[i] = row[i] + (a if pa <= pb and pa <= pc
                               else b if pb <= pc else c) & 255
    last = row
    seen.update(row[i:i + 3].hex() for i in range(0, line, size))
for colour, n in seen.most_common(4000):
    print(colour, n)
END
look() { # NAME WIDTH ROWS [OPTION]
	look_name=$1 look_width=$2 look_rows=$3
	shift 3
	timeout 60 "$browser" --headless --no-sandbox --disable-gpu \
		--hide-scrollbars --user-data-dir="$tmp/browser" "$@" \
		--window-size="$look_width",900 --virtual-time-budget=1000 \
		--screenshot="$PWD/$look_name.png" "file://$PWD/page.html" \
		>"$tmp/out" 2>&1
	[ -s "$look_name.png" ] || { fail "no picture: $look_name"; return; }
	python3 colours.py "$look_name.png" "$look_rows" >"$look_name.colours" ||
		fail "$look_name.png cannot be read"
	[ "$(wc -l <"$look_name.colours")" -ge 20 ] ||
		fail "$look_name: the page is empty"
}
command -v python3 >/dev/null || finish
look light 900 800
look dark 900 800 --blink-settings=preferredColorScheme=0
look narrow 500 900
for colour in 0b6bb0 cf5300 00835f; do # of the lines
	grep -q "^$colour " light.colours || fail "light: no $colour"
	grep -q "^$colour " narrow.colours || fail "narrow: no $colour"
done
head -1 light.colours | grep -q '^ffffff ' || fail "light: not white"
head -1 dark.colours | grep -q '^16191d ' || fail "dark: not dark"
grep -q '^62b4f0 ' dark.colours || fail "dark: no line"
finish
