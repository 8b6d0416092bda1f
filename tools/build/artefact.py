"""The result of a build: the template to deploy, its functions and its layers."""

import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
ARCHITECTURES = ("arm64", "x86_64")
_DEFAULT = "arm64"
_CONTENT = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


def directory(architecture: str) -> Path:
    """The folder of the build for `architecture`: SAM's default folder, or one beside it."""
    return ROOT / ".aws-sam" / ("build" if architecture == _DEFAULT else f"build-{architecture}")


@dataclass(frozen=True, slots=True)
class Size:
    """In bytes: as Lambda unpacks it, and as it is uploaded."""

    unzipped: int
    zipped: int


@dataclass(frozen=True)
class Artefact:
    """The build in `path`."""

    path: Path
    document: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Artefact":
        """Read a build. Raises FileNotFoundError without one."""
        return cls(path, yaml_parse((path / "template.yaml").read_text()))

    @property
    def functions(self) -> dict[str, Path]:
        """Each function's folder by logical id."""
        return self._folders("AWS::Serverless::Function")

    @property
    def layers(self) -> dict[str, Path]:
        """Each layer's folder by logical id, in the order of the template."""
        return self._folders("AWS::Serverless::LayerVersion")

    @property
    def architecture(self) -> str:
        """The architecture of the build."""
        return str(self.document["Parameters"]["Architecture"]["Default"])

    def import_path(self, function: str) -> list[Path]:
        """Lambda's `sys.path` for a function, without the runtime: its code, then the layers in /opt."""
        return [self.functions[function], *(folder / "python" for folder in self.layers.values())]

    def made_for(self, architecture: str) -> None:
        """Restrict the template to `architecture`: wheels of one architecture do not run on the other."""
        self.document["Parameters"]["Architecture"].update(Default=architecture, AllowedValues=[architecture])
        (self.path / "template.yaml").write_text(yaml.safe_dump(self.document, sort_keys=False, width=120))

    def _folders(self, kind: str) -> dict[str, Path]:
        resources = self.document["Resources"].items()
        return {
            name: self.path / resource["Properties"][_CONTENT[kind]]
            for name, resource in resources
            if resource["Type"] == kind
        }


def measure(folder: Path) -> Size:
    """The size of a layer or of a function's code."""
    packed, unzipped = io.BytesIO(), 0
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for parent, _, names in os.walk(folder):
            for path in (Path(parent) / name for name in names):
                archive.write(path, path.relative_to(folder))
                unzipped += path.stat().st_size
    return Size(unzipped, packed.tell())
