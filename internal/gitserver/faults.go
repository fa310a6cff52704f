package gitserver

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"
)

// Fault stands in front of a server and does with requests something else than to hand them on to next.
type Fault func(next http.Handler) http.Handler

// On has the fault for one kind of request alone.
func On(kind Request, fault Fault) Fault {
	return func(next http.Handler) http.Handler {
		return choose(next, fault(next), func(r *http.Request) bool { return kind.is(r.RequestURI) })
	}
}

// First has the fault for the first n requests that meet it; then it is over.
func First(n int, fault Fault) Fault {
	var met atomic.Int64
	return func(next http.Handler) http.Handler {
		return choose(next, fault(next), func(*http.Request) bool { return met.Add(1) <= int64(n) })
	}
}

// Status answers with the status code; with 401, also that it wants Basic authentication.
func Status(code int) Fault {
	return answer(func(w http.ResponseWriter, _ *http.Request) { refuse(w, code) })
}

// Hang never answers. Requests are released when the test ends.
func Hang() Fault {
	return answer(func(_ http.ResponseWriter, r *http.Request) { hang(r) })
}

// HangAfterRead takes a push in to its last byte, does nothing with it, and never answers.
func HangAfterRead() Fault {
	return pushed(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.Copy(io.Discard, r.Body) // if the client goes away, that is its affair
		hang(r)
	})
}

// HangAfterPush carries a push out and never answers.
func HangAfterPush() Fault {
	return pushed(func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(httptest.NewRecorder(), r)
		hang(r)
	})
}

// CloseAfterPush carries a push out and closes the connection in place of an answer.
func CloseAfterPush() Fault {
	return pushed(func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	})
}

// CloseMidPack closes the connection in the middle of a pack: of one that is pushed, after some bytes of the request,
// and of one that is fetched, after half of the answer.
func CloseMidPack() Fault {
	push := pushed(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.CopyN(io.Discard, r.Body, 64) // it ends in the same way if there are fewer
		panic(http.ErrAbortHandler)
	})
	fetch := On(Fetch, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := replay(w, next, r)
			_, _ = io.WriteString(w, body[:len(body)/2]) // the client is to lose the rest anyway
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
	})
	return func(next http.Handler) http.Handler { return push(fetch(next)) }
}

// RedirectTo sends every request to the same path below another address, with 307: same method, same body.
func RedirectTo(url string) Fault {
	return answer(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, url+r.RequestURI, http.StatusTemporaryRedirect)
	})
}

// Garbage answers 200 with the body, and says that it is what was asked for.
func Garbage(body string) Fault {
	return answer(func(w http.ResponseWriter, r *http.Request) {
		kind := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:] + "-result"
		if service := r.URL.Query().Get("service"); service != "" {
			kind = service + "-advertisement"
		}
		w.Header().Set("Content-Type", "application/x-"+kind)
		_, _ = io.WriteString(w, body) // nobody misses garbage
	})
}

// Slow sends answers in pieces of 16 bytes with a pause before each, so that the connection is never idle for longer.
func Slow(pause time.Duration) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := replay(w, next, r)
			for len(body) > 0 {
				select {
				case <-r.Context().Done():
					panic(http.ErrAbortHandler) // returning would make the answer look whole
				case <-time.After(pause):
				}
				n := min(16, len(body))
				_, _ = io.WriteString(w, body[:n]) // if the client has gone, the context says it
				_ = http.NewResponseController(w).Flush()
				body = body[n:]
			}
		})
	}
}

// replay has next answer, sends the head of its answer, and gives the body that is left to send.
func replay(w http.ResponseWriter, next http.Handler, r *http.Request) string {
	recorded := httptest.NewRecorder()
	next.ServeHTTP(recorded, r)
	for name, values := range recorded.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(recorded.Code)
	return recorded.Body.String()
}

// hang ends when the client has gone or the test is over. It does not return, which would be an empty answer.
func hang(r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// answer is a fault that hands on nothing.
func answer(f http.HandlerFunc) Fault {
	return func(http.Handler) http.Handler { return f }
}

// pushed is a fault of pushes alone. The four bytes with which git tries out a connection before it sends much are no
// push.
func pushed(f func(w http.ResponseWriter, r *http.Request, next http.Handler)) Fault {
	return func(next http.Handler) http.Handler {
		fault := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f(w, r, next) })
		return choose(next, fault, func(r *http.Request) bool { return Push.is(r.RequestURI) && r.ContentLength != 4 })
	}
}

// choose hands on to faulty what is chosen, and to next all else.
func choose(next, faulty http.Handler, chosen func(*http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if chosen(r) {
			faulty.ServeHTTP(w, r)
		} else {
			next.ServeHTTP(w, r)
		}
	})
}
