package engine

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
)

// Judge says of a packet whether it gets through.
type Judge func(Packet) (bool, error)

// Serve answers questions until there are no more. For each world it asks once
// for who is to judge there.
func Serve(in io.Reader, out io.Writer, build func(*World) (Judge, error)) error {
	questions, answers := json.NewDecoder(bufio.NewReaderSize(in, 1<<20)), json.NewEncoder(out)
	var judge Judge
	for {
		var q Question
		if err := questions.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		verdicts, err := answer(&judge, &q, build)
		a := Answer{Verdicts: string(verdicts)}
		if err != nil {
			a = Answer{Error: err.Error()}
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

// answer judges the packets of a question. Engines panic where they do not want
// to go on; that is an answer too.
func answer(judge *Judge, q *Question, build func(*World) (Judge, error)) (verdicts []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the engine panics: %v\n%s", r, debug.Stack())
		}
	}()
	if q.World != nil {
		if *judge, err = build(q.World); err != nil {
			return nil, err
		}
	}
	if *judge == nil {
		return nil, errors.New("no world to judge in")
	}
	for _, p := range q.Packets {
		open, err := (*judge)(p)
		if err != nil {
			return nil, err
		}
		verdicts = append(verdicts, letter(open))
	}
	return verdicts, nil
}

func letter(open bool) byte {
	if open {
		return Open
	}
	return Closed
}
