"""Print the uv of uv.lock, with its hashes, as a line for pip. Runs before anything is installed."""

import tomllib
from pathlib import Path


def main() -> None:
    """Print one requirement."""
    lock = tomllib.loads((Path(__file__).parents[2] / "uv.lock").read_text())
    (uv,) = (package for package in lock["package"] if package["name"] == "uv")
    hashes = (wheel["hash"] for wheel in uv["wheels"])
    print(f"uv=={uv['version']}", *(f"--hash={value}" for value in hashes))


if __name__ == "__main__":
    main()
