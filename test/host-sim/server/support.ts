/** A client's side of the server without I/O, for tests that read like a conversation. */

import { timer } from "../../../host-sim/node/timer.js";
import { Accounts } from "../../../host-sim/server/accounts.js";
import { deriveCredentials } from "../../../host-sim/server/sasl/credentials.js";
import { Server, type ServerOptions } from "../../../host-sim/server/server.js";
import type { ServerStream } from "../../../host-sim/server/stream/stream.js";

export const DOMAIN = "pipit.test";
export const PASSWORD = "pencil";

const shared = deriveCredentials(PASSWORD);

/** Accounts of any name, all with the one password; but names that begin with "no" have none. */
export const accounts = (username: string) => (username.startsWith("no") ? undefined : shared);

/** A server whose random bytes are 1, 1, … the first time, and 2, 2, … the second. */
export function newServer(options: Partial<ServerOptions> = {}): Server {
  let calls = 0;
  return new Server({
    domain: DOMAIN,
    accounts,
    random: (count) => new Uint8Array(count).fill(++calls),
    timer: { ...timer, now: () => Date.UTC(2026, 0, 2, 3, 4, 5) },
    ...options,
  });
}

export const HEADER =
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'" +
  ` to='${DOMAIN}' version='1.0'>`;

export class Talk {
  readonly stream: ServerStream;
  /** Whether the server has asked for TLS. */
  startedTLS = false;
  closed = false;
  #heard = "";

  constructor(server: Server, secure = true) {
    this.stream = server.connect(
      {
        onSend: (bytes) => {
          this.#heard += Buffer.from(bytes).toString();
        },
        onStartTLS: () => {
          this.startedTLS = true;
        },
        onClosed: () => {
          this.closed = true;
        },
      },
      secure,
    );
  }

  /** Sends, and returns what has come in since the last time. */
  say(text: string): string {
    this.stream.receive(Buffer.from(text));
    return this.hear();
  }

  /** What has come in since the last time. */
  hear(): string {
    const heard = this.#heard;
    this.#heard = "";
    return heard;
  }

  /** A client that has logged in, and taken in what the server had to say until then. */
  static online(
    server: Server,
    username: string,
    resource: string,
    presence = "<presence/>",
  ): Talk {
    const talk = new Talk(server);
    talk.say(HEADER + plain(username) + HEADER + bindRequest(resource) + presence);
    if (!talk.stream.bound) throw new Error(`${username} could not log in`);
    return talk;
  }
}

export function plain(username: string, password = PASSWORD): string {
  const message = Buffer.from(`\0${username}\0${password}`).toString("base64");
  return `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${message}</auth>`;
}

export function bindRequest(resource: string): string {
  const asked = resource === "" ? "" : `<resource>${resource}</resource>`;
  return `<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>${asked}</bind></iq>`;
}

/** Accounts with passwords of their own. */
export function accountsOf(passwords: Readonly<Record<string, string>>): Accounts {
  const made = new Accounts();
  for (const [username, password] of Object.entries(passwords)) made.add(username, password);
  return made;
}
