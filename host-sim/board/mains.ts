import type { SocketCallbacks, SocketSource, Timer, TimerHandle } from "../../firmware/io.js";
import { TransportError } from "../../firmware/xmpp/errors.js";

interface Closable {
  close(): void;
}

type SocketOptions = SocketSource & SocketCallbacks;

/** The timers and sockets of one life of a board: they end with it, without a word to anybody. */
export class Mains {
  readonly #timer: Timer;
  readonly #timers = new Set<TimerHandle>();
  readonly #open = new Set<Closable>();
  readonly #isJoined: () => boolean;
  /** What tells the owner of a connection that it is lost. */
  readonly #lost = new Map<Closable, () => void>();

  /** @param isJoined whether there is a network */
  constructor(timer: Timer, isJoined: () => boolean) {
    this.#timer = timer;
    this.#isJoined = isJoined;
  }

  readonly timer: Pick<Timer, "set" | "clear"> = {
    set: (callback, delay) => {
      const handle = this.#timer.set(() => {
        this.#timers.delete(handle);
        callback();
      }, delay);
      this.#timers.add(handle);
      return handle;
    },
    clear: (handle) => {
      if (handle !== undefined) this.#timers.delete(handle);
      this.#timer.clear(handle);
    },
  };

  /** A class like another, whose objects are closed when the power is cut. */
  closing<Made extends Closable, Options>(
    Class: new (options: Options) => Made,
  ): new (
    options: Options,
  ) => Made {
    return this.#tracked(Class, () => {});
  }

  /** The same for sockets, which may lose their connection besides. */
  socket<Made extends Closable, Options extends SocketOptions>(
    Class: new (options: Options) => Made,
  ): new (
    options: Options,
  ) => Made {
    return this.#tracked(Class, (socket, options) => {
      if ("from" in options) this.#lost.delete(options.from);
      this.#lost.set(socket, () => options.onError?.call(socket as never, reason()));
    });
  }

  #tracked<Made extends Closable, Options>(
    Class: new (options: Options) => Made,
    onMade: (made: Made, options: Options) => void,
  ): new (
    options: Options,
  ) => Made {
    return new Proxy(Class, {
      construct: (target, [options]: [Options], newTarget) => {
        if (!this.#isJoined()) throw reason();
        const made = Reflect.construct(target, [options], newTarget) as Made;
        const close = made.close.bind(made);
        made.close = () => {
          this.#open.delete(made);
          this.#lost.delete(made);
          close();
        };
        this.#open.add(made);
        onMade(made, options);
        return made;
      },
    });
  }

  /** The network is gone: what was connected fails. */
  loseConnections(): void {
    const lost = [...this.#lost];
    this.#lost.clear();
    for (const [socket, tell] of lost) {
      socket.close();
      tell();
    }
  }

  cut(): void {
    for (const handle of this.#timers) this.#timer.clear(handle);
    this.#timers.clear();
    for (const closable of this.#open) closable.close();
    this.#lost.clear();
  }
}

function reason(): TransportError {
  return new TransportError("connection-lost", "the network is gone");
}
