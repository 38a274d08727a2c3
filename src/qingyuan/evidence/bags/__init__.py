"""Checking bags that others made: folders, or ZIP archives, of the BagIt format (RFC 8493, and its drafts from 0.93 on).

Our own packages are bags too, and are judged by their verifiers, which know more. This reader is for material that comes as a bag, from an
archive or another authority: it says whether the bag is complete and valid by its own lists, and nothing about who made them.
"""

from qingyuan.evidence.bags.check import BagFault, BagReport, BagVerdict, check_bag, check_zipped_bag
from qingyuan.evidence.bags.holders import holds_bag

__all__ = ["BagFault", "BagReport", "BagVerdict", "check_bag", "check_zipped_bag", "holds_bag"]
