"""The page in a real browser, Debian's Chromium: load, hover, lasso, play, link, keys, themes, live; no errors."""

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from aurita import AttentionUnit, Population, Reservoir, ReservoirClassifier
from aurita.pictures import ProgressLog, model_view, page, states_from, write_page
from aurita.pictures.serving import server

CHROMIUM = os.environ.get("AURITA_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (Debian: apt install chromium)")


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed (extra dev)")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture
def tab(browser):
    """A page whose complaints fail the test."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1300, "height": 850}, accept_downloads=True)
    opened = context.new_page()
    opened.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "request",
        lambda asked: (
            complaints.append(asked.url) if "127.0.0.1" not in asked.url and asked.url[:4] == "http" else None
        ),
    )
    yield opened
    context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def path(tmp_path_factory, classifier, sequences) -> Path:
    written = tmp_path_factory.mktemp("page") / "one.html"
    write_page(written, model_view(classifier, *sequences, title="waves"), title="waves")
    return written


def is_complaint(message):
    # These tests read pixels, which the page itself does not.
    return message.type in ("error", "warning") and "willReadFrequently" not in message.text


def opened(tab, path):
    tab.goto(path.as_uri())
    tab.wait_for_selector("body[data-ready]", timeout=20_000)
    tab.wait_for_timeout(150)


def shown(tab, name, which=0):
    """What the card of the step says of something."""
    cards = tab.locator("dl.step").nth(which)
    terms = cards.locator("dt").all_inner_texts()
    return cards.locator("dd").nth(terms.index(name)).inner_text()


def place_of(tab, row):
    """Where a state is on the screen: the page draws on a canvas, so it is worked out as the page does."""
    box = tab.locator(".plane").first.bounding_box()
    return box, row


def colours(tab):
    return tab.evaluate(
        """() => { const c = document.querySelector('.plane canvas'), s = new Set();
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        for (let i = 0; i < d.length; i += 4) s.add([d[i], d[i+1], d[i+2]].join()); return [...s]; }"""
    )


def spot(tab):
    """The middle of some drawn state, in pixels of the window."""
    return tab.evaluate(
        """() => { const c = document.querySelector('.plane canvas'), b = c.getBoundingClientRect();
        const g = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        const first = [g[0], g[1], g[2]].join();
        for (let y = Math.floor(c.height / 3); y < c.height; y++) for (let x = 0; x < c.width; x++) {
          const i = 4 * (y * c.width + x);
          if ([g[i], g[i+1], g[i+2]].join() !== first)
            return [b.left + x * b.width / c.width, b.top + y * b.height / c.height]; } }"""
    )


def test_it_opens_with_a_picture_and_the_story(tab, path):
    opened(tab, path)
    assert tab.locator("h1").inner_text() == "waves"
    assert tab.locator(".story li").count() >= 3
    # Ground, three classes.
    assert len(colours(tab)) >= 4
    assert tab.locator(".legend button").all_inner_texts() == ["even", "fast", "slow"]


def test_pointing_at_a_state_tells_of_it(tab, path):
    opened(tab, path)
    before = (shown(tab, "sequence"), shown(tab, "step"))
    tab.locator("#plane").select_option("1")
    tab.wait_for_timeout(150)
    tab.mouse.move(*spot(tab))
    tab.wait_for_timeout(150)
    assert (shown(tab, "sequence"), shown(tab, "step")) != before
    assert shown(tab, "target") in ("slow", "even", "fast")
    assert shown(tab, "inputs").count(",") == 1
    assert tab.locator("[aria-label='attention weights by age'] .track").count() > 0


def test_a_lasso_lists_steps_and_saves_them(tab, path, sequences, tmp_path):
    opened(tab, path)
    tab.locator("#lasso").click()
    box = tab.locator(".plane").bounding_box()
    corners = [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99)]
    points = [(box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in corners]
    tab.mouse.move(*points[0])
    tab.mouse.down()
    for point in [*points[1:], points[0]]:
        tab.mouse.move(*point, steps=4)
    tab.mouse.up()
    tab.wait_for_timeout(150)
    total = sum(len(x) for x in sequences[0])
    words = tab.locator("[aria-label='Chosen steps'] p").inner_text()
    assert words.startswith(f"{total} steps of {len(sequences[0])} sequences")
    with tab.expect_download() as waited:
        tab.get_by_role("button", name="Save as CSV").click()
    waited.value.save_as(tmp_path / "steps.csv")
    lines = (tmp_path / "steps.csv").read_text().splitlines()
    assert len(lines) == total + 1
    assert lines[0].startswith("sequence,step,target,answer so far")


def test_play_goes_through_the_steps_and_stops(tab, path):
    opened(tab, path)
    tab.locator("#time").fill("0")
    assert shown(tab, "step") == "0"
    # The browser itself notes what the button says: a slow machine may ask only after the end.
    tab.evaluate("""() => {
        const play = document.querySelector('#play');
        window.shown = [];
        new MutationObserver(() => window.shown.push(play.textContent)).observe(play, { childList: true });
        play.click();
    }""")
    tab.wait_for_function("window.shown.includes('Pause')", timeout=10_000)
    tab.wait_for_function("document.querySelector('#play').textContent === 'Play'", timeout=10_000)
    assert int(shown(tab, "step")) > 5


def test_all_it_does_it_does_by_keys(tab, path):
    opened(tab, path)
    tab.locator(".plane").focus()
    first = shown(tab, "sequence")
    tab.keyboard.press("ArrowDown")
    tab.wait_for_timeout(100)
    assert shown(tab, "sequence") != first
    tab.keyboard.press("ArrowUp")
    tab.wait_for_timeout(100)
    assert shown(tab, "sequence") == first
    step = int(shown(tab, "step"))
    tab.keyboard.press("ArrowLeft")
    tab.wait_for_timeout(100)
    assert int(shown(tab, "step")) == step - 1
    tab.keyboard.press("l")
    tab.wait_for_timeout(100)
    assert tab.locator("#lasso").get_attribute("aria-pressed") == "true"
    tab.keyboard.press("Escape")
    tab.wait_for_timeout(100)
    assert tab.locator("#lasso").get_attribute("aria-pressed") == "false"


def test_everything_has_a_name_for_those_who_do_not_see_it(tab, path):
    opened(tab, path)
    nameless = tab.evaluate(
        """() => [...document.querySelectorAll('svg.chart,.plane,select,input,button')].filter((e) =>
        !(e.getAttribute('aria-label') || e.textContent.trim() || e.closest('label'))).map(
        (e) => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    tables = tab.locator("details")
    assert tables.count() >= 6
    for number in range(tables.count()):
        tables.nth(number).locator("summary").click()
    tab.wait_for_timeout(100)
    assert all(tables.nth(number).locator("td").count() > 0 for number in range(tables.count()))


def test_a_class_stands_alone_and_a_unit_colours_the_states(tab, path):
    opened(tab, path)
    before = len(colours(tab))
    tab.locator(".legend button").first.click()
    tab.wait_for_timeout(150)
    assert len(colours(tab)) < before + 1
    assert tab.locator(".legend button").first.get_attribute("aria-pressed") == "true"
    tab.locator("#colour").select_option("activity of unit 0")
    tab.wait_for_timeout(200)
    assert len(colours(tab)) > 20
    assert tab.locator(".legend .ramp").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ground_is_the_readers(tab, path, scheme):
    tab.emulate_media(color_scheme=scheme)
    opened(tab, path)
    corner = tab.evaluate(
        "() => [...document.querySelector('.plane canvas').getContext('2d').getImageData(0, 0, 1, 1).data].slice(0, 3)"
    )
    assert corner == ([255, 255, 255] if scheme == "light" else [20, 22, 27])


def test_two_models_are_linked(tab, classifier, sequences, tmp_path):
    other = ReservoirClassifier(units=4, random_state=7).fit(*sequences)
    both = [model_view(classifier, *sequences, title="learnt"), model_view(other, *sequences, title="drawn")]
    write_page(tmp_path / "two.html", both)
    opened(tab, tmp_path / "two.html")
    assert tab.locator(".plane").count() == 2
    tab.mouse.move(*spot(tab))
    tab.wait_for_timeout(200)
    assert shown(tab, "sequence", 0) == shown(tab, "sequence", 1)
    assert shown(tab, "step", 0) == shown(tab, "step", 1)


def test_a_live_page_follows_a_run(tab, tmp_path):
    log = tmp_path / "run.jsonl"
    running = server(page([], title="live", live=True), log)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    try:
        tab.goto(f"http://127.0.0.1:{running.server_address[1]}/")
        tab.wait_for_selector("#live")
        progress = ProgressLog(log, "fit", 40)
        progress(10, 40)
        progress.score("accuracy", 10, 0.5)
        for step in range(10):
            progress.losses(step, [1 / (1 + step), 2.0], [step % 2, 1])
        tab.wait_for_function(
            "document.querySelector('#live [role=status]').textContent === 'fit: 10 of 40'", timeout=8_000
        )
        assert tab.locator("#live h2").all_inner_texts() == [
            "The run, live",
            "accuracy",
            "Local losses",
            "Who took a step",
        ]
        progress(40, 40)
        progress.end("accuracy 0.9")
        tab.wait_for_function(
            "document.querySelector('#live [role=status]').textContent.includes('done, accuracy 0.9')", timeout=8_000
        )
    finally:
        tab.goto("about:blank")
        running.shutdown()
        thread.join()
        running.server_close()


@pytest.mark.parametrize("given", [np.ones((1, 3)), np.full((30, 3), 2.0)], ids=["one state", "constant"])
def test_pages_of_bad_input_are_not_empty(tab, tmp_path, given):
    write_page(tmp_path / "p.html", model_view(states_from(given)))
    opened(tab, tmp_path / "p.html")
    assert len(colours(tab)) >= 2
    assert shown(tab, "step") == str(len(given) - 1)


def test_a_reservoir_without_labels_has_a_page(tab, tmp_path):
    reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=5)], inputs=2)
    write_page(tmp_path / "p.html", model_view(reservoir, np.random.default_rng(0).normal(size=(3, 20, 2))))
    opened(tab, tmp_path / "p.html")
    assert tab.locator("#colour").input_value() == "step"
    assert tab.get_by_role("img", name="Wiring").count() == 1


def test_a_hundred_thousand_states_open_in_three_seconds_and_pan(tab, tmp_path):
    states = np.random.default_rng(0).normal(size=(100_000, 6)).astype(np.float32)
    write_page(
        tmp_path / "p.html",
        model_view(states_from(list(states.reshape(1000, 100, 6)), labels=[k % 5 for k in range(1000)])),
    )
    tab.goto((tmp_path / "p.html").as_uri())
    tab.wait_for_selector("body[data-ready]", timeout=20_000)
    assert float(tab.locator("body").get_attribute("data-first")) < 3000
    box = tab.locator(".plane").bounding_box()
    tab.mouse.move(box["x"] + 200, box["y"] + 200)
    tab.mouse.down()
    longest = tab.evaluate_handle(
        """() => { const w = { longest: 0 }; let last = performance.now();
        const tick = (t) => { w.longest = Math.max(w.longest, t - last); last = t; requestAnimationFrame(tick); };
        requestAnimationFrame(tick); return w; }"""
    )
    for step in range(20):
        tab.mouse.move(box["x"] + 200 + 5 * step, box["y"] + 200 + 3 * step)
    tab.mouse.up()
    assert longest.get_property("longest").json_value() < 400
