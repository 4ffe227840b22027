package main

import (
	"regexp"
	"strings"
	"time"
)

var cronThreads = regexp.MustCompile(`(?:^|\s)--max-cron-threads[=\s](\d+)`)

// hasScheduler tells whether an Odoo that is started with these words looks for scheduled jobs. The last switch holds; without one it does.
func hasScheduler(words []string) bool {
	told := cronThreads.FindAllStringSubmatch(strings.Join(words, " "), -1)
	return len(told) == 0 || strings.Trim(told[len(told)-1][1], "0") != ""
}

// schedule looks for scheduled jobs once a second, for as long as the process lives.
func (s *Shop) schedule() {
	for range time.Tick(time.Second) {
		s.lookForJobs()
	}
}

// lookForJobs counts a look for scheduled jobs, if the shop is ready and is not told to be without.
func (s *Shop) lookForJobs() {
	behaviour := s.behaviour.Load()
	if s.age(behaviour) >= 0 && !behaviour.Jobless {
		s.metrics.looks.Add(1)
	}
}
