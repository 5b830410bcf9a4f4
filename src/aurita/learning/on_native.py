"""Local learning on the native engine, some steps at a time."""

import numpy as np

from aurita._keys import new_key, split
from aurita._typing import Bool, Float, Int
from aurita.data.batch import Batch
from aurita.learning.compiled import NativeSteps
from aurita.learning.learners import objectives_of
from aurita.learning.passage import Masks, Ranks
from aurita.learning.recording import depends_on_learners, with_sources
from aurita.learning.schedule import Schedule, in_pieces
from aurita.learning.settings import Learning
from aurita.reservoir import Reservoir

_MOST_NUMBERS = 2**24


class OnNative:
    """Steps of learning of all units of a reservoir.

    Attributes:
        keys: of each step.
        size: steps at a time.
    """

    def __init__(
        self,
        reservoir: Reservoir,
        data: Batch,
        held: Batch | None,
        settings: Learning,
        batches: Schedule,
        seed: int,
    ) -> None:
        if not depends_on_learners(reservoir) and data.parts is None and settings.passages.fan_in is None:
            sources = reservoir.sources.total if reservoir.recurrent else reservoir.inputs
            pieces, batches = in_pieces(data, settings, batches, _MOST_NUMBERS // sources)
            data = data if pieces is data else with_sources(reservoir, pieces, settings)
        self._steps = NativeSteps(reservoir, data, settings, objectives_of(reservoir, settings), seed)
        self._settings, self._held, self._batches = settings, held, batches
        self.keys, self.size = split(new_key(seed), settings.steps), settings.between_checks
        part = np.arange(settings.steps) / settings.steps
        decay = 0.5 * (1 + np.cos(np.pi * part)) if settings.optimises.decay else np.ones(settings.steps)
        self._rates = settings.learning_rate * decay

    @property
    def reservoir(self) -> Reservoir:
        """As it is now."""
        return self._steps.units.reservoir

    @property
    def partners(self) -> Int[np.ndarray, "change 4"]:
        """Changes of partners, as of `History`."""
        return self._steps.units.partners

    def run(
        self, steps: range, may: Bool[np.ndarray, "unit"], near: Bool[np.ndarray, "_ _"], masks: Masks | None
    ) -> tuple[Float[np.ndarray, "step unit"], Bool[np.ndarray, "step unit"]]:
        """Take some steps; losses before each, and who took it.

        Args:
            steps: which.
            may: who may learn.
            near: who is near whom, where the rule asks.
            masks: where passages learn, as `silence` had them.
        """
        del masks
        part = slice(steps.start, steps.stop)
        return self._steps.run(
            self._batches,
            steps,
            self._rates[part],
            may,
            near=near,
            evaluate_all=self._held is not None,
            keys=self.keys[part],
        )

    def put(self, reservoir: Reservoir) -> None:
        """Go on from these weights."""
        self._steps.units.put(reservoir)

    def worth(self, batch: Schedule, masks: Masks) -> tuple[Ranks | None, ...]:
        """How much each unit's loss on a batch would rise without each of its afferents; None where no mask is."""
        return self._steps.worth(batch, masks)

    def silence(self, masks: Masks) -> None:
        """Weights and moments of afferents that are not received are zero from now on."""
        self._steps.units.silence(masks)

    def held_out(self) -> Float[np.ndarray, "unit"]:
        """Local loss of every unit on the sequences that were held out."""
        assert self._held is not None
        return self._steps.held_out(self._held)
