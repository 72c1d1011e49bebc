"""Every page of the built site: links, words for pictures, weight, and axe in light and dark. Writes what was measured.

`make site-check` builds the site first and runs this; the tests do the same with a small site.
"""

import json
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from seglab.authoring.site import checks

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "build" / "site" / "html"
RESULTS = ROOT / "benchmarks" / "results" / "site.json"
LOCAL = ("file:", "data:", "blob:")


def look_at(page, path, axe):
    """Open a page and wait for its demos; return the violations that axe finds, and what went wrong."""
    troubles = []
    page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
    page.on("request", lambda request: request.url.startswith(LOCAL) or troubles.append(f"request to {request.url}"))
    page.goto(path.as_uri())
    for demo in page.locator(".seglab-live").all():
        demo.scroll_into_view_if_needed()
        demo.locator(".seglab-demo").wait_for()
    return axe.run(page).response["violations"], troubles


def main():
    """Look at all pages; the exit code tells whether anything is wrong."""
    start, files = time.monotonic(), checks.html_files(PAGES)
    wrong, counts, axe = list(checks.faults(PAGES)), Counter(), Axe()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for scheme in ("light", "dark"):
            for path in files:
                context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
                context.set_default_timeout(120_000)
                violations, troubles = look_at(context.new_page(), path, axe)
                context.close()
                counts.update(rule["impact"] for rule in violations)
                name = f"{path.relative_to(PAGES)} ({scheme})"
                wrong += [f"{name}: {trouble}" for trouble in troubles]
                for rule in violations:
                    if rule["impact"] in ("serious", "critical"):
                        wrong.append(f"{name}: {rule['id']}: {rule['nodes'][0]['html'][:200]}")
    heaviest = max(files, key=checks.weight)
    results = {
        "date": time.strftime("%Y-%m-%d"),
        "pages": len(files),
        "lessons": len(list(PAGES.glob("course/*.html"))),
        "heaviest_page": heaviest.relative_to(PAGES).as_posix(),
        "heaviest_page_bytes": checks.weight(heaviest),
        "external_links": len(checks.external(PAGES)),
        "axe_violations": {impact: counts[impact] for impact in ("critical", "serious", "moderate", "minor")},
        "faults": len(wrong),
        "check_seconds": round(time.monotonic() - start),
        **json.loads((PAGES.parent / "build.json").read_text(encoding="utf-8")),
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(*wrong, json.dumps(results, indent=1), sep="\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
