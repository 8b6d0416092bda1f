"""A handler's context, answer, and invocation in this process."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass
class Answer:
    """A function's HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> Self:
        """The response of payload format 2.0."""
        return cls(result["statusCode"], result.get("headers", {}), json.loads(result["body"]))


@dataclass
class Context:
    """The part of Lambda's context that the handlers use."""

    remaining: Callable[[], int] = lambda: 29_000
    function_name: str = "TransferApiFunction"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:ap-southeast-3:123456789012:function:TransferApiFunction"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left, as given by the test."""
        return self.remaining()


@dataclass(frozen=True)
class InProcess:
    """A handler as a function that the pump can invoke."""

    handler: Callable[[dict[str, Any], Any], Any]
    remaining: Callable[[], int] = lambda: 60_000

    def invoke(self, event: dict[str, Any], timeout: float | None = None) -> Any:
        """Call the handler in this thread."""
        return self.handler(event, Context(self.remaining, "NotificationProcessorFunction"))
