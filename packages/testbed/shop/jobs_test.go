package main

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestLooksForJobsAreCountedWhileItIsReady(t *testing.T) {
	shop := newShop("v1", "pod")
	told := func(behaviour string) {
		t.Helper()
		if err := shop.set([]byte(behaviour)); err != nil {
			t.Fatal(err)
		}
	}
	counted := func(want string) {
		t.Helper()
		answer := httptest.NewRecorder()
		shop.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
		if text := answer.Body.String(); !strings.Contains(text, "\nshop_job_looks_total{version=\"v1\"} "+want+"\n") {
			t.Errorf("not %s looks:\n%s", want, text)
		}
	}
	told(`{"warmUp":"1h"}`)
	counted("0") // told before there was a look
	shop.lookForJobs()
	counted("0")
	told(`{}`)
	shop.lookForJobs()
	shop.lookForJobs()
	counted("2")
	told(`{"jobless":true}`)
	shop.lookForJobs()
	counted("2")
}

func TestScheduledJobsAreSwitchedOffAsInOdoo(t *testing.T) {
	for words, want := range map[string]bool{
		"":                          true,
		"odoo":                      true,
		"odoo --max-cron-threads=2": true,
		"odoo --max-cron-threads=0": false,
		"odoo --max-cron-threads=2 --max-cron-threads=0": false, // the last one holds
		"odoo --max-cron-threads=0 --max-cron-threads=1": true,
		"odoo --max-cron-threads 0":                      false,
	} {
		if hasScheduler(strings.Fields(words)) != want {
			t.Errorf("%q: not %v", words, want)
		}
	}
}
