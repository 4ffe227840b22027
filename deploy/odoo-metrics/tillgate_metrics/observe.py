"""Watches each request of Odoo from outside, and says what became of it.

Three functions of Odoo are wrapped: the one that serves a request, after all of its retries; the one that chooses a route; and the
one through which XML-RPC and JSON-RPC call models. All are called exactly as before; nothing that goes wrong in here reaches a request.
"""

import functools
import hashlib
import threading
import time

import odoo
from odoo import http
from odoo.modules.registry import Registry
from odoo.service import model as service_model
from odoo.service import server as service_server

from . import outcome

#: Long waits and probes: their duration says nothing, and nobody asked for anything.
LEFT_OUT = ('/websocket', '/longpolling/', '/web/health', '/bus/')
#: Stands for names that a caller has made up: labels are taken from what exists.
UNKNOWN = '(unknown)'

_current = threading.local()


class Call:
    """One request while it is served."""

    def __init__(self, request, salt):
        self.request = request
        self.began = time.perf_counter()
        self.database = request.db or ''
        self.model = self.method = self.route = ''
        self.error = None
        self.session = _session_of(request, salt)


def install(reporter):
    """Wraps Odoo's functions. Counting begins when a server starts, not in a shell and not with --stop-after-init."""
    for name in ('_serve_db', '_serve_nodb'):
        setattr(http.Request, name, _counting(getattr(http.Request, name), reporter))
    http.Request._set_request_dispatcher = _routing(http.Request._set_request_dispatcher)
    service_model.dispatch = _naming(service_model.dispatch)
    for server in (service_server.PreforkServer, service_server.ThreadedServer):
        server.run = _starting(server.run, reporter)


def _starting(run, reporter):
    @functools.wraps(run)
    def wrapped(self, preload=None, stop=False):
        # A pod may be there for scheduled jobs alone.
        if not stop and (odoo.tools.config['http_enable'] or odoo.tools.config['max_cron_threads']):
            # Before workers are forked, so that all of them have the same way to report.
            reporter.start()
        return run(self, preload, stop)

    return wrapped


def _counting(serve, reporter):
    @functools.wraps(serve)
    def wrapped(request):
        if not reporter.started or request.httprequest.path.startswith(LEFT_OUT):
            return serve(request)
        call = reporter.guarded(_begin, request, reporter)
        try:
            response = serve(request)
        except BaseException as error:
            reporter.guarded(_end, call, outcome.of_exception, error, reporter)
            raise
        reporter.guarded(_end, call, outcome.of_response, response, reporter)
        return response

    return wrapped


def _routing(choose):
    """Remembers the route of a request as its controller writes it, with `<placeholders>`."""

    @functools.wraps(choose)
    def wrapped(request, rule):
        call = getattr(_current, 'call', None)
        if call is not None:
            call.route = rule.rule
        return choose(request, rule)

    return wrapped


def _naming(dispatch):
    """Tells which model is called by /jsonrpc and /xmlrpc: /xmlrpc answers exceptions itself."""

    @functools.wraps(dispatch)
    def wrapped(method, params):
        call = getattr(_current, 'call', None)
        if call is not None and len(params) >= 5:
            call.database, call.model, call.method = (str(params[at]) for at in (0, 3, 4))
        try:
            return dispatch(method, params)
        except Exception as error:
            if call is not None:
                call.error = error
            raise

    return wrapped


def _begin(request, reporter):
    call = Call(request, reporter.salt)
    _current.call = call
    reporter.begin(_database(call))
    return call


def _end(call, judge, result, reporter):
    # One that is not known was not begun either: a fault of ours, which is logged already.
    _current.call = None
    if call is None:
        return
    became = outcome.of_exception(call.error) if call.error is not None else judge(result)
    database = _database(call)
    if database == UNKNOWN and became == outcome.ERROR:
        became = outcome.MISSING  # made up by a caller: no fault of the server
    model, method = _names(call, database)
    seconds = time.perf_counter() - call.began
    reporter.end(database, model, method, became, seconds, call.session)


def _database(call):
    """The name of the database, if there is one of this name: callers of /jsonrpc can write what they like."""
    if call.database == '' or call.database == call.request.db:
        return call.database
    return call.database if call.database in Registry.registries else UNKNOWN


def _names(call, database):
    """Model and method as they are called in the code, or the route of a page. Never what a caller has made up."""
    request, model, method = call.request, call.model, call.method
    path = request.httprequest.path
    params = getattr(request, 'params', None) or {}
    if path.startswith('/json/2/'):
        model, method = params.get('__model__', UNKNOWN), params.get('__method__', UNKNOWN)
    elif path.startswith('/web/dataset/call_'):
        model, method = params.get('model', UNKNOWN), params.get('method', UNKNOWN)
    elif not model:
        return '', call.route
    # Not Registry(database), which would load one.
    registry = Registry.registries.get(database) if database in Registry.registries else None
    if registry is None or not isinstance(model, str) or model not in registry:
        return UNKNOWN, UNKNOWN
    public = isinstance(method, str) and not method.startswith('_') and callable(getattr(registry[model], method, None))
    return model, method if public else UNKNOWN


def _session_of(request, salt):
    """A name for the session of a browser that is good for nothing but telling it from others, and for this server's life."""
    sid = getattr(request.session, 'sid', None)
    if not sid or not request.session.uid or request.httprequest.cookies.get('session_id') != sid:
        return ''
    return hashlib.blake2b(sid.encode(), key=salt, digest_size=8).hexdigest()
