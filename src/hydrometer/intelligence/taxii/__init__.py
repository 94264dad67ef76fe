"""Exchange with partners over TAXII 2.1: a server with its store, and a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.intelligence.taxii.collection_transfer import PushSummary as PushSummary
    from hydrometer.intelligence.taxii.collection_transfer import make_taxii_client as make_taxii_client
    from hydrometer.intelligence.taxii.collection_transfer import pull_collection as pull_collection
    from hydrometer.intelligence.taxii.collection_transfer import push_bundle as push_bundle
    from hydrometer.intelligence.taxii.taxii_site import add_collection as add_collection
    from hydrometer.intelligence.taxii.taxii_site import grant_access as grant_access
    from hydrometer.intelligence.taxii.taxii_site import list_clients as list_clients
    from hydrometer.intelligence.taxii.taxii_site import open_taxii_site as open_taxii_site
    from hydrometer.intelligence.taxii.taxii_site import serve_taxii as serve_taxii
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
