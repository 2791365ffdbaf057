import { JID } from "../../../firmware/xmpp/jid.js";
import { Dispatcher } from "../../../firmware/xmpp/stanza/dispatcher.js";
import { encode } from "../../../firmware/xmpp/utf8.js";
import { ElementBuilder } from "../../../firmware/xmpp/xml/builder.js";
import type { Element } from "../../../firmware/xmpp/xml/element.js";
import { LIMITS, OUTGOING_STANZA_BYTES } from "../../../firmware/xmpp/xml/limits.js";
import { Tokenizer } from "../../../firmware/xmpp/xml/tokenizer.js";
import { write, writeBytes } from "../../../firmware/xmpp/xml/writer.js";
import { FakeClock } from "../../support/clock.js";
import { seeded } from "../../support/random.js";
import { fakeCrypto } from "../../support/world.js";

/** Reads stanzas, as they stand in a stream from a server. */
export function parse(text: string): Element[] {
  const elements: Element[] = [];
  const sink = { onHeader() {}, onElement: (e: Element) => elements.push(e), onEnd() {} };
  const tokenizer = new Tokenizer(new ElementBuilder(sink, () => true), LIMITS);
  tokenizer.write(encode(`<stream xmlns='jabber:client'>${text}`));
  return elements;
}

/** One stanza. */
export function stanza(text: string): Element {
  return parse(text)[0] as Element;
}

/** A dispatcher whose stanzas go nowhere: what it sends is in `sent`. */
export class Session {
  readonly clock = new FakeClock();
  readonly sent: string[] = [];
  /** What was sent even if the connection did not keep up. */
  readonly urgent: string[] = [];
  /** Set to have sending throw. */
  failure: Error | undefined;
  readonly stanzas = new Dispatcher({
    jid: JID.parse("juliet@example.org/board"),
    timer: this.clock,
    crypto: fakeCrypto(seeded(1)),
    send: (stanza, urgent) => {
      if (this.failure !== undefined) throw this.failure;
      writeBytes(stanza, "jabber:client", OUTGOING_STANZA_BYTES);
      this.sent.push(write(stanza, "jabber:client"));
      if (urgent) this.urgent.push(write(stanza, "jabber:client"));
    },
  });

  /** @returns what was sent in answer */
  receive(text: string): string[] {
    const before = this.sent.length;
    for (const element of parse(text)) this.stanzas.receive(element);
    return this.sent.slice(before);
  }

  /** The id of the request sent last. */
  get id(): string {
    return stanza(this.sent.at(-1) as string).attr("id") as string;
  }
}
