package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hedgerow": main, "kubectl-hedgerow": main})
}

// testDay is the day of all tests.
const testDay = tenancies.Day

// tools is the folder of the command lines that tests hold Hedgerow against.
func tools(t testing.TB) string {
	dir := os.Getenv("HEDGEROW_TOOLS")
	if dir == "" {
		t.Fatal("HEDGEROW_TOOLS names no folder; run the tests with \"make test\"")
	}
	return dir
}

// TestScript runs every script of testdata/script: a story of commands with
// their whole output.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("HEDGEROW_UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HEDGEROW_AS_OF", testDay)
			// Behind the command under test, whatever else lies among the tools.
			e.Setenv("PATH", e.Getenv("PATH")+string(os.PathListSeparator)+tools(t))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": expectCode, "age": age, "untouched": untouched, "swap": swap},
	})
}

// expectCode runs a command and holds its exit code against the first argument.
func expectCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command args...")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit interface{ ExitCode() int }
		if !asExit(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if want := args[0]; fmt.Sprint(got) != want {
		ts.Fatalf("exit code %d, not %s", got, want)
	}
}

// longAgo is when age puts the last change of a file.
var longAgo = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

// age makes every file below a folder old.
func age(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, longAgo, longAgo)
	}))
}

// untouched checks that the files are as old as age made them.
func untouched(ts *testscript.TestScript, neg bool, args []string) {
	for _, file := range args {
		info, err := os.Stat(ts.MkAbs(file))
		ts.Check(err)
		if info.ModTime().Equal(longAgo) == neg {
			ts.Fatalf("%s was last changed %v", file, info.ModTime())
		}
	}
}

// swap replaces a text in a file.
func swap(ts *testscript.TestScript, _ bool, args []string) {
	old, new, file := args[0], args[1], ts.MkAbs(args[2])
	data, err := os.ReadFile(file)
	ts.Check(err)
	out := replaceOnce(string(data), old, new)
	if out == string(data) {
		ts.Fatalf("%q does not stand in %s", old, args[2])
	}
	ts.Check(os.WriteFile(file, []byte(out), 0o644))
}
