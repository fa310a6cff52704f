package engine

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// odd lets odd ports through, and gives up on some.
func odd(w *World) (Judge, error) {
	if len(w.Ends) == 0 {
		return nil, errors.New("nobody is there")
	}
	return func(p Packet) (bool, error) {
		switch p.Port {
		case 98:
			panic("98")
		case 99:
			return false, errors.New("99")
		}
		return p.Port%2 == 1, nil
	}, nil
}

func TestServe(t *testing.T) {
	for in, want := range map[string]string{
		`{"World": {"Ends": [{}]}, "Packets": [{"Port": 1}, {"Port": 2}]}`: `{"Verdicts":"+-"}`,
		`{"World": {"Ends": [{}]}} {"Packets": [{"Port": 3}]}`:             `{"Verdicts":""}{"Verdicts":"+"}`,
		`{"Packets": [{"Port": 1}]}`:                                       `{"Verdicts":"","Error":"no world to judge in"}`,
		`{"World": {}}`:                                                    `{"Verdicts":"","Error":"nobody is there"}`,
		`{"World": {"Ends": [{}]}, "Packets": [{"Port": 98}]}`:             `{"Verdicts":"","Error":"the engine panics: 98"}`,
		`{"World": {"Ends": [{}]}, "Packets": [{"Port": 99}]}`:             `{"Verdicts":"","Error":"99"}`,
	} {
		var out bytes.Buffer
		if err := Serve(strings.NewReader(in), &out, odd); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		got, stack, _ := strings.Cut(strings.ReplaceAll(out.String(), "\n", ""), `\ngoroutine`)
		if stack != "" {
			got += `"}`
		}
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", in, got, want)
		}
	}
	if Serve(strings.NewReader(`{"World"`), &bytes.Buffer{}, odd) == nil {
		t.Error("half a question is no error")
	}
}

func TestVerdicts(t *testing.T) {
	for letters, ok := range map[string]bool{"+-": true, "+": false, "+-+": false, "+?": false} {
		if _, err := (&Answer{Verdicts: letters}).verdicts(2); (err == nil) != ok {
			t.Errorf("%q for two packets: %v", letters, err)
		}
	}
}
