package main

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestSessionsAreCountedOnceEach(t *testing.T) {
	shop := newShop("v1", "pod")
	if err := shop.set([]byte(`{"latency":{"medianMs":0}}`)); err != nil {
		t.Fatal(err)
	}
	ask := func(path, cookie string) *httptest.ResponseRecorder {
		request := httptest.NewRequest("GET", path, nil)
		if cookie != "" {
			request.Header.Set("Cookie", cookie)
		}
		answer := httptest.NewRecorder()
		shop.ServeHTTP(answer, request)
		return answer
	}
	counted := func(want string) {
		t.Helper()
		if text := ask("/metrics", "").Body.String(); !strings.Contains(text, "\nshop_sessions_total{version=\"v1\"} "+want+"\n") {
			t.Errorf("not %s sessions:\n%s", want, text)
		}
	}
	counted("0") // told before anybody came, and probes are nobody's session
	ask("/web/health", "")
	first := ask("/shop", "").Result().Cookies()
	ask("/shop", "")
	ask("/shop", first[0].Name+"="+first[0].Value)
	counted("2")
}
