/**
 * An XMPP client that stays connected: it finds the server, connects, and when the connection is lost,
 * connects again. It follows the base class pattern of ECMA-419 section 8: options in the constructor,
 * callbacks, `close()`.
 */

import type { Crypto, TimerHandle } from "../io.js";
import { ConfigError, StreamError, TransportError, type XmppError } from "../xmpp/errors.js";
import { NS_PING } from "../xmpp/extensions/ping.js";
import { JID } from "../xmpp/jid.js";
import { NS_CLIENT } from "../xmpp/namespaces.js";
import { type Credentials, type SaslPolicy, usableMechanisms } from "../xmpp/sasl/mechanism.js";
import { preparePassword } from "../xmpp/sasl/password.js";
import { ScramKeyCache } from "../xmpp/sasl/scram.js";
import { Dispatcher, type Stanzas } from "../xmpp/stanza/dispatcher.js";
import { type Presence, presenceChildren } from "../xmpp/stanza/presence.js";
import type { Done } from "../xmpp/stanza/requests.js";
import { Bind, LegacySession } from "../xmpp/stream/bind.js";
import { Enable, Management, Resume } from "../xmpp/stream/resume.js";
import { Sasl } from "../xmpp/stream/sasl.js";
import { StartTLS } from "../xmpp/stream/starttls.js";
import type { StreamOptions } from "../xmpp/stream/stream.js";
import { type SavedSession, StreamManagement } from "../xmpp/stream/stream-management.js";
import { type Element, xml } from "../xmpp/xml/element.js";
import { LIMITS, type Limits, OUTGOING_STANZA_BYTES } from "../xmpp/xml/limits.js";
import { Names } from "../xmpp/xml/names.js";
import { writeBytes } from "../xmpp/xml/writer.js";
import { Acknowledgements } from "./acknowledgements.js";
import { BACKOFF, Backoff } from "./backoff.js";
import { Connection } from "./connection.js";
import { KEEP_ALIVE, KeepAlive, type KeepAliveOptions } from "./keep-alive.js";
import { type ClientOptions, type ClientState, checkOptions } from "./options.js";
import { Route } from "./route.js";
import type { Target } from "./srv.js";

export type { ClientOptions, ClientState };

/** Stanzas, and bytes of them, that the server has not acknowledged, above which no more are taken. */
const MAX_UNACKNOWLEDGED = 16;
const MAX_UNACKNOWLEDGED_BYTES = 8_192;

const MAX_ITERATIONS = 100_000;

export class Client {
  readonly #options: ClientOptions;
  readonly #account: JID;
  readonly #credentials: Credentials;
  readonly #policy: SaslPolicy;
  readonly #names: Names;
  readonly #limits: Limits;
  readonly #keepAliveOptions: KeepAliveOptions;
  readonly #dispatcher: Dispatcher;
  readonly #backoff: Backoff;
  readonly #route: Route;

  #state: ClientState = "waiting";
  #presence: Presence | null;
  /** What is under way: waiting, or a connection with what keeps it alive. */
  #wait: TimerHandle | undefined;
  #connection: Connection | undefined;
  #keepAlive: KeepAlive | undefined;
  #acknowledgements: Acknowledgements | undefined;
  /** The session, which may outlive the connection. */
  readonly #session: StreamManagement<Uint8Array>;
  #resumed = false;
  /** Whether the session goes on, or has begun, on the present connection. */
  #attached = false;
  /** Whether the server offered stream management last time, so that it may be asked for without waiting. */
  #offersManagement = false;
  /** Whether a session was lost, of which those whose requests went with it have yet to hear. */
  #sessionLost = false;
  /** Whether the presence was changed while there was no stream to say so. */
  #presenceChanged = false;
  /** Whether somebody was told that too much is unacknowledged, and is to hear when it is not. */
  #wasFull = false;
  /** Whether the last negotiation failed, so that this one goes step by step. */
  #cautious = false;

  /**
   * Checks everything, then begins to connect; no callback is called before it returns.
   * @throws ConfigError for options that cannot be used
   */
  constructor(options: ClientOptions) {
    const account = JID.parse(options.jid);
    if (account.local === "") throw new ConfigError("jid", `${options.jid} is not an account`);
    const { password, keys = new ScramKeyCache(), floor, maxIterations } = options;
    checkOptions(options, account);
    this.#options = options;
    this.#account = account;
    this.#credentials = {
      username: account.local,
      keys,
      ...(password === undefined ? {} : { password: preparePassword(password) }),
    };
    this.#policy = {
      floor: floor ?? "SCRAM-SHA-1",
      maxIterations: maxIterations ?? MAX_ITERATIONS,
    };
    usableMechanisms(this.#credentials, this.#policy);
    this.#names = options.names ?? new Names();
    this.#limits = { ...LIMITS, ...options.limits };
    this.#keepAliveOptions = { ...KEEP_ALIVE, ...options.keepAlive };
    this.#presence = options.presence === undefined ? {} : options.presence;
    this.#dispatcher = new Dispatcher({
      jid: account,
      timer: options.timer,
      crypto: options.crypto,
      send: (stanza, urgent) => this.#send(stanza, urgent),
    });
    options.extensions?.forEach((extension) => {
      extension.install(this.#dispatcher);
    });
    if (this.#presence !== null) this.#checkPresence(this.#presence);
    const { session } = options;
    if (session !== undefined && !JID.parse(session.jid).bare.equals(account.bare))
      throw new ConfigError(
        "session",
        `the session is of ${session.jid}, and not of ${options.jid}`,
      );
    this.#session =
      session === undefined ? new StreamManagement() : StreamManagement.restore(session);
    const backoff = { ...BACKOFF, ...options.backoff };
    const random = (): number => randomNumber(options.crypto);
    this.#backoff = new Backoff(backoff, random);
    this.#route = new Route(this.#options, account.domain, random, {
      onFound: (target, address) => this.#connect(target, address),
      onFailed: (error) => this.#lost(error),
    });
    this.#wait = options.timer.set(() => this.#begin(), this.#backoff.first());
  }

  get state(): ClientState {
    return this.#state;
  }

  /** The address bound by the server, or the account's before that. */
  get jid(): JID {
    return this.#dispatcher.jid;
  }

  /** The language of what the server sends without saying in which. */
  get lang(): string | undefined {
    return this.#connection?.lang;
  }

  /** For sending and receiving stanzas. It stays the same over reconnections. */
  get stanzas(): Stanzas {
    return this.#dispatcher;
  }

  /**
   * What it takes to go on with the session after a reboot (XEP-0198 section 5): for the `session` option of
   * the next client. `undefined` while the server has promised nothing.
   */
  saveSession(): SavedSession | undefined {
    return this.#session.save();
  }

  /**
   * Broadcasts a presence, now if the client is online, and at the start of every session.
   * @throws RangeError for a priority out of range; TransportError `queue-full`; Error after `close()`
   */
  setPresence(presence: Presence): void {
    if (this.#state === "closing" || this.#state === "closed")
      throw new Error("the client is closed");
    this.#checkPresence(presence);
    if (this.#state === "online") this.#sendPresence(presence, false);
    else this.#presenceChanged = true;
    this.#presence = presence;
  }

  /** The network is back: a wait for the next try is over, and the waits after it begin short again. */
  retryNow(): void {
    if (this.#state !== "waiting") return;
    this.#options.timer.clear(this.#wait);
    this.#backoff.reset();
    this.#begin();
  }

  /**
   * Closes the stream in good order, with an unavailable presence, and gives up everything under way.
   * `onClosed` follows. May be called twice.
   */
  close(): void {
    if (this.#state === "closing" || this.#state === "closed") return;
    const wasOnline = this.#state === "online";
    this.#enter("closing");
    this.#stop();
    const connection = this.#connection;
    if (connection === undefined) return this.#closeLater();
    if (wasOnline && this.#presence !== null)
      connection.send(xml("presence", { xmlns: NS_CLIENT, type: "unavailable" }), true);
    connection.close();
  }

  // Connecting

  #begin(): void {
    this.#wait = undefined;
    if (this.#enter("connecting")) this.#route.find(this.#session.location);
  }

  #connect(target: Target, address: string): void {
    const { tcp, tls, timer } = this.#options;
    const { port, direct } = target;
    const stream = this.#streamOptions();
    this.#resumed = false;
    this.#attached = false;
    try {
      const connection = new Connection(
        { address, port, direct, tcp, tls, timer, stream },
        {
          onWritable: () => this.#writable(),
          onOnline: (jid) => this.#online(jid),
          onElement: (element) => this.#dispatcher.receive(element),
          onHeard: () => this.#keepAlive?.heard(),
          onClosed: (error) => this.#disconnected(error),
        },
      );
      this.#connection = connection;
      this.#acknowledgements = new Acknowledgements(
        timer,
        this.#keepAliveOptions.timeout,
        () => connection.sendNonza(this.#session.request()),
        () => connection.fail(new TransportError("remote-server-timeout", "no acknowledgement")),
      );
    } catch (error) {
      this.#lost(error as XmppError);
    }
  }

  #streamOptions(): StreamOptions {
    const { crypto, lang } = this.#options;
    const pipelined = (this.#options.pipelining ?? true) && !this.#cautious;
    const management = new Management(this.#session, {
      onOffer: (isOffered) => {
        this.#offersManagement = isOffered;
      },
      onResumed: () => {
        this.#resumed = true;
        this.#attached = true;
      },
      onLost: () => {
        this.#sessionLost = true;
        this.#dispatcher.jid = this.#account;
      },
      onUnacknowledged: () => this.#acknowledgements?.sent(),
      onAcknowledged: () => this.#acknowledged(),
    });
    const enable = new Enable(management);
    return {
      domain: this.#account.domain,
      lang: lang ?? "en",
      steps: [
        new StartTLS(pipelined),
        new Sasl(this.#credentials, this.#policy, crypto, pipelined),
        new Resume(management, pipelined),
        new Bind(this.#account.resource, pipelined, (stream) => {
          if (this.#offersManagement) enable.ask(stream);
        }),
        new LegacySession(),
        enable,
      ],
      monitor: management,
      limits: this.#limits,
      names: this.#names,
      onTrace: this.#options.onTrace,
      onTooBig: this.#options.onTooBig,
    };
  }

  #online(jid: JID): void {
    this.#dispatcher.jid = jid;
    this.#backoff.reset();
    this.#route.stop();
    this.#cautious = false;
    if (!this.#enter("online")) return;
    const { interval, timeout } = this.#keepAliveOptions;
    const { timer } = this.#options;
    this.#attached = true;
    this.#keepAlive = new KeepAlive(interval, timer, () => this.#ask(timeout));
    if (this.#resumed) {
      // What was sent before the connection was lost is sent already, presence included (pitfall 49).
      this.#resumed = false;
      if (this.#presenceChanged && this.#presence !== null)
        this.#sendPresence(this.#presence, true);
      this.#options.onResumed?.(jid);
      return;
    }
    if (this.#presence !== null) this.#sendPresence(this.#presence, true);
    this.#options.onOnline?.(jid);
  }

  /** The server has said what it has. */
  #acknowledged(): void {
    this.#acknowledgements?.answered();
    if (!this.#wasFull || this.#isUnacknowledged(0.5)) return;
    this.#wasFull = false;
    this.#options.onWritable?.();
  }

  /** Asks the server for a sign of life. */
  #ask(timeout: number): void {
    if (this.#session.isEnabled) return this.#acknowledgements?.request();
    const connection = this.#connection;
    const done: Done = (error) => {
      if (error instanceof TransportError && error.condition === "remote-server-timeout")
        connection?.fail(error);
    };
    this.#dispatcher.request(
      "get",
      undefined,
      xml("ping", { xmlns: NS_PING }),
      done,
      timeout,
      true,
    );
  }

  /** Stanzas may be sent, so that those whose requests were lost with a session can make them again. */
  #writable(): void {
    if (this.#sessionLost) {
      this.#sessionLost = false;
      this.#options.onSessionLost?.();
      const error = new TransportError("session-lost", "the session was not resumed");
      this.#dispatcher.disconnected(error);
    }
    this.#options.onWritable?.();
  }

  /** @throws RangeError for a priority out of range; ConfigError `stanza-too-big` */
  #checkPresence(presence: Presence): void {
    const stanza = this.#dispatcher.presence({}, presenceChildren(presence));
    writeBytes(stanza, NS_CLIENT, OUTGOING_STANZA_BYTES);
  }

  #sendPresence(presence: Presence, urgent: boolean): void {
    this.#presenceChanged = false;
    this.#send(this.#dispatcher.presence({}, presenceChildren(presence)), urgent);
  }

  #send(stanza: Element, urgent: boolean): void {
    if (this.#connection?.takesStanzas !== true)
      throw new TransportError("not-connected", "there is no stream to send on");
    // Answers may be as many again. Who asks for more than that, before the server acknowledges any, gets none.
    const isAnswer = urgent && stanza.name === "iq";
    if ((!urgent || isAnswer) && this.#isUnacknowledged(isAnswer ? 2 : 1)) {
      this.#wasFull = true;
      this.#acknowledgements?.request();
      throw new TransportError(
        "queue-full",
        "the server acknowledges nothing; wait for onWritable",
      );
    }
    this.#connection.send(stanza, urgent);
  }

  /** Whether so many times as much as may be is unacknowledged, or more. */
  #isUnacknowledged(times: number): boolean {
    const { unacknowledged } = this.#session;
    const bytes = unacknowledged.reduce((sum, { length }) => sum + length, 0);
    return (
      unacknowledged.length >= MAX_UNACKNOWLEDGED * times ||
      bytes > MAX_UNACKNOWLEDGED_BYTES * times
    );
  }

  // Losing the connection

  #disconnected(error: XmppError | undefined): void {
    const negotiating = this.#state === "connecting" && this.#connection?.opened === true;
    this.#connection = undefined;
    this.#keepAlive?.stop();
    this.#acknowledgements?.stop();
    const goesOn = this.#goesOn(error);
    if (!goesOn) {
      this.#session.reset();
      this.#dispatcher.jid = this.#account;
      this.#options.onSessionLost?.();
    }
    if (this.#state === "closing") this.#closeLater();
    else if (error === undefined) this.#lost(new TransportError("connection-closed"));
    else if (error instanceof StreamError && error.condition === "see-other-host")
      this.#moved(error);
    else {
      // A server that stumbles over what was said too early says anything or nothing about it.
      if (negotiating && error.retry === "now") this.#cautious = !this.#cautious;
      this.#lost(error);
    }
    // Last, because whoever made the requests may make more, and fail.
    if (!goesOn) this.#dispatcher.disconnected(error);
  }

  /**
   * Whether the session outlives the connection. It does not outlive the end of its stream, in good order or by an
   * error. A stream that had not come to resuming it is none of its own; but where one after another ends in an
   * error, it may be the resuming that the server cannot bear, and a new session does as well.
   */
  #goesOn(error: XmppError | undefined): boolean {
    if (!this.#session.isResumable || this.#state === "closing") return false;
    if (error instanceof TransportError) return true;
    if (!(error instanceof StreamError) || error.condition === "see-other-host")
      return !this.#attached;
    return !this.#attached && !this.#cautious && error.retry === "now";
  }

  #moved(error: StreamError): void {
    const refusal = this.#route.redirect(error.text);
    if (refusal !== undefined) this.#lost(refusal);
    else if (this.#enter("connecting")) this.#route.next();
  }

  #lost(error: XmppError): void {
    if (error instanceof TransportError && error.retry === "now" && this.#route.next()) return;
    this.#route.stop();
    if (error.retry === "never") {
      this.#session.reset();
      this.#enter("closed");
      this.#options.onOffline?.(error, undefined);
      this.#dispatcher.disconnected(error);
      return;
    }
    const delay = this.#backoff.next(error.retry);
    this.#wait = this.#options.timer.set(() => this.#begin(), delay);
    if (this.#enter("waiting")) this.#options.onOffline?.(error, delay);
  }

  #stop(): void {
    this.#options.timer.clear(this.#wait);
    this.#route.stop();
    this.#keepAlive?.stop();
  }

  /** As after a constructor, callbacks come later. */
  #closeLater(): void {
    this.#wait = this.#options.timer.set(() => {
      this.#session.reset();
      this.#enter("closed");
      this.#options.onClosed?.();
      // Last, because whoever made the requests may make more, and fail.
      this.#dispatcher.disconnected(undefined);
    }, 0);
  }

  /** @returns whether the client is in this state still: whoever was told of it may have closed the client */
  #enter(state: ClientState): boolean {
    if (this.#state !== state) {
      this.#state = state;
      this.#options.onState?.(state);
    }
    return this.#state === state;
  }
}

/** From 0 up to, not including, 1. */
function randomNumber(crypto: Crypto): number {
  return crypto.random(4).reduce((sum, byte) => sum * 256 + byte, 0) / 0x1_0000_0000;
}
