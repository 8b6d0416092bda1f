"""The words of the response-code pages in English and Indonesian."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from payouts.codes.models import System


@dataclass(frozen=True, kw_only=True)
class Words:
    """Titles, column names and values in one language. `service_name` and `category` name columns of the tables."""

    is_indonesian: bool = False
    head: str
    columns: tuple[str, ...]
    """Code, DOKU's words, meaning, moved, hold, retry, who acts, next step."""
    snap: str
    services: str
    service_name: str
    read_as: str
    to_transfer: str
    to_question: str
    to_status: str
    codes: str
    answers: str
    doku_suggests: str
    unsafe: str
    http: str
    category: str
    category_name: str
    prefixes: str
    decision: str
    decisions: str
    decisions_lead: str
    states: str
    systems: Mapping[System, str]
    values: Mapping[str, str] = field(default_factory=dict)
    sources: str = ""


_HEAD = """\
# Response codes

[Bahasa Indonesia](response-codes.id.md)

Written by `make codes` from the tables that the program itself uses, in `layers/payouts/payouts/doku/data/`.
`GET /v1/response-codes/{code}`, `GET /v1/response-codes?system=&query=`, the console's page "Codes" and
`.venv/bin/payouts codes CODE` explain single codes, also those that are in no table.

- **Moved**: whether the money has left for good. Refunded is "no".
- **Hold**: whether to keep the customer's money on hold, or for good where it was paid.
- **Retry**: whether the request that got this answer may be sent again. "new reference": fix the
  cause, then send a new request under another reference. For check status and advices it is about the query,
  not the payment.
- "DOKU says" quotes DOKU; everything else is ours.

These are the codes that *DOKU* answers with. Errors of this API carry the glossary's codes too; there `retryable` and
`response_message` name the next step, and nothing was sent.
"""
_HEAD_ID = """\
# Kode respons

[English](response-codes.md)

Ditulis oleh `make codes` dari tabel yang dipakai program ini sendiri, di `layers/payouts/payouts/doku/data/`.
`GET /v1/response-codes/{code}`, `GET /v1/response-codes?system=&query=`, halaman "Kode" di konsol, dan
`.venv/bin/payouts codes CODE` menjelaskan satu kode, termasuk kode yang tidak ada di tabel mana pun.

- **Dana berpindah**: apakah dana sudah keluar untuk seterusnya. Dana yang dikembalikan berarti "tidak".
- **Tahan**: apakah dana pelanggan tetap ditahan, atau untuk seterusnya jika sudah dibayarkan.
- **Kirim lagi**: apakah permintaan yang mendapat jawaban ini boleh dikirim lagi. "referensi baru": perbaiki
  penyebabnya, lalu kirim permintaan baru dengan referensi lain. Untuk cek status dan advice, ini tentang
  pertanyaannya, bukan pembayarannya.
- "Pesan DOKU" mengutip DOKU; selebihnya dari kami.

Kode-kode ini adalah jawaban *DOKU*. Error API ini juga memakai kode glosarium; di sana `retryable` dan
`response_message` menyebutkan langkah berikutnya, dan tidak ada yang terkirim. Sumber yang tidak jelas dan pilihan kami
dijelaskan di
[halaman berbahasa Inggris](response-codes.md#unclear-sources-and-our-choices).
"""
_SOURCES = """\
## Unclear sources, and our choices

| source | unclear | chosen |
|---|---|---|
| Biller | "four-digit number", yet most codes hold letters | four characters, compared as text |
| Biller | IT02 and SY06 name no state | read in all three; a payment with IT02 is released, not one with SY06 |
| Biller | U002, U003, IT02 and IT09 have no description | the meaning is ours, from the message |
| Biller | SY00 has "Inquiry, Payment. Advice" | the stop is read as a comma |
| Biller | 0000 is listed under "hold the payment amount" for inquiries too | hold; nothing was paid yet |
| Biller | how an advice says "failed": it is listed for 0000, IT01 and SY00 only | only 0000 ends it; else ask again, \
and an operator settles it in the end. IT01 would fail again, so it gives up at once |
| Biller | a code answers a payment or an advice that it is not listed for | not known: hold and advise |
| Biller | a code answers an inquiry that it is not listed for | release: an inquiry pays nothing; never on 5586 |
| Biller | U004, IT03 and IT09: the first of two requests may have been paid | hold and advise |
| Biller | SY00, SY01 and SY06: whether the biller was reached | hold and advise |
| Biller | after what time to send an advice, and how often | not stated, so the caller chooses |
| Biller | UE has no codes, and SY02 to SY05 do not exist | most likely meaning by category, as unknown |
| Glossary | "Use a unique transaction ID", "Retry", "Retry later" and "Wait and retry" would pay twice if the first \
request was carried out | check status first |
| Glossary | whether it applies to Kirim DOKU at all | understood beside SNAP, and only with its own HTTP status |
| Kirim DOKU | whether a refund brings the fee back | "moved: no" is about the principal |
| Kirim DOKU | activityCode 200 has no meaning | settles nothing |
| SNAP | 403ss24 to 403ss33 and 409ss02 are no part of ASPI's standard | third-party tables; 4094302 was seen live |
"""
ENGLISH = Words(
    head=_HEAD,
    columns=("code", "DOKU says", "meaning", "moved", "hold", "retry", "who acts", "next step"),
    snap="SNAP: HTTP status, service, case",
    services="Services",
    service_name="name",
    read_as="A service that moves money is read as 43, a question as 42.",
    to_transfer="Answers to transfer bank",
    to_question="Answers to account inquiry; balance and token",
    to_status="Answers to check status",
    codes="codes",
    answers="answers a",
    doku_suggests="DOKU suggests",
    unsafe="unsafe here",
    http="HTTP statuses",
    category="description",
    category_name="category",
    prefixes="prefixes",
    decision="decision",
    decisions="Decisions",
    decisions_lead="What to do with the customer's money after each call. What DOKU does not list for a state is in"
    " *italics*.",
    states="states",
    systems={
        System.SNAP_STATUS: "latestTransactionStatus of check status",
        System.KIRIM_DOKU_STATUS: "transactionStatus of Kirim DOKU, the legacy ones included",
        System.KIRIM_DOKU_PAYMENT: "originalResponseCode of check status",
        System.KIRIM_DOKU_NOTIFICATION: "Replies to notifications, and activityCode",
        System.KIRIM_DOKU_LEGACY: "Answers of the legacy API",
        System.PAYOUTS: "This program's own reasons",
    },
    sources=_SOURCES,
)

INDONESIAN = Words(
    is_indonesian=True,
    head=_HEAD_ID,
    columns=("kode", "pesan DOKU", "arti", "dana berpindah", "tahan", "kirim lagi", "siapa bertindak", "langkah"),
    snap="SNAP: status HTTP, layanan, kasus",
    services="Layanan",
    service_name="name_id",
    read_as="Layanan yang memindahkan dana dibaca sebagai 43, pertanyaan sebagai 42.",
    to_transfer="Jawaban atas transfer bank",
    to_question="Jawaban atas cek rekening, saldo, dan token",
    to_status="Jawaban atas cek status",
    codes="kode",
    answers="jawaban atas",
    doku_suggests="saran DOKU",
    unsafe="tidak aman di sini",
    http="Status HTTP",
    category="meaning_id",
    category_name="kategori",
    prefixes="awalan",
    decision="keputusan",
    decisions="Keputusan",
    decisions_lead="Perlakuan terhadap dana pelanggan setelah tiap panggilan. Yang tidak disebutkan DOKU untuk suatu"
    " tahap ditulis *miring*.",
    states="tahap",
    systems={
        System.SNAP_STATUS: "latestTransactionStatus dari cek status",
        System.KIRIM_DOKU_STATUS: "transactionStatus Kirim DOKU, termasuk yang lama",
        System.KIRIM_DOKU_PAYMENT: "originalResponseCode dari cek status",
        System.KIRIM_DOKU_NOTIFICATION: "Balasan atas notifikasi, dan activityCode",
        System.KIRIM_DOKU_LEGACY: "Jawaban API lama",
        System.PAYOUTS: "Alasan dari program ini sendiri",
    },
    values={
        "yes": "ya",
        "no": "tidak",
        "unknown": "belum diketahui",
        "same reference": "referensi yang sama",
        "new reference": "referensi baru",
        "never": "jangan",
        "n/a": "-",
        "customer": "pelanggan",
        "merchant": "merchant",
        "nobody": "tidak ada",
        "question": "pertanyaan",
        "payment": "pembayaran",
        "status": "cek status",
        "hold": "tahan",
        "release": "lepaskan",
        "advise": "kirim advice",
        "give up": "menyerah",
    },
)
