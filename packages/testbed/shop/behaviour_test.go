package main

import (
	"math"
	"math/rand"
	"testing"
	"time"
)

func TestSharesOfErrorsAreThoseAskedFor(t *testing.T) {
	b, err := parseBehaviour([]byte(`{"errors":0.1,"rpcErrors":0.2,"rules":[{"tenant":"north","errors":0.5}]}`))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewSource(1))
	const n = 100_000
	seen := map[string]int{}
	for range n {
		fate, _ := b.answerFor("south", "/web").decide(random, time.Now(), time.Hour, 0, true)
		seen[fate]++
	}
	for fate, share := range map[string]float64{failed: 0.1, rpcError: 0.2, fine: 0.7} {
		sigma := math.Sqrt(share * (1 - share) * n)
		if math.Abs(float64(seen[fate])-share*n) > 4*sigma {
			t.Errorf("%s: %d of %d, wanted %v", fate, seen[fate], n, share*n)
		}
	}
	if b.answerFor("north", "/web").Errors != 0.5 {
		t.Error("the rule of a tenant does not speak for it")
	}
}

func TestMistakesAreErrors(t *testing.T) {
	for _, text := range []string{`{"erors":0.1}`, `{"errors":1.5}`, `{"warmUp":"soon"}`, `{"rules":[{"endpoint":"["}]}`, `{"bursts":{"errors":1}}`} {
		if _, err := parseBehaviour([]byte(text)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
