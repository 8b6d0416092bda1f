"""Translates template.yaml to CloudFormation with SAM's own translator, as a deployment does."""

import copy
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from local.aws.session import local_session

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns about its own feature toggles and metrics
_LOCAL = "s3://local/"  # SAM accepts code only from S3, where `sam package` would have put it
_CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
_REPLACED = ("CorsOrigins", "Rollout")
"""The parameters that SAM replaces by their values. References to all others stay, as a test shows."""


class TemplateError(ValueError):
    """The template or a parameter is invalid. The message names it and the reason."""


@dataclass(frozen=True)
class Template:
    """A CloudFormation template and the values of its parameters."""

    document: Mapping[str, Any]
    parameters: Mapping[str, str]

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """The resources by logical id."""
        resources: Mapping[str, Mapping[str, Any]] = self.document["Resources"]
        return resources

    def of_type(self, *types: str) -> dict[str, Mapping[str, Any]]:
        """The properties of all resources of these types, by logical id."""
        return {name: r.get("Properties", {}) for name, r in self.resources.items() if r["Type"] in types}

    def deployed(self, *types: str) -> dict[str, Mapping[str, Any]]:
        """The same, without resources whose condition does not hold."""
        return {name: found for name, found in self.of_type(*types).items() if self.exists(name)}

    def exists(self, name: str) -> bool:
        """True if a resource has no condition, or one that holds."""
        condition = self.resources[name].get("Condition")
        return condition is None or self.holds({"Condition": condition})

    def resolve(self, value: Any) -> Any:
        """`value` with references to parameters and conditional values replaced; other references stay."""
        match value:
            case {"Fn::If": [str(condition), one, other]}:
                return self.resolve(one if self.holds({"Condition": condition}) else other)
            case {"Fn::Split": [str(separator), text]}:
                return self.resolve(text).split(separator)
            case {"Fn::Join": [str(separator), parts]} if _are_texts(found := self.resolve(parts)):
                return separator.join(found)
            case {"Ref": "AWS::NoValue"}:
                return None
            case {"Ref": str(name)} if name in self.parameters:
                text = self.parameters[name]
                return text.split(",") if self.document["Parameters"][name]["Type"] == "CommaDelimitedList" else text
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{(\w+)\}", lambda found: self.parameters.get(found[1], found[0]), text)
            case dict():
                return {key: self.resolve(item) for key, item in value.items()}
            case list():
                return [self.resolve(item) for item in value]
        return value

    def holds(self, condition: Any) -> bool:
        """Evaluate a condition over parameters. Raises TemplateError for an unsupported intrinsic function."""
        match condition:
            case {"Condition": str(name)}:
                return self.holds(self.document["Conditions"][name])
            case {"Fn::Equals": [one, other]}:
                return str(self.resolve(one)) == str(self.resolve(other))
            case {"Fn::Not": [negated]}:
                return not self.holds(negated)
            case {"Fn::And": list(all_of)}:
                return all(map(self.holds, all_of))
            case {"Fn::Or": list(any_of)}:
                return any(map(self.holds, any_of))
        raise TemplateError(f"condition {condition} cannot be evaluated")


def load(path: Path, parameters: Mapping[str, str], offered: Mapping[str, str] | None = None) -> Template:
    """Translate the SAM template at `path`.

    All of `parameters` must exist; those of `offered` are used if the template has them. Raises TemplateError for an
    unknown, missing or invalid parameter.
    """
    text = path.read_text()
    slots = _parsed(text).get("Parameters", {})
    taken = {name: value for name, value in (offered or {}).items() if name in slots}
    values = _parameters(slots, taken | dict(parameters))
    replaced = tuple((name, values[name]) for name in _REPLACED if name in values)
    return Template(json.loads(_translated(text, replaced)), values)


def parameters_of(path: Path, given: Mapping[str, str]) -> Mapping[str, str]:
    """The values of all parameters, as `load` has them, without translating the template. Raises TemplateError."""
    return _parameters(_parsed(path.read_text()).get("Parameters", {}), given)


@lru_cache(maxsize=8)
def _parsed(text: str) -> dict[str, Any]:
    """The parsed SAM template. Parsing takes longer than translating."""
    parsed: dict[str, Any] = yaml_parse(text)
    return parsed


@lru_cache(maxsize=8)
def _translated(text: str, replaced: Sequence[tuple[str, str]]) -> str:
    """The CloudFormation template as JSON. It takes a sixth of a second, and is the same for most parameters."""
    sam = copy.deepcopy(_parsed(text))
    _package(sam)
    translator = Translator(None, Parser(), boto_session=local_session())
    try:
        return json.dumps(translator.translate(sam, parameter_values=dict(replaced), get_managed_policy_map=dict))
    except InvalidDocumentException as error:
        raise TemplateError("; ".join(cause.message for cause in error.causes)) from error


def _parameters(slots: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> dict[str, str]:
    if unknown := given.keys() - slots.keys():
        raise TemplateError(f"the template has no parameter {', '.join(sorted(unknown))}")
    values = {name: given.get(name, slot.get("Default")) for name, slot in slots.items()}
    if missing := [name for name, value in values.items() if value is None]:
        raise TemplateError(f"parameter {', '.join(missing)} needs a value")
    texts = {name: str(value) for name, value in values.items()}
    for name, text in texts.items():
        check_parameter(name, text, slots[name])
    return texts


def check_parameter(name: str, text: str, slot: Mapping[str, Any]) -> None:
    """Raise TemplateError for a value that CloudFormation would reject."""
    if "AllowedPattern" in slot and not re.fullmatch(slot["AllowedPattern"], text):
        raise TemplateError(f"parameter {name} is {text!r}, which does not match {slot['AllowedPattern']}")
    if "AllowedValues" in slot and text not in [str(value) for value in slot["AllowedValues"]]:
        raise TemplateError(f"parameter {name} is {text!r}, not one of {slot['AllowedValues']}")


def _are_texts(values: Any) -> bool:
    """True if all items are resolved to text."""
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _package(sam: dict[str, Any]) -> None:
    """Point code and layers to S3, as `sam package` does. The key is the path below the repository's root."""
    holders = [(sam.get("Globals", {}).get("Function", {}), "CodeUri")]
    holders += [
        (r.setdefault("Properties", {}), _CODE[r["Type"]]) for r in sam["Resources"].values() if r["Type"] in _CODE
    ]
    for properties, key in holders:
        if isinstance(properties.get(key), str):
            properties[key] = _LOCAL + properties[key].removeprefix("./")
