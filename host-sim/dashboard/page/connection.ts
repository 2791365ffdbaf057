import type { FromPage, ToPage } from "../protocol.js";
import type { Store } from "./store.js";

/** Milliseconds until the next try to get the server back. */
const RETRY = 1_500;
/** Milliseconds without an update, of which five come in a second, after which the connection is given up. */
const SILENCE = 20_000;

/** The WebSocket to the server, made again when it is lost. */
export class Connection {
  readonly #store: Store;
  #socket: WebSocket | undefined;
  #heard = 0;

  constructor(store: Store) {
    this.#store = store;
    this.#open();
    // A computer that has slept, or changed networks, is not told that its connections are no more.
    setInterval(() => {
      if (store.isConnected && performance.now() - this.#heard > SILENCE) this.#lost();
    }, 1_000);
  }

  /** Drops what cannot be sent: by the time that it could be, nobody would want it any more. */
  send(message: FromPage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #open(): void {
    const socket = new WebSocket(`ws://${location.host}/events`);
    this.#socket = socket;
    socket.onopen = () => {
      this.#heard = performance.now();
      this.#store.connected();
    };
    socket.onmessage = ({ data }) => {
      this.#heard = performance.now();
      this.#store.take(JSON.parse(data) as ToPage);
    };
    socket.onclose = () => this.#lost();
  }

  #lost(): void {
    const socket = this.#socket as WebSocket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    void this.#explain();
    setTimeout(() => this.#open(), RETRY);
  }

  /** Finds out why, which browsers do not say of WebSockets. */
  async #explain(): Promise<void> {
    const gone = "The dashboard’s server is gone. Looking for it…";
    this.#store.disconnected(gone);
    const answer = await fetch("/events").catch(() => undefined);
    // 426 comes from one that would let us in (RFC 9110 15.5.22).
    if (answer && answer.status !== 426 && !this.#store.isConnected)
      this.#store.disconnected((await answer.text()).trim());
  }
}
