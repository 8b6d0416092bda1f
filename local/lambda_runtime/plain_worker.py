"""A Lambda runtime client over http.client, used where awslambdaric is not available."""

import http.client
import importlib
import json
import os
import sys
import time
import traceback
from dataclasses import dataclass
from typing import Any

_API = "/2018-06-01/runtime"


@dataclass(frozen=True)
class Context:
    """The attributes of awslambdaric's context that the handlers use."""

    aws_request_id: str
    invoked_function_arn: str
    deadline: float
    function_name: str = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
    function_version: str = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")
    memory_limit_in_mb: str = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    log_group_name: str = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
    log_stream_name: str = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        return max(0, int((self.deadline - time.time()) * 1000))


def run(handler: str) -> None:
    """Handle invocations until the Runtime API closes the connection."""
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        function = _find(handler)
    except Exception as error:
        _post(api, "/init/error", _explain(error))
        sys.exit(1)
    while True:
        _handle(api, function)


def _find(handler: str) -> Any:
    module, _, name = handler.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _handle(api: http.client.HTTPConnection, function: Any) -> None:
    api.request("GET", f"{_API}/invocation/next")
    response = api.getresponse()
    event, head = json.loads(response.read()), response.headers
    request_id = head["Lambda-Runtime-Aws-Request-Id"]
    os.environ["_X_AMZN_TRACE_ID"] = head["Lambda-Runtime-Trace-Id"]
    deadline = int(head["Lambda-Runtime-Deadline-Ms"]) / 1000
    context = Context(request_id, head["Lambda-Runtime-Invoked-Function-Arn"], deadline)
    try:
        result = json.dumps(function(event, context), ensure_ascii=False)
    except Exception as error:
        _post(api, f"/invocation/{request_id}/error", _explain(error))
    else:
        _post(api, f"/invocation/{request_id}/response", result)


def _explain(error: Exception) -> str:
    """Log the error. Returns it as JSON in Lambda's format."""
    traceback.print_exception(error)
    kind = "Runtime.ImportModuleError" if isinstance(error, ImportError) else type(error).__name__
    trace = traceback.format_exception(error)
    return json.dumps({"errorType": kind, "errorMessage": str(error), "stackTrace": trace})


def _post(api: http.client.HTTPConnection, path: str, body: str) -> None:
    api.request("POST", _API + path, body.encode(), {"Content-Type": "application/json"})
    api.getresponse().read()
