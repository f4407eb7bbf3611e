"""The page in a browser: what is moved, seen, kept in the address and saved."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from gandyn import rules
from gandyn.cli import main
from gandyn.cli._config import settle
from gandyn.cli._options import build
from gandyn.cli.orbit import _Orbit
from gandyn.cli.orbit import command as orbit_command
from gandyn.errors import FieldError, GandynError
from gandyn.explore import explorer, write_explorer
from gandyn.games import Bilinear, CovarianceGAN, Quadratic
from gandyn.games.dirac import R1, DiracGAN
from gandyn.rules import LOLA, Adam, Alternating, Simultaneous
from gandyn.spec import parse_game, parse_rule

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
GAMES = [DiracGAN(regulariser=R1(0.3)), Bilinear(1.0)]
RULES = [Alternating(), Simultaneous(), Adam()]


def test_pages_are_small(tmp_path):
    from gandyn.cli.explore import _DEFAULT

    own = [parse_rule(text) for text in _DEFAULT.rule]
    theirs = [parse_game(text) for text in _DEFAULT.game]
    assert len(own) == 13
    assert len(explorer(own, theirs).encode()) <= 300_000
    every = [rule() for rule in rules.CATALOGUE.values()]
    assert len(explorer(every, theirs[:1]).encode()) <= 500_000


def test_a_page_asks_for_nothing_and_ends_where_it_should():
    text = explorer(RULES, GAMES)
    assert "default-src 'none'" in text
    assert not re.search(r"""(src|href)=["'](?!data:,)""", text)
    assert not re.search(r"\b(fetch|XMLHttpRequest|import)\s*\(", text)
    assert text.count("<script") == text.count("</script>") == 2
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)


def test_refusals(tmp_path):
    with pytest.raises(GandynError, match=r"game of vectors.*explore FILE\.nc"):
        explorer(RULES, [CovarianceGAN()])
    with pytest.raises(GandynError, match="rules and games"):
        explorer([], GAMES)
    with pytest.raises(GandynError, match=r"must end in \.html"):
        write_explorer(tmp_path / "page.htm", RULES, GAMES)
    path = write_explorer(tmp_path / "page.html", RULES, GAMES)
    with pytest.raises(GandynError, match="exists"):
        write_explorer(path, RULES, GAMES)
    write_explorer(path, RULES, GAMES, overwrite=True)


def test_a_rule_that_plays_no_game_is_refused_in_words():
    class NoCross(Quadratic):
        zero_sum = False

    with pytest.raises((GandynError, FieldError), match="not zero-sum"):
        explorer([LOLA()], [NoCross()])


def test_a_rule_with_a_hidden_clock_is_refused():
    class Clocked(Simultaneous):
        def init(self, game, x, y):
            return (0.0,)

        def step(self, game, x, y, memory):
            (t,) = memory
            rate = self.lr_x / (1 + t)
            x, y = x - rate * game.gx(x, y), y - rate * game.gy(x, y)
            return x, y, (t + 1.0,)

    with pytest.raises(GandynError, match="autonomous = False"):
        explorer([Clocked()], GAMES)


@pytest.fixture(scope="module")
def chromium():
    if BROWSER is None:
        pytest.skip("there is no Chromium to open the page in")
    driver = pytest.importorskip("playwright.sync_api", reason="no playwright here")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=BROWSER, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    return write_explorer(tmp_path_factory.mktemp("page") / "e.html", RULES, GAMES)


@pytest.fixture
def opened(chromium, page_file):
    """Give a function that opens the page; nothing is asked for or complained of."""
    contexts, wrong = [], []

    def open_page(address="", file=page_file, **how):
        how = {"viewport": {"width": 1350, "height": 900}, **how}
        context = chromium.new_context(accept_downloads=True, **how)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: asked(request.url))
        page.goto(file.as_uri() + address)
        settled(page)
        return page

    def asked(url):
        if not url.startswith(("file:", "blob:", "data:")):
            wrong.append(f"request {url}")

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def settled(page):
    page.wait_for_selector("html[data-busy=no]", state="attached", timeout=60_000)


def at(page, s, t):
    """Return the place of a share of the phase plane's box, in pixels."""
    box = page.locator("#plane svg rect.grid").bounding_box()
    return box["x"] + s * box["width"], box["y"] + (1 - t) * box["height"]


def pixels(page):
    return page.evaluate("document.querySelector('#plane canvas').toDataURL()")


def test_hover_says_what_a_cell_does(opened):
    page = opened()
    assert page.get_attribute("html", "data-worker") == "yes"
    page.mouse.move(*at(page, 0.4, 0.2))
    assert page.inner_text("#regime").startswith("Spirals in")
    assert page.locator(".multiplier").count() == 2
    page.mouse.move(*at(page, 0.95, 0.95))
    assert page.inner_text("#regime") == "Flips out, side to side"
    assert "leaves, at step" in page.inner_text("#detail")
    assert page.locator("#plane path.edge.flip").count() >= 1
    assert "boundary: flip" in page.inner_text("#legend")


def test_a_click_pins_and_the_address_brings_it_back(opened):
    page = opened()
    page.mouse.click(*at(page, 0.3, 0.3))
    page.mouse.click(*at(page, 0.8, 0.9))
    page.mouse.move(*at(page, 0.5, 0.5))
    page.wait_for_timeout(300)
    assert page.locator("#pins li b").all_inner_texts() == ["1", "2"]
    words = page.inner_text("#pins"), page.inner_text("#detail")
    address = page.evaluate("location.hash")
    assert "pins=" in address
    again = opened(address)
    assert (again.inner_text("#pins"), again.inner_text("#detail")) == words
    again.click("#pins li:first-child button")
    assert again.locator("#pins li b").count() == 1


def test_a_slider_moves_the_plane(opened):
    page = opened()
    before, words = pixels(page), page.inner_text("#detail")
    line = page.get_attribute("#plane path.edge", "d")
    page.locator("input[type=range][id*=gamma]").fill("800")
    page.wait_for_timeout(50)
    settled(page)
    page.wait_for_timeout(300)
    assert pixels(page) != before
    assert page.inner_text("#detail") != words
    assert page.get_attribute("#plane path.edge", "d") != line
    assert "game.regulariser.gamma=1.6" in page.evaluate("location.hash")


def test_a_value_outside_its_domain_is_refused(opened):
    page = opened()
    page.fill("input[type=number][aria-label*=gamma]", "-1")
    page.keyboard.press("Tab")
    field = page.locator("input[type=number][aria-label*=gamma]")
    assert "zero or positive" in field.evaluate("(node) => node.validationMessage")
    assert "gamma" not in page.evaluate("location.hash")


def test_single_steps_show_each_players_move(opened):
    page = opened("#rule=Alternating&game=1&x=lr_x&y=lr_y&cell=0.5,0.5&start=1,0.4")
    assert "x moves by −0.2, then y moves by 0.4" in page.inner_text("#moves")
    page.click("#on")
    assert page.inner_text("#clock") == "step 0½"
    page.click("#on")
    assert page.inner_text("#clock") == "step 1"
    assert page.locator("#states path[stroke='var(--y)']").count() == 1
    page.click("#play")
    page.wait_for_timeout(400)
    page.click("#play")
    stopped = page.inner_text("#clock")
    page.wait_for_timeout(250)
    assert page.inner_text("#clock") == stopped != "step 1"


def test_keys_zoom_pan_and_choice_of_pair(opened):
    page = opened()
    page.focus("#plane")
    before = page.inner_text("#detail")
    page.keyboard.press("Shift+ArrowRight")
    assert page.inner_text("#detail") != before
    page.keyboard.press("Enter")
    assert page.locator("#pins li b").count() == 1
    ticks = page.locator("#plane .tick").all_inner_texts()
    page.mouse.move(*at(page, 0.5, 0.5))
    page.mouse.wheel(0, -500)
    settled(page)
    zoomed = page.locator("#plane .tick").all_inner_texts()
    assert zoomed != ticks
    page.click("#home")
    assert page.locator("#plane .tick").all_inner_texts() == ticks
    page.select_option("#rule", label="Adam")
    settled(page)
    assert "changes with time" in page.inner_text("#detail")
    page.select_option("#game", label="Bilinear")
    settled(page)
    page.select_option("#across", "A")
    settled(page)
    assert "A (dimensionless)" in page.locator("#plane .name").first.text_content()


def test_commands_are_ones_that_gandyn_takes(opened, monkeypatch, tmp_path):
    page = opened(
        "#rule=Alternating&game=1&with=1,2,1&x=lr_x&y=A&rule.lr_y=0.7&box=0.05,8,0.1,2"
    )
    page.click("#ask")
    monkeypatch.chdir(tmp_path)
    name, command, *phase = commanded(page, "#phase-command")
    assert (name, command) == ("gandyn", "phase")
    done = CliRunner().invoke(main, ["phase", *phase, "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["cells"] == 200 * 200
    assert "lr_y=0.7" in found["rule"]
    assert "k_x=1, k_y=2, y_first=True" in found["rule"]
    name, command, *orbit = commanded(page, "#orbit-command")
    flags = orbit_command.make_context("orbit", orbit).params
    rule, game = build(settle(_Orbit, flags.pop("config"), without(flags)), "orbit")
    assert (rule.k_y, rule.y_first, rule.lr_y) == (2, True, 0.7)
    words = page.inner_text("#detail")
    assert f"lr_x = {rule.lr_x:.3g}, A = {game.A:.3g}." in words
    assert flags["start"] == (0.5, 0.4)


def commanded(page, place):
    return shlex.split(page.inner_text(place).replace("\\\n", " "))


def without(flags):
    return {name: value for name, value in flags.items() if name != "as_json"}


def test_a_picture_is_saved(opened, tmp_path):
    page = opened()
    with page.expect_download() as coming:
        page.click("#png")
    assert coming.value.suggested_filename == "Alternating-on-DiracGAN.png"
    coming.value.save_as(tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_without_a_worker_the_page_computes_by_itself(opened, page_file, tmp_path):
    text = page_file.read_text("utf-8")
    forbidden = tmp_path / "forbidden.html"
    forbidden.write_text(text.replace("worker-src blob:", "worker-src 'none'"), "utf-8")
    page = opened(file=page_file)
    plain = pixels(page)
    assert page.get_attribute("html", "data-worker") == "yes"
    context = page.context.browser.new_context(viewport={"width": 1350, "height": 900})
    alone = context.new_page()
    alone.goto(forbidden.as_uri())
    settled(alone)
    assert alone.get_attribute("html", "data-worker") == "no"
    assert pixels(alone) == plain
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_in_its_width(opened, scheme):
    size = {"width": 390, "height": 844}
    page = opened(viewport=size, has_touch=True, is_mobile=True, color_scheme=scheme)
    assert page.get_attribute("html", "data-theme") == scheme
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    before = page.inner_text("#detail")
    page.touchscreen.tap(*at(page, 0.9, 0.9))
    assert page.inner_text("#detail") != before
    assert page.locator("#pins li b").count() == 0
    page.click("#pin")
    assert page.locator("#pins li b").count() == 1
    page.click("#theme")
    assert page.get_attribute("html", "data-theme") != scheme


def test_a_page_inside_another_is_drawn_once_it_is_shown(opened, page_file, tmp_path):
    outer = tmp_path / "outer.html"
    outer.write_text(
        f'<html data-busy="no"><iframe src="{page_file.as_uri()}" width="900" '
        'height="700" style="display:none"></iframe></html>'
    )
    page = opened(file=outer)
    inner = page.frames[1]
    inner.wait_for_selector("html[data-busy=no]", state="attached", timeout=60_000)
    page.evaluate("document.querySelector('iframe').style.display = 'block'")
    for _ in range(200):  # the page's policy forbids to wait for an expression
        if float(inner.get_attribute("#plane rect.grid", "width") or 0) > 100:
            break
        page.wait_for_timeout(50)
    assert float(inner.get_attribute("#plane rect.grid", "width") or 0) > 100
    before = inner.get_attribute("html", "data-theme")
    page.evaluate("frames[0].postMessage('dark', '*')")
    inner.wait_for_selector("html[data-theme=dark]", state="attached")
    assert before == "light"


def test_nonsense_in_the_address_is_left_aside(opened):
    page = opened(
        "#rule=Adam&game=7&box=3,1,x,2&pins=a;1,2,3;-1,1&cell=&steps=1e9&by=?"
    )
    assert page.inner_text("#regime")
    assert page.locator("#pins li b").count() == 0


def test_the_recording_says_what_the_page_says(chromium, monkeypatch, tmp_path):
    docs = Path(__file__).parents[2] / "docs"
    monkeypatch.syspath_prepend(str(docs))
    import explored
    import recording

    explored.write_explorer(tmp_path)
    words = recording.walk(chromium, (tmp_path / "explorer.html").as_uri())
    assert words == json.loads(recording.WORDS.read_text("utf-8"))
    pictures = {path.stem for path in recording.PICTURES.glob("*.png")}
    assert pictures == set(words)
