"""Put DOKU's credentials from a file into the stack's secret."""

from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from doku_signing.notification import Scheme
from payouts.runtime.credentials import has_no_value
from tools.deploy import Stopped
from tools.deploy.parameters import Ask
from tools.doctor import secret as secret_check
from tools.doctor.finding import Verdict


def fill_secret(client: Any, secret_id: str, file: Path | None, ask: Ask) -> None:
    """Store DOKU's credentials from a file that passes the doctor's checks. Raises Stopped."""
    if file is None and is_filled(client, secret_id):
        print("   it has a value; --secret-file replaces it")
        return
    if file is None:
        answer = ask("   it has no value yet. Path of a JSON file with DOKU's credentials (empty: later)\n   > ")
        if not answer.strip():
            print("   skipped: nothing can be paid before it has one. Run the command again with --secret-file")
            return
        file = Path(answer.strip())
    client.put_secret_value(SecretId=secret_id, SecretString=_checked(file))
    print(f"   stored from {file}: delete that file now")


def is_filled(client: Any, secret_id: str) -> bool:
    """Whether the secret has a value. Raises Stopped where it can't be read."""
    try:
        text = client.get_secret_value(SecretId=secret_id).get("SecretString", "")
    except ClientError as error:
        if has_no_value(error):
            return False
        raise Stopped(f"the secret can't be read: {error}") from error
    return bool(text)


def _checked(file: Path) -> str:
    try:
        text = file.expanduser().read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Stopped(f"{file} can't be read: {getattr(error, 'strerror', None) or 'it is not text'}") from error
    findings = list(secret_check.check(text, Scheme.HMAC_SHA512))
    if bad := [finding for finding in findings if finding.verdict is Verdict.WRONG]:
        raise Stopped("; ".join(f"{finding.check}: {finding.seen}. {finding.fix}" for finding in bad))
    return text
