"""The exporter: a small process that adds up what all workers report and answers Prometheus.

It imports nothing but Python's own library. A scrape never waits for a worker, and a request never waits for a scrape.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: Series of one metric for which there is room; names beyond it are counted together.
SERIES = int(os.environ.get('TILLGATE_METRICS_SERIES') or 5000)
OTHER = '(other)'
#: Sessions that are remembered; one that comes back after that many others counts as a new one.
SESSIONS = 100_000
VERSION = os.environ.get('TILLGATE_VERSION') or 'unknown'
HELP = {
    'odoo_requests_total': 'Requests that were answered, by what became of them.',
    'odoo_calls_total': 'The same by model and method; of pages the method is the route.',
    'odoo_request_duration_seconds': 'How long requests took.',
    'odoo_sessions_total': 'Sessions of browsers that this server has seen for the first time.',
    'odoo_session_minutes_total': 'Minutes of sessions: error if at least one request of it failed.',
    'odoo_job_looks_total': 'Times that a worker or thread looked for scheduled jobs that are due, once for each database.',
    'odoo_jobs_total': 'Scheduled jobs that ran, by what became of them.',
    'odoo_metrics_lost_total': 'Requests, jobs and looks for jobs that could not be counted.',
    'odoo_metrics_seconds_total': 'Time that counting has cost the workers.',
}


class Counts:
    """All that is counted. Its methods are called by one thread each, under one lock."""

    def __init__(self):
        self._counters = {name: {} for name in HELP if name != 'odoo_request_duration_seconds'}
        # Told from the start: whoever waits for looks needs a value to begin from.
        self._add('odoo_job_looks_total', (), 0)
        self._durations = {}
        #: Databases of what is being done, by process and thread.
        self._serving, self._working = {}, {}
        self._sessions = {}
        self._minute = int(time.time() // 60)
        self._minutes = {}
        self._looked = 0.0

    def take(self, message):
        self.tick()
        kind, *rest = message
        if kind == 'lost':
            self._add('odoo_metrics_lost_total', (), rest[0])
        elif kind == 'begin':
            pid, thread, database = rest
            self._serving.setdefault(pid, {})[thread] = database
        elif kind == 'end':
            self._ended(*rest)
        elif kind == 'look':
            self._add('odoo_job_looks_total', ())
            self._add('odoo_metrics_seconds_total', (), rest[0])
        elif kind == 'job begins':
            pid, thread, database = rest
            self._working.setdefault(pid, {})[thread] = database
        elif kind == 'job ends':
            pid, thread, database, became, spent = rest
            self._working.get(pid, {}).pop(thread, None)
            self._job(database, became)
            self._add('odoo_metrics_seconds_total', (), spent)

    def tick(self):
        """Closes the minute, and counts what workers did not finish because they were killed."""
        now = time.time()
        minute = int(now // 60)
        if minute != self._minute:
            for (database, _), failed in self._minutes.items():
                became = 'error' if failed else 'ok'
                self._add('odoo_session_minutes_total', (('database', database), ('outcome', became)))
            self._minute, self._minutes = minute, {}
        if now - self._looked < 1:
            return
        self._looked = now
        for pid in [pid for pid in self._serving.keys() | self._working.keys() if not os.path.exists(f'/proc/{pid}')]:
            for database in self._serving.pop(pid, {}).values():
                self._request(database, '', '', 'killed')
            for database in self._working.pop(pid, {}).values():
                self._job(database, 'killed')

    def _ended(self, pid, thread, database, model, method, became, seconds, session, spent):
        self._serving.get(pid, {}).pop(thread, None)
        self._request(database, model, method, became)
        self._add('odoo_metrics_seconds_total', (), spent)
        if database not in self._durations and len(self._durations) >= SERIES // (len(BOUNDS) + 3):
            database = OTHER
        buckets, total = self._durations.get(database, ([0] * (len(BOUNDS) + 1), 0.0))
        buckets[sum(seconds > bound for bound in BOUNDS)] += 1
        self._durations[database] = (buckets, total + seconds)
        if session:
            key = (database, session)
            if key not in self._sessions:
                self._add('odoo_sessions_total', (('database', database),))
            self._sessions.pop(key, None)
            self._sessions[key] = True  # the last one seen is the last in order
            if len(self._sessions) > SESSIONS:
                del self._sessions[next(iter(self._sessions))]
            self._minutes[key] = self._minutes.get(key, False) or became == 'error'

    def _request(self, database, model, method, became):
        self._add('odoo_requests_total', (('database', database), ('outcome', became)))
        names = (('model', model), ('method', method))
        self._add('odoo_calls_total', (('database', database), *names, ('outcome', became)))

    def _job(self, database, became):
        self._add('odoo_jobs_total', (('database', database), ('outcome', became)))

    def _add(self, name, labels, by=1):
        counter = self._counters[name]
        if labels not in counter and len(counter) >= SERIES:
            labels = tuple((label, value if label == 'outcome' else OTHER) for label, value in labels)
        counter[labels] = counter.get(labels, 0) + by

    def text(self):
        """Prometheus' text format."""
        self.tick()
        lines = []
        for name, counter in self._counters.items():
            lines += [f'# HELP {name} {HELP[name]}', f'# TYPE {name} counter']
            lines += [f'{name}{_labels(labels)} {value}' for labels, value in counter.items()]
        name = 'odoo_request_duration_seconds'
        lines += [f'# HELP {name} {HELP[name]}', f'# TYPE {name} histogram']
        for database, (buckets, total) in self._durations.items():
            own, below = (('database', database),), 0
            for bound, count in zip((*BOUNDS, '+Inf'), buckets):
                below += count
                lines.append(f'{name}_bucket{_labels((*own, ("le", str(bound))))} {below}')
            lines += [f'{name}_sum{_labels(own)} {total}', f'{name}_count{_labels(own)} {below}']
        return '\n'.join(lines) + '\n'


def _labels(labels):
    pairs = ','.join(f'{name}="{_escaped(value)}"' for name, value in (*labels, ('version', VERSION)))
    return f'{{{pairs}}}'


def _escaped(value):
    return value.replace('\\', r'\\').replace('"', r'\"').replace('\n', r'\n')


def serve(counts, lock):
    """Answers Prometheus. The port may still be held by the server that this one takes over from."""
    address = os.environ.get('TILLGATE_METRICS_ADDRESS') or '0.0.0.0'
    port = int(os.environ.get('TILLGATE_METRICS_PORT') or 9109)

    class Handler(BaseHTTPRequestHandler):
        timeout = 5  # a scraper that is silent does not keep others waiting for longer

        def do_GET(self):
            if self.path.partition('?')[0] != '/metrics':
                self.send_error(404)
                return
            with lock:
                body = counts.text().encode()
            self.send_response(200)
            self.send_header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    told = False
    while True:
        try:
            server = HTTPServer((address, port), Handler)
            break
        except OSError as error:
            if not told:
                print(f'odoo metrics: {address}:{port} is not to be had yet ({error})', file=sys.stderr, flush=True)
            told = True
            time.sleep(0.5)
    server.serve_forever()


def main():
    # A server that is asked to stop finishes its requests, and they count: this ends when the last worker has.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    reports = socket.socket(fileno=int(sys.argv[1]))
    counts, lock = Counts(), threading.Lock()
    threading.Thread(target=serve, args=(counts, lock), daemon=True).start()
    while message := reports.recv(65536):
        with lock:
            counts.take(json.loads(message))


if __name__ == '__main__':
    main()
