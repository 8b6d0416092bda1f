"""Prints template.yaml as CloudFormation gets it, for tools that know nothing of SAM."""

import json
import sys
from pathlib import Path

from local.aws import template

_PARAMETERS = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"}


def main() -> int:
    """Exit code 0, with the translated template on standard output."""
    translated = template.load(Path("template.yaml"), _PARAMETERS)
    json.dump(translated.document, sys.stdout, indent=1, default=str)
    return 0


if __name__ == "__main__":
    sys.exit(main())
