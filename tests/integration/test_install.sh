#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make install puts everything where its configuration says, and the installed assay finds the installed worker.
. "$top_srcdir/tests/lib/tap.sh"
unset MAKEFLAGS MFLAGS ASSAY_WORKER
configured() { sed -n "s/^$1 = //p" "$top_builddir/Makefile"; }
prefix=$(configured prefix)

make -C "$top_builddir" install DESTDIR="$T/dest" >"$T/install.log" 2>&1
is $? 0 "make install DESTDIR="
[ -d "$T/dest$prefix" ] || { tail -n 5 "$T/install.log" | sed 's/^/# /'; done_testing; }
in_dest="$T/dest$prefix"
is "$(cd "$in_dest" && find . -type f -perm -100 | LC_ALL=C sort | tr '\n' ' ')" "./bin/assay ./libexec/assay/assay-worker ./libexec/assay/assay-worker-hdf5 " "three programs"
[ -f "$in_dest/lib/systemd/system/assay@.service" ]
ok $? "the unit of the service"
[ -f "$in_dest/share/man/man1/assay-put.1" ]
ok $? "man pages"
like "$("$in_dest/bin/assay" --version)" "^assay $(configured PACKAGE_VERSION)" "it says its version"

# In a mount name space of its own the installed files lie where they will be.
[ -d "$prefix" ] || { skip "there is no $prefix to install over"; done_testing; }
unshare -m true 2>/dev/null || { skip "no mount name space: it needs root"; done_testing; }
printf '\2\0\0\0\0\0\0\0{}' >"$T/empty.safetensors"
installed() { run unshare -m sh -c "mount --bind '$in_dest' '$prefix' && exec timeout 60 '$prefix/bin/assay' scan --json '$T/empty.safetensors'"; }
installed
is "$status" 0 "the installed assay judges a file"
like "$out" '"format": *"safetensors"' "in the installed worker"
rm "$in_dest/libexec/assay/assay-worker"
installed
is "$status" 2 "and cannot judge without it"
like "$err" "$prefix/libexec/assay/assay-worker" "which it names"
done_testing
