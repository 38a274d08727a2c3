"""Every form as its two files, rendered once."""

from __future__ import annotations

import functools
import io
import re
import zipfile

import docx
import pypdfium2
from docx.oxml.ns import qn

from qingyuan.documents import Document
from qingyuan.documents.docx import render_docx
from qingyuan.documents.pdf import render_pdf
from tests.office.paperwork.told import document_of


@functools.cache
def document(form: str) -> Document:
    return document_of(form)


@functools.cache
def pdf(form: str) -> bytes:
    return render_pdf(document(form))


@functools.cache
def word(form: str) -> bytes:
    return render_docx(document(form))


def letters(text: str) -> str:
    """Drop white space and the page numbers."""
    return re.sub(r"\s+", "", re.sub(r"—\s*\d+\s*—", "", text))


def pdf_text(data: bytes) -> str:
    opened = pypdfium2.PdfDocument(data)
    try:
        return "".join(page.get_textpage().get_text_bounded() for page in opened)
    finally:
        opened.close()


def docx_text(data: bytes) -> str:
    body = docx.Document(io.BytesIO(data)).element.body
    return "".join(node.text or "" for node in body.iter(qn("w:t")))


def everything(docx_data: bytes) -> str:
    """Return all parts of a .docx as text, metadata included."""
    with zipfile.ZipFile(io.BytesIO(docx_data)) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
