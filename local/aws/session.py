"""A boto3 session for the local run's AWS, independent of the developer's AWS configuration."""

import os

import boto3
from botocore.config import Config
from botocore.session import Session

REGION = "ap-southeast-3"
PROFILE_VARIABLES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
_IGNORED = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


def local_session() -> boto3.Session:
    """A session with the local run's region and credentials. Ignores AWS_PROFILE, AWS_REGION, proxies and ~/.aws."""
    session = Session(session_vars=_IGNORED)
    session.set_default_client_config(Config(proxies={}))
    return boto3.Session(
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        aws_session_token="testing",
        region_name=REGION,
        botocore_session=session,
    )
