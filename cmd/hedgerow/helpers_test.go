package main

import (
	"errors"
	"strings"
)

func asExit(err error, target *interface{ ExitCode() int }) bool { return errors.As(err, target) }

func replaceOnce(s, old, new string) string { return strings.Replace(s, old, new, 1) }
