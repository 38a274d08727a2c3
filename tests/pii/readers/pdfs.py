"""PDFs made by hand, with forms that PDFium expands without end."""

from __future__ import annotations

from collections.abc import Sequence


def pdf(pages: Sequence[str], levels: int = 12, calls: int = 10) -> bytes:
    """Return a PDF with a page for each text; the text ``*`` stands for a form that calls a form ``calls`` times, and so on."""
    kids = " ".join(f"{4 + 2 * k} 0 R" for k in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    first = 4 + 2 * len(pages)
    for number, said in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 400] /Contents {5 + 2 * number} 0 R "
            f"/Resources << /XObject << /X {first} 0 R >> /Font << /F 3 0 R >> >> >>"
        )
        objects.append(_stream("", "/X Do" if said == "*" else f"BT /F 12 Tf 20 200 Td ({said}) Tj ET"))
    for level in range(levels):
        last = level == levels - 1
        below = "" if last else f"/Resources << /XObject << /X {first + level + 1} 0 R >> >>"
        content = "0 0 m 1 1 l S" if last else "/X Do " * calls
        objects.append(_stream(f"/Type /XObject /Subtype /Form /BBox [0 0 400 400] {below}", content))
    made, offsets = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(made))
        made += f"{number} 0 obj\n{each}\nendobj\n".encode()
    table = "".join(f"{at:010d} 00000 n \n" for at in offsets)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{len(made)}\n%%EOF\n"
    return made + end.encode()


def _stream(entries: str, content: str) -> str:
    return f"<< {entries} /Length {len(content)} >>\nstream\n{content}\nendstream"
