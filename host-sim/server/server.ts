/**
 * The embedded XMPP server: accounts, presence between the resources of an account, iq and message routing,
 * and a pub/sub service. For laptops and tests: all in the memory of one process, no federation, nothing
 * kept for those who are not there.
 *
 * It does no I/O. Whoever has connections opens a stream for each (see `listener.ts` for real ones).
 */

import type { Timer } from "../../firmware/io.js";
import { ConfigError, StreamError } from "../../firmware/xmpp/errors.js";
import { JID } from "../../firmware/xmpp/jid.js";
import { MECHANISMS, type MechanismName } from "../../firmware/xmpp/sasl/mechanism.js";
import type { Element } from "../../firmware/xmpp/xml/element.js";
import { LIMITS } from "../../firmware/xmpp/xml/limits.js";
import { Names } from "../../firmware/xmpp/xml/names.js";
import { crypto } from "../node/crypto.js";
import { timer as nodeTimer } from "../node/timer.js";
import { PubSubService } from "./pubsub/service.js";
import { Router } from "./router.js";
import { type AccountLookup, Realm } from "./sasl/realm.js";
import { accountService, domainService } from "./services.js";
import { type Filter, Session } from "./session.js";
import { bind } from "./stream/bind.js";
import type { Feature } from "./stream/feature.js";
import { Management, type ResumableSessions } from "./stream/management.js";
import { Sasl } from "./stream/sasl.js";
import { startTLS } from "./stream/starttls.js";
import { ServerStream, type StreamEvents, type StreamOptions } from "./stream/stream.js";

export interface ServerOptions {
  /** The domain of the accounts. The pub/sub service is at `pubsub.` in front of it. */
  domain: string;
  /** Finds what is kept of the password of an account. */
  accounts: AccountLookup;
  /** Who may create pub/sub nodes, by bare JID. Default: nobody. */
  mayCreateNodes?: (account: string) => boolean;
  /** The SASL mechanisms to offer, the strongest first. Default: all that there are. */
  mechanisms?: readonly MechanismName[];
  /** Bytes of one stanza at most, 10,000 or more (RFC 6120 13.12). Default 65,536. */
  stanzaBytes?: number;
  /** Features of a stream besides STARTTLS, SASL and resource binding. */
  features?: () => readonly Feature[];
  /** Sees every stanza between the server and its clients. */
  filter?: Filter;
  /** Gives bytes that nobody can predict; tests have it give ones they can. */
  random?: (count: number) => Uint8Array;
  /** Default: that of the machine. */
  timer?: Timer;
  /** Milliseconds for which a session outlives its connection. Default 300,000. */
  resumeTime?: number;
}

const RESUME_TIME = 300_000;
const STANZA_BYTES = 65_536;

export class Server {
  readonly domain: string;
  readonly pubsub: PubSubService;
  readonly router: Router;
  readonly #streamOptions: StreamOptions;
  readonly #streams = new Set<ServerStream>();
  readonly #resumable: ResumableSessions = new Map();

  /** @throws ConfigError `jid-malformed` or `domain` for what is no domain name, `limits` for too low a limit */
  constructor(options: ServerOptions) {
    const {
      accounts,
      filter,
      timer = nodeTimer,
      resumeTime = RESUME_TIME,
      random = crypto.random,
      stanzaBytes = STANZA_BYTES,
    } = options;
    const domain = JID.parse(options.domain);
    // An address could have no pub/sub service below it.
    if (domain.toString() !== domain.domain || /^\[|^[0-9.]+$/.test(domain.domain))
      throw new ConfigError("domain", `${options.domain} is not a domain name`);
    if (!(stanzaBytes >= LIMITS.stanzaBytes))
      throw new ConfigError("limits", `stanzaBytes is ${LIMITS.stanzaBytes} or more`);
    this.domain = domain.domain;

    const send = (stanza: Element): void => this.router.route(stanza);
    const pubsubDomain = `pubsub.${this.domain}`;
    this.router = new Router(this.domain, accountService(send));
    this.pubsub = new PubSubService({
      address: pubsubDomain,
      router: this.router,
      mayCreateNodes: options.mayCreateNodes ?? (() => false),
      random,
      now: () => timer.now(),
    });
    this.router.addComponent(this.domain, domainService(send, [pubsubDomain]));
    this.router.addComponent(pubsubDomain, this.pubsub);

    const sasl = {
      realm: new Realm(this.domain, accounts),
      mechanisms: options.mechanisms ?? MECHANISMS,
      random,
    };
    const resumption = { timer, time: resumeTime };
    this.#streamOptions = {
      domain: this.domain,
      features: () => [
        startTLS,
        new Sasl(sasl),
        bind,
        new Management(this.#resumable, resumeTime),
        ...(options.features?.() ?? []),
      ],
      limits: { ...LIMITS, stanzaBytes },
      names: new Names(),
      random,
      bind: (jid, stream) => {
        const session = new Session(jid, stream, this.router, resumption, filter);
        this.router.add(session);
        return session;
      },
    };
  }

  /**
   * Begins to serve a connection.
   * @param secure whether it is inside TLS from its start
   */
  connect(events: StreamEvents, secure: boolean): ServerStream {
    const stream = new ServerStream(
      this.#streamOptions,
      {
        onSend: (bytes) => events.onSend(bytes),
        onStartTLS: () => events.onStartTLS(),
        onClosed: () => {
          this.#streams.delete(stream);
          events.onClosed();
        },
      },
      secure,
    );
    this.#streams.add(stream);
    return stream;
  }

  /** No session of before can be resumed any more. */
  forgetSessions(): void {
    this.#resumable.clear();
  }

  /** Ends all streams, telling the clients that the server goes down (RFC 6120 4.9.3.20). */
  shutDown(): void {
    for (const stream of this.#streams) stream.fail(new StreamError("system-shutdown"));
  }
}
