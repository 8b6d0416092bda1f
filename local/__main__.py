"""`python -m local`, which is `make run`: serves the bundle on localhost until Ctrl-C."""

import argparse
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from local import doku_secret
from local.aws.resources import TABLE_ENDPOINT
from local.aws.template import TemplateError
from local.doku_secret import BASE_URL, SECRET_FILE, SETTINGS, SettingError
from local.gateway import docs
from local.ports import VARIABLES, Ports, PortTakenError
from local.simulator import SimulatorFailedError
from local.stack import LocalStack

_WEBHOOK_URL = "WEBHOOK_URL"
_EXAMPLES = """
  export TOKEN={token}
  export APPROVER_TOKEN={approver_token}

  curl -s {api}/v1/account-inquiries -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -d '{body}'

  curl -s {api}/v1/transfers -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -d '{body}'
"""
_BODY = (
    '{"partnerReferenceNo":"PAY-0001","customerNumber":"628115678890","beneficiaryAccountNumber":"8377388292",'
    '"beneficiaryBankCode":"014","beneficiaryAccountName":"SUHUT","amount":{"value":"200000.00","currency":"IDR"}}'
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until KeyboardInterrupt. Returns the exit code."""
    parameters = _parser().parse_args(arguments).parameter
    try:
        with _stack(parameters) as stack:
            gc.freeze()  # a look for garbage among all objects of libraries stops every request for 0.2 s
            _say_where(stack)
            threading.Event().wait()
    except KeyboardInterrupt:
        print("\nstopped")
        return 0
    except (PortTakenError, SettingError, TemplateError, SimulatorFailedError) as error:
        return _fail(str(error))
    return 0


def _stack(parameters: dict[str, str]) -> LocalStack:
    started = time.monotonic()
    return LocalStack(
        doku=doku_secret.from_environment(),
        ports=Ports(**{name: _port(name) for name in VARIABLES}),
        parameters=doku_secret.parameters() | _webhook_url() | parameters,
        background=True,
        echo_logs=True,
        report=lambda text: print(f"{time.monotonic() - started:5.1f} s  {text}", flush=True),
    )


def _webhook_url() -> dict[str, str]:
    """The parameter of a receiver other than the inbox."""
    url = os.environ.get(_WEBHOOK_URL)
    return {"WebhookUrl": url} if url else {}


def _port(name: str) -> int:
    variable = VARIABLES[name]
    text = os.environ.get(variable) or str(getattr(Ports, name))
    if not text.isdecimal() or int(text) > 65535:
        raise SettingError(f"{variable} is {text!r}, not a port number")
    return int(text)


def _say_where(stack: LocalStack) -> None:
    print(f"\n  console     {stack.api_url}/\n  API         {stack.api_url}\n  reference   {stack.api_url}{docs.PATH}")
    print(doku_lines(stack))
    print(f"  webhooks    {_webhook_url().get('WebhookUrl') or stack.api_url + '/#/webhooks'}")
    print(f"  AWS         {stack.aws.url}\n  logs        {stack.state.logs}")
    print(_EXAMPLES.format(token=stack.token(), approver_token=stack.approver_token(), api=stack.api_url, body=_BODY))
    print("Ctrl-C ends it.\n", flush=True)


def doku_lines(stack: LocalStack) -> str:
    """The lines of the output that name the DOKU that transfers go to."""
    if stack.simulator_url:
        return f"  simulator   {stack.simulator_url}"
    url = stack.variable("DOKU_BASE_URL")
    return f"  DOKU        {url}\n              Transfers go to {url}, not to the simulator: they may move real money."


def _fail(message: str) -> int:
    print(f"make run: {message}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    variables = ", ".join(VARIABLES.values())
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description=__doc__,
        epilog=f"Environment: {variables} (ports); {BASE_URL} with {SECRET_FILE} (another DOKU instead of the "
        f"simulator); {', '.join(SETTINGS.values())} (how DOKU is called); {_WEBHOOK_URL} (a receiver instead "
        f"of the inbox); {TABLE_ENDPOINT} (another table engine). "
        "Nothing is stored after it stops.",
    )
    parser.add_argument(
        "--parameter",
        metavar="NAME=VALUE",
        action=_Parameter,
        default={},
        help="a parameter of template.yaml; may be given more than once",
    )
    return parser


class _Parameter(argparse.Action):
    """Collects the NAME=VALUE arguments in a dictionary."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        name, found, value = values.partition("=")
        if not found:
            parser.error(f"{values!r} is not NAME=VALUE")
        namespace.parameter = namespace.parameter | {name: value}


def _end_on_signals() -> None:
    """Handle SIGTERM and SIGHUP like Ctrl-C. A SIGHUP that `nohup` ignores stays ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


if __name__ == "__main__":
    _end_on_signals()
    sys.exit(main())
