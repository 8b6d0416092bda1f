"""`payouts doctor`: check a set-up, and report what is wrong and how to fix it."""
