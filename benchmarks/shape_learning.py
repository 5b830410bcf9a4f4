"""Does learning pay on whole sequences: shape units as drawn, learnt, and both voting, on sets beside those that ship.

    python benchmarks/shape_learning.py [SET:SEED ...]

Made sets, each with other sequences to judge by, mnist1d and digits, of whose training parts alone is drawn, and in
five folds (three where a class has fewer) the training parts of what aeon ships. Prints accuracy and square error (of
one-hot classes, in variances) of the readout of 96 units as drawn, half of them learnt, of all learnt, of the mean of
the readouts of drawn and learnt units, and of 192 units as drawn.
"""

import sys
from collections.abc import Callable

import numpy as np
from sklearn.model_selection import StratifiedKFold

from aurita.data.scaling import Scaling
from aurita.estimators import _pooled_shapes
from aurita.readout import RidgeReadout
from aurita.shapes import Shapes, draw_shapes, learn_shapes, pooled
from sequences import load

SHIPPED = (
    *("ArrowHead", "BasicMotions", "Covid3Month_disc", "GunPoint", "ItalyPowerDemand", "PickupGestureWiimoteZ"),
    *("UnitTest", "JapaneseVowels", "OSULeaf", "ACSF1"),
)
Made = Callable[[int, np.random.Generator], np.ndarray]
RUNS = (
    *("contours60:0", "contours60:1", "motions80:0", "motions80:1", "digits150:0", "mnist200:0", "bumps120:1"),
    *("place50:0", "spectra60:1", "spectra250:1", "contours250:1", "motions300:1", "mnist500:1"),
    *(f"{name}:{seed}" for name in SHIPPED for seed in (0, 1)),
)


def main() -> None:
    """A line of Markdown for each run."""
    print("| sequences | as drawn | half | all | vote | twice as many |\n|---|---|---|---|---|---|")
    for run in sys.argv[1:] or RUNS:
        name, seed = run.split(":")
        print(f"| {run} | {' | '.join(scores(name, int(seed)))} |", flush=True)


def scores(name: str, seed: int) -> list[str]:
    """Accuracy and square error of every way, over all sequences that are judged."""
    found = [judged(*part, seed) for part in (folds(name, seed) if name in SHIPPED else [SETS[name](seed)])]
    right, errors = (np.concatenate(each, axis=1).mean(axis=1) for each in zip(*found, strict=True))
    return [f"{accuracy:.3f} / {error:.3f}" for accuracy, error in zip(right, errors, strict=True)]


def folds(name: str, seed: int) -> list[tuple]:
    """Parts to fit on and to judge by of a training part."""
    X, y, _, _ = load(name)
    count = 5 if np.unique(y, return_counts=True)[1].min() >= 5 else 3
    splits = StratifiedKFold(count, shuffle=True, random_state=seed).split(np.zeros(len(y)), y)
    return [([X[i] for i in one], y[one], [X[i] for i in other], y[other]) for one, other in splits]


def judged(X: list, y: np.ndarray, unseen: list, truth: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether every way is right on each sequence that is judged, and its square error."""
    classes = np.unique(y)
    wanted, held = ((labels[:, None] == classes).astype(float) for labels in (y, truth))
    scaling = Scaling.of(X)
    X, unseen = ([scaling.apply(x) for x in part] for part in (X, unseen))
    views = _pooled_shapes._views(_pooled_shapes.Examples(X, wanted, classes=True, learns=True, seed=seed))
    drawn, others = (draw_shapes(X, units=96, views=views, seed=own) for own in (seed, seed + 555))
    settings = _pooled_shapes._settings(X)

    def learnt(only: np.ndarray | None) -> Shapes:
        return learn_shapes(drawn, X, wanted, settings, classes=True, only=only, seed=seed).shapes

    def predicted(*units: Shapes) -> np.ndarray:
        rows, new = (np.hstack([pooled(one, part) for one in units]) for part in (X, unseen))
        return RidgeReadout(floor=_pooled_shapes.FLOOR).fit(rows, wanted).predict(new)

    half, every = learnt(np.arange(96) // 4 % 2 == 0), learnt(None)
    alone, all_learnt = predicted(drawn), predicted(every)
    found = (alone, predicted(half), all_learnt, (alone + all_learnt) / 2, predicted(drawn, others))
    right = [one.argmax(axis=1) == held.argmax(axis=1) for one in found]
    errors = [((one - held) ** 2 / wanted.var(axis=0)).mean(axis=1) for one in found]
    return np.array(right), np.array(errors)


def made(kind: Callable[[np.random.Generator], Made], count: int, held: int, classes: int) -> Callable:
    """A set whose classes are drawn by `kind`."""

    def parts(seed: int) -> tuple:
        rng, state = np.random.default_rng(seed), kind(np.random.default_rng(seed + 1000))
        found: list = []
        for size in (count, held):
            labels = np.arange(size) % classes
            found += [[state(int(label), rng) for label in labels], labels]
        return tuple(found)

    return parts


def bumps(proto: np.random.Generator) -> Made:
    """A class's bump and another one somewhere in a walk."""
    kernel = np.hanning(9)
    shapes = [np.convolve(p, kernel / kernel.sum() * 3, "same") for p in proto.normal(size=(6, 30))]
    shapes = [shape * np.hanning(30) for shape in shapes]

    def one(label: int, rng: np.random.Generator) -> np.ndarray:
        x = np.cumsum(rng.normal(size=150)) * 0.15 + 0.2 * rng.normal(size=150)
        for kind in (label, rng.integers(6)):
            start, stretch = rng.integers(0, 118), rng.uniform(0.8, 1.2)
            steps = int(30 * stretch)
            room = len(x[start : start + steps])
            bump = np.interp(np.linspace(0, 29, steps), np.arange(30), shapes[kind])[:room]
            x[start : start + steps] += rng.uniform(0.8, 1.4) * bump
        return x[:, None]

    return one


def spectra(noise: float) -> Callable[[np.random.Generator], Made]:
    """Noisy resonances of a class's frequency."""

    def kind(proto: np.random.Generator) -> Made:
        known = [(proto.uniform(0.3, 2.6), proto.uniform(0.85, 0.97)) for _ in range(5)]

        def one(label: int, rng: np.random.Generator) -> np.ndarray:
            speed, radius = known[label]
            speed *= np.exp(rng.normal() * 0.1)
            pushed, x = rng.normal(size=200), np.zeros(200)
            for t in range(2, 200):
                x[t] = 2 * radius * np.cos(speed) * x[t - 1] - radius**2 * x[t - 2] + pushed[t]
            return (x / x.std() + noise * rng.normal(size=200))[:, None]

        return one

    return kind


def motions(noise: float) -> Callable[[np.random.Generator], Made]:
    """Sums of waves in three channels, of different lengths, with a walk and noise."""

    def kind(proto: np.random.Generator) -> Made:
        sizes, phases = proto.normal(size=(8, 4, 3)), proto.uniform(0, 6, size=(8, 4, 3))
        speeds = proto.uniform(1, 6, size=(8, 4))

        def one(label: int, rng: np.random.Generator) -> np.ndarray:
            steps = rng.integers(50, 90)
            t = np.linspace(0, 2 * np.pi, steps) * rng.uniform(0.8, 1.2) + rng.uniform(0, 1.0)
            waves = (sizes[label, k] * np.sin(speeds[label, k] * t[:, None] + phases[label, k]) for k in range(4))
            x = sum(waves, np.zeros((steps, 3))) * rng.uniform(0.7, 1.3)
            walk = np.cumsum(rng.normal(size=(steps, 3)), axis=0) * 0.2
            return x + walk + noise * rng.normal(size=(steps, 3))

        return one

    return kind


def contours(noise: float) -> Callable[[np.random.Generator], Made]:
    """Closed contours from a point drawn, their waves disturbed."""

    def kind(proto: np.random.Generator) -> Made:
        waves = np.arange(1, 9)
        sizes, phases = proto.normal(size=(6, 8)) / waves, proto.uniform(0, 6, size=(6, 8))

        def one(label: int, rng: np.random.Generator) -> np.ndarray:
            t = np.linspace(0, 2 * np.pi, 250) + rng.uniform(0, 6.3)
            size = sizes[label] + noise * rng.normal(size=8) / waves
            phase = phases[label] + noise * rng.normal(size=8)
            bent = t[:, None] + 0.1 * np.sin(t[:, None] + rng.uniform(0, 6))
            x = (size * np.sin(waves * bent + phase)).sum(axis=1)
            return ((x - x.mean()) / x.std() + 0.03 * rng.normal(size=250))[:, None]

        return one

    return kind


def places(proto: np.random.Generator) -> Made:
    """Where a narrow bump is says the class; a wide one is anywhere."""
    del proto

    def one(label: int, rng: np.random.Generator) -> np.ndarray:
        t, x = np.arange(60), np.zeros(60)
        for width, place in ((4, 10 + 8 * label), (8, rng.uniform(0, 60))):
            x += rng.uniform(0.7, 1.3) * np.exp(-0.5 * ((t - place - rng.normal() * 2) / width) ** 2)
        return (x + 0.3 * rng.normal(size=60))[:, None]

    return one


def mnist(count: int) -> Callable:
    """Of the training part of mnist1d."""

    def parts(seed: int) -> tuple:
        from mnist1d.data import get_dataset_args, make_dataset

        data = make_dataset(get_dataset_args())
        order = np.random.default_rng(seed).permutation(len(data["x"]))
        fitted, held = order[:count], order[2500:3500]
        return (*([row[:, None] for row in data["x"][fitted]], data["y"][fitted]),
                *([row[:, None] for row in data["x"][held]], data["y"][held]))  # fmt: skip

    return parts


def digits(seed: int) -> tuple:
    """Digits of scikit-learn, read row by row."""
    from sklearn.datasets import load_digits

    data = load_digits()
    order, images = np.random.default_rng(seed).permutation(len(data.target)), data.images / 16
    fitted, held = order[:150], order[700:1300]
    return list(images[fitted]), data.target[fitted], list(images[held]), data.target[held]


SETS: dict[str, Callable] = {
    "contours60": made(contours(0.3), 60, 300, 6),
    "contours250": made(contours(0.4), 250, 300, 6),
    "motions80": made(motions(1.0), 80, 400, 8),
    "motions300": made(motions(2.0), 300, 400, 8),
    "bumps120": made(bumps, 120, 400, 4),
    "spectra60": made(spectra(0.5), 60, 400, 5),
    "spectra250": made(spectra(0.8), 250, 400, 5),
    "place50": made(places, 50, 400, 5),
    "digits150": digits,
    "mnist200": mnist(200),
    "mnist500": mnist(500),
}

if __name__ == "__main__":
    main()
