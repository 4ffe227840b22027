// Command fixture-db writes a vulnerability database as Trivy reads it from fixtures in YAML or JSON.
//
//	fixture-db -out trivy.db fixtures.yaml ...
//
// A fixture is a tree of buckets that ends in pairs of key and value:
//
//   - bucket: alpine 3.19
//     pairs:
//   - bucket: openssl
//     pairs:
//   - key: CVE-2024-0727
//     value: {FixedVersion: 3.1.4-r5}
package main

import (
	"flag"
	"fmt"
	"os"

	fixtures "github.com/aquasecurity/bolt-fixtures"
)

const version = "1.0.0"

func main() {
	out := flag.String("out", "", "the database to write; it must not exist")
	show := flag.Bool("version", false, "print the version")
	flag.Parse()
	if *show {
		fmt.Println("fixture-db", version)
		return
	}
	if err := write(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "fixture-db:", err)
		os.Exit(1)
	}
}

// write makes the database. An existing file is refused: a mixture of two fixtures would be no one's truth.
func write(out string, files []string) error {
	if out == "" || len(files) == 0 {
		return fmt.Errorf("usage: fixture-db -out trivy.db fixtures.yaml")
	}
	if _, err := os.Stat(out); err == nil {
		return fmt.Errorf("%s exists already; remove it first", out)
	}
	loader, err := fixtures.New(out, files)
	if err != nil {
		return err
	}
	if err := loader.Load(); err != nil {
		loader.Close()
		return err
	}
	return loader.Close()
}
