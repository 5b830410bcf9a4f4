"""Closed loops on chaotic flows: the default forecaster beside ReservoirPy's echo state network and NVAR.

    python benchmarks/flows.py develop          # flows that the default was built on
    python benchmarks/flows.py first            # four that a first version was measured on, without monomials
    python benchmarks/flows.py unseen           # eight that nothing was chosen on
    python benchmarks/flows.py unseen --flows Aizawa --starts 4

2,000 steps to fit on, 30 a period, in deviations of each channel; then forecasts from `--starts` steps of the 3,500
after, all models having received everything up to there; scored by the valid prediction time: steps until the error
exceeds 0.4 deviations, in Lyapunov times, 12 at most. The exponents come of this file: the mean growth of a tangent
vector along the flow. Series are integrated at a relative tolerance of 1e-11.

Every peer is tuned inside the 2,000 steps: each of its settings is fitted on the first 70 %, forecasts from ten steps
of the rest are scored in the same way, and the best is fitted again on all. ESN: ReservoirPy's `Reservoir` of 500
neurons, bias and inputs to the readout, 18 reservoirs (spectral radius 0.4, 0.9, 1.2; leak 0.3, 1; input scaling 0.1,
0.3, 1) with penalties 1e-14 to 1e-4. NVAR: next-generation reservoir computing, all monomials up to the orders 2, 3 and
4 of one to four delayed values, strides 1 and 3, 700 terms at most, the same penalties; it predicts changes.
"""

import argparse
import json
import time
from itertools import product
from math import comb

import numpy as np
from scipy.integrate import solve_ivp

from aurita import ReservoirForecaster
from aurita.closeness import valid_prediction_time
from aurita.tasks.chaos import MACKEY_GLASS_LYAPUNOV, mackey_glass_series
from printed import figure

KNOWN, AFTER, A_PERIOD, LONGEST = 2000, 3500, 30, 12.0
PENALTIES = (1e-14, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4)
DEVELOP = ("Lorenz", "Rossler", "MackeyGlass", "Thomas", "Halvorsen")
FIRST = ("Aizawa", "Dadras", "Bouali2", "HyperRossler")
UNSEEN = ("ShimizuMorioka", "GenesioTesi", "Chua", "Rucklidge", "Hadley", "RabinovichFabrikant", "Finance", "SprottK")


def flow(name: str) -> tuple[np.ndarray, float]:
    """A series of a flow, and its Lyapunov exponent a step."""
    if name == "MackeyGlass":
        values = mackey_glass_series(KNOWN + AFTER)
        return (values - values[:KNOWN].mean(axis=0)) / values[:KNOWN].std(axis=0), MACKEY_GLASS_LYAPUNOV
    import dysts.flows

    system = getattr(dysts.flows, name)()
    interval = system.period / A_PERIOD

    def slope(t: float, y: np.ndarray) -> np.ndarray:
        return np.array(system(y, t), float)

    start = system.ic * (1 + 0.01 * np.random.default_rng(0).standard_normal(system.ic.shape))
    count = 10 * A_PERIOD + KNOWN + AFTER
    times = np.arange(count) * interval
    solved = solve_ivp(slope, (0, times[-1]), start, "DOP853", t_eval=times, rtol=1e-11, atol=1e-11)
    values = solved.y.T[10 * A_PERIOD :]
    exponent = growth(slope, solved.y[:, 10 * A_PERIOD], interval, KNOWN + AFTER)
    return (values - values[:KNOWN].mean(axis=0)) / values[:KNOWN].std(axis=0), exponent


def growth(slope, start: np.ndarray, interval: float, steps: int, apart: float = 1e-7) -> float:
    """The largest Lyapunov exponent a step, by two trajectories that are brought together again after every ten steps.

    Benettin, Galgani, Giorgilli and Strelcyn 1980.
    """
    size, count = np.linalg.norm(start) + 1.0, len(start)
    distance, logs = apart * size, []

    def both(t: float, y: np.ndarray) -> np.ndarray:
        return np.concatenate([slope(t, y[:count]), slope(t, y[count:])])

    near = start + distance * np.ones(count) / np.sqrt(count)
    for place in range(steps // 10):
        span = (10 * place * interval, 10 * (place + 1) * interval)
        ended = solve_ivp(both, span, np.concatenate([start, near]), "DOP853", rtol=1e-11, atol=1e-12).y[:, -1]
        start, near = ended[:count], ended[count:]
        length = np.linalg.norm(near - start)
        logs.append(np.log(length / distance))
        near = start + (near - start) * distance / length
    # The first tenth turns the vector into the direction that grows.
    return float(np.mean(logs[len(logs) // 10 :])) / 10


def valid(forecast: np.ndarray, truth: np.ndarray, exponent: float) -> float:
    """The valid prediction time of one forecast."""
    return valid_prediction_time(truth, forecast, lyapunov=exponent, scale=np.ones(truth.shape[1]))


def lost(value: np.ndarray, truth: np.ndarray) -> bool:
    """Whether a step is lost, so that those after it need not be computed."""
    return not np.mean((value - truth) ** 2) <= 0.4**2


class Default:
    """`ReservoirForecaster()`."""

    def __init__(self, values: np.ndarray, exponent: float, seed: int) -> None:
        self.model, self.end = ReservoirForecaster(random_state=seed).fit(values), len(values)
        committee = self.model.committee_
        self.about = committee.names[int(np.argmax(committee.weights))]

    def forecast(self, whole: np.ndarray, origin: int, steps: int) -> np.ndarray:
        if origin > self.end:
            self.model.update(whole[self.end : origin])
            self.end = origin
        return self.model.predict(steps, intervals=None).mean.reshape(steps, -1)


class Tuned:
    """A peer, its settings and penalty chosen on the last 30 % of what it is fitted on."""

    def __init__(self, values: np.ndarray, exponent: float, seed: int) -> None:
        self.seed, head = seed, int(0.7 * len(values))
        steps = min((len(values) - head) // 2, int(LONGEST / exponent))
        origins = np.linspace(head, len(values) - steps, 10).astype(int)
        best = -1.0
        for settings in self.grid():
            node = self.made(settings)
            rows = self.rows(node, values[:head])
            for penalty, weights in zip(PENALTIES, ridges(rows, self.targets(values[:head], len(rows))), strict=True):
                tried = self.runs(
                    node, weights, [values[:o] for o in origins], [values[o : o + steps] for o in origins]
                )
                score = np.mean(
                    [valid(one, values[o : o + steps], exponent) for one, o in zip(tried, origins, strict=True)]
                )
                if score > best:
                    best, self.about, chosen = score, f"{settings} {penalty:g}", (settings, penalty)
        self.node = self.made(chosen[0])
        rows = self.rows(self.node, values)
        found = ridges(rows, self.targets(values, len(rows)))
        self.weights = found[PENALTIES.index(chosen[1])]

    def forecast(self, whole: np.ndarray, origin: int, steps: int) -> np.ndarray:
        return self.runs(self.node, self.weights, [whole[:origin]], [whole[origin : origin + steps]])[0]

    def targets(self, values: np.ndarray, count: int) -> np.ndarray:
        return values[len(values) - count :]


class Esn(Tuned):
    """An echo state network of 500 neurons; its readout sees the inputs too."""

    WASHOUT, CONTEXT = 100, 300

    def grid(self):
        return product((0.4, 0.9, 1.2), (0.3, 1.0), (0.1, 0.3, 1.0))

    def made(self, settings):
        from reservoirpy.nodes import Reservoir

        radius, leak, scaling = settings
        return Reservoir(500, sr=radius, lr=leak, input_scaling=scaling, rc_connectivity=0.1, seed=self.seed)

    def rows(self, node, values: np.ndarray) -> np.ndarray:
        node.reset() if node.initialized else None
        states = node.run(values[:-1])
        return np.hstack([np.ones((len(states), 1)), values[:-1], states])[self.WASHOUT :]

    def runs(self, node, weights: np.ndarray, known: list[np.ndarray], truth: list[np.ndarray]) -> list[np.ndarray]:
        return [self.run(node, weights, *each) for each in zip(known, truth, strict=True)]

    def run(self, node, weights: np.ndarray, known: np.ndarray, truth: np.ndarray) -> np.ndarray:
        node.reset()
        state = node.run(known[-self.CONTEXT :])[-1]
        value, found = known[-1], np.full(truth.shape, np.inf)
        for step in range(len(truth)):
            value = np.concatenate([[1.0], value, state]) @ weights
            if lost(value, truth[step]):
                break
            found[step], state = value, node.step(value)
        return found


class Nvar(Tuned):
    """Nonlinear vector autoregression: all monomials of delayed values up to an order, to the change of the last."""

    def grid(self):
        for delays, stride, order in product((1, 2, 3, 4), (1, 3), (2, 3, 4)):
            terms = comb(delays * self.channels + order, order)
            if (delays > 1 or stride == 1) and terms <= 700:
                yield delays, stride, order

    def __init__(self, values: np.ndarray, exponent: float, seed: int) -> None:
        self.channels = values.shape[1]
        super().__init__(values, exponent, seed)

    def made(self, settings):
        return settings

    def rows(self, node, values: np.ndarray) -> np.ndarray:
        delays, stride, _ = node
        count = len(values) - 1 - (delays - 1) * stride
        starts = [(delays - 1 - place) * stride for place in range(delays)]
        return self.monomials(np.hstack([values[one : one + count] for one in starts]), node[2])

    def monomials(self, seen: np.ndarray, order: int) -> np.ndarray:
        found, last = [np.ones((len(seen), 1))], [(np.ones(len(seen)), 0)]
        for _ in range(order):
            last = [(one * seen[:, j], j) for one, i in last for j in range(i, seen.shape[1])]
            found.append(np.stack([one for one, _ in last], axis=1))
        return np.hstack(found)

    def targets(self, values: np.ndarray, count: int) -> np.ndarray:
        return np.diff(values, axis=0)[-count:]

    def runs(self, node, weights: np.ndarray, known: list[np.ndarray], truth: list[np.ndarray]) -> np.ndarray:
        delays, stride, order = node
        reach = (delays - 1) * stride + 1
        past, wanted = np.stack([one[-reach:] for one in known]), np.stack(truth)
        found, going = np.full(wanted.shape, np.inf), np.arange(len(known))
        for step in range(wanted.shape[1]):
            value = past[:, -1] + self.monomials(past[:, ::-stride].reshape(len(past), -1), order) @ weights
            kept = np.array([not lost(*pair) for pair in zip(value, wanted[going, step], strict=True)])
            past, value, going = past[kept], value[kept], going[kept]
            if not len(going):
                break
            found[going, step], past = value, np.concatenate([past[:, 1:], value[:, None]], axis=1)
        return found


def ridges(rows: np.ndarray, targets: np.ndarray) -> list[np.ndarray]:
    """Weights at each penalty, in mean squares of a row's features."""
    left, values, right = np.linalg.svd(rows, full_matrices=False)
    unit = (values**2).mean()
    return [right.T @ ((values / (values**2 + each * unit))[:, None] * (left.T @ targets)) for each in PENALTIES]


MODELS = {"aurita": Default, "ESN": Esn, "NVAR": Nvar}


def main() -> None:
    """Print a row for each flow and model, and the mean ranks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=["develop", "first", "unseen"])
    parser.add_argument("--flows", nargs="*")
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    table = []
    for name in given.flows or {"develop": DEVELOP, "first": FIRST, "unseen": UNSEEN}[given.which]:
        values, exponent = flow(name)
        steps = min(int(LONGEST / exponent), AFTER // 2)
        origins = np.linspace(KNOWN, len(values) - steps, given.starts).astype(int)
        row = []
        for kind in given.models:
            start = time.process_time()
            model = MODELS[kind](values[:KNOWN], exponent, given.seed)
            fitted = time.process_time() - start
            times = [valid(model.forecast(values, o, steps), values[o : o + steps], exponent) for o in origins]
            row.append(float(np.mean(times)))
            about = {"flow": name, "a step": round(exponent, 4), "most": round(steps * exponent, 1), "model": kind}
            about |= {"mean": round(row[-1], 2), "median": round(float(np.median(times)), 2)}
            about |= {"least": round(min(times), 2), "fit CPU s": round(fitted, 1), "chosen": model.about}
            print(json.dumps(about), flush=True)
            if given.which == "unseen":
                figure(name, kind, f"{row[-1]:.2f} ({min(times):.2f}; {fitted:.0f})")
        table.append(row)
    scores = np.array(table)
    ranks = (scores[:, None] > scores[:, :, None]).sum(axis=2) + (scores[:, None] == scores[:, :, None]).sum(axis=2) / 2
    means = dict(zip(given.models, ranks.mean(axis=0) + 0.5, strict=True))
    print({kind: round(float(one), 2) for kind, one in means.items()})
    for kind, rank in means.items() if given.which == "unseen" and not given.flows else ():
        figure("mean rank (asked: the best)", kind, f"{rank:.2f}")
    print({"least share of the best": np.round((scores / scores.max(axis=1)[:, None]).min(axis=0), 2).tolist()})


if __name__ == "__main__":
    main()
