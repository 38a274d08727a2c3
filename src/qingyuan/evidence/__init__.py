"""Evidence: exhibits, sealing, keys, custody and the package that an outsider can check.

Content is sealed and digested in one pass; what it is and how it was collected stands in a signed
manifest; what happened to it is a chain of events in the log; and the package carries all of it in
one reproducible file. Time and randomness are passed in. Its verifier, in ``verify/``, shares no code
with the rest of the room.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qingyuan.evidence._atomic import remove_unfinished
    from qingyuan.evidence._ciphers import SealAlgorithm
    from qingyuan.evidence._entropy import Entropy
    from qingyuan.evidence._kek import Kek
    from qingyuan.evidence._unnamed import unnamed_writer
    from qingyuan.evidence._wire import JsonValue, canonical, format_time, parse_time
    from qingyuan.evidence.acquisition import (
        AcquisitionRecord,
        Circumstances,
        MissingFact,
        Requirement,
        missing_facts,
        requirements,
    )
    from qingyuan.evidence.commitment import commitments
    from qingyuan.evidence.custody import (
        STAGES,
        Custody,
        Gap,
        LoggedEvent,
        Payload,
        Position,
        Stage,
        Step,
        chain_of_custody,
        destroyed,
        examined,
        extracted,
        generated,
        handed_over,
        stored,
        transferred,
        verified,
    )
    from qingyuan.evidence.digests import Digests, Hasher, digest_bytes, digest_stream
    from qingyuan.evidence.errors import (
        CustodyError,
        EvidenceError,
        KeyringError,
        ManifestError,
        PackageError,
        SealError,
        SourceError,
    )
    from qingyuan.evidence.growing import Growing, begin_growing, grown, open_grown
    from qingyuan.evidence.keys import Keyring, PublicKey, Role, ScopeKey, Signer, key_id, read_public_keys
    from qingyuan.evidence.manifest import (
        Collected,
        Manifest,
        SignedManifest,
        check_manifest,
        exhibit_id,
        new_manifest,
        read_signed_manifest,
        sign_manifest,
        verify_manifest,
    )
    from qingyuan.evidence.media import media_type, sniff
    from qingyuan.evidence.names import check_distinct, check_member_name, member_name
    from qingyuan.evidence.package import (
        BuiltPackage,
        TransferDigests,
        build_package,
        transfer_digests,
        write_package,
    )
    from qingyuan.evidence.package_source import (
        LogHead,
        Office,
        PackageEvent,
        PackageExhibit,
        PackageSource,
        PackageTimestamp,
        StampedCheckpoint,
        StampedExhibit,
        StampedTimestamp,
        Withheld,
    )
    from qingyuan.evidence.sealed_reader import SealedReader
    from qingyuan.evidence.sealing import (
        ALGORITHM,
        CHUNK,
        Sealed,
        SealHeader,
        read_header,
        seal,
        seal_file,
        seal_to,
        sealed_size,
    )
    from qingyuan.evidence.sources import Source, open_source

__all__ = [
    "ALGORITHM",
    "CHUNK",
    "STAGES",
    "AcquisitionRecord",
    "BuiltPackage",
    "Circumstances",
    "Collected",
    "Custody",
    "CustodyError",
    "Digests",
    "Entropy",
    "EvidenceError",
    "Gap",
    "Growing",
    "Hasher",
    "JsonValue",
    "Kek",
    "Keyring",
    "KeyringError",
    "LogHead",
    "LoggedEvent",
    "Manifest",
    "ManifestError",
    "MissingFact",
    "Office",
    "PackageError",
    "PackageEvent",
    "PackageExhibit",
    "PackageSource",
    "PackageTimestamp",
    "Payload",
    "Position",
    "PublicKey",
    "Requirement",
    "Role",
    "ScopeKey",
    "SealAlgorithm",
    "SealError",
    "SealHeader",
    "Sealed",
    "SealedReader",
    "SignedManifest",
    "Signer",
    "Source",
    "SourceError",
    "Stage",
    "StampedCheckpoint",
    "StampedExhibit",
    "StampedTimestamp",
    "Step",
    "TransferDigests",
    "Withheld",
    "begin_growing",
    "build_package",
    "canonical",
    "chain_of_custody",
    "check_distinct",
    "check_manifest",
    "check_member_name",
    "commitments",
    "destroyed",
    "digest_bytes",
    "digest_stream",
    "examined",
    "exhibit_id",
    "extracted",
    "format_time",
    "generated",
    "grown",
    "handed_over",
    "key_id",
    "media_type",
    "member_name",
    "missing_facts",
    "new_manifest",
    "open_grown",
    "open_source",
    "parse_time",
    "read_header",
    "read_public_keys",
    "read_signed_manifest",
    "remove_unfinished",
    "requirements",
    "seal",
    "seal_file",
    "seal_to",
    "sealed_size",
    "sign_manifest",
    "sniff",
    "stored",
    "transfer_digests",
    "transferred",
    "unnamed_writer",
    "verified",
    "verify_manifest",
    "write_package",
]

#: What each module has for others: it is loaded when one of its names is first asked for, since most programs use a few.
_MODULES = {
    "_atomic": "remove_unfinished",
    "_ciphers": "SealAlgorithm",
    "_entropy": "Entropy",
    "_kek": "Kek",
    "_unnamed": "unnamed_writer",
    "_wire": "JsonValue canonical format_time parse_time",
    "acquisition": "AcquisitionRecord Circumstances MissingFact Requirement missing_facts requirements",
    "commitment": "commitments",
    "custody": "STAGES Custody Gap LoggedEvent Payload Position Stage Step chain_of_custody destroyed examined extracted generated handed_over stored transferred verified",
    "digests": "Digests Hasher digest_bytes digest_stream",
    "errors": "CustodyError EvidenceError KeyringError ManifestError PackageError SealError SourceError",
    "growing": "Growing begin_growing grown open_grown",
    "keys": "Keyring PublicKey Role ScopeKey Signer key_id read_public_keys",
    "manifest": "Collected Manifest SignedManifest check_manifest exhibit_id new_manifest read_signed_manifest sign_manifest verify_manifest",
    "media": "media_type sniff",
    "names": "check_distinct check_member_name member_name",
    "package": "BuiltPackage TransferDigests build_package transfer_digests write_package",
    "package_source": "LogHead Office PackageEvent PackageExhibit PackageSource PackageTimestamp StampedCheckpoint StampedExhibit StampedTimestamp Withheld",
    "sealed_reader": "SealedReader",
    "sealing": "ALGORITHM CHUNK Sealed SealHeader read_header seal seal_file seal_to sealed_size",
    "sources": "Source open_source",
}
_WHERE = {name: module for module, names in _MODULES.items() for name in names.split()}


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load the module that has the name (PEP 562)."""
        if name not in _WHERE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found: object = getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
        globals()[name] = found
        return found
