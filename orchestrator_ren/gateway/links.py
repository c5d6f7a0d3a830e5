"""The `Link` header of a page (RFC 8288)."""

from __future__ import annotations

from starlette.datastructures import URL


def link_header(url: URL, next_page_token: str) -> dict[str, str]:
    """Return where the next page is, relative to the host; nothing where there is none."""
    if not next_page_token:
        return {}
    target = url.remove_query_params('offset').include_query_params(page_token=next_page_token)
    return {'Link': f'<{target.path}?{target.query}>; rel="next"'}
