"""How fast pictures are: the embedding, the page of 100,000 states in Chromium, and its size.

python benchmarks/pictures.py     needs Playwright and Debian's chromium; prints medians of five
"""

import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from aurita import AttentionUnit, Population, Reservoir
from aurita.pictures import fit_embedding, model_view, states_from, write_page

REPEATS = 5


def main() -> None:
    """Print one line a figure."""
    states = np.random.default_rng(0).normal(size=(100_000, 400)).astype(np.float32)
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        fitted = fit_embedding(states, method="pca")
        fitted.apply(states)
        times.append(time.perf_counter() - start)
    print(f"PCA of 100,000 x 400, fitted and applied: {np.median(times):.2f} s (asked < 1)")
    few = list(states[:, :6].reshape(1000, 100, 6))
    reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=4), units=40, receives="inputs")], inputs=6)
    labels = [np.full(100, k % 4) for k in range(1000)]
    shown = {
        "states of 6 numbers": model_view(states_from(few, labels=[k % 5 for k in range(1000)])),
        "states of 40 attention units": model_view(reservoir, few, labels),
    }
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for name, what in shown.items():
            path = Path(folder) / "page.html"
            write_page(path, what)
            opened, stalls = zip(*(_look(browser, path) for _ in range(REPEATS)), strict=True)
            print(
                f"{name}: first picture {np.median(opened) / 1000:.2f} s (asked < 3), longest frame while panning "
                f"{np.median(stalls):.0f} ms, {path.stat().st_size / 1e6:.1f} MB (asked < 15)"
            )
        browser.close()


def _look(browser, path: Path) -> tuple[float, float]:
    """Milliseconds to the first picture, and of the longest frame while panning."""
    tab = browser.new_page(viewport={"width": 1300, "height": 850})
    tab.goto(path.as_uri())
    tab.wait_for_selector("body[data-ready]", timeout=60_000)
    first = float(tab.locator("body").get_attribute("data-first"))
    box = tab.locator(".plane").bounding_box()
    tab.mouse.move(box["x"] + 200, box["y"] + 200)
    tab.mouse.down()
    watch = tab.evaluate_handle(
        """() => { const w = { longest: 0 }; let last = performance.now();
        const tick = (t) => { w.longest = Math.max(w.longest, t - last); last = t; requestAnimationFrame(tick); };
        requestAnimationFrame(tick); return w; }"""
    )
    for step in range(20):
        tab.mouse.move(box["x"] + 200 + 5 * step, box["y"] + 200 + 3 * step)
    tab.mouse.up()
    longest = watch.get_property("longest").json_value()
    tab.close()
    return first, longest


if __name__ == "__main__":
    main()
