package engine

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Process is an engine that runs.
type Process struct {
	name      string
	cmd       *exec.Cmd
	in        io.WriteCloser
	questions *json.Encoder
	answers   *json.Decoder
}

// Start runs the program of an engine. What it complains of goes to standard
// error.
func Start(program string) (*Process, error) {
	p := &Process{name: program, cmd: exec.Command(program)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.questions, p.answers = json.NewEncoder(p.in), json.NewDecoder(bufio.NewReaderSize(out, 1<<20))
	return p, p.cmd.Start()
}

// Ask gives a verdict for each packet: whether it gets through.
func (p *Process) Ask(q Question) ([]bool, error) {
	if err := p.questions.Encode(q); err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	var a Answer
	if err := p.answers.Decode(&a); err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	if a.Error != "" {
		return nil, fmt.Errorf("%s: %s", p.name, a.Error)
	}
	return a.verdicts(len(q.Packets))
}

// verdicts reads the letters; an engine that leaves one out has not answered.
func (a *Answer) verdicts(wanted int) (out []bool, err error) {
	if len(a.Verdicts) != wanted {
		return nil, fmt.Errorf("%d verdicts on %d packets", len(a.Verdicts), wanted)
	}
	for _, v := range []byte(a.Verdicts) {
		if v != Open && v != Closed {
			return nil, fmt.Errorf("%q is no verdict", v)
		}
		out = append(out, v == Open)
	}
	return out, nil
}

// Close ends the engine, which must have had nothing more to say.
func (p *Process) Close() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }
