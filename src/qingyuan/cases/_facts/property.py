"""Facts about compensation, property, and services that were taken down."""

from __future__ import annotations

from qingyuan.cases._context import Context, Lack, Lacks
from qingyuan.cases._facts._table import fact, when
from qingyuan.cases.property_record import record_of
from qingyuan.cases.state import Case

when("some-amount", lambda c: (c.args.number("fen") or 0) <= 0)
when("taken-down", lambda c: len(c.the_case.acted("delisting")) <= len(c.the_case.acted("relisting")))
when("evaluated", lambda c: not _passed(c.the_case))


@fact("compensation-covers")
def _compensation_covers(context: Context) -> Lacks:
    left = record_of(context.the_case).balance
    if (context.args.number("fen") or 0) > left:
        yield Lack("compensation-covers", {"left": str(left)})


@fact("account-covers")
def _account_covers(context: Context) -> Lacks:
    account = context.args.text("account")
    left = record_of(context.the_case).accounts.get(account, 0)
    if account and (context.args.number("fen") or 0) > left:
        yield Lack("account-covers", {"account": account, "left": str(left)})


@fact("evaluator-apart")
def _evaluator_apart(context: Context) -> Lacks:
    case, evaluator = context.the_case, context.args.text("evaluator")
    if evaluator in {*case.respondents, *(measure.entered.owner for measure in case.measures.values())}:
        yield Lack("evaluator-apart", {"evaluator": evaluator})


@fact("evaluated-subject")
def _evaluated_subject(context: Context) -> Lacks:
    subject, passed = context.args.text("subject"), _passed(context.the_case)
    if subject and passed and subject != passed:
        yield Lack("evaluated-subject", {"subject": passed})


def _passed(case: Case) -> str:
    """Return what the newest evaluation since the service was taken down was about, if it was passed; else ``""``."""
    down, done = case.day("acts.delisting"), case.acted("evaluation")
    if not done or (down is not None and done[-1].on < down) or done[-1].fields.get("result") != "passed":
        return ""
    return str(done[-1].fields["subject"])
