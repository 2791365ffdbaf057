/** XML from bytes, against other parsers for JavaScript. */

import { compare } from "./measure.mjs";
import {
  expat,
  ltx,
  ltxBare,
  ltxElements,
  pipit,
  pipitElements,
  saxes,
  saxJs,
} from "./xml-parsers.mjs";
import { stream } from "./xml-stanzas.mjs";

export const name = "xml";

const SIZE = 250_000;

export function run() {
  const pieces = stream(SIZE);
  const native = expat === undefined ? [] : [["node-expat (C)", expat]];
  const notes =
    expat === undefined ? ["node-expat, a native package, is not installed and left out."] : [];

  const peers = [["saxes", saxes], ["sax", saxJs], ["ltx", ltx], ...native];
  for (const [, parser] of peers) assertSame(record(pipit, pieces), record(parser, pieces));

  return {
    notes,
    tables: [
      table("the same events from all", pieces, true, [
        ["pipit", pipit],
        ...peers,
        ["ltx, prefixes not resolved", ltxBare],
      ]),
      table("nothing wanted from inside of stanzas", pieces, false, [["pipit", pipit], ...peers]),
      table("elements, one for each stanza", pieces, true, [
        ["pipit", pipitElements],
        ["ltx, prefixes not resolved", ltxElements],
      ]),
    ],
  };
}

function table(title, pieces, inside, contenders) {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const results = compare(
    contenders.map(([name, parser]) => ({
      name,
      run: () => parse(parser, new Consumer(inside), pieces),
    })),
  );
  return {
    title,
    columns: ["parser", "MB/s", "pipit is faster by"],
    rows: results.map(({ name, ms, ratio }) => [name, bytes / 1000 / ms, ratio]),
  };
}

/**
 * A consumer that looks at everything and does next to nothing. One class serves for all, so that no parser
 * has the advantage of calling always the same.
 */
class Consumer {
  /** What was told, pieces of the same text put together, without what stands between stanzas. */
  events = [];
  count = 0;
  #inside;
  #recording;
  #depth = 0;
  #text = "";

  /** @param inside whether what is inside of stanzas is wanted */
  constructor(inside, recording = false) {
    this.#inside = inside;
    this.#recording = recording;
  }

  start(name, namespace, attributes) {
    this.count += name.length + namespace.length + attributes.length;
    if (this.#recording) this.#record(`<{${namespace}}${name} ${JSON.stringify(attributes)}>`);
    return ++this.#depth < 2 || this.#inside;
  }

  text(text) {
    this.count += text.length;
    if (this.#recording && this.#depth > 1) this.#text += text;
  }

  end() {
    this.#depth--;
    if (this.#recording) this.#record("</>");
  }

  stanza(element) {
    this.count += element.children.length;
  }

  #record(tag) {
    if (this.#text !== "") this.events.push(this.#text);
    this.#text = "";
    this.events.push(tag);
  }
}

function parse(parser, sink, pieces) {
  const write = parser(sink);
  for (const piece of pieces) write(piece);
}

function record(parser, pieces) {
  const sink = new Consumer(true, true);
  parse(parser, sink, pieces);
  return sink.events;
}

function assertSame(ours, theirs) {
  const at = ours.findIndex((line, index) => line !== theirs[index]);
  if (at >= 0 || ours.length !== theirs.length)
    throw new Error(`not the same events: ${ours[at]} and ${theirs[at]}`);
}
