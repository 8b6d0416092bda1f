"""One cold start, in a fresh process of the runtime's Python. Imports nothing of the repository.

The argument is JSON: `paths` to import from, `module` with a `handler`, and `events`. Prints JSON: processor
milliseconds of `init` and of each of the `invocations`, and the `answers`.
"""

import json
import sys
import time


class Context:
    """The part of Lambda's context that the handlers use."""

    function_name = "cold"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:ap-southeast-3:123456789012:function:cold"
    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        """Time left, enough for any handler."""
        return 25_000


arguments = json.loads(sys.argv[1])
sys.path[:0] = arguments["paths"]
began = time.process_time()
handler = __import__(arguments["module"], fromlist=["handler"]).handler
init = time.process_time() - began
invocations, answers = [], []
for event in arguments["events"]:
    began = time.process_time()
    answers.append(handler(event, Context()))
    invocations.append((time.process_time() - began) * 1000)
report = {"init": init * 1000, "invocations": invocations, "answers": answers}
print("\n" + json.dumps(report, default=str))
