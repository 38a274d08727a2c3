"""Sellers: listings read from tables, and clusters of sellers that have something in common; a cluster is a clue, never a verdict."""

from qingyuan.sellers.clusters import Cluster, Clusters, Link, clusters, hidden
from qingyuan.sellers.listing import Listing, fields_of, listing_of

__all__ = ["Cluster", "Clusters", "Link", "Listing", "clusters", "fields_of", "hidden", "listing_of"]
