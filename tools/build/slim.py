"""Remove files from the dependencies layer that are not needed at run time. Licences and metadata stay."""

import shutil
from pathlib import Path

SERVICES = frozenset({"codedeploy", "dynamodb", "kms", "lambda", "s3", "secretsmanager", "sqs", "sts"})
"""AWS services whose descriptions stay: those of `payouts.runtime.aws`, and STS for credentials by a role.

botocore describes about 400, half of the layer, and looks into each folder whenever it makes a client.
"""
_LEFTOVERS = ("bin", ".lock", "certifi/tests", "boto3/data", "boto3/examples")
"""boto3's data describes its resources (`boto3.resource`), which the functions do not use."""
_INSTALLERS = ("RECORD", "INSTALLER", "REQUESTED")
"""Files of the `.dist-info` folders that list removed files."""


def slim(layer: Path) -> None:
    """Slim the layer whose packages are in `layer`/python."""
    packages = layer / "python"
    for leftover in _LEFTOVERS:
        _remove(packages / leftover)
    for service in (packages / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in SERVICES:
            _remove(service)
    for name in _INSTALLERS:
        for record in packages.glob(f"*.dist-info/{name}"):
            record.unlink()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
