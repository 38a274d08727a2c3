"""Reports: figures as queries over rows, rows as what signed events say; nothing is typed in."""

from qingyuan.reports.charts import chart, describe
from qingyuan.reports.errors import ReportError
from qingyuan.reports.figures import ALWAYS, Figure, Group, Span, figure
from qingyuan.reports.papers import Listed, needed, paper, plan
from qingyuan.reports.queries import Queries, Query, load_queries
from qingyuan.reports.rows import COLUMNS, Event, Row, rows_of

__all__ = [
    "ALWAYS",
    "COLUMNS",
    "Event",
    "Figure",
    "Group",
    "Listed",
    "Queries",
    "Query",
    "ReportError",
    "Row",
    "Span",
    "chart",
    "describe",
    "figure",
    "load_queries",
    "needed",
    "paper",
    "plan",
    "rows_of",
]
