"""How a handler is called here, and what it answers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass
class Answer:
    """An HTTP answer of a function."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> Self:
        """From payload 2.0."""
        return cls(result["statusCode"], result.get("headers", {}), json.loads(result["body"]))


@dataclass
class Context:
    """What the handlers use of Lambda's context."""

    remaining: Callable[[], int] = lambda: 29_000
    function_name: str = "TransferApiFunction"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:ap-southeast-3:123456789012:function:TransferApiFunction"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds, as the test says."""
        return self.remaining()


@dataclass(frozen=True)
class InProcess:
    """A handler where the pump expects a function."""

    handler: Callable[[dict[str, Any], Any], Any]
    remaining: Callable[[], int] = lambda: 60_000

    def invoke(self, event: dict[str, Any], timeout: float | None = None) -> Any:
        """Call it here."""
        return self.handler(event, Context(self.remaining, "NotificationProcessorFunction"))
