"""What became of a request, in eight words."""

from odoo.exceptions import AccessDenied, AccessError, MissingError, RedirectWarning, UserError
from odoo.http import SessionExpiredException
from werkzeug.exceptions import HTTPException

OK = 'ok'
#: Odoo said no on purpose: a constraint, a warning, a shortage. Not a fault of the server.
USER_ERROR = 'user_error'
#: Rights are missing.
ACCESS_ERROR = 'access_error'
#: A login or a key that is not accepted; robots make many of these.
ACCESS_DENIED = 'access_denied'
#: A record, a model, a method or a page that is not there.
MISSING = 'missing'
#: The session has ended. Routine, and many at once after a restart.
SESSION_EXPIRED = 'session_expired'
#: A request that cannot be understood, or arguments that do not fit.
BAD_REQUEST = 'bad_request'
#: The server failed. This is what a release is judged by.
ERROR = 'error'


def of_exception(error):
    """The outcome of a request that raised. What is not known is an error of the server."""
    if isinstance(error, SessionExpiredException):
        return SESSION_EXPIRED
    if isinstance(error, AccessDenied):  # before UserError, whose special cases these are
        return ACCESS_DENIED
    if isinstance(error, AccessError):
        return ACCESS_ERROR
    if isinstance(error, MissingError):
        return MISSING
    if isinstance(error, (UserError, RedirectWarning)):
        return USER_ERROR
    if isinstance(error, HTTPException):
        return _of_status(error.code or 200, str(error.description or ''))
    return ERROR


def of_response(response):
    """The outcome of a request that was answered."""
    return _of_status(getattr(response, 'status_code', 200), '')


def _of_status(status, description):
    if status < 400:
        return OK
    if status == 401:
        return ACCESS_DENIED
    if status == 403:
        return ACCESS_ERROR
    if status in (404, 405, 410):
        return MISSING
    if status >= 500:
        return ERROR
    # A form whose token is of an old session: Odoo answers 400 and says so in words only.
    return SESSION_EXPIRED if description.startswith('Session expired') else BAD_REQUEST
