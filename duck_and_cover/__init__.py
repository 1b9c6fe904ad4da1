"""Train your own album-cover generator, and use it."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Condition", "CoverGenerator", "__version__"]

if TYPE_CHECKING:
    from duck_and_cover.conditions import Condition
    from duck_and_cover.generation.generator import CoverGenerator


def __getattr__(name: str) -> Any:
    # PyTorch takes seconds to import; the package itself must not.
    if name == "CoverGenerator":
        from duck_and_cover.generation.generator import CoverGenerator

        return CoverGenerator
    if name == "Condition":
        from duck_and_cover.conditions import Condition

        return Condition
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
