import type { Bytes, Socket, SocketCallbacks } from "../../../firmware/io.js";
import type { FaultyLink } from "./link.js";

/** Milliseconds that the bytes before a cut have to leave the host. */
const LINGER = 20;

/** A socket over one of the host's, with the link's faults between. */
export class FaultySocket implements Socket {
  readonly #link: FaultyLink;
  readonly #callbacks: SocketCallbacks;
  readonly #socket: Socket;
  /** Whether the device has closed it: nothing is told any more. */
  #isClosed = false;
  /** Whether the peer is gone without a word. */
  #isLost = false;
  /** Whether the device was told that it is over. */
  #isOver = false;
  /** Whether the link broke it, and closes the host's socket in a moment. */
  #isBroken = false;
  /** Bytes that the host has, and of those the bytes that the device knows of. */
  #available = 0;
  #offered = 0;
  /** How the connection ended, of which the device learns when all before that is read. */
  #end: { reason: Error | undefined } | undefined;
  /** What the device has written and the host does not have yet. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** What the host takes. */
  #credit = 0;
  /** The bytes that will still pass, in each direction. */
  readonly #left = { in: Number.POSITIVE_INFINITY, out: Number.POSITIVE_INFINITY };

  /** @param open makes the host's socket, with these callbacks in place of the device's */
  constructor(
    link: FaultyLink,
    callbacks: SocketCallbacks,
    open: (callbacks: SocketCallbacks) => Socket,
  ) {
    this.#link = link;
    this.#callbacks = callbacks;
    this.#socket = open({
      onReadable: (count) => {
        this.#available = count;
        this.#pass(() => this.#offer());
      },
      onWritable: (count) => {
        this.#credit = count;
        this.#pass(() => this.#tellWritable());
      },
      onError: (reason) => {
        this.#end = { reason };
        this.#pass(() => this.#offer());
      },
    });
    const failure = link.admit(this);
    if (failure !== undefined) link.timer.set(() => this.#break(), failure);
  }

  read(count?: number): ArrayBuffer | undefined;
  read(buffer: Uint8Array): number | undefined;
  read(wanted?: number | Uint8Array): ArrayBuffer | number | undefined {
    if (this.#isClosed) throw new Error("the socket is closed");
    if (this.#offered === 0) return undefined;
    const count = wanted instanceof Uint8Array ? wanted.length : (wanted ?? this.#offered);
    if (!(count > 0 && count <= this.#offered))
      throw new RangeError(`cannot read ${count} bytes of the ${this.#offered} received`);
    const result =
      wanted instanceof Uint8Array ? this.#socket.read(wanted) : this.#socket.read(count);
    this.#available -= count;
    this.#offered -= count;
    this.#left.in -= count;
    if (this.#left.in <= 0) this.#link.timer.set(() => this.#break(), 0);
    else if (this.#offered === 0 && this.#available > 0)
      this.#link.timer.set(() => this.#offer(), this.#link.portion.pause);
    return result;
  }

  write(data: Bytes): number | undefined {
    if (this.#isClosed) throw new Error("the socket is closed");
    const room = this.#credit - this.#heldBytes;
    if (data.byteLength > room)
      throw new Error(`would block: ${data.byteLength} bytes, but ${room} may be written`);
    if (this.#isOver) return undefined;
    this.#held.push(new Uint8Array(data).slice());
    this.#heldBytes += data.byteLength;
    if (this.#held.length === 1)
      if (this.#link.wait === 0) this.#flush();
      else
        this.#pass(() => {
          this.#flush();
          this.#tellWritable();
        });
    return this.#credit - this.#heldBytes;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#link.released(this);
    if (this.#isBroken) return;
    if (this.#isLost) this.#link.haunt(() => this.#socket.close());
    else this.#socket.close();
  }

  // As the link sees it

  /** Breaks when so many more bytes have gone this way. */
  cutAfter(direction: "in" | "out", bytes: number): void {
    this.#left[direction] = bytes;
    if (bytes === 0) this.#link.timer.set(() => this.#break(), 0);
  }

  /** The peer is gone without a word. */
  lose(): void {
    this.#isLost = true;
  }

  /** What was to break does not, and what is gone breaks. */
  heal(): void {
    this.#left.in = this.#left.out = Number.POSITIVE_INFINITY;
    if (!this.#isLost) return this.#offer();
    this.#isLost = false;
    this.#link.timer.set(() => this.#break(), 0);
  }

  /** Gives the host's socket away, to one that takes its connection over. */
  release(): Socket {
    this.#isClosed = true;
    this.#link.released(this);
    return this.#socket;
  }

  /** Does something when the link lets it. */
  #pass(action: () => void): void {
    const { wait } = this.#link;
    const resume = (): void => {
      // It may have been stalled, or stalled again, since.
      const { stalled } = this.#link;
      if (stalled > 0) this.#link.timer.set(resume, stalled);
      else action();
    };
    if (wait > 0) this.#link.timer.set(resume, wait);
    else action();
  }

  #offer(): void {
    if (this.#isClosed || this.#isLost || this.#isOver) return;
    const count = Math.min(this.#available, this.#link.portion.bytes, this.#left.in);
    if (count > this.#offered) {
      this.#offered = count;
      this.#link.tell(() => this.#callbacks.onReadable?.call(this, count));
    } else if (this.#available === 0 && this.#end !== undefined) this.#tellEnd(this.#end.reason);
  }

  #tellWritable(): void {
    const room = this.#credit - this.#heldBytes;
    if (this.#isClosed || this.#isLost || this.#isOver || room <= 0) return;
    this.#link.tell(() => this.#callbacks.onWritable?.call(this, room));
  }

  #tellEnd(reason: Error | undefined): void {
    this.#isOver = true;
    this.#link.tell(() => this.#callbacks.onError?.call(this, reason));
  }

  /** Gives the host what the device has written. */
  #flush(): void {
    if (this.#isClosed || this.#isLost || this.#isOver) return;
    for (const bytes of this.#held.splice(0)) {
      const passing = bytes.subarray(0, this.#left.out);
      this.#left.out -= passing.length;
      this.#heldBytes -= bytes.length;
      if (passing.length > 0) this.#credit = this.#socket.write(passing) ?? 0;
      if (this.#left.out > 0) continue;
      this.#link.timer.set(() => this.#break(), 0);
      return;
    }
  }

  /** The connection breaks. What the host has of it by now still goes its way. */
  #break(): void {
    if (this.#isOver || this.#isLost || this.#isClosed) return;
    this.#isBroken = true;
    this.#link.timer.set(() => this.#socket.close(), LINGER);
    this.#tellEnd(new Error("the connection was cut"));
  }
}
