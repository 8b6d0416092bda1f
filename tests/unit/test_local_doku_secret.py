"""The DOKU that the local stack calls, and its credentials."""

import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from samtranslator.yaml_helper import yaml_parse

from local.doku_secret import FIELDS, SETTINGS, SettingError, from_environment, generate, parameters
from local.lambda_runtime.child import REPOSITORY
from payouts.webhooks.signing import parse_secret

URL = "https://api-sandbox.doku.com"


def secret_file(folder: Path, content: str) -> str:
    path = folder / "secret.json"
    path.write_text(content)
    return str(path)


def test_a_generated_secret_is_complete_and_never_the_same() -> None:
    secret, other = json.loads(generate()), json.loads(generate())

    assert set(secret) == {*FIELDS, "webhookSecrets"}
    assert len(parse_secret(*secret["webhookSecrets"])) == 32
    assert secret["agentKey"] == "A41418"
    assert len(secret["notificationKey"]) == 16
    assert load_pem_private_key(secret["privateKey"].encode(), None).key_size == 2048  # type: ignore[union-attr]
    assert all(secret[field] != other[field] for field in FIELDS if field != "agentKey")


def test_without_the_variables_it_is_the_simulator() -> None:
    assert from_environment({}) is None
    assert from_environment({"DOKU_BASE_URL": "", "DOKU_SECRET_FILE": ""}) is None


def test_with_both_variables_it_is_that_doku(tmp_path: Path) -> None:
    secret = generate()

    doku = from_environment({"DOKU_BASE_URL": URL + "/", "DOKU_SECRET_FILE": secret_file(tmp_path, secret)})

    assert doku is not None
    assert (doku.base_url, doku.secret) == (URL, secret)
    assert json.loads(secret)["clientSecret"] not in repr(doku)


def test_environment_settings_are_template_parameters() -> None:
    """`make run` and `make doctor` read the same variables."""
    environment = {"DOKU_PATH_PREFIX": "/snap/v1.1", "DOKU_CHANNEL_ID": "", "DOKU_BASE_URL": URL}

    assert parameters(environment) == {"DokuPathPrefix": "/snap/v1.1"}
    assert parameters({}) == {}
    assert SETTINGS.keys() <= yaml_parse((REPOSITORY / "template.yaml").read_text())["Parameters"].keys()


@pytest.mark.parametrize("present", ["DOKU_BASE_URL", "DOKU_SECRET_FILE"])
def test_one_variable_without_the_other_is_refused(present: str) -> None:
    missing = {"DOKU_BASE_URL": "DOKU_SECRET_FILE", "DOKU_SECRET_FILE": "DOKU_BASE_URL"}[present]

    with pytest.raises(SettingError, match=f"{present} is set but {missing} is not"):
        from_environment({present: "x"})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("sesame", "is not JSON"),
        ("[]", "is not a JSON object"),
        ("{}", "lacks clientId, clientSecret, privateKey, agentKey"),
        ('{"clientId": "c", "clientSecret": "", "privateKey": 1, "agentKey": "a"}', "lacks clientSecret, privateKey"),
    ],
)
def test_a_file_that_is_no_secret_is_refused_without_showing_it(tmp_path: Path, content: str, says: str) -> None:
    environment = {"DOKU_BASE_URL": URL, "DOKU_SECRET_FILE": secret_file(tmp_path, content)}

    with pytest.raises(SettingError, match=f"DOKU_SECRET_FILE: .*{re.escape(says)}") as caught:
        from_environment(environment)

    assert "sesame" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(SettingError, match=r"DOKU_SECRET_FILE: cannot read /nowhere/secret\.json: No such file"):
        from_environment({"DOKU_BASE_URL": URL, "DOKU_SECRET_FILE": "/nowhere/secret.json"})
