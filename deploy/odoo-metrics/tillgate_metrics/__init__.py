"""Counts what Odoo answered, and its scheduled jobs. Loaded by `--load=base,rpc,web,tillgate_metrics`, installed in no database."""

import logging

import odoo

_logger = logging.getLogger(__name__)


def post_load():
    """Called by Odoo once this module is loaded. Whatever goes wrong here, Odoo starts."""
    if odoo.evented:
        return  # the process for websockets
    try:
        from . import observe  # noqa: PLC0415
        from .report import Reporter  # noqa: PLC0415

        reporter = Reporter()
        observe.install(reporter)
        from . import jobs  # noqa: PLC0415

        jobs.install(reporter)
    except Exception:
        _logger.exception('Not everything will be counted')
