#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds libfuse with passthrough (>= 3.17) from Debian's source archive into a private prefix, for systems whose own is
# older. Nothing of the system is changed: apt works in a directory of its own, with the mirror that the machine already
# uses, and checks the archive's signature and every checksum as always.
# Needs: apt, debian-archive-keyring, dpkg-dev, meson, ninja-build, a C compiler. Then configure Assay with
#   PKG_CONFIG_PATH=PREFIX/lib/pkgconfig
set -eu

if [ $# -ne 1 ]; then
	echo "usage: build-libfuse.sh PREFIX" >&2
	exit 64
fi
case $1 in
/*) prefix=$1 ;;
*) prefix=$(pwd)/$1 ;;
esac
suite=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { echo "build-libfuse: $*" >&2; }
die() { say "$*"; exit 1; }

for tool in apt-get dpkg-source meson ninja cc; do
	command -v "$tool" >/dev/null || die "$tool is missing: apt-get install dpkg-dev meson ninja-build gcc"
done
[ -r "$keyring" ] || die "$keyring is missing: apt-get install debian-archive-keyring"
mirror=${ASSAY_FUSE_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' | head -n 1)}
[ -n "$mirror" ] || die "apt knows no Debian mirror: set ASSAY_FUSE_MIRROR, or run apt-get update"

work=$(mktemp -d "${TMPDIR:-/tmp}/build-libfuse.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$work/etc/parts" "$work/state/lists/partial" "$work/cache/archives/partial" "$work/src"
chmod -R a+rX "$work"
echo "deb-src [signed-by=$keyring] $mirror $suite main" >"$work/etc/sources.list"
: >"$work/state/status"
cat >"$work/etc/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/etc/sources.list";
Dir::Etc::sourceparts "$work/etc/parts";
Dir::State "$work/state";
Dir::State::status "$work/state/status";
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
CONF
APT_CONFIG=$work/etc/apt.conf
export APT_CONFIG

say "fetching the source of fuse3 from $suite"
apt-get -qq update
# dpkg-source -x checks the signed checksums of the .dsc again and applies Debian's patches.
(cd "$work/src" && apt-get -qq source --only-source "fuse3/$suite" >/dev/null)
tree=$(find "$work/src" -mindepth 1 -maxdepth 1 -type d)
[ -n "$tree" ] || die "the source did not unpack"

say "building $(basename "$tree")"
meson setup "$work/build" "$tree" --prefix "$prefix" --libdir lib --sysconfdir "$prefix/etc" --buildtype release \
	--default-library static -Dutils=false -Dexamples=false -Dtests=false >"$work/log" 2>&1 || { cat "$work/log" >&2; die "meson failed"; }
ninja -C "$work/build" -j 2 install >"$work/log" 2>&1 || { cat "$work/log" >&2; die "ninja failed"; }
version=$(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --modversion fuse3)
say "libfuse $version is in $prefix"
echo "PKG_CONFIG_PATH=$prefix/lib/pkgconfig"
