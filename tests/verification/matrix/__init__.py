"""The fault matrix: every outbound call of every flow with every fault, checked against the simulator's ledger."""
