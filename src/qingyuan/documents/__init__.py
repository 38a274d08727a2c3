"""Documents: one content tree, two renderers (editable .docx, served PDF)."""

from qingyuan.documents.errors import DocumentError
from qingyuan.documents.filling import Fact, Form, Requirement, fill, find_form, forms, missing
from qingyuan.documents.model import Block, Document, Role, Run, Table

__all__ = [
    "Block",
    "Document",
    "DocumentError",
    "Fact",
    "Form",
    "Requirement",
    "Role",
    "Run",
    "Table",
    "fill",
    "find_form",
    "forms",
    "missing",
]
