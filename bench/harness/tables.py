"""Figures as text: a table for the terminal, the same as Markdown for the documentation."""
import statistics

HEADINGS = ["", "what", "Tailrace", "peer", "theirs", "ratio, median [range]", "target", ""]


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def value_text(values, unit):
    return f"{number(statistics.median(values))} {unit}".rstrip() if values else ""


def ratio_text(line):
    ratios = line.ratios
    return f"{statistics.median(ratios):.2f} [{min(ratios):.2f}..{max(ratios):.2f}]" if ratios else ""


def target_text(line):
    if line.target is None:
        return ""
    sign = "≥" if line.target.at_least else "≤"
    return f"{sign} {number(line.target.bound)}" + ("x" if line.target.of == "ratio" else f" {line.unit}")


def cells(line):
    return [line.case, line.what, value_text(line.ours, line.unit), line.peer, value_text(line.theirs, line.unit), ratio_text(line),
            target_text(line), line.verdict]


def plain(lines):
    rows = [HEADINGS] + [cells(line) for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def markdown(lines):
    rows = [HEADINGS, ["---"] * len(HEADINGS)] + [cells(line) for line in lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
