package publish_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
	"github.com/hedgerow-dev/hedgerow/publish"
)

// faultTimeout is how long a run waits for each answer of a server that is at
// fault.
const faultTimeout = 3 * time.Second

// A faultCase is a server at fault, and what comes of it.
type faultCase struct {
	fault   gitserver.Fault
	spoil   func(*testing.T, string) // the repository
	want    []string                 // in the error; none if the branch is moved all the same
	hanging bool
}

var faultCases = map[string]faultCase{
	"hangs":              {fault: gitserver.Hang(), want: []string{"no answer within 3s"}, hanging: true},
	"hangs for push":     {fault: gitserver.On(gitserver.PushRefs, gitserver.Hang()), want: []string{"no answer within 3s"}, hanging: true},
	"hangs for fetch":    {fault: gitserver.On(gitserver.Fetch, gitserver.Hang()), want: []string{"no answer within 3s"}, hanging: true},
	"hangs after read":   {fault: gitserver.HangAfterRead(), want: []string{"no answer within 3s"}, hanging: true},
	"hangs after push":   {fault: gitserver.HangAfterPush(), hanging: true},
	"closes after push":  {fault: gitserver.CloseAfterPush()},
	"closes in the push": {fault: gitserver.On(gitserver.Push, gitserver.CloseMidPack()), want: []string{"closed the connection"}},
	"closes in the pack": {fault: gitserver.On(gitserver.Fetch, gitserver.CloseMidPack()), want: []string{"closed the connection"}},
	"garbage":            {fault: gitserver.Garbage("<html>\x1b[31mhello"), want: []string{"fetching from", "not Git's protocol"}},
	"garbage for fetch":  {fault: gitserver.On(gitserver.Fetch, gitserver.Garbage("0008NAK\nPACKgarbage")), want: []string{"fetching from"}},
	"garbage for push":   {fault: gitserver.On(gitserver.Push, gitserver.Garbage("garbage")), want: []string{"pushing to"}},
	"empty answer":       {fault: gitserver.On(gitserver.Push, gitserver.Garbage("")), want: []string{"did not say whether"}},
	"empty references":   {fault: gitserver.On(gitserver.FetchRefs, gitserver.Garbage("")), want: []string{"fetching from", "not Git's protocol"}},
	"endless pack":       {fault: gitserver.On(gitserver.Fetch, gitserver.Garbage("0008NAK\n0011\x01PACK\x00\x00\x00\x02\xff\xff\xff\xff")), want: []string{"announces 4294967295 objects"}},
	"empty pack":         {fault: gitserver.On(gitserver.Fetch, gitserver.Garbage("")), want: []string{"fetching from"}},
	"401":                {fault: gitserver.Status(401), want: []string{"wants other credentials", "HEDGEROW_TOKEN"}},
	"403":                {fault: gitserver.Status(403), want: []string{"are not allowed"}},
	"403 for push":       {fault: gitserver.On(gitserver.PushRefs, gitserver.Status(403)), want: []string{"are not allowed"}},
	"404":                {fault: gitserver.Status(404), want: []string{"no such repository"}},
	"500":                {fault: gitserver.Status(500), want: []string{"answers 500 Internal Server Error"}},
	"503":                {fault: gitserver.Status(503), want: []string{"answers 503"}},
	"500 for push":       {fault: gitserver.On(gitserver.Push, gitserver.Status(500)), want: []string{"answers 500 Internal Server Error"}},
	"hook rejects": {spoil: func(t *testing.T, bare string) { gitserver.RejectHook(t, bare, "no \x1b[31mred\x1b[0m commits\x07") },
		want: []string{"the server says: no [31mred[0m commits", "pre-receive hook declined"}},
	"disk full":     {spoil: func(t *testing.T, bare string) { gitserver.Full(t, bare) }, want: []string{"pushing to"}},
	"server killed": {spoil: func(t *testing.T, bare string) { gitserver.Hook(t, bare, "pre-receive", "kill -9 $PPID") }, want: []string{"pushing to"}},
}

// Of each fault people hear in time, from which server; the branch and the
// tenancy's repository are as they were, and nothing is left behind.
func TestServersAtFault(t *testing.T) {
	for name, c := range faultCases {
		t.Run(name, func(t *testing.T) {
			bare, source := target(t), tenancy(t)
			s := gitserver.HTTP(t, filepath.Dir(bare), gitserver.Options{Before: c.fault})
			if c.spoil != nil {
				c.spoil(t, bare)
			}
			o := options(t, source, s.URLOf(t, bare), several(20, "prod", "one"))
			o.Timeout = faultTimeout
			c.hold(t, bare, s.URL, o)
		})
	}
}

func (c faultCase) hold(t *testing.T, bare, url string, o publish.Options) {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	before, untouched := head(t, bare), dir(t, o.Source.Dir)
	begin := time.Now()
	r, err := publishes(t, o)
	if took := time.Since(begin); took > 2*o.Timeout || c.hanging && took < o.Timeout {
		t.Errorf("it took %v", took)
	}
	if len(c.want) == 0 {
		if err != nil {
			t.Fatalf("the branch was moved, but: %v", err)
		}
		mustHold(t, bare, before, o, r)
	} else {
		refused(t, err, append(c.want, strings.TrimPrefix(url, "http://"))...)
		mustBePlain(t, err)
		if at := head(t, bare); at != before {
			t.Errorf("the branch went from %s to %s", before, at)
		}
	}
	if !maps.Equal(dir(t, o.Source.Dir), untouched) {
		t.Error("the tenancy's repository is not as it was")
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// mustBePlain holds an error to one line without control characters.
func mustBePlain(t *testing.T, err error) {
	t.Helper()
	if strings.ContainsAny(err.Error(), "\n\r\x1b\x07") {
		t.Errorf("the error is %q", err)
	}
	t.Log(err)
}
