import type { FromPage, ToPage } from "../protocol.js";
import type { Store } from "./store.js";

/** Milliseconds until the next try to get the server back. */
const RETRY = 1_500;

/** The WebSocket to the server, made again when it is lost. */
export class Connection {
  readonly #store: Store;
  #socket: WebSocket | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.#open();
  }

  /** Drops what cannot be sent: by the time that it could be, nobody would want it any more. */
  send(message: FromPage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #open(): void {
    const socket = new WebSocket(`ws://${location.host}/events`);
    this.#socket = socket;
    socket.onopen = () => this.#connected(true);
    socket.onmessage = ({ data }) => this.#store.take(JSON.parse(data) as ToPage);
    socket.onclose = () => {
      this.#connected(false);
      setTimeout(() => this.#open(), RETRY);
    };
  }

  #connected(isConnected: boolean): void {
    this.#store.isConnected = isConnected;
    this.#store.changed();
  }
}
