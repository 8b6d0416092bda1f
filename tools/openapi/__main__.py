"""Write docs/openapi.json and docs/postman.json (make openapi). With --check, report whether they are current."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tools.openapi import document, postman


def main(arguments: list[str] | None = None) -> int:
    """Return exit code 1 if --check is set and a file is not current."""
    parser = argparse.ArgumentParser(prog="python -m tools.openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args(arguments).check
    old = [path for path, text in written().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in old:
        print(f"{path.name} is not current; run `make openapi`" if check else f"{path} written")
        if not check:
            path.write_text(written()[path], encoding="utf-8")
    if not old:
        print("openapi: current")
    return int(check and bool(old))


def written() -> dict[Path, str]:
    """The content of each file."""
    described = document.document()
    return {document.PATH: _text(described), postman.PATH: _text(postman.collection(described))}


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
