"""Print the public half of the key that signs token requests: paste it into DOKU's dashboard.

The key is the one that the deployment's secret holds or names: `privateKey`, or `privateKeyKmsId` in KMS.
"""

import argparse
import sys

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from doku_signing.private_key import load_private_key
from payouts.domain.credentials import Credentials
from payouts.domain.errors import PayoutError
from payouts.runtime.credentials import CredentialStore
from tools.deployment import NoSuchDeployment, Target, add_option, find

ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when there is no such deployment or key."""
    parser = argparse.ArgumentParser(prog="make public-key", description=__doc__)
    add_option(parser)
    options = parser.parse_args(arguments)
    try:
        print(public_key(find(options.env)), end="")
    except (NoSuchDeployment, PayoutError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except (ClientError, BotoCoreError) as error:
        print(f"the public key can't be had: {error}", file=sys.stderr)
        return 1
    return 0


def public_key(target: Target) -> str:
    """As PEM. Raises PayoutError, ValueError or botocore's errors."""
    credentials = CredentialStore(target.client("secretsmanager"), target.outputs["SecretId"]).current()
    if credentials.private_key_kms_id:
        key = _in_kms(target, credentials)
    else:
        key = load_private_key(credentials.private_key).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _in_kms(target: Target, credentials: Credentials) -> RSAPublicKey:
    answer = target.client("kms").get_public_key(KeyId=credentials.private_key_kms_id)
    key = load_der_public_key(answer["PublicKey"])
    if ALGORITHM not in answer.get("SigningAlgorithms", []) or not isinstance(key, RSAPublicKey):
        raise ValueError("privateKeyKmsId can't sign for DOKU: it must be a key for SIGN_VERIFY of type RSA_2048")
    return key


if __name__ == "__main__":
    sys.exit(main())
