package packets

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hedgerow-dev/hedgerow/reach"
)

// patience is how long a packet is waited for. The kernel repeats the first one
// of TCP after a second.
const patience = 1300 * time.Millisecond

// inside calls f in a network namespace. Sockets stay in the one that they were
// made in.
func inside(netns string, f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with f
		file, err := os.Open("/run/netns/" + netns)
		if err == nil {
			err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
			err = errors.Join(err, file.Close())
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// listen has the host answer on a port of TCP or UDP, with its name.
func (h *host) listen(t *testing.T, p port) {
	at := netip.AddrPortFrom(h.address, uint16(p.number))
	err := inside(h.netns(), func() error {
		if p.protocol == reach.UDP {
			conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
			go h.answerUDP(conn)
			return err
		}
		listener, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(at))
		go h.answerTCP(listener)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", h, err)
	}
}

func (h *host) answerTCP(listener *net.TCPListener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, h.String()) // who asked sees what is wrong
		_ = conn.Close()
	}
}

func (h *host) answerUDP(conn *net.UDPConn) {
	for {
		_, from, err := conn.ReadFromUDPAddrPort(make([]byte, 100))
		if err != nil {
			return
		}
		_, _ = conn.WriteToUDPAddrPort([]byte(h.String()), from)
	}
}

// probe asks whether one host reaches another. That nothing comes back is the
// only way not to; everything else is an error.
func (c cell) probe() (a answer, err error) {
	err = inside(c.from.netns(), func() error {
		var err error
		a.at = time.Now()
		if c.protocol == reach.UDP {
			a.open, err = c.probeUDP()
		} else {
			a.open, err = c.probeTCP()
		}
		return err
	})
	if a.open {
		a.at = time.Now()
	}
	if err != nil {
		return answer{}, fmt.Errorf("%v: %w", c, err)
	}
	return a, nil
}

func (c cell) probeTCP() (bool, error) {
	dialer := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: c.from.address.AsSlice()}}
	conn, err := dialer.Dial("tcp4", c.destination().String())
	if timedOut(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return false, err
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return false, err
	}
	return true, c.isFrom(answer)
}

// probeUDP repeats its question, for one packet may be lost.
func (c cell) probeUDP() (bool, error) {
	conn, err := net.DialUDP("udp4", &net.UDPAddr{IP: c.from.address.AsSlice()}, net.UDPAddrFromAddrPort(c.destination()))
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close() }()
	answer := make([]byte, 100)
	for range 3 {
		if _, err := conn.Write([]byte("who is there?")); err != nil {
			return false, err
		}
		if err := conn.SetReadDeadline(time.Now().Add(patience / 3)); err != nil {
			return false, err
		}
		n, err := conn.Read(answer)
		if err == nil {
			return true, c.isFrom(answer[:n])
		}
		if !timedOut(err) {
			return false, err
		}
	}
	return false, nil
}

// timedOut reports whether nothing came back.
func timedOut(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

func (c cell) destination() netip.AddrPort {
	return netip.AddrPortFrom(c.to.address, uint16(c.number))
}

func (c cell) isFrom(answer []byte) error {
	if string(answer) != c.to.String() {
		return fmt.Errorf("%q answers", answer)
	}
	return nil
}
