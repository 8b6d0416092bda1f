"""Write layers/dependencies/requirements.txt: the group `runtime` of uv.lock, with hashes, as `uv pip` reads it."""

import subprocess

from tools.locked import ROOT, UV

PATH = ROOT / "layers" / "dependencies" / "requirements.txt"
_HEADER = "# The group `runtime` of uv.lock, written by `make lock`.\n"
_EXPORT = ("export", "--quiet", "--frozen", "--offline", "--only-group", "runtime", "--no-emit-project", "--no-header")


def render() -> str:
    """The content of the file, from uv.lock."""
    command = [str(UV), *_EXPORT, "--format", "requirements-txt", "--project", str(ROOT)]
    return _HEADER + subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout


if __name__ == "__main__":
    PATH.write_text(render())
