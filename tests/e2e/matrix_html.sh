#!/bin/bash
# SPDX-License-Identifier: MIT
# The page of `ibbundle matrix --html` in a real browser: every machine of the JSON is a cell with the
# same state, filters in the address hide the others, keys walk from cell to cell, nothing outside the
# page is asked for, and a manifest's text stays text.
set -u
TOP=${TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
export PATH=$TOP/build:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/ibbundle-html-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
passed=0 failed=0

check() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $1: '$2', not '$3'"
	fi
}

# dom FILE FRAGMENT: the document after its script has run, in dom.html
dom() {
	rm -rf profile
	timeout -k 5 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--disable-dev-shm-usage --user-data-dir="$work/profile" --dump-dom \
		"file://$work/$1$2" >dom.html 2>chromium.log || {
		echo "chromium failed:"
		tail -n 5 chromium.log
		exit 1
	}
}

# cells: "STATE COUNT" of cells that are neither hidden nor dim, then what the page says it shows
cells() {
	python3 - dom.html <<'END'
import html.parser, sys

class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.row_hidden, self.counts, self.shown, self.inside = False, {'c': 0, 'f': 0, 'g': 0}, '', False

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == 'tr':
            self.row_hidden = 'hidden' in a
        names = a.get('class', '').split()
        if tag == 'td' and names and names[0] in self.counts and 'tabindex' in a:
            if not self.row_hidden and 'hidden' not in a and 'dim' not in names:
                self.counts[names[0]] += 1
        self.inside = a.get('id') == 'shown'

    def handle_data(self, data):
        if self.inside:
            self.shown += data
            self.inside = False

page = Page()
page.feed(open(sys.argv[1], encoding='utf-8').read())
print(*(f'{k}{v}' for k, v in page.counts.items()), page.shown)
END
}

package() { # ID VERSION DRIVER MATCH
	cat <<END
  { "id": "$1", "title": "$1", "version": "$2", "license": "MIT", "priority": 1, "driver": "$3",
    "files": [ { "url": ["https://example.invalid/$1"] } ], "match": { $4 },
    "install": [ { "run": ["./$1"] } ] }
END
}
{
	echo '{ "schema": 1, "name": "page", "version": "1", "title": "<script>document.title=1</script> & \"so\"",'
	echo '  "packages": ['
	package new 5.9 mlnx-ofed '"distro": "ubuntu", "release": ["22.04", "24.04"], "arch": "x86_64"'
	echo ,
	package old 5.5-1.0.3.2 mlnx-ofed '"distro": "ubuntu", "release": ["20.04"], "nic": "15b3:*"'
	echo ']}'
} >page.json
ibbundle matrix page.json --machines "$TOP/manifests/facts/machines" --json --html page.html >page.matrix || exit 1

# What the JSON says of the machines that FILTER (jq) takes in.
counted() {
	jq -r "[.machines[] | select($1)] | \"c\" + (map(select(.package and (.reason | contains(\"below the\") | not))) | length | tostring)
		+ \" f\" + (map(select(.package and (.reason | contains(\"below the\")))) | length | tostring)
		+ \" g\" + (map(select(.package == null)) | length | tostring)
		+ \" \" + (length | tostring)" page.matrix
}

dom page.html ''
check 'all cells are all machines' "$(cells)" "$(counted true)"
check 'and none is lost' "$(jq '.covered + .gaps' page.matrix)" "$(jq '.machines | length' page.matrix)"
check 'the title is text' "$(grep -c '<script>document.title' dom.html)" 0
check 'the title is there' "$(grep -c '&lt;script&gt;document.title=1&lt;/script&gt; &amp; ' dom.html)" 1
check 'the filters are there with the script' "$(grep -c '<form id="filters">' dom.html)" 1
check 'one cell can be reached by Tab' "$(grep -o '<td [^>]*tabindex="0"' dom.html | wc -l)" 1
check 'no address outside of the page' "$(grep -cE '(src|href|action)=|url\(|@import' page.html)" 0

dom page.html '#os=ubuntu'
check 'one system' "$(cells)" "$(counted '.image | startswith("ubuntu")')"
dom page.html '#family=HBv4'
check 'one family' "$(cells)" "$(counted '.size | test("_HB176.*v4$")')"
dom page.html '#os=ubuntu&family=HX'
check 'both' "$(cells)" "$(counted '(.image | startswith("ubuntu")) and (.size | contains("_HX176"))')"
dom page.html '#state=floor'
below=$(jq '[.machines[] | select(.reason | contains("below the"))] | length' page.matrix)
check 'below floor alone' "$(cells)" "c0 f$below g0 $below"
check 'there is something below' "$([ "$below" -gt 0 ] && echo yes)" yes
dom page.html '#state=covered,floor&os=ubuntu'
check 'no gaps' "$(cells)" "$(counted '(.image | startswith("ubuntu")) and .package')"
dom page.html '#os=%zz&family=none&state='
check 'nonsense in the address is no filter, and no state is none' "$(cells)" 'c0 f0 g0 0'

# Keys, as a reader presses them: the focus moves, and the line below says what the cell means.
cat >keys.js <<'END'
<script>(function () {
	var first = document.querySelector('td[tabindex="0"]'), said = [];
	function press(key) {
		var event = new KeyboardEvent('keydown', { key: key, bubbles: true });
		document.activeElement.dispatchEvent(event);
		var now = document.activeElement;
		said.push((now.cellIndex - first.cellIndex) + ',' +
			(now.parentNode.rowIndex - first.parentNode.rowIndex));
	}
	first.focus();
	['ArrowLeft', 'ArrowRight', 'ArrowDown', 'ArrowUp', 'x'].forEach(press);
	var now = document.activeElement, heads = document.querySelectorAll('thead tr.size th');
	var want = heads[now.cellIndex].textContent + ' on ' +
		now.parentNode.cells[0].textContent + now.title;
	document.body.dataset.keys = said.join(' ');
	document.body.dataset.said = document.getElementById('detail').textContent === want;
})()</script>
END
sed '/<\/script>/r keys.js' page.html >keys.html
dom keys.html '#os=ubuntu&family=HBv3'
check 'arrow keys' "$(grep -o 'data-keys="[^"]*"' dom.html)" 'data-keys="0,0 1,0 1,1 1,0 1,0"'
check 'the reason is shown' "$(grep -o 'data-said="[^"]*"' dom.html)" 'data-said="true"'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
