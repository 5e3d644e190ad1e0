"""report.html in a real browser, where one is installed."""

import shutil

import pytest

from tests.reports.test_report_page import SECTIONS

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="module")
def opened(written):
    """The page in a headless browser, its console, its errors, and what it asked for."""
    api = pytest.importorskip("playwright.sync_api")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser on the path, of {', '.join(BROWSERS)}")
    said, asked = [], []
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto((written / "report.html").as_uri(), wait_until="load")
        yield tab, said, asked
        browser.close()


def test_the_page_opens_with_all_it_shows_and_asks_for_nothing(opened, written):
    tab, said, asked = opened
    assert tab.title() == "splatsieve report: default scene"
    assert set(SECTIONS) <= set(tab.locator("h2").all_inner_texts())
    images = tab.evaluate(
        "[...document.images].map(i => [i.complete, i.naturalWidth, i.clientWidth])"
    )
    assert len(images) == len(list(written.glob("*.png")))
    assert all(done and natural >= 96 and shown > 50 for done, natural, shown in images)
    assert said == []
    outside = [url for url in asked if not url.startswith("data:")]
    assert outside == [(written / "report.html").as_uri()]


@pytest.mark.parametrize("width_px", [1280, 390])
def test_nothing_is_wider_than_the_window(opened, width_px):
    tab, *_ = opened
    tab.set_viewport_size({"width": width_px, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= width_px
    assert tab.evaluate("getComputedStyle(document.querySelector('main')).paddingLeft") == (
        "32px" if width_px == 1280 else "16px"
    )


def test_links_of_the_contents_lead_to_their_sections(opened):
    tab, *_ = opened
    for link in tab.locator("nav a").all():
        anchor = link.get_attribute("href")
        assert tab.locator(f"h2{anchor}").inner_text() == link.inner_text()
