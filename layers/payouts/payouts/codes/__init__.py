"""What DOKU's codes mean, whether money moved and what to do next: the catalogue that the program itself obeys.

The tables are CSVs in `payouts/doku/data/`. `message`, `description`, `suggested_action` and `states` are DOKU's words
(seeds 000 to 003; SNAP cases: PROTOCOL.md section 5); every other column is ours. A row leads to a row of `advice.csv`
by what it applies to, its outcome and its cause, so that what the program does and what it advises cannot differ.
"""
