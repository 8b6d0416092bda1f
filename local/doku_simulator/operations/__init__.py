"""The token call and the four operations, one file each."""
