"""A DOKU ("Kirim DOKU" payout API) of our own, with its own deposit and ledger, for tests, demo and development.

It is written from DOKU's published pages only and shares no code with the client under test: a simulator that does
agrees with its mistakes. It serves the token call and the four operations below `/v1.0` and `/snap/v1.1`, checks
everything DOKU is known to check, follows the sandbox's rules (accounts with 12345, account 7746555134), has rules of
its own for account holders (the first eight digits, 99900001 to 99900005: the bank cuts the name at 20 characters, adds
BPK or leaves PT out, has another name, hides letters, has no such account), sends the unpaid and
refund notifications, and breaks in every way it is asked to. All time is that of one
`local.clock.Clock`.

    python -m local.doku_simulator --secret-file secret.json --notification-url http://127.0.0.1:3000/notifications/...

    with Simulator(Settings(...), clock=Clock(path)) as simulator:  # port 0: any free port, runs in threads
        Control(simulator.url).fault("transfer", "timeout-after", seconds=2)

Control API, JSON, unauthenticated; a bad request is answered 400 {"error": ...}:

    GET    /_simulator/health              {"status": "ok", "now"}
    GET    /_simulator/ledger              {"deposit", "debits", "transfers", "requests", "tokenRequests",
                                           "notifications"}; a request is {operation, partnerReferenceNo, externalId,
                                           timestamp, path, sessionId, amount, beneficiaryAccountNumber,
                                           beneficiaryBankCode, executed, httpStatus, responseCode, fault, at,
                                           latestTransactionStatus, originalReferenceNo}, the last two as a status
                                           check was answered, with
                                           httpStatus null if no whole answer was sent; executed becomes true
                                           when a late request is
    GET    /_simulator/clock               {"now": epoch seconds}
    POST   /_simulator/clock               {"advanceSeconds": n}: moves the clock, delivers what came due, answers
    GET    /_simulator/faults              those still waiting; DELETE clears them and ends hold-after
    POST   /_simulator/faults              {"operation": token|inquiry|balance|transfer|status|notification, "kind",
                                           "times": 1 (null: always), "partnerReferenceNo": only this one, options};
                                           for an inquiry the number of its account
    POST   /_simulator/deposit             {"value": "1000.00"}
    POST   /_simulator/accounts            {"bankCode", "accountNumber", "name"} or {..., "exists": false}
    POST   /_simulator/tokens/expire       every token issued so far becomes invalid
    GET    /_simulator/settings            the switches; POST {switch: value} changes some: number_codes,
                                           status_oddities, latest_token_only, strict, balance_shape, unpaid_answer,
                                           duplicate_check (false: a reference is executed as often as it is sent),
                                           notification_url, notification_signature, fee, skew_seconds, token_seconds
    POST   /_simulator/secret              {"clientSecret", "publicKey", "agentKey", "notificationKey"}: some or all
    POST   /_simulator/reset               clears books, faults and settings; keeps the clock and the tokens
    POST   /_simulator/notifications/send  {"kind": unpaid|refund, "transactionId" or "partnerReferenceNo",
                                           "overrides": {body fields}, "signature", "requestId", "times": 1}: now;
                                           a transactionId that is not in the books is sent as well

Kinds of fault for calls (not executed): timeout-before ("seconds" of real time, 60, then closed), error-before
("httpStatus" 500, "responseCode"), reset-before, throttled ("retryAfter"), redirect ("httpStatus" 307, "location"),
unauthorized, maintenance; for status also not-found and pending, whatever is ("seconds" of simulator time, or
"times"); for transfer also late (executed "seconds" of simulator time later, not found until then; "how" it is
answered now: nothing, unauthorized or in-progress).
Executed: timeout-after, hold-after (like timeout-after, ended by DELETE as well), error-after, reset-after,
reset-mid-body, garbage, truncated, empty, in-progress, string-codes, number-codes, slow ("seconds", 1),
slow-head ("seconds", 1, before each header line, with so many more "lines", 8), unauthorized-after, wrong-reference
("reference"), wrong-amount ("value"); for status also status-says ("latestTransactionStatus"), other-reference (of
DOKU's, "reference"), contradictory ("how": duplicate-members, reference-list, service-code or original-code); for
status and inquiry also crossed (the answer to another question); for token also dead-token (refused at its first use).
Either: unknown-code ("responseCode", "execute": false); a code of the glossary, such as SERVER_ERROR, comes in the
glossary's envelope, with "httpStatus".
Two references for one transfer: late with "how": "unauthorized", and duplicate_check off. Claims that no status
confirms: altered, or notifications/send with "overrides".
For notifications: duplicate ("copies": 1 more), reversed (all that is due, last first), delayed ("seconds" of
simulator time), forged (wrong signature), altered (the opposite status), dropped (never sent).
"""

from local.doku_simulator.settings import Settings
from local.doku_simulator.simulator import Simulator

__all__ = ["Settings", "Simulator"]
