"""What pip builds the module by (PEP 517): CMake, and a wheel made by hand.

Setting: build-dir, a CMake build tree to use (pip install --config-settings build-dir=...).
"""

import base64
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", "..", ".."))


def _version():
    with open(os.path.join(ROOT, "lib", "vsx.h")) as f:
        return re.search(r'define VSX_VERSION "([0-9.]+)"', f.read())[1]


def _tag():
    """For this Python's ABI from 3.11 on, on machines such as this one."""
    import sysconfig
    platform = re.sub("[-.]", "_", sysconfig.get_platform())
    return f"cp311-abi3-{platform}"


def _texts(version):
    metadata = (
        "Metadata-Version: 2.1\n"
        "Name: vsx\n"
        f"Version: {version}\n"
        "Summary: Indexes for vector search, as files that are mapped\n"
        "License: MIT\n"
        "Requires-Python: >=3.11\n")
    wheel = (
        "Wheel-Version: 1.0\n"
        "Generator: vsx\n"
        "Root-Is-Purelib: false\n"
        f"Tag: {_tag()}\n")
    return {"METADATA": metadata, "WHEEL": wheel}


def _build(tree):
    configure = ["cmake", "-S", ROOT, "-B", tree, "-DVSX_BUILD_PYTHON=ON",
                 f"-DPython3_EXECUTABLE={sys.executable}"]
    if not os.path.exists(os.path.join(tree, "CMakeCache.txt")):
        configure.append("-DCMAKE_BUILD_TYPE=Release")
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", tree, "--target", "vsx_python",
                    "--parallel", str(os.cpu_count() or 1)], check=True)
    return os.path.join(tree, "python", "vsx")


def _record(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
    return f"{name},sha256={digest.rstrip(b'=').decode()},{len(data)}\n"


def build_wheel(wheel_directory, config_settings=None,
                metadata_directory=None):
    version = _version()
    info = f"vsx-{version}.dist-info"
    with tempfile.TemporaryDirectory() as folder:
        tree = (config_settings or {}).get("build-dir") or folder
        package = _build(tree)
        files = {}
        for name in sorted(os.listdir(package)):
            path = os.path.join(package, name)
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    files[f"vsx/{name}"] = f.read()
    for name, text in _texts(version).items():
        files[f"{info}/{name}"] = text.encode()
    records = "".join(_record(*f) for f in files.items())
    files[f"{info}/RECORD"] = f"{records}{info}/RECORD,,\n".encode()
    wheel = f"vsx-{version}-{_tag()}.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w",
                         zipfile.ZIP_DEFLATED) as z:
        for name, data in files.items():
            # The same bytes for the same content.
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            z.writestr(entry, data)
    return wheel


def build_sdist(sdist_directory, config_settings=None):
    raise NotImplementedError("install it from a checkout of VSX: pip install .")
