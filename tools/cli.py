"""The operators' command line: `payouts COMMAND`.

Exit codes: 0 the command has done its work, 1 it could not or a check failed, 2 wrong usage. A report with transfers
that need attention is not a failure.
"""

import getpass
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from local.aws.template import TemplateError
from local.doku_secret import SettingError
from payouts.codes.catalogue import SYSTEMS
from payouts.domain.errors import PayoutError
from tools import batches, forget, kill_switch, public_key, reconcile, redrive, settle, webhooks
from tools import codes as code_explanations
from tools import explain as explanations
from tools.cost import page as costs
from tools.deploy import deploy
from tools.doctor import examine
from tools.errors import CommandError, UsageError
from tools.output import print_error

_FAILURES = (CommandError, TemplateError, SettingError, PayoutError, ClientError, BotoCoreError)

app = typer.Typer(
    name="payouts",
    help="Operate a deployment of the Kirim DOKU payout bundle.",
    epilog="Exit codes: 0 done, 1 could not or a check failed, 2 wrong usage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_ENV_HELP = "local (a running `make run`), or an environment of samconfig.toml such as sandbox."
Env = Annotated[str, typer.Option("--env", envvar="ENV", help=_ENV_HELP)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
By = Annotated[str, typer.Option("--by", help="Your name; recorded.")]
OptionalBy = Annotated[str | None, typer.Option("--by", help="Your name, by default the login name; recorded.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only report what would be done.")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, by default with the arguments of the process. Return the exit code."""
    try:
        app(None if arguments is None else list(arguments), prog_name="payouts")
    except SystemExit as ended:
        return int(ended.code or 0)
    except UsageError as error:
        print_error(error)
        return 2
    except _FAILURES as error:
        print_error(error)
        return 1
    return 0


def _exit_unless(done: bool) -> None:
    if not done:
        raise typer.Exit(1)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(version("kirim-doku-payouts"))
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None: ...


@app.command("doctor")
def _doctor(env: Env = "local", as_json: Json = False) -> None:
    """Check secret, clock, token, signature, balance, API and notification URLs against DOKU."""
    _exit_unless(examine.run(env, as_json))


@app.command("explain")
def _explain(
    reference: Annotated[str | None, typer.Argument(help="partnerReferenceNo, DOKU's reference, or a code.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Show up to ten dead notifications.")] = False,
    env: Env = "local",
    as_json: Json = False,
) -> None:
    """Explain a transfer with its history, a response code, or the dead notifications."""
    if dead and reference is None:
        explanations.explain_dead(env, as_json)
    elif reference is not None and not dead:
        explanations.explain_reference(env, reference, as_json)
    else:
        raise UsageError("give a reference or --dead")


@app.command("codes")
def _codes(
    code: Annotated[str, typer.Argument(help="Such as 4034314, 5586, IT08, DUPLICATE_TRANSACTION or 2005300/06.")],
    system: Annotated[str | None, typer.Option(help=f"Only as a code of this system: {', '.join(SYSTEMS)}.")] = None,
    as_json: Json = False,
) -> None:
    """Explain one response code: whether money moved, and the next step. Exit code 1 if no table lists it."""
    if system is not None and system not in SYSTEMS:
        raise UsageError(f"--system must be one of {', '.join(SYSTEMS)}")
    _exit_unless(code_explanations.explain_code(code, system, as_json))


@app.command("reconcile")
def _reconcile(
    day: Annotated[str | None, typer.Option(help="Such as 2024-09-17, in WIB; by default today.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write every transfer to this file.")] = None,
    statement: Annotated[Path | None, typer.Option(help="DOKU's statement as CSV: compare it instead.")] = None,
    columns: Annotated[Path | None, typer.Option(help="Its columns; by default tools/statement.toml.")] = None,
    env: Env = "local",
    as_json: Json = False,
) -> None:
    """Report a day: counts and sums by status, and what needs attention. Or compare it with DOKU's statement."""
    if statement is not None:
        reconcile.compare_with_statement(env, statement, columns, day, csv, as_json)
    elif columns is not None:
        raise UsageError("--columns needs --statement")
    else:
        reconcile.reconcile(env, day, csv, as_json)


_SETTLE_FILE_HELP = f"A CSV file instead: {','.join(settle.COLUMNS)}[,version]."


@app.command("settle")
def _settle(
    by: By,
    reference: Annotated[str | None, typer.Argument(help="partnerReferenceNo.")] = None,
    verdict: Annotated[str | None, typer.Argument(help=f"{', '.join(settle.VERDICTS)}.")] = None,
    reason: Annotated[str | None, typer.Option(help="Your evidence, such as DOKU's ticket; recorded.")] = None,
    file: Annotated[Path | None, typer.Option(help=_SETTLE_FILE_HELP)] = None,
    version: Annotated[int | None, typer.Option(help="The version that you read; see `payouts explain`.")] = None,
    dry_run: DryRun = False,
    env: Env = "local",
) -> None:
    """Settle one transfer, or those of a CSV file, after DOKU confirmed the outcome."""
    _exit_unless(settle.settle_transfers(env, by, reference, verdict, reason, file, dry_run, version))


@app.command("forget")
def _forget(
    before: Annotated[str, typer.Option(help="Such as 2023-09-17, in WIB: transfers created before this day.")],
    dry_run: DryRun = False,
    yes: Yes = False,
    env: Env = "local",
) -> None:
    """Erase the personal data of final transfers; amounts, statuses and references stay."""
    forget.forget(env, before, dry_run, not yes)


@app.command("redrive")
def _redrive(dry_run: DryRun = False, yes: Yes = False, env: Env = "local", as_json: Json = False) -> None:
    """Move dead notifications back to their queue. --json needs --dry-run."""
    redrive.redrive(env, dry_run, not yes, as_json)


@app.command("stop-transfers")
def _stop_transfers(
    by: OptionalBy = None,
    reason: Annotated[str, typer.Option(help="Recorded, not shown to callers.")] = "",
    show: Annotated[bool, typer.Option("--show", help="Only show whether transfers are stopped.")] = False,
    env: Env = "local",
) -> None:
    """Stop new transfers within 30 seconds. Status checks and notifications continue."""
    if show:
        kill_switch.show(env)
    else:
        kill_switch.turn(env, True, by or getpass.getuser(), reason)


@app.command("start-transfers")
def _start_transfers(
    by: OptionalBy = None,
    reason: Annotated[str, typer.Option(help="Recorded, not shown to callers.")] = "",
    env: Env = "local",
) -> None:
    """Accept new transfers again, within 30 seconds."""
    kill_switch.turn(env, False, by or getpass.getuser(), reason)


webhook_commands = typer.Typer(help="Operate the webhooks to the merchant's back end.", no_args_is_help=True)
app.add_typer(webhook_commands, name="webhooks")


@webhook_commands.command("status")
def _webhooks_status(env: Env = "local", as_json: Json = False) -> None:
    """Show the breaker and the numbers of waiting messages."""
    webhooks.show_status(env, as_json)


@webhook_commands.command("send-test")
def _webhooks_send_test(env: Env = "local") -> None:
    """Deliver a test message and print the receiver's answer. Exit code 1 if it is not 2xx."""
    webhooks.send_test(env)


@webhook_commands.command("replay")
def _webhooks_replay(
    day: Annotated[str, typer.Option(help="Such as 2024-09-17, in WIB.")], dry_run: DryRun = False, env: Env = "local"
) -> None:
    """Deliver the present status of every transfer of a day again."""
    webhooks.replay(env, day, dry_run)


@webhook_commands.command("resume")
def _webhooks_resume(env: Env = "local") -> None:
    """Send webhooks again after 410 or an outage, beginning with those that were set aside."""
    webhooks.resume(env)


@webhook_commands.command("secret")
def _webhooks_secret(
    add: Annotated[bool, typer.Option("--add", help="Add a new secret and print it. Both then sign.")] = False,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Remove all but the newest.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Print the secrets.")] = False,
    env: Env = "local",
) -> None:
    """Show how many signing secrets there are, or rotate them: --add, then --drop-old."""
    webhooks.change_secret(env, add, drop_old, show)


batch_commands = typer.Typer(help="Look at batches.", no_args_is_help=True)
app.add_typer(batch_commands, name="batches")


@batch_commands.command("list")
def _batches_list(
    month: Annotated[str, typer.Option(help="Such as 2024-09, in WIB; by default the present one.")] = "",
    status: Annotated[str, typer.Option(help="Only these, such as PENDING_APPROVAL.")] = "",
    env: Env = "local",
    as_json: Json = False,
) -> None:
    """List the batches of a month, newest first."""
    batches.list_batches(env, month, status, as_json)


@batch_commands.command("show")
def _batches_show(
    reference: Annotated[str, typer.Argument(help="batchReference.")], env: Env = "local", as_json: Json = False
) -> None:
    """Show a batch: its status, counts and sums, and who did what when."""
    batches.show(env, reference, as_json)


@batch_commands.command("result")
def _batches_result(
    reference: Annotated[str, typer.Argument(help="batchReference.")],
    to: Annotated[Path | None, typer.Option("--csv", help="Write to this file, by default to standard output.")] = None,
    env: Env = "local",
    as_json: Json = False,
) -> None:
    """Write what became of each row, as of now, as CSV. Every batch has a result by this command."""
    batches.write_result(env, reference, to, as_json)


@app.command("public-key")
def _public_key(env: Env = "local") -> None:
    """Print the public half of the merchant's key, for DOKU's dashboard."""
    public_key.print_public_key(env)


@app.command("deploy")
def _deploy(
    parameters: Annotated[list[str] | None, typer.Argument(help="Parameters of template.yaml: Name=value.")] = None,
    secret_file: Annotated[Path | None, typer.Option(help="JSON with DOKU's credentials, for the secret.")] = None,
    yes: Yes = False,
    env: Annotated[str | None, typer.Option("--env", envvar="ENV", help="An environment of samconfig.toml.")] = None,
) -> None:
    """Build, deploy, fill in the secret and run the doctor. Asks for missing parameters."""
    _exit_unless(deploy.run(deploy.Request(env or "", tuple(parameters or ()), secret_file, yes)))


@app.command("cost")
def _cost(
    transfers: Annotated[int, typer.Option(min=0, help="Transfers a month.")] = 1_000_000, as_json: Json = False
) -> None:
    """Estimate AWS's price of a month, in US dollars."""
    costs.estimate(transfers, as_json)
