"""Say whether a flood of transfers can keep the other functions from running."""

from tools.doctor.finding import Finding, ok, warning


def check(reserved: bool) -> Finding:
    """Warn about functions without reserved concurrency. `reserved`: the parameter `ReserveConcurrency`."""
    if reserved:
        return ok("concurrency", "reserved for the API, the receiver and the poller")
    return warning(
        "concurrency",
        "not reserved (ReserveConcurrency=false): a flood of transfers delays notifications and status checks",
        "Ask AWS for a limit of 1,000 concurrent executions, then deploy with ReserveConcurrency=true.",
    )
