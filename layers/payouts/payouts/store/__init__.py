"""The DynamoDB edge: one table, one item a transfer, every change one conditional write (DESIGN 2.6)."""
