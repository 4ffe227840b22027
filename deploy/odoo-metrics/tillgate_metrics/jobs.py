"""Watches scheduled jobs from outside: whether somebody looks for those that are due, and what became of those that ran.

With workers or with threads, all goes through five functions of `ir.cron`, which are wrapped here. They are called exactly as
before; nothing that goes wrong in here reaches a job.
"""

import functools
import threading

from odoo.addons.base.models.ir_cron import CompletionStatus, IrCron

from . import outcome

#: In a thread for scheduled jobs: `scheduled` while it works some off, and in it `job` while one runs.
_current = threading.local()


class Job:
    """A scheduled job while it runs. Odoo may call it several times in a row, if it leaves work undone."""

    def __init__(self, number, database):
        self.number = number
        self.database = database
        self.became = outcome.OK


def install(reporter):
    """Wraps Odoo's functions."""
    IrCron._get_all_ready_jobs = staticmethod(_looking(IrCron._get_all_ready_jobs, reporter))
    IrCron._process_jobs_loop = staticmethod(_working(IrCron._process_jobs_loop, reporter))
    IrCron._process_job = classmethod(_counting(IrCron._process_job.__func__, reporter))
    IrCron._callback = _raising(IrCron._callback, reporter)
    IrCron._update_failure_count = _judging(IrCron._update_failure_count, reporter)


def _looking(ready, reporter):
    """
    A look that finds nothing to do. Before it, Odoo asks the database of which version it is, and turns away from one that is
    not its own: no job would ever run there, so that is no look.
    """

    @functools.wraps(ready)
    def wrapped(*arguments, **named):
        jobs = ready(*arguments, **named)
        if reporter.started and not jobs:
            reporter.guarded(reporter.looked)
        return jobs

    return wrapped


def _working(work_off, reporter):
    """A look that finds jobs. Odoo turns away before this while modules wait to be installed or upgraded."""

    @functools.wraps(work_off)
    def wrapped(*arguments, **named):
        if reporter.started:
            reporter.guarded(reporter.looked)
        _current.scheduled = True
        try:
            return work_off(*arguments, **named)
        finally:
            _current.scheduled = False

    return wrapped


def _counting(process, reporter):
    @functools.wraps(process)
    def wrapped(*arguments, **named):
        # The same function runs a job by hand: in a request, or from within another job.
        if not reporter.started or not getattr(_current, 'scheduled', False) or _running() is not None:
            return process(*arguments, **named)
        reporter.guarded(_begin, reporter, *arguments, **named)
        try:
            result = process(*arguments, **named)
        except BaseException:
            reporter.guarded(_end, reporter, outcome.ERROR)
            raise
        reporter.guarded(_end, reporter, outcome.OK)
        return result

    return wrapped


def _raising(callback, reporter):
    """Odoo logs what a job raises, and forgives it if a part of the work was done. Here it is an error."""

    @functools.wraps(callback)
    def wrapped(cron, *arguments, **named):
        try:
            return callback(cron, *arguments, **named)
        except Exception:
            reporter.guarded(_failed, cron)
            raise

    return wrapped


def _judging(update, reporter):
    """What becomes of a job that Odoo does not even start: its user is archived, or it timed out three times in a row."""

    @functools.wraps(update)
    def wrapped(*arguments, **named):
        reporter.guarded(_judged, *arguments, **named)
        return update(*arguments, **named)

    return wrapped


def _begin(reporter, _, cursor, job, **__):
    _current.job = Job(job['id'], cursor.dbname)
    reporter.job_begins(_current.job.database)


def _failed(cron):
    job = _running()
    if job is not None and job.number == cron.id:
        job.became = outcome.ERROR


def _judged(_, row, status, **__):
    job = _running()
    if job is not None and job.number == row['id'] and status == CompletionStatus.FAILED:
        job.became = outcome.ERROR


def _end(reporter, became):
    job, _current.job = _running(), None
    if job is not None:  # one that is not known was not begun either: a fault of ours, which is logged already
        reporter.job_ends(job.database, became if job.became == outcome.OK else job.became)


def _running():
    return getattr(_current, 'job', None)
