package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"path"
	"strings"
	"time"
)

// Behaviour says how a shop answers. The first rule that fits a request speaks; without one the shop's own Answer does.
type Behaviour struct {
	Answer
	// WarmUp is the time after the start in which the shop is not ready.
	WarmUp Duration `json:"warmUp"`
	// Warming is the time after WarmUp in which latencies fall from three times their value to it.
	Warming Duration `json:"warming"`
	Memory  Memory   `json:"memory"`
	// Jobless makes it look for no scheduled jobs, as a server that answers but whose scheduler is dead.
	Jobless bool   `json:"jobless"`
	Rules   []Rule `json:"rules"`
}

// Rule is an Answer for some requests. An empty Tenant or Endpoint fits all.
type Rule struct {
	Tenant string `json:"tenant"`
	// Endpoint is a pattern of path.Match.
	Endpoint string `json:"endpoint"`
	Answer
}

// Answer says how requests are answered.
type Answer struct {
	// Errors is the share of requests answered with status 500.
	Errors float64 `json:"errors"`
	// RPCErrors is the share of JSON-RPC calls answered with status 200 and an error in the body, as Odoo does.
	RPCErrors float64 `json:"rpcErrors"`
	Latency   Latency `json:"latency"`
	Bursts    *Burst  `json:"bursts"`
}

// Latency is a log-normal distribution; Sigma 0 makes it constant.
type Latency struct {
	MedianMs float64 `json:"medianMs"`
	Sigma    float64 `json:"sigma"`
}

// Burst replaces the shares of errors and multiplies latencies for Lasts, every Every, by the wall clock.
type Burst struct {
	Every     Duration `json:"every"`
	Lasts     Duration `json:"lasts"`
	Errors    float64  `json:"errors"`
	RPCErrors float64  `json:"rpcErrors"`
	Slowdown  float64  `json:"slowdown"`
}

// Memory grows as told and is never given back.
type Memory struct {
	StartMiB        int     `json:"startMiB"`
	MiBPerSecond    float64 `json:"mibPerSecond"`
	BytesPerRequest int     `json:"bytesPerRequest"`
}

// Duration reads "1.5s" from JSON.
type Duration time.Duration

// UnmarshalJSON reads a duration as Go writes it.
func (d *Duration) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	parsed, err := time.ParseDuration(s)
	*d = Duration(parsed)
	return err
}

// parseBehaviour reads a behaviour. Unknown keys and impossible values are errors: a mistyped rate would be a false experiment.
func parseBehaviour(text []byte) (*Behaviour, error) {
	b := &Behaviour{Answer: Answer{Latency: Latency{MedianMs: 5, Sigma: 0.4}}}
	reader := json.NewDecoder(strings.NewReader(string(text)))
	reader.DisallowUnknownFields()
	if err := reader.Decode(b); err != nil {
		return nil, fmt.Errorf("behaviour: %w", err)
	}
	answers := []Answer{b.Answer}
	for _, rule := range b.Rules {
		if _, err := path.Match(rule.Endpoint, "/"); err != nil {
			return nil, fmt.Errorf("behaviour: endpoint %q: %w", rule.Endpoint, err)
		}
		answers = append(answers, rule.Answer)
	}
	for _, a := range answers {
		if a.Errors < 0 || a.RPCErrors < 0 || a.Errors+a.RPCErrors > 1 || a.Latency.MedianMs < 0 || a.Latency.Sigma < 0 {
			return nil, fmt.Errorf("behaviour: shares lie between 0 and 1 and latencies are not negative: %+v", a)
		}
		if a.Bursts != nil && (a.Bursts.Every <= 0 || a.Bursts.Lasts <= 0) {
			return nil, fmt.Errorf("behaviour: a burst lasts a while, every so often: %+v", *a.Bursts)
		}
	}
	return b, nil
}

// fates of a request.
const (
	fine     = "ok"
	failed   = "error"
	rpcError = "rpc_error"
)

// answerFor finds the rule that speaks for a request.
func (b *Behaviour) answerFor(tenant, endpoint string) Answer {
	for _, rule := range b.Rules {
		fits, _ := path.Match(rule.Endpoint, endpoint)
		if (rule.Tenant == "" || rule.Tenant == tenant) && (rule.Endpoint == "" || fits) {
			return rule.Answer
		}
	}
	return b.Answer
}

// decide draws what becomes of a request and how long it takes.
func (a Answer) decide(random *rand.Rand, now time.Time, age, warming time.Duration, isRPC bool) (string, time.Duration) {
	ms := a.Latency.MedianMs
	if a.Latency.Sigma > 0 {
		ms *= math.Exp(random.NormFloat64() * a.Latency.Sigma)
	}
	if age < warming {
		ms *= 3 - 2*float64(age)/float64(warming)
	}
	errors, rpcErrors := a.Errors, a.RPCErrors
	if burst := a.Bursts; burst != nil && time.Duration(now.UnixNano())%time.Duration(burst.Every) < time.Duration(burst.Lasts) {
		errors, rpcErrors = burst.Errors, burst.RPCErrors
		if burst.Slowdown > 0 {
			ms *= burst.Slowdown
		}
	}
	took := time.Duration(ms * float64(time.Millisecond))
	switch draw := random.Float64(); {
	case draw < errors:
		return failed, took
	case isRPC && draw < errors+rpcErrors:
		return rpcError, took
	}
	return fine, took
}
