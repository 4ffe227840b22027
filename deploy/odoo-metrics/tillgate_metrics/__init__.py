"""Counts what Odoo answered. Loaded by `--load=base,rpc,web,tillgate_metrics`, installed in no database."""

import logging

_logger = logging.getLogger(__name__)


def post_load():
    """Called by Odoo once this module is loaded. Whatever goes wrong here, Odoo starts."""
    try:
        from . import observe  # noqa: PLC0415

        observe.install()
    except Exception:
        _logger.exception('Calls will not be counted')
