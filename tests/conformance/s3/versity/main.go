// Runs versitygw's own integration tests against any S3 endpoint, each by itself: one that breaks ends only itself.
// Usage: versity ENDPOINT ACCESS-KEY SECRET LEFT-OUT-PATTERN [NAME...]; one JSON line per test on standard error.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/versity/versitygw/tests/integration"
)

func main() {
	conf := integration.NewS3Conf(
		integration.WithEndpoint(os.Args[1]),
		integration.WithAccess(os.Args[2]),
		integration.WithSecret(os.Args[3]),
		integration.WithRegion("us-east-1"),
		integration.WithPartSize(5<<20),
		integration.WithConcurrency(1),
		integration.WithVersioningEnabled(),
	)
	tests := integration.GetIntTests()
	leftOut, names := regexp.MustCompile(os.Args[4]), os.Args[5:]
	if len(names) == 0 {
		for name := range tests {
			if !leftOut.MatchString(name) {
				names = append(names, name)
			}
		}
		slices.SortFunc(names, func(one, other string) int { return strings.Compare(placed(one), placed(other)) })
	}
	out := json.NewEncoder(os.Stderr)
	for _, name := range names {
		said := ran(tests[name], conf)
		out.Encode(map[string]string{"name": name, "said": said})
	}
}

// Those that want to see no bucket but their own come first.
func placed(name string) string {
	if strings.HasPrefix(name, "ListBuckets_") {
		return " " + name
	}
	return name
}

func ran(test integration.IntTest, conf *integration.S3Conf) (said string) {
	defer func() {
		if found := recover(); found != nil {
			said = fmt.Sprint("broke: ", found)
		}
	}()
	if err := test(conf); err != nil {
		return "failed: " + err.Error()
	}
	return "passed"
}
