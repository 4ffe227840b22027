package main

import (
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Upper bounds of the latency histogram, in seconds.
var bounds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

type series struct{ tenant, endpoint, code, outcome string }

type histogram struct {
	buckets []uint64
	sum     float64
	count   uint64
}

// Metrics counts requests, sessions that began and looks for scheduled jobs, and writes them in the text format of Prometheus.
type Metrics struct {
	mu       sync.Mutex
	requests map[series]*histogram
	// Told from the start, with 0: whoever counts what is new needs a value to begin from.
	sessions, looks atomic.Uint64
}

func (m *Metrics) observe(s series, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.requests[s]
	if h == nil {
		h = &histogram{buckets: make([]uint64, len(bounds))}
		m.requests[s] = h
	}
	seconds := took.Seconds()
	for i, bound := range bounds {
		if seconds <= bound {
			h.buckets[i]++
		}
	}
	h.sum += seconds
	h.count++
}

func (m *Metrics) write(w io.Writer, version string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := make([]series, 0, len(m.requests))
	for key := range m.requests {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool { return fmt.Sprint(keys[i]) < fmt.Sprint(keys[j]) })
	labels := func(s series) string {
		return fmt.Sprintf("version=%q,tenant=%q,endpoint=%q,code=%q,outcome=%q", version, s.tenant, s.endpoint, s.code, s.outcome)
	}
	fmt.Fprintln(w, "# HELP shop_requests_total Requests answered; outcome rpc_error is status 200 with a JSON-RPC error.\n# TYPE shop_requests_total counter")
	for _, key := range keys {
		fmt.Fprintf(w, "shop_requests_total{%s} %d\n", labels(key), m.requests[key].count)
	}
	fmt.Fprintln(w, "# HELP shop_request_duration_seconds Time to answer.\n# TYPE shop_request_duration_seconds histogram")
	for _, key := range keys {
		h := m.requests[key]
		for i, bound := range bounds {
			fmt.Fprintf(w, "shop_request_duration_seconds_bucket{%s,le=\"%s\"} %d\n", labels(key), strconv.FormatFloat(bound, 'g', -1, 64), h.buckets[i])
		}
		fmt.Fprintf(w, "shop_request_duration_seconds_bucket{%s,le=\"+Inf\"} %d\n", labels(key), h.count)
		fmt.Fprintf(w, "shop_request_duration_seconds_sum{%s} %g\n", labels(key), h.sum)
		fmt.Fprintf(w, "shop_request_duration_seconds_count{%s} %d\n", labels(key), h.count)
	}
	fmt.Fprintf(w, "# HELP shop_sessions_total Sessions begun: requests that brought no session.\n# TYPE shop_sessions_total counter\nshop_sessions_total{version=%q} %d\n", version, m.sessions.Load())
	fmt.Fprintf(w, "# HELP shop_job_looks_total Times it looked for scheduled jobs.\n# TYPE shop_job_looks_total counter\nshop_job_looks_total{version=%q} %d\n", version, m.looks.Load())
	fmt.Fprintf(w, "# HELP process_resident_memory_bytes Resident memory.\n# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %d\n", resident())
}

// resident is the process's memory in bytes, 0 where the system does not tell.
func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}
