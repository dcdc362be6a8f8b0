# SPDX-License-Identifier: MIT
# fetch.sh - what the command tests of fetch share.  Sourced.

normalise() {
	"$SUPPORT/normalise" "$@"
}

# run ARGUMENT...: ibbundle, its output made stable, and its status
run() {
	echo "\$ ibbundle $*"
	ibbundle "$@" >run.out 2>&1
	status=$?
	normalise 's/%3A[0-9]+%2F/%3APORT%2F/' <run.out
	echo "exit $status"
}

# make_files NAME...: 200 kB each under root/, the same every time, each another
make_files() {
	mkdir -p root
	local name
	for name in "$@"; do
		yes "this is file $name" | head -c 200000 >"root/$name"
	done
}

# wait_for COMMAND: until it succeeds, 20 seconds at most
wait_for() {
	local i
	for ((i = 0; i < 200; i++)); do
		! eval "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	echo "waited in vain for: $1"
	exit 1
}

# start_server [OPTION...]: sets $port; it ends with this shell
start_server() {
	rm -f port
	python3 "$SUPPORT/httpd.py" root port log "$@" &
	wait_for 'test -e port'
	port=$(cat port)
}

# manifest PATH[,MIRROR]...: m.json and its lock; each PATH ends in the name of a file in root/
manifest() {
	local files='' paths url urls name
	for paths in "$@"; do
		urls=''
		for url in ${paths//,/ }; do
			urls+="${urls:+, }\"http://127.0.0.1:$port$url\""
		done
		name=${paths%%[,?]*}
		name=${name##*/}
		files+="${files:+, }{ \"url\": [$urls], \"size\": 200000, \"path\": \"$name\", \"sha256\": \"$(
			sha256sum "root/$name" | cut -d' ' -f1)\" }"
	done
	cat >m.json <<-END
		{ "schema": 1, "name": "demo", "version": "1", "packages": [ {
		  "id": "one", "title": "One", "version": "1", "license": "MIT", "priority": 1,
		  "files": [ $files ],
		  "match": { "os": "linux" }, "install": [ { "run": ["./one"] } ] } ] }
	END
	ibbundle lock m.json >/dev/null
}

# files_of_cache: what is there, and that each is what its name says
files_of_cache() {
	(
		cd "$XDG_CACHE_HOME/ibbundle" || exit
		find . -type f | sort
		find sha256 -type f | while read -r file; do
			[ "$(sha256sum <"$file" | cut -d' ' -f1)" = "$(basename "$file")" ] ||
				echo "$file is something else"
		done
	)
}
