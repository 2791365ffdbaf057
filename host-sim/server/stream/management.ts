/** XEP-0198: Stream Management, version 1.6.1, from the server's side. The counting is the firmware's own. */

import { StreamError } from "../../../firmware/xmpp/errors.js";
import { NS_STANZA_ERRORS } from "../../../firmware/xmpp/namespaces.js";
import { NS_SM } from "../../../firmware/xmpp/stream/stream-management.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import type { Session } from "../session.js";
import type { Feature } from "./feature.js";
import type { ServerStream } from "./stream.js";

/** The sessions of a server that can be resumed, by the ids that clients know them by. */
export type ResumableSessions = Map<string, Session>;

const ID_BYTES = 18;

export class Management implements Feature {
  readonly namespace = NS_SM;
  readonly #sessions: ResumableSessions;
  readonly #resumeTime: number;

  /** @param resumeTime milliseconds for which a session is kept when its connection is lost */
  constructor(sessions: ResumableSessions, resumeTime: number) {
    this.#sessions = sessions;
    this.#resumeTime = resumeTime;
  }

  offer(stream: ServerStream): Element | undefined {
    return stream.username === undefined ? undefined : xml("sm", { xmlns: NS_SM });
  }

  receive(element: Element, stream: ServerStream): void {
    const session = stream.session as Session | undefined;
    switch (element.name) {
      case "enable":
        if (session === undefined || session.management.isEnabled)
          return stream.send(failed("unexpected-request"));
        return this.#enable(element, session, stream);
      case "resume":
        if (session !== undefined || stream.username === undefined)
          return stream.send(failed("unexpected-request"));
        return this.#resume(element, stream);
      case "r":
        if (session?.management.isEnabled) stream.send(session.management.answer());
        return;
      case "a":
        session?.management.acknowledge(element);
        return;
      default:
        throw new StreamError("unsupported-stanza-type", `<${element.name}/> means nothing here`);
    }
  }

  #enable(request: Element, session: Session, stream: ServerStream): void {
    const wanted = request.attr("resume") === "true" || request.attr("resume") === "1";
    const id = wanted ? Buffer.from(stream.random(ID_BYTES)).toString("base64url") : undefined;
    const max = String(Math.floor(this.#resumeTime / 1000));
    const enabled = xml("enabled", {
      xmlns: NS_SM,
      ...(id === undefined ? {} : { id, resume: "true", max }),
    });
    session.management.enable();
    session.management.enabled(enabled, session.address);
    if (id !== undefined) {
      this.#sessions.set(id, session);
      session.onEnd = () => this.#sessions.delete(id);
    }
    stream.send(enabled);
  }

  /** Section 5. Who asks must be logged in to the account that the session is of. */
  #resume(request: Element, stream: ServerStream): void {
    const previd = request.attr("previd") ?? "";
    const session = this.#sessions.get(previd);
    if (session === undefined || session.jid.local !== stream.username)
      return stream.send(failed("item-not-found"));
    const { management } = session;
    const unacknowledged = management.resumed(request);
    stream.adopt(session);
    session.attach(stream);
    stream.send(xml("resumed", { xmlns: NS_SM, previd, h: management.answer().attr("h") }));
    for (const stanza of unacknowledged) stream.send(stanza);
  }
}

function failed(condition: string): Element {
  return xml("failed", { xmlns: NS_SM }, xml(condition, { xmlns: NS_STANZA_ERRORS }));
}
