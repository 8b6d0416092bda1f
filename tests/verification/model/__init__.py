"""Model check: runs the real code in every order of events within a bound, with a table and a DOKU in memory."""
