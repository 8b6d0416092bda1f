"""The catalogue of DOKU's codes: what each means, whether money moved, and what to do next.

The tables are CSVs in `payouts/doku/data/`. `message`, `description`, `suggested_action` and `states` are DOKU's words;
every other column is ours. A row refers to a row of `advice.csv` by scope, outcome and cause. The program acts on the
same outcome, so that what it does and what it advises cannot differ.
"""
