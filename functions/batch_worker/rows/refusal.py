"""The error for a file that cannot be read as a batch."""


class FileRefused(Exception):
    """The file as a whole is refused; the message says what to correct. It repeats no row's content."""
