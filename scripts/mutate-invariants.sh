#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Takes the code that holds an invariant out of a copy of the tree, and shows that the test cited in docs/invariants.md
# notices. Prints a table; fails when a test passes all the same, or did not pass before. As root, some ten minutes.
#   scripts/mutate-invariants.sh [INV-n]...    all of them, or these
. "$(dirname "$0")/common.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/assay-mutants.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
tree=$work/tree
mkdir "$tree"
(cd "$top" && tar -c --exclude='./build' --exclude='./build-[!a]*' --exclude='./.git' --exclude='./demo' --exclude='./.deps-prefix' .) | tar -x -C "$tree"
(cd "$tree" && { [ -x configure ] || autoreconf -fi; } && mkdir b && cd b && ../configure --enable-testing) >"$work/configure.log" 2>&1 ||
	{ tail -n 20 "$work/configure.log" >&2; die "configure failed"; }

# test_of NAME: builds what it needs and runs it; 0 passed, 1 failed, 2 did not build or was skipped
test_of() {
	case $1 in
	*.sh) need="tests/integration/mount_driver" command="sh $tree/tests/integration/$1" ;;
	*) need="tests/unit/$1" command="$tree/b/tests/unit/$1" ;;
	esac
	# One after the other: both make the libraries.
	{ make -C "$tree/b" -j"$jobs" && make -C "$tree/b" -j"$jobs" $need; } >"$work/make.log" 2>&1 || { tail -n 5 "$work/make.log" >&2; return 2; }
	result=0
	(cd "$tree/b" && top_srcdir=$tree top_builddir=$tree/b PATH=$tree/b:$PATH ASSAY_WORKER=$tree/b/assay-worker timeout 400 $command) \
		>"$work/test.log" 2>&1 || result=1
	grep -q '^1\.\.0' "$work/test.log" && return 2
	return $result
}

failed=0 wanted=" $* "
row() { printf '%-6s %-46s %-16s %s\n' "$@"; }
# mutate INV FILE TEST WHAT SED-PROGRAM
mutate() {
	case $wanted in "  "|*" $1 "*) ;; *) return 0 ;; esac
	inv=$1 file=$tree/$2 test=$3 what=$4
	before=0
	test_of "$test" || before=$?
	cp -p "$file" "$work/saved"
	sed -i "$5" "$file"
	cmp -s "$file" "$work/saved" && die "$inv: nothing in $2 matches any more; this script must follow the code"
	after=0
	test_of "$test" || after=$?
	seen=$(grep -c '^not ok' "$work/test.log") || true
	cp "$work/saved" "$file"
	case $before:$after in
	0:1) row "$inv" "$what" "$test" "noticed, $seen checks fail" ;;
	0:0) row "$inv" "$what" "$test" "NOT NOTICED"; failed=1 ;;
	*) row "$inv" "$what" "$test" "no answer: $before before, $after after"; failed=1 ;;
	esac
}

row invariant "taken out" test result
mutate INV-1 gate/opens.c inv_withdrawn.sh "the state is not asked at an open" \
	's/if (a->state != AY_ADMITTED)/if (0)/'
mutate INV-1 fs/ops_read.c inv_poll.sh "a staged file opens for reading" \
	'/^static int open_staged/,/^}/s/if ((fi->flags & O_ACCMODE) == O_RDONLY)/if (0)/'
mutate INV-2 store/object.c test_object "an object's facts are not compared" \
	's/return ay_object_matches(s, o, &st) ? 0 : check_slowly(s, d, fd, e);/(void)check_slowly; (void)o; return 0;/'
mutate INV-4 gate/admit.c crash_points.sh "state and tree in two commits" \
	'/^static int write_verdict/,/^}/s/^\t\trc = write_tree(t, v);/\t\treturn 0;\n\treturn rc;\n}\nstatic int write_rest(struct ay_txn *t, void *arg)\n{\n\tstruct verdict *v = arg;\n\tint rc = write_tree(t, v);/
	s/rc = ay_commit(c->g->store, write_verdict, &v, e);/&\n\t\tif (rc == 0)\n\t\t\trc = ay_commit(c->g->store, write_rest, \&v, e);/'
mutate INV-5 gate/durable.c crash_power.sh "objects are not synced before the commit" \
	's/w->code = ay_objects_sync(w->store, &w->error);/w->code = 0;/'
mutate INV-6 gate/gate_content.c test_gate "what could not be scanned counts as a pass" \
	's/} else if (n->code) {/} else if (0) {/; s/} else if (n->verdict > s.listed) {/} else if (!n->code \&\& n->verdict > s.listed) {/'
mutate INV-8 gate/admit.c test_intake "the verdict is not appended to the log" \
	's/rc = ay_log_append(t, v->hallmark_leaf.data, v->hallmark_leaf.len, &v->art.log_index);/rc = 0;/'
exit $failed
