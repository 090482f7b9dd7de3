package appsyncsocket

import (
	"sync"
	"time"
)

// beats is in how many parts the time between two ka is cut. Sockets are
// spread over them, and each part has its turn with one timer.
const beats = 60

// beat is a wheel of sockets. It holds all that are open.
type beat struct {
	every time.Duration // immutable

	running sync.WaitGroup // a turn that is to come or under way; Add under mu

	mu    sync.Mutex // guards what follows
	slots [beats][]*Socket
	at    int // the slot whose turn comes next
	n     int
	timer *time.Timer // nil: no turn is to come
}

// add makes a socket known; its turn comes after at least wait.
func (b *beat) add(k *Socket, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seat(k, min(beats-1, int((wait+b.every-1)/max(1, b.every))))
	if b.n++; b.timer == nil {
		b.running.Add(1)
		b.timer = time.AfterFunc(b.every, b.turn)
	}
}

// seat puts a socket where its turn is after that of so many slots. mu is
// held.
func (b *beat) seat(k *Socket, later int) {
	k.slot = (b.at + later) % beats
	k.seat = len(b.slots[k.slot])
	b.slots[k.slot] = append(b.slots[k.slot], k)
}

// leave takes a socket out of its slot. mu is held.
func (b *beat) leave(k *Socket) {
	slot := b.slots[k.slot]
	last := slot[len(slot)-1]
	slot[k.seat], last.seat = last, k.seat
	slot[len(slot)-1] = nil
	b.slots[k.slot] = slot[:len(slot)-1]
}

// again puts a socket where its turn comes when a whole time has passed.
func (b *beat) again(k *Socket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k.gone {
		return
	}
	b.leave(k)
	b.seat(k, beats-1)
}

// remove forgets a socket. When none is left, there are no more turns.
func (b *beat) remove(k *Socket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k.gone {
		return
	}
	k.gone = true
	b.leave(k)
	if b.n--; b.n == 0 && b.timer != nil && b.timer.Stop() {
		b.timer = nil
		b.running.Done()
	}
}

// turn is the timer's: it is the turn of one slot.
func (b *beat) turn() {
	defer b.running.Done()
	b.mu.Lock()
	due := append([]*Socket(nil), b.slots[b.at]...)
	b.at = (b.at + 1) % beats
	b.mu.Unlock()
	for _, k := range due {
		k.beat()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer = nil; b.n > 0 {
		b.running.Add(1)
		b.timer = time.AfterFunc(b.every, b.turn)
	}
}

func (b *beat) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}

func (b *beat) all() []*Socket {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]*Socket, 0, b.n)
	for _, slot := range b.slots {
		list = append(list, slot...)
	}
	return list
}

// wait waits for the last turn.
func (b *beat) wait() { b.running.Wait() }
