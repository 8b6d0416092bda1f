"""Payouts over Kirim DOKU: the domain (`transfer`, `money`), its two edges (`store`, `doku`) and the use cases."""
