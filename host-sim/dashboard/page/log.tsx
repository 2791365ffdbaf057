import { memo } from "preact/compat";
import type { LogLine } from "../protocol.js";
import { formatTime } from "./format.js";
import { useStickToEnd } from "./stick.js";
import type { Numbered } from "./store.js";

interface Props {
  label: string;
  lines: readonly Numbered<LogLine>[];
  /** The name of the device that a line is about, where they are about several. */
  nameOf?: (line: LogLine) => string;
}

/**
 * What happened. It is not read out as it comes, for a fleet that reconnects would not stop: the state of the
 * device that is open is (see `Announcer`).
 */
export function EventLog({ label, lines, nameOf }: Props) {
  const box = useStickToEnd(lines);
  return (
    <section class="log">
      <h3>{label}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard */}
      <div ref={box} class="scroll" role="log" aria-live="off" aria-label={label} tabIndex={0}>
        {lines.map((line) => (
          <Line key={line.key} line={line} name={nameOf?.(line)} />
        ))}
        {lines.length === 0 && <p class="dim">Nothing yet.</p>}
      </div>
    </section>
  );
}

const Line = memo(
  ({ line: { time, text, kind }, name }: { line: LogLine; name: string | undefined }) => (
    <p class={kind}>
      <time>{formatTime(time)}</time>{" "}
      {name !== undefined && (
        // With the keyboard one gets to devices through the search: three hundred links would be in the way.
        <a href={`#${encodeURIComponent(name)}`} tabIndex={-1} dir="auto">
          {name}
        </a>
      )}{" "}
      <span dir="auto">{text}</span>
    </p>
  ),
  (one, other) => one.line === other.line,
);
