"""Sections of a scenario's README as HTML: Markdown without raw HTML and without images."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markupsafe import Markup


def sections(readme: str) -> dict[str, Markup]:
    """Heading of level 2 → what stands below it, its own headings one level lower.

    Raw HTML comes out as text, an image as its Markdown, a link to anything but a web address or a mail as text.
    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = markdown.parse(readme)
    found: dict[str, Markup] = {}
    starts = [k for k, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"]
    for start, end in zip(starts, [*starts, len(tokens)][1:], strict=True):
        body = tokens[start + 3 : end]
        for token in body:
            if token.type in ("heading_open", "heading_close"):
                token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        html = markdown.renderer.render(body, markdown.options, {})
        html = html.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")
        found[tokens[start + 1].content] = Markup(html)  # the renderer has escaped every text
    return found
