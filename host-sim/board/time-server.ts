import type { Bytes, UDPConstructor, UDPSocket } from "../../firmware/io.js";

/** What a time server does with a question. */
export type TimeServerMode =
  | "right"
  | "silent"
  | "kiss-of-death"
  | "unsynchronised"
  | "forged"
  | "false";

const PORT = 123;
/** Seconds from 1900 to 1970. */
const EPOCH = 2_208_988_800;

/** A time server (RFC 4330), at whatever address it is asked. */
export class TimeServer {
  mode: TimeServerMode = "right";
  /** How often it was asked. */
  asked = 0;
  readonly #now: () => number;

  /** @param now the true time, in milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns `undefined` when it keeps silent */
  answer(question: Uint8Array): Uint8Array | undefined {
    this.asked++;
    if (this.mode === "silent") return undefined;
    const answer = new Uint8Array(48);
    const view = new DataView(answer.buffer);
    const time = this.mode === "false" ? Date.UTC(2001, 8, 9) : this.#now();
    answer[0] = this.mode === "unsynchronised" ? 0xe4 : 0x24;
    answer[1] = this.mode === "kiss-of-death" ? 0 : 2;
    answer.set(question.subarray(40, 48), 24);
    if (this.mode === "forged") answer[24] = (answer[24] as number) ^ 1;
    view.setUint32(40, Math.floor(time / 1000) + EPOCH);
    view.setUint32(44, ((time % 1000) / 1000) * 2 ** 32);
    return answer;
  }
}

/** Datagram sockets whose questions for the time go to `server`; all else goes to sockets of `UDP`. */
export function withTimeServer(
  UDP: UDPConstructor,
  server: TimeServer,
  soon: (event: () => void) => void,
): UDPConstructor {
  return class implements UDPSocket {
    readonly #socket: UDPSocket;
    readonly #onReadable: ((packets: number) => void) | undefined;
    readonly #answers: (ArrayBuffer & { address: string; port: number })[] = [];
    #isClosed = false;

    constructor(options: ConstructorParameters<UDPConstructor>[0]) {
      this.#onReadable = options.onReadable?.bind(this);
      this.#socket = new UDP({ ...options, onReadable: (count) => this.#onReadable?.(count) });
    }

    read(): (ArrayBuffer & { address: string; port: number }) | undefined {
      return this.#answers.shift() ?? this.#socket.read();
    }

    write(data: Bytes, address: string, port: number): void {
      if (port !== PORT) return this.#socket.write(data, address, port);
      const answer = server.answer(new Uint8Array(data));
      if (answer === undefined) return;
      soon(() => {
        if (this.#isClosed) return;
        this.#answers.push(Object.assign(answer.slice().buffer, { address, port }));
        this.#onReadable?.(this.#answers.length);
      });
    }

    close(): void {
      this.#isClosed = true;
      this.#socket.close();
    }
  };
}
