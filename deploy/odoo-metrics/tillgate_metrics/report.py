"""Tells the exporter, a process of its own, what was served. All workers tell the same one, so counts are of the whole pod."""

import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time

_logger = logging.getLogger(__name__)

EXPORTER = os.path.join(os.path.dirname(__file__), 'exporter.py')
#: Reports that could not be sent yet, for each worker. Beyond this they are lost, and counted as lost.
PENDING = 1000


class Reporter:
    """One for each server; its workers are forks with the same socket."""

    def __init__(self):
        self.started = False
        self.salt = os.urandom(16)
        self._socket = None
        self._pending = []
        self._lost = 0
        self._seconds = 0.0
        self._said = False
        self._lock = threading.Lock()
        # A fork while another thread reports would copy a lock that nobody opens.
        os.register_at_fork(after_in_child=self._forked)

    def start(self):
        """Starts the exporter. It ends when the last process that could report has ended."""
        try:
            # Keeps messages apart, and tells the reader when all writers have gone.
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            ours.setblocking(False)
            arguments = [sys.executable or 'python3', '-I', EXPORTER, str(theirs.fileno())]
            subprocess.Popen(arguments, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, cwd='/')
            theirs.close()
            self._socket = ours
            self.started = True
        except Exception:
            _logger.exception('Calls will not be counted: the exporter of metrics does not start')

    def begin(self, database):
        self._send(['begin', os.getpid(), threading.get_ident(), database])

    def end(self, database, model, method, became, seconds, session):
        about = [database, model, method, became, round(seconds, 6), session]
        self._send(['end', os.getpid(), threading.get_ident(), *about, self._spent()])

    def looked(self):
        """Somebody has looked for scheduled jobs that are due."""
        self._send(['look', self._spent()])

    def job_begins(self, database):
        self._send(['job begins', os.getpid(), threading.get_ident(), database])

    def job_ends(self, database, became):
        self._send(['job ends', os.getpid(), threading.get_ident(), database, became, self._spent()])

    def guarded(self, act, *arguments, **named):
        """Does it, and lets no fault of ours reach the request or the job."""
        began = time.perf_counter()
        try:
            return act(*arguments, **named)
        except Exception:
            self._failed()
            return None
        finally:
            self._seconds += time.perf_counter() - began

    def _spent(self):
        """What counting has cost since the last report."""
        spent, self._seconds = self._seconds, 0.0
        return spent

    def _failed(self):
        """A fault of ours: said once a worker, with its traceback."""
        with self._lock:
            self._lost += 1
            first, self._said = not self._said, True
        if first:
            _logger.exception('A request or a job was not counted; the metric odoo_metrics_lost_total counts these')

    def _send(self, message):
        with self._lock:
            if self._lost:
                self._pending.append(json.dumps(['lost', self._lost]).encode())
                self._lost = 0
            self._pending.append(json.dumps(message).encode())
            sent = 0
            try:
                for each in self._pending:
                    self._socket.send(each)
                    sent += 1
            except BlockingIOError:
                pass  # the exporter is behind; with the next report
            except OSError as error:
                sent = len(self._pending)
                if not self._said:
                    self._said = True
                    _logger.error('Calls are not counted any more: the exporter of metrics has ended (%s)', error)
            del self._pending[:sent]
            if len(self._pending) > PENDING:
                self._lost += len(self._pending) - PENDING
                del self._pending[:-PENDING]

    def _forked(self):
        self._lock = threading.Lock()
        self._pending = []
