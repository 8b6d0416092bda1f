"""Print template.yaml as SAM translates it for CloudFormation, for tools that do not read SAM templates."""

import json
import sys
from pathlib import Path

from local.aws import template

_PARAMETERS = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"}


def main() -> int:
    """Print the template as JSON."""
    rendered = template.load(Path("template.yaml"), _PARAMETERS)
    json.dump(rendered.document, sys.stdout, indent=1, default=str)
    return 0


if __name__ == "__main__":
    sys.exit(main())
