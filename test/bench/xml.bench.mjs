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
  for (const [, parser] of peers) assertSame(log(pipit, pieces), log(parser, pieces));

  return {
    notes,
    tables: [
      table(
        "The same events from all",
        pieces,
        [["pipit", pipit], ...peers, ["ltx, prefixes not resolved", ltxBare]].map(
          ([name, parser]) => [name, parser, new Tally(true)],
        ),
      ),
      table("Nothing wanted but the stanzas' own tags", pieces, [
        ["pipit", pipit, new Tally(false)],
        ...peers.map(([name, parser]) => [name, parser, new Tally(false)]),
      ]),
      table("Elements, one for each stanza", pieces, [
        ["pipit", pipitElements, new Tally(true)],
        ["ltx", ltxElements, new Tally(true)],
      ]),
    ],
  };
}

function table(title, pieces, contenders) {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const results = compare(
    contenders.map(([name, parser, sink]) => ({
      name,
      run() {
        sink.depth = 0;
        const write = parser(sink);
        for (const piece of pieces) write(piece);
      },
    })),
  );
  return {
    title,
    columns: ["parser", "MB/s", "pipit is faster by"],
    rows: results.map(({ name, ms, ratio }) => [name, bytes / 1000 / ms, ratio]),
  };
}

/** A consumer that does next to nothing, but looks at everything. */
class Tally {
  depth = 0;
  #wanted;
  #count = 0;

  /** @param wanted whether what is inside of stanzas is wanted */
  constructor(wanted) {
    this.#wanted = wanted;
  }

  start(name, namespace, attributes) {
    this.#count += name.length + namespace.length + attributes.length;
    return ++this.depth < 2 || this.#wanted;
  }

  text(text) {
    this.#count += text.length;
  }

  end() {
    this.depth--;
  }

  stanza(element) {
    this.#count += element.children.length;
  }
}

/** What a parser tells of, pieces of the same text put together, without what stands between stanzas. */
function log(parser, pieces) {
  const lines = [];
  let text = "";
  let depth = 0;
  const flush = () => {
    if (text !== "" && depth > 1) lines.push(JSON.stringify(text));
    text = "";
  };
  const write = parser({
    start(name, namespace, attributes) {
      flush();
      depth++;
      lines.push(`<{${namespace}}${name} ${JSON.stringify(attributes)}`);
      return true;
    },
    text: (piece) => {
      text += piece;
    },
    end() {
      flush();
      depth--;
      lines.push("/>");
    },
  });
  for (const piece of pieces) write(piece);
  return lines;
}

function assertSame(ours, theirs) {
  const at = ours.findIndex((line, index) => line !== theirs[index]);
  if (at >= 0 || ours.length !== theirs.length)
    throw new Error(`not the same events: ${ours[at]} and ${theirs[at]}`);
}
