/** What a client is made of, and the checks of it. */

import type { Crypto, DNSOptions, TCPConstructor, Timer } from "../io.js";
import { ConfigError, type XmppError } from "../xmpp/errors.js";
import type { JID } from "../xmpp/jid.js";
import { MECHANISMS, type MechanismName } from "../xmpp/sasl/mechanism.js";
import { MIN_ITERATIONS, type ScramKeyCache } from "../xmpp/sasl/scram.js";
import type { Extension } from "../xmpp/stanza/dispatcher.js";
import type { Presence } from "../xmpp/stanza/presence.js";
import type { SavedSession } from "../xmpp/stream/stream-management.js";
import type { Element } from "../xmpp/xml/element.js";
import type { Limits } from "../xmpp/xml/limits.js";
import type { Names } from "../xmpp/xml/names.js";
import type { BackoffOptions } from "./backoff.js";
import type { TLSProvider } from "./connection.js";
import { isAddress, literalAddress } from "./hosts.js";
import type { KeepAliveOptions } from "./keep-alive.js";

/**
 * Where a client stands: `waiting` to connect, `connecting`, `online`, `closing` on request, or `closed` for
 * good, on request or because trying again is of no use.
 */
export type ClientState = "waiting" | "connecting" | "online" | "closing" | "closed";

/** What a client is made of and whom it tells. */
export interface ClientOptions {
  /** The account. Its resource is asked for, the same each time; without one the server chooses. */
  jid: string;
  /** May be absent when `keys` has what it takes. */
  password?: string;
  /** Keys derived from the password earlier, and the place for those derived now. */
  keys?: ScramKeyCache;
  /** The weakest mechanism to use. Default `SCRAM-SHA-1`. */
  floor?: MechanismName;
  /** The most iterations of PBKDF2 that a server may ask for. Default 100,000. */
  maxIterations?: number;

  /** The server's host name or address. When absent it is found through the domain's SRV records. */
  host?: string;
  /** Default 5222, or 5223 with direct TLS. */
  port?: number;
  /** How TLS begins on `host`. Default `starttls`. */
  security?: "starttls" | "direct";

  tcp: { io: TCPConstructor };
  tls: TLSProvider;
  /** Not needed when `host` is an address. */
  dns?: DNSOptions;
  timer: Timer;
  crypto: Crypto;

  extensions?: readonly Extension[];
  /** Broadcast when online; `null` for none at all. Default: available, with a negative priority. */
  presence?: Presence | null;
  /** The default language of what is sent. Default `en`. */
  lang?: string;
  /**
   * Whether to say at once what need not wait for the server's word, which saves up to four round trips
   * (XEP-0305). Default `true`. After a negotiation that failed the client goes step by step once.
   */
  pipelining?: boolean;
  backoff?: Partial<BackoffOptions>;
  keepAlive?: Partial<KeepAliveOptions>;
  limits?: Partial<Limits>;
  /** Shared by the clients of one process. */
  names?: Names;
  /** A session that an earlier client of this account had, as `saveSession` gave it. */
  session?: SavedSession;

  onState?: (state: ClientState) => void;
  /** Stanzas may be sent: on every new stream, and when the queue has emptied after `queue-full`. */
  onWritable?: () => void;
  /** A session has begun. The presence is sent by itself. */
  onOnline?: (jid: JID) => void;
  /** The session of before goes on, on a new stream. Nothing was lost with the connection. */
  onResumed?: (jid: JID) => void;
  /**
   * The session cannot go on, if there was one. Requests that were under way hear of it next, and nothing
   * can be sent before that.
   */
  onSessionLost?: () => void;
  /**
   * A connection was lost or could not be made.
   * @param delay milliseconds until the next try; `undefined` when there will be none, and the client is
   *   closed
   */
  onOffline?: (error: XmppError, delay: number | undefined) => void;
  /**
   * A stanza was above the limit of bytes, and was read over; the stream goes on. If it was the reply to a request,
   * that gets an error, `resource-constraint`.
   */
  onTooBig?: (error: XmppError) => void;
  /** `close()` has done its work. */
  onClosed?: () => void;
  /** Sees every element in both directions, secrets included, but not what a resumed stream has to send again. */
  onTrace?: (direction: "in" | "out", element: Element) => void;
}

/**
 * Finds mistakes that would else show later, or never.
 * @param account what `jid` says
 * @throws ConfigError for options that cannot be used
 */
export function checkOptions(options: ClientOptions, account: JID): void {
  const { port, floor, maxIterations, dns } = options;
  const host = options.host ?? literalAddress(account.domain);
  if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65_535))
    throw new ConfigError("port", `${port} is not a port`);
  if (floor !== undefined && !MECHANISMS.includes(floor))
    throw new ConfigError("floor", `${floor} is not one of ${MECHANISMS.join(", ")}`);
  if (maxIterations !== undefined && !(maxIterations >= MIN_ITERATIONS))
    throw new ConfigError("maxIterations", `no server may ask for fewer than ${MIN_ITERATIONS}`);
  checkTimes("backoff", options.backoff, (time) => time >= 0 && time < Number.POSITIVE_INFINITY);
  checkTimes("keepAlive", options.keepAlive, (time) => Number.isInteger(time) && time >= 1);
  if (dns === undefined && (host === undefined || !isAddress(host)))
    throw new ConfigError("dns", "without DNS the host must be given as an address");
}

/** @param options times by their names, in milliseconds */
function checkTimes(option: string, options: object = {}, isTime: (time: number) => boolean): void {
  const times = options as Readonly<Record<string, number>>;
  const wrong = Object.keys(times).find((name) => !isTime(times[name] as number));
  if (wrong !== undefined)
    throw new ConfigError(option, `${wrong} is ${times[wrong]}, and should be milliseconds`);
}
