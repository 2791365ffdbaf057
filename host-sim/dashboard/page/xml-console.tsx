import { memo } from "preact/compat";
import { useState } from "preact/hooks";
import type { XmlLine } from "../protocol.js";
import { formatTime } from "./format.js";
import { useStickToEnd } from "./stick.js";
import type { Numbered } from "./store.js";

interface Props {
  lines: readonly Numbered<XmlLine>[];
  skipped: number;
}

/** The stream of a device as it goes by. */
export function XmlConsole({ lines, skipped }: Props) {
  const [held, setHeld] = useState<Props["lines"]>();
  const shown = held ?? lines;
  const box = useStickToEnd(shown);
  return (
    <section class="xml">
      <h3>
        XML <span class="dim">secrets are not shown</span>
        {skipped > 0 && <span class="dim">{skipped} left out</span>}
        <button
          type="button"
          class="quiet"
          aria-pressed={held !== undefined}
          onClick={() => setHeld(held === undefined ? lines : undefined)}
        >
          {held === undefined ? "Pause" : "Go on"}
        </button>
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard */}
      <div ref={box} class="scroll" role="log" aria-live="off" aria-label="XML stream" tabIndex={0}>
        {shown.map((line) => (
          <Line key={line.key} line={line} />
        ))}
        {shown.length === 0 && <p class="dim">The stream is shown from now on.</p>}
      </div>
    </section>
  );
}

const Line = memo(
  ({ line: { time, direction, xml } }: { line: XmlLine }) => (
    <p class={direction}>
      <time>{formatTime(time)}</time>
      <span class="arrow" role="img" aria-label={direction === "out" ? "sent" : "received"}>
        {direction === "out" ? "→" : "←"}
      </span>
      <code>{coloured(xml)}</code>
    </p>
  ),
  (one, other) => one.line === other.line,
);

/** Tags, names of attributes, and quoted values. Whatever is none of these is text. */
const PARTS = /(<\/?[^\s<>/=]+|\/?>)|([^\s<>"'=/]+=)(?=["'])|("[^"<]*"|'[^'<]*')/g;
const CLASSES = ["", "tag", "attribute", "value"];

/** XML with colours: pieces of the text in elements of ours, and the text itself is never read as markup. */
function coloured(xml: string) {
  const pieces = [];
  let end = 0;
  for (const match of xml.matchAll(PARTS)) {
    if (match.index > end) pieces.push(xml.slice(end, match.index));
    const part = match.findIndex((text, i) => i > 0 && text !== undefined);
    pieces.push(<span class={CLASSES[part]}>{match[0]}</span>);
    end = match.index + match[0].length;
  }
  pieces.push(xml.slice(end));
  return pieces;
}
