"""Documents: one content tree, two renderers (editable .docx, served PDF)."""

from qingyuan.documents._template import Datum, Fact, Given, Unknown, sentence
from qingyuan.documents.errors import DocumentError
from qingyuan.documents.filling import fill, missing
from qingyuan.documents.form import Act, Field, Form, Requirement, find_form, forms
from qingyuan.documents.model import Blank, Block, Document, Picture, Role, Run, Table

__all__ = [
    "Act",
    "Blank",
    "Block",
    "Datum",
    "Document",
    "DocumentError",
    "Fact",
    "Field",
    "Form",
    "Given",
    "Picture",
    "Requirement",
    "Role",
    "Run",
    "Table",
    "Unknown",
    "fill",
    "find_form",
    "forms",
    "missing",
    "sentence",
]
