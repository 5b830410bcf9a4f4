"""A population: units of one type, and how they are wired to what they receive."""

from dataclasses import dataclass

from aurita._former import former_keywords
from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.fields import check_fields
from aurita.reservoir.wiring import NOT_DRAWN, RECEIVES, Afferents, Sources, dense_wiring
from aurita.units import OBJECTIVES, Unit, unit_from_config
from aurita.units.unit import at_least, one_of

MOST_UNITS = 1_000_000
PASSAGES = ("wired", "mixed", "learned")
_FORMER = {"hears": "receives"}


@former_keywords(**_FORMER)
@dataclass(frozen=True, kw_only=True)
class Population:
    """Units of one type, and how they are wired.

    Attributes:
        unit: what the units are.
        units: how many.
        passage: `wired` (one afferent a slot), `mixed` (a fixed random map from afferents to slots) or `learned`
            (the same map, learning with the unit).
        afferents: sources a unit receives: a number, or `all` that it may receive; the number of slots by default.
        input_fraction: probability that an afferent is an external input.
        receives: `all`, `inputs` (a feed-forward population), `earlier` (inputs and earlier populations), `each` (one
            external input a unit, in turn over all such populations) or `partner` (inputs and the unit of its number in
            the population before).
        clock: whether the inputs that it may receive include the clock.
        self_loops: whether a unit may receive itself.
        time_constant: slots low-pass what they receive with time constants log-uniform between 1 step (no leak) and
            this.
        passage_scale: deviation of passage weights times the root of the number of afferents.
        passage_bias: half-width of the uniform biases of the passage.
        features: kinds of features that the readout may see of this population; all that it asks for by default.
        objective: what the units learn, where it is not what the settings of learning say: `self`, `target`, `mixed`,
            `frozen`, or `module:Name` of another `Objective`.

    Example:
        >>> from aurita import AttentionUnit
        >>> Population(unit=AttentionUnit(slots=3), units=20).afferent_count(Sources(5, ((20, 3),)), 0)
        3
    """

    unit: Unit
    units: int
    passage: str = "wired"
    afferents: int | str | None = None
    input_fraction: float = 0.5
    receives: str = "all"
    clock: bool = True
    self_loops: bool = True
    time_constant: float = 1.0
    passage_scale: float = 1.0
    passage_bias: float = 0.0
    features: tuple[str, ...] | None = None
    objective: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.features, str):
            object.__setattr__(self, "features", (self.features,))
        check_fields(self)
        at_least("units", self.units, 1)
        if self.units > MOST_UNITS:
            raise AuritaError(f"units is {self.units}; expected at most {MOST_UNITS:,} in one population")
        if self.objective is not None:
            object.__setattr__(self, "objective", OBJECTIVES.name_of(OBJECTIVES.find(self.objective)))
        one_of("passage", self.passage, PASSAGES)
        one_of("receives", self.receives, RECEIVES)
        at_least("time_constant", self.time_constant, 1)
        at_least("passage_scale", self.passage_scale, 0)
        at_least("passage_bias", self.passage_bias, 0)
        if not 0 <= self.input_fraction <= 1:
            raise AuritaError(f"input_fraction is {self.input_fraction}; expected a probability between 0 and 1")
        if isinstance(self.afferents, str):
            one_of("afferents", self.afferents, ("all",))
        elif self.afferents is not None:
            at_least("afferents", self.afferents, 1)
        if self.receives in NOT_DRAWN and (self.passage == "wired" or self.afferents not in (None, "all")):
            raise AuritaError(
                f"units with receives={self.receives!r} have a fixed number of sources, through a passage; "
                "use passage='mixed' or 'learned' and leave afferents out"
            )
        if self.passage == "wired" and self.afferents not in (None, self.unit.slots):
            raise AuritaError(
                f"a wired unit receives one source a slot, here {self.unit.slots}, and afferents is {self.afferents}; "
                "use passage='mixed' or 'learned' to receive more"
            )

    def afferent_count(self, sources: Sources, number: int) -> int:
        """How many sources each unit of this population receives."""
        if self.is_dense:
            return len(self.dense_wiring(sources, number))
        return self.unit.slots if self.afferents is None else int(self.afferents)

    @property
    def learns_by(self) -> str:
        """How the units learn: `gradient`, `regression` or `nothing`."""
        return "nothing" if self.objective == "frozen" else self.unit.learns_by

    @property
    def is_dense(self) -> bool:
        """Whether the wiring is not drawn: every unit receives all that it may."""
        return self.afferents == "all" or self.receives in NOT_DRAWN

    def dense_wiring(self, sources: Sources, number: int) -> Afferents:
        """The wiring, where it is not drawn."""
        return dense_wiring(sources, number, self.receives, self_loops=self.self_loops, clock=self.clock)

    def config(self) -> Document:
        """The description as plain values, to be saved."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**values, "unit": self.unit.config()}

    @staticmethod
    def from_config(config: Document) -> "Population":
        """The population that `config` described."""
        try:
            values = {_FORMER.get(name, name): value for name, value in config.items()}
            return Population(**{**values, "unit": unit_from_config(config["unit"])})
        except (TypeError, KeyError) as error:
            raise AuritaError(f"this is no description of a population: {error}") from None
