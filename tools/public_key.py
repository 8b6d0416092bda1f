"""Print the public half of the key that signs token requests: paste it into DOKU's dashboard.

The deployment's secret holds the key (`privateKey`) or names one in KMS (`privateKeyKmsId`).
"""

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from doku_signing.private_key import load_private_key
from payouts.domain.credentials import Credentials
from payouts.runtime.credentials import CredentialStore
from tools.deployment import Deployment, find
from tools.errors import CommandError

ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"


def print_public_key(env: str) -> None:
    """Print the key of a deployment. Raises CommandError."""
    deployment = find(env)
    try:
        print(public_key(deployment), end="")
    except ValueError as error:
        raise CommandError(str(error)) from error
    except (ClientError, BotoCoreError) as error:
        raise CommandError(f"the public key can't be read: {error}") from error


def public_key(deployment: Deployment) -> str:
    """The public key as PEM. Raises PayoutError, ValueError or botocore's errors."""
    credentials = CredentialStore(deployment.client("secretsmanager"), deployment.outputs["SecretId"]).current()
    if credentials.private_key_kms_id:
        key = _in_kms(deployment, credentials)
    else:
        key = load_private_key(credentials.private_key).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _in_kms(deployment: Deployment, credentials: Credentials) -> RSAPublicKey:
    answer = deployment.client("kms").get_public_key(KeyId=credentials.private_key_kms_id)
    key = load_der_public_key(answer["PublicKey"])
    if ALGORITHM not in answer.get("SigningAlgorithms", []) or not isinstance(key, RSAPublicKey):
        raise ValueError("privateKeyKmsId can't sign for DOKU: it must be a key for SIGN_VERIFY of type RSA_2048")
    return key
