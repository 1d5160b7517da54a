"""What axe-core finds wrong on a page."""

from pathlib import Path

from playwright.async_api import Page

SOURCE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


async def serious(page: Page) -> list[str]:
    """Violations that are serious or critical, each with the first element it is about."""
    # Evaluated, not loaded: the page's content policy allows no script of another's.
    await page.evaluate(SOURCE.read_text())
    await page.evaluate("() => Promise.all(document.getAnimations().map(a => a.finished.catch(() => {})))")
    found = await page.evaluate(
        "async () => (await axe.run({ resultTypes: ['violations'] })).violations"
        ".filter(v => ['serious', 'critical'].includes(v.impact))"
        ".map(v => `${v.id}: ${v.help}: ${v.nodes[0].html}: ${v.nodes[0].failureSummary}`)"
    )
    return list(found)
