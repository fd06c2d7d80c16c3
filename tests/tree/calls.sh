#!/bin/sh
# Every call that can fail says why in *err, its last argument, and a test sees
# that its outputs are as they were when it does.
set -eu
test=tests/read/test_untouched.c
# These fill nothing, and the last three fail for want of memory alone.
nothing=' vsx_builder_add vsx_builder_queries vsx_update_add vsx_update_delete '
nothing="$nothing vsx_guard_install vsx_backup_list vsx_fields_put vsx_fields_put_null "
nothing="$nothing vsx_search_range vsx_search_range_id vsx_selection_narrow "
nothing="$nothing vsx_searcher_new vsx_pool_new vsx_fields_new "
calls=$(cat lib/vsx*.h | tr -s '\n\t ' '   ' |
	grep -oE 'VSX_API enum vsx_status [a-z_]+\([^;]*;')
[ "$(echo "$calls" | wc -l)" -ge 30 ] || { echo "few calls: $calls"; exit 1; }
bad=$(echo "$calls" | grep -v 'struct vsx_error \*err);$' || true)
[ -z "$bad" ] || { echo "without err: $bad"; exit 1; }
status=0
for call in $(echo "$calls" | sed 's/(.*//; s/.* //; s/_sized$//' | sort -u); do
	case $nothing in *" $call "*) continue ;; esac
	grep -qE "FAILS(_NULL)?\($call\(" "$test" ||
		{ echo "$test does not call $call()"; status=1; }
done
exit $status
