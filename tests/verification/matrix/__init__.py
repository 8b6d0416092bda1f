"""The fault matrix: every outbound call of every flow, broken in every way, and the simulator's ledger as the judge."""
