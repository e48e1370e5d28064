"""Writes the tables and plots of a run into docs/performance.md, between its markers."""

from __future__ import annotations

from pathlib import Path

from .plots import write_plots
from .sections import Section
from .settings import ROOT, Missing

PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "plots"
BEGIN = "<!-- results: from a run, by bench/compare --write-docs -->"
END = "<!-- end of results -->"
# The section under which each plot stands.
_PLOT_OF = {
    "model": "requests", "latency": "latency", "paced": "chunks", "idle": "streams",
    "bodies": "bodies", "keys": "keys", "endpoints": "endpoints", "tables": "swaps",
}  # fmt: skip


def write_documents(run: dict, sections: list[Section]) -> None:
    """The page and the plots it shows; what stands around the markers stays."""
    page = PAGE.read_text()
    drawn = write_plots(PLOTS, run)
    PAGE.write_text(replaced(page, results(run, sections, drawn), PAGE))


def replaced(page: str, text: str, path: Path) -> str:
    """The page with other text between the markers."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise Missing(f"{path} has not both of '{BEGIN}' and '{END}'")
    return f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}"


def results(run: dict, sections: list[Section], drawn: list[str]) -> str:
    """What stands between the markers."""
    about, options = run["machine"], run["options"]
    unpinned = "" if about["pinned"] else " Nothing was pinned to a core."
    parts = [
        f"{about['date'][:10]}, {about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB,"
        f" {about['system']}, Linux {about['kernel']}; medians of {options['rounds']} rounds of"
        f" {options['seconds']:g} s.{unpinned}",
        "    " + " ".join(run["command"]),
    ]
    for section in sections:
        parts.append(f"### {section.title}")
        plot = _PLOT_OF.get(section.name)
        if plot in drawn:
            parts.append(f"![{section.title}](plots/{plot}.svg)")
        parts.append(section.text)
    return "\n\n".join(parts)
