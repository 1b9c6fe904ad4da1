"""When the networks grow: a pure function of the images shown, the one clock of training.

    |-- 4 --|fade 8|-- 8 --|fade 16|-- 16 --|fade 32|-- 32 ...... kimg

A fade belongs to the resolution that it fades in (Karras et al. 2018, section 2 and appendix A.1).
"""

from dataclasses import dataclass, field
from functools import cached_property

from duck_and_cover.errors import UsageError

MAX_RESOLUTION = 1024


@dataclass(frozen=True)
class Stage:
    """What one step trains."""

    resolution: int  # pixels of a side
    alpha: float  # weight of the newest resolution, in (0, 1]
    batch_size: int  # pictures of a step, in all ranks together


@dataclass(frozen=True)
class Phase:
    """A stretch of training at one resolution; with `fades`, alpha runs from 0 to 1 along it."""

    resolution: int
    fades: bool
    start: int  # images shown when it begins
    end: int


@dataclass(frozen=True)
class Growth:
    """The whole plan of one training.

    Args:
        resolution: The top resolution, a power of two from 4 to 1024.
        kimg: Thousands of images shown in the whole run.
        start_resolution: Where training begins; 4 in the paper. None for networks that do not grow:
            the top resolution.
        fade_kimg: Length of each fade; None takes it from `growing_share`.
        stable_kimg: Length of each stretch without fading below the top; None likewise.
        growing_share: Where lengths are not given: the share of the run before the top resolution
            is wholly faded in. Its phases are equally long.
        batch_size: Pictures of a step.
        batch_sizes: Exceptions by resolution, such as {256: 14, 512: 6, 1024: 3} in the paper.
    """

    resolution: int = 64
    kimg: float = 200.0
    start_resolution: int | None = 4
    fade_kimg: float | None = None
    stable_kimg: float | None = None
    growing_share: float = 0.5
    batch_size: int = 16
    batch_sizes: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in (("resolution", self.resolution), ("start_resolution", self.start)):
            if value & (value - 1) or not 4 <= value <= MAX_RESOLUTION:
                raise UsageError(f"{name} {value}: take a power of two from 4 to {MAX_RESOLUTION}")
        if self.start > self.resolution:
            raise UsageError(f"start_resolution {self.start} is above {self.resolution}")
        if self.images < 1 or not 0 <= self.growing_share <= 1:
            raise UsageError("kimg must be 0.001 or more and growing_share from 0 to 1")
        if min([self.batch_size, *self.batch_sizes.values()]) < 1:
            raise UsageError("batch_size and batch_sizes must be 1 or more")
        if (self.fade_kimg or 0) < 0 or (self.stable_kimg or 0) < 0:
            raise UsageError("fade_kimg and stable_kimg must not be negative")

    @property
    def start(self) -> int:
        """The resolution that training begins at."""
        return self.start_resolution or self.resolution

    @property
    def images(self) -> int:
        """Images shown in the whole run."""
        return round(self.kimg * 1000)

    def batch_at(self, resolution: int) -> int:
        """Pictures of a step at a resolution."""
        return self.batch_sizes.get(resolution, self.batch_size)

    @cached_property
    def phases(self) -> tuple[Phase, ...]:
        """The run from start to end; phases that the run is too short for are missing.

        The last one ends with the run. Where that cuts a fade, the fade is the quicker, so that
        every run ends in a network wholly faded in.
        """
        steps = (self.resolution // self.start).bit_length() - 1
        share = self.growing_share * self.kimg / (2 * steps) if steps else 0.0
        fade = round(1000 * (share if self.fade_kimg is None else self.fade_kimg))
        stable = round(1000 * (share if self.stable_kimg is None else self.stable_kimg))
        phases: list[Phase] = []
        now = 0
        for resolution in [self.start * 2**i for i in range(steps + 1)]:
            lengths = [(False, stable if resolution < self.resolution else self.images)]
            if resolution > self.start:
                lengths.insert(0, (True, fade))
            for fades, length in lengths:
                end = min(now + length, self.images)
                if end > now:
                    phases.append(Phase(resolution, fades, now, end))
                now = end
        return tuple(phases)

    def stage_at(self, images_shown: int) -> Stage:
        """The stage of the step that begins after `images_shown` images."""
        phase = next((p for p in self.phases if images_shown < p.end), self.phases[-1])
        batch = self.batch_at(phase.resolution)
        if not phase.fades:
            return Stage(phase.resolution, 1.0, batch)
        # The step's own pictures count: a fade never starts at exactly 0, where half of the network
        # would take part without any effect.
        done = (images_shown - phase.start + batch) / (phase.end - phase.start)
        return Stage(phase.resolution, min(done, 1.0), batch)
