"""What a user may do wrong, and what may go wrong: one small tree, each with its exit code.

DuckAndCoverError          1   the work failed; the message is one line and says why
├── UsageError             2   wrong use; the message names the option and the valid values
└── StoppedEarly          75   stopped, but resumable; the message says how to go on
"""


class DuckAndCoverError(Exception):
    """The work failed. The message is one line for the person at the shell."""

    exit_code = 1


class UsageError(DuckAndCoverError):
    """The request cannot be carried out as written: an unknown genre, a missing folder, ..."""

    exit_code = 2


class StoppedEarly(DuckAndCoverError):
    """The work was interrupted and can be resumed with the command in the message."""

    exit_code = 75
