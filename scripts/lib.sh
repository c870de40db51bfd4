# SPDX-License-Identifier: BSD-2-Clause
# What every script here uses: messages, the cache, hashes. Source it from the
# top of the checkout.

set -eu

VOUCH_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/vouch
VOUCH_BUILD=${VOUCH_BUILD:-$PWD/build}

# Progress goes to stderr, so that a script's stdout is its result.
say()
{
	printf '%s\n' "$*" >&2
}

# die WHAT WHY REMEDY
die()
{
	printf '%s: %s: %s\n  %s\n' "${0##*/}" "$1" "$2" "$3" >&2
	exit 1
}

# hash_of FILE... - the first 16 digits of the SHA-256 of contents
hash_of()
{
	cat "$@" | sha256sum | cut -c1-16
}

# as_root COMMAND... - run it, through sudo for whoever is not root
as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "running $1" "it needs root, and there is no sudo" \
			"Run it as root: $*"
	fi
}

# fetch_package PACKAGE DIR - unpack a package to DIR/root
fetch_package()
{
	mkdir -p "$2"
	(cd "$2" && apt-get download "$1" >/dev/null) ||
		die "fetching $1" "apt-get download failed" \
			"Run apt-get update and try again."
	dpkg-deb -x "$2"/*.deb "$2/root"
}

# cached KEY - set cached_dir to the cache's folder of that key; 1 if it is not
# whole yet. Then the caller makes it, and is alone in making anything there
# until it ends: whoever wants the same waits here and finds it whole.
cached()
{
	cached_dir=$VOUCH_CACHE/$1
	[ ! -e "$cached_dir/.complete" ] || return 0
	mkdir -p "$VOUCH_CACHE"
	exec 9>"$VOUCH_CACHE/.lock"
	flock 9
	[ -e "$cached_dir/.complete" ]
}
