/** Requests under way: iq stanzas that wait for their reply (RFC 6120 8.2.3). */

import type { Timer, TimerHandle } from "../../io.js";
import { TransportError, type XmppError } from "../errors.js";
import type { JID } from "../jid.js";
import type { Element } from "../xml/element.js";
import { parseStanzaError } from "./error.js";

/** Takes the reply to a request: exactly one of the two. */
export type Done = (error: XmppError | undefined, reply?: Element) => void;

interface Request {
  /** The address it went to; empty for none, which means our own account at our server. */
  readonly to: string;
  readonly done: Done;
  readonly timeout: TimerHandle;
}

export class Requests {
  readonly #timer: Timer;
  readonly #pending = new Map<string, Request>();

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** @param timeout milliseconds to wait for the reply; servers that throttle fall silent for ten seconds */
  add(id: string, to: string, timeout: number, done: Done): void {
    const expire = (): void =>
      this.#settle(
        id,
        new TransportError("remote-server-timeout", `no reply from ${to || "the server"}`),
      );
    this.#pending.set(id, { to, done, timeout: this.#timer.set(expire, timeout) });
  }

  /**
   * Takes an iq of type `result` or `error` to the request it belongs to, by id and sender (CVE-2014-0364)
   * and kind (CVE-2024-46957).
   * @returns whether there was one; a reply to nothing is nobody's
   */
  settle(reply: Element, account: JID): boolean {
    const id = reply.attr("id") ?? "";
    const request = this.#pending.get(id);
    if (request === undefined || !isFrom(reply.attr("from"), request.to, account)) return false;
    if (reply.attr("type") === "error") this.#settle(id, parseStanzaError(reply));
    else this.#settle(id, undefined, reply);
    return true;
  }

  /** Forgets a request that was not sent. */
  cancel(id: string): void {
    this.#timer.clear(this.#pending.get(id)?.timeout);
    this.#pending.delete(id);
  }

  /** Ends all of them: the connection is gone, and whether they were carried out is not known. */
  fail(error: XmppError): void {
    const failures: unknown[] = [];
    // Requests that are made meanwhile are not among these.
    Array.from(this.#pending.keys()).forEach((id) => {
      try {
        this.#settle(id, error);
      } catch (failure) {
        failures.push(failure);
      }
    });
    // All have heard of it by now, though one of them has failed over it.
    if (failures.length > 0) throw failures[0];
  }

  #settle(id: string, error: XmppError | undefined, reply?: Element): void {
    const request = this.#pending.get(id);
    if (request === undefined) return;
    this.#pending.delete(id);
    this.#timer.clear(request.timeout);
    request.done(error, reply);
  }
}

/**
 * Whether a reply with this `from` may answer a request with this `to` (RFC 6120 8.1.2.1 and 10.3.3): no
 * `from` means our own account, and for a request without `to` the server may answer in its own name too.
 */
function isFrom(from: string | undefined, to: string, account: JID): boolean {
  return to === "" ? isFromServer(from, account) : (from ?? account.bare.toString()) === to;
}

/** Whether it is our own server that says this, in our account's name or in its own. */
export function isFromServer(from: string | undefined, account: JID): boolean {
  return (
    from === undefined ||
    from === account.bare.toString() ||
    from === account.domain ||
    from === account.toString()
  );
}
