"""What every command of the project does at its door: errors are one line and an exit code."""

import sys
from collections.abc import Iterable, Mapping

import typer

from duck_and_cover.errors import DuckAndCoverError, UsageError


def run(app: typer.Typer, name: str) -> None:
    """Run a command line. People get one line for what they can act on, tracebacks with --debug.

    Args:
        app: the command or group of commands.
        name: what the person typed, for the start of the line.
    """
    try:
        app(standalone_mode=False)
    except DuckAndCoverError as error:
        _leave(name, str(error), error.exit_code, error)
    except typer.Exit as leave:
        sys.exit(leave.exit_code)
    except (typer.Abort, KeyboardInterrupt) as error:
        _leave(name, "interrupted", 130, error)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        # Usage errors of the parser, and the unforeseen: the same one line, by its own exit code.
        show = getattr(error, "format_message", None)
        text = show() if show else f"{type(error).__name__}: {error}"
        _leave(name, text, getattr(error, "exit_code", 1), error)


def as_arguments(flags: Mapping[str, object]) -> list[str]:
    """Words of a command line from flags and values; None leaves a flag out."""
    return [f"{name}={value}" for name, value in flags.items() if value is not None]


def numbers_of(words: Iterable[str], option: str, example: str) -> dict[str, float]:
    """Names with numbers as people write them, `energy=0.9`.

    Args:
        option, example: For the error's line.

    Raises:
        UsageError: One is written in another way.
    """
    found = {}
    for word in words:
        name, _, value = word.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise UsageError(f"{option} {word}: write a name and a number, {example}") from None
    return found


def _leave(name: str, text: str, code: int, error: BaseException) -> None:
    # The parser may have failed before it came to the option, so the words themselves are asked.
    if "--debug" in sys.argv[1:]:
        raise error
    typer.echo(f"{name}: {' '.join(text.split())}", err=True)
    sys.exit(code)
