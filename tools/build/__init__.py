"""Builds what is deployed: SAM's output, without what nobody needs at run time and with bytecode."""
