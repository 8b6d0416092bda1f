"""What the browser tests need besides Python packages: Chromium, Node and axe-core."""

import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "browser"
AXE = CACHE / "node_modules" / "axe-core" / "axe.min.js"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PACKAGES = ("chromium", "fonts-liberation")
FLAGS = (
    "--no-sandbox",  # Chromium refuses root otherwise
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class MissingError(RuntimeError):
    """Something is not there and can't be installed; the message says what."""


def chromium() -> str:
    """The path of a Chromium. Raises MissingError."""
    for name in _NAMES:
        if path := shutil.which(name):
            return path
    raise MissingError(f"no {', '.join(_NAMES)} is on the PATH")


def prepare() -> None:
    """Install what is missing, as far as that is ours to do. Raises MissingError."""
    for command in ("node", "npm"):
        if not shutil.which(command):
            raise MissingError(f"no {command} is on the PATH")
    try:
        chromium()
    except MissingError:
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise
        _install_chromium()
        chromium()
    _install_axe()


def _install_chromium() -> None:
    print("== installing Chromium with apt-get (once)", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *_PACKAGES]):
        done = subprocess.run(["apt-get", "-q", *arguments], env=environment, capture_output=True, text=True)
        if done.returncode:
            raise MissingError(f"apt-get {arguments[0]} failed: {done.stderr.strip()[-500:]}")


def _install_axe() -> None:
    """axe-core in the version and with the hash of package-lock.json, into .cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "package-lock.json").read_bytes()
    lock = CACHE / "package-lock.json"
    if AXE.exists() and lock.exists() and lock.read_bytes() == wanted:
        return
    print("== fetching axe-core with npm (once)", flush=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, CACHE / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(CACHE)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise MissingError(f"npm ci failed: {done.stderr.strip()[-500:]}")
