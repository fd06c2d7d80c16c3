#!/bin/sh
# The wheel that pip makes and installs, into a folder of its own, is the module.
set -eu
python=/usr/bin/python3
cd "$(dirname "$0")/../.."
[ -z "${sanitize:-}" ] || {
	echo 'a build with a sanitizer is not what is installed'
	exit 77
}
[ -e "$VSX_BUILD/python/vsx/_vsx.abi3.so" ] || {
	echo 'the Python module was not built'
	exit 77
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
build=$(cd "$VSX_BUILD" && pwd)
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=lib/bindings/python "$python" - \
	"$tmp" "$build" <<'END'
import hashlib, base64, sys, zipfile
import wheel_of_vsx as backend
folder, build = sys.argv[1:]
name = backend.build_wheel(folder, {"build-dir": build})
assert backend.build_wheel(folder, {"build-dir": build}) == name
with zipfile.ZipFile(f"{folder}/{name}") as z:
    records = z.read([n for n in z.namelist() if n.endswith("/RECORD")][0])
    told = dict(line.rsplit(",", 2)[:2] for line in records.decode().split())
    assert set(told) == set(z.namelist()), told
    for n, digest in told.items():
        if digest:
            found = base64.urlsafe_b64encode(
                hashlib.sha256(z.read(n)).digest()).rstrip(b"=").decode()
            assert digest == f"sha256={found}", n
    z.extractall(f"{folder}/there")
END
cd "$tmp"
PYTHONPATH=$tmp/there "$python" - <<'END'
import vsx
assert vsx.__file__.startswith("/tmp") or "there" in vsx.__file__
with vsx.build([[0.0, 1.0], [1.0, 0.0]], "i.vsx", "Flat") as index:
    assert index.search([1.0, 0.1], 1)[1].tolist() == [1]
    print(index)
END
# And by pip itself, where there is one.
"$python" -m pip --version >/dev/null 2>&1 || exit 0
"$python" -m pip install -q --no-index --no-deps \
	--disable-pip-version-check --root-user-action=ignore \
	--config-settings "build-dir=$build" --target "$tmp/by_pip" \
	"$OLDPWD"
PYTHONPATH=$tmp/by_pip "$python" -c 'import vsx; print(vsx.__file__)'
