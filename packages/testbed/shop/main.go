// Command shop is a web shop that behaves as it is told: how often it fails, with status 500 or with
// status 200 and a JSON-RPC error, how long it takes, when it is ready, how its memory grows.
//
// It answers every path on -listen; /web/health tells whether it is ready and /metrics counts. On
// -control, GET / shows the behaviour and PUT / replaces it. The file -behaviour is read again when it
// changes; what is written there last or put there last holds. What follows the flags are the words that would start an
// Odoo: --max-cron-threads=0 among them keeps the shop from looking for scheduled jobs too.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const version = "1.0.0"

func main() {
	listen := flag.String("listen", "127.0.0.1:8069", "address of the shop")
	control := flag.String("control", "", "address of the control endpoint; none unless given")
	file := flag.String("behaviour", "", "file with the behaviour as JSON")
	serves := flag.String("serves", "unknown", "the version it says it is")
	name := flag.String("name", "shop", "the name it says it has, and the seed of its dice")
	show := flag.Bool("version", false, "print the version of the program")
	flag.Parse()
	if *show {
		fmt.Println("shop", version)
		return
	}
	if err := run(*listen, *control, *file, *serves, *name, flag.Args()); err != nil {
		log.Fatal("shop: ", err)
	}
}

func run(listen, control, file, serves, name string, words []string) error {
	shop := newShop(serves, name)
	if err := shop.set([]byte("{}")); err != nil {
		return err
	}
	if file != "" {
		if err := shop.follow(file); err != nil {
			return err
		}
	}
	go shop.grow()
	if hasScheduler(words) {
		go shop.schedule()
	}
	server := &http.Server{Addr: listen, Handler: shop}
	errs := make(chan error, 2)
	go func() { errs <- server.ListenAndServe() }()
	if control != "" {
		go func() { errs <- http.ListenAndServe(control, http.HandlerFunc(shop.control)) }()
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	select {
	case err := <-errs:
		return err
	case <-signals:
		// Who was being served is served to the end.
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return server.Shutdown(ctx)
	}
}

// Shop answers requests.
type Shop struct {
	serves, name string
	started      time.Time
	behaviour    atomic.Pointer[Behaviour]
	text         atomic.Pointer[[]byte]
	metrics      Metrics
	mu           sync.Mutex
	random       *rand.Rand
	held         [][]byte
}

func newShop(serves, name string) *Shop {
	seed := fnv.New64a()
	io.WriteString(seed, name)
	return &Shop{
		serves:  serves,
		name:    name,
		started: time.Now(),
		metrics: Metrics{requests: map[series]*histogram{}},
		random:  rand.New(rand.NewSource(int64(seed.Sum64()))),
	}
}

func (s *Shop) set(text []byte) error {
	behaviour, err := parseBehaviour(text)
	if err != nil {
		return err
	}
	s.behaviour.Store(behaviour)
	s.text.Store(&text)
	return nil
}

// follow reads the behaviour from a file, now and whenever it has changed. A file that is not there changes nothing.
func (s *Shop) follow(file string) error {
	read := func(last time.Time) (time.Time, error) {
		info, err := os.Stat(file)
		if err != nil || info.ModTime().Equal(last) {
			return last, nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return last, err
		}
		return info.ModTime(), s.set(text)
	}
	last, err := read(time.Time{})
	if err != nil {
		return err
	}
	go func() {
		for range time.Tick(200 * time.Millisecond) {
			if last, err = read(last); err != nil {
				log.Print(err)
			}
		}
	}()
	return nil
}

func (s *Shop) control(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPut {
		w.Write(*s.text.Load())
		return
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err == nil {
		err = s.set(text)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// grow takes memory as the behaviour says, and keeps it.
func (s *Shop) grow() {
	started, rest := false, 0.0
	for range time.Tick(100 * time.Millisecond) {
		memory := s.behaviour.Load().Memory
		if !started && memory.StartMiB > 0 {
			s.hold(memory.StartMiB << 20)
			started = true
		}
		rest += memory.MiBPerSecond / 10 * (1 << 20)
		if rest >= 1<<16 {
			s.hold(int(rest))
			rest = 0
		}
	}
}

// hold takes memory and writes to every page of it, so that it is really used.
func (s *Shop) hold(bytes int) {
	block := make([]byte, bytes)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	s.mu.Lock()
	s.held = append(s.held, block)
	s.mu.Unlock()
}

func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	behaviour := s.behaviour.Load()
	age := s.age(behaviour)
	switch r.URL.Path {
	case "/web/health":
		s.health(w, age >= 0)
		return
	case "/metrics":
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		s.metrics.write(w, s.serves)
		return
	}
	began := time.Now()
	tenant := tenantOf(r.Host)
	id, isRPC := rpcCall(r)
	answer := behaviour.answerFor(tenant, r.URL.Path)
	s.mu.Lock()
	fate, wait := answer.decide(s.random, began, age, time.Duration(behaviour.Warming), isRPC)
	s.mu.Unlock()
	if behaviour.Memory.BytesPerRequest > 0 {
		s.hold(behaviour.Memory.BytesPerRequest)
	}
	time.Sleep(wait)
	code := s.answer(w, r, tenant, fate, id, isRPC)
	s.metrics.observe(series{tenant, endpointOf(r.URL.Path), strconv.Itoa(code), fate}, time.Since(began))
}

// age is how long it has been ready; negative while it is not.
func (s *Shop) age(behaviour *Behaviour) time.Duration {
	return time.Since(s.started) - time.Duration(behaviour.WarmUp)
}

func (s *Shop) health(w http.ResponseWriter, ready bool) {
	if !ready {
		http.Error(w, `{"status":"warming up"}`, http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, `{"status":"pass"}`)
}

func (s *Shop) answer(w http.ResponseWriter, r *http.Request, tenant, fate string, id json.RawMessage, isRPC bool) int {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Shop-Version", s.serves)
	header.Set("X-Shop-Pod", s.name)
	if _, err := r.Cookie("session_id"); err != nil {
		s.mu.Lock()
		session := s.random.Uint64()
		s.mu.Unlock()
		s.metrics.sessions.Add(1)
		http.SetCookie(w, &http.Cookie{Name: "session_id", Value: strconv.FormatUint(session, 16), Path: "/", HttpOnly: true})
	}
	about := map[string]any{"version": s.serves, "pod": s.name, "tenant": tenant, "path": r.URL.Path}
	body, code := any(about), http.StatusOK
	switch {
	case fate == failed:
		body, code = map[string]any{"error": "Internal Server Error"}, http.StatusInternalServerError
	case fate == rpcError:
		fault := map[string]any{"code": 200, "message": "Odoo Server Error", "data": map[string]any{"name": "odoo.exceptions.UserError", "message": "told to fail"}}
		body = map[string]any{"jsonrpc": "2.0", "id": id, "error": fault}
	case isRPC:
		body = map[string]any{"jsonrpc": "2.0", "id": id, "result": about}
	}
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(body)
	return code
}

// rpcCall tells whether a request is a JSON-RPC call, and its id.
func rpcCall(r *http.Request) (json.RawMessage, bool) {
	if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return nil, false
	}
	var call struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
	}
	err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&call)
	if len(call.ID) == 0 {
		call.ID = json.RawMessage("null")
	}
	return call.ID, err == nil && call.Version == "2.0"
}

// tenantOf is the first label of the host name.
func tenantOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if net.ParseIP(host) != nil {
		return "none"
	}
	tenant, _, _ := strings.Cut(host, ".")
	return tenant
}

// endpointOf keeps the first two parts of a path, so that ids do not become labels.
func endpointOf(path string) string {
	parts := strings.SplitN(path, "/", 4)
	return strings.Join(parts[:min(len(parts), 3)], "/")
}
