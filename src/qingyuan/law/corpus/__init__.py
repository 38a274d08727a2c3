"""Full texts that the user supplies: looked up, and citations checked against them; nothing is guessed."""

from qingyuan.law.corpus.checking import Checked, KnownEdition, Moved, check_citations
from qingyuan.law.corpus.citing import Cited, citations
from qingyuan.law.corpus.texts import Corpus, Edition, Skipped, open_corpus, plain_title

__all__ = [
    "Checked",
    "Cited",
    "Corpus",
    "Edition",
    "KnownEdition",
    "Moved",
    "Skipped",
    "check_citations",
    "citations",
    "open_corpus",
    "plain_title",
]
