import { useEffect, useRef } from "preact/hooks";
import { type Command, type Facts, RANGES, type Range } from "../protocol.js";
import { formatAge, formatCount, STATE_NAMES } from "./format.js";
import { EventLog } from "./log.js";
import { Plot } from "./plot.js";
import type { PageDevice, Selected } from "./store.js";
import { XmlConsole } from "./xml-console.js";

const COMMAND_NAMES: Readonly<Record<Command, readonly [name: string, what: string]>> = {
  cut: ["Cut", "Break its connection"],
  stall: ["Stall", "Let nothing pass, either way, for a while"],
  reboot: ["Reboot", "Restart it in good order"],
  "power-loss": ["Power loss", "Take its power for a moment, without a warning"],
};

const RANGE_NAMES: Readonly<Record<Range, string>> = {
  300: "5 minutes",
  3600: "hour",
  21600: "6 hours",
  86400: "day",
  604800: "week",
  2592000: "30 days",
};

interface Props {
  selected: Selected;
  /** The server's time. */
  now: number;
  range: Range;
  commands: readonly Command[];
  /** Whether commands reach it. */
  isReached: boolean;
  onRange: (range: Range) => void;
  onCommand: (command: Command) => void;
  onClose: () => void;
}

export function DevicePanel(props: Props) {
  const { selected, now, range, commands, isReached, onRange, onCommand, onClose } = props;
  const { device, facts, curves, xml, skipped, log } = selected;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="panel" aria-label={`Device ${device.name}`}>
      <div class="panel-head">
        <h2 ref={heading} tabIndex={-1} dir="auto">
          {device.name}
        </h2>
        <span class={`badge ${device.state}`}>{STATE_NAMES[device.state]}</span>
        <button type="button" class="quiet close" onClick={onClose} title="Close (Esc)">
          ✕<span class="hidden">Close</span>
        </button>
      </div>
      {commands.length > 0 && (
        <fieldset class="commands">
          <legend class="hidden">What to do to it</legend>
          {commands.map((command) => {
            const [name, what] = COMMAND_NAMES[command];
            return (
              <button
                key={command}
                type="button"
                title={what}
                disabled={!isReached}
                onClick={() => onCommand(command)}
              >
                {name}
              </button>
            );
          })}
        </fieldset>
      )}
      {facts?.error && (
        <p class="trouble" dir="auto">
          {facts.error}
        </p>
      )}
      {facts && <FactList device={device} facts={facts} now={now} />}
      <label class="range">
        The last{" "}
        <select
          value={range}
          onChange={({ currentTarget: { value } }) => onRange(Number(value) as Range)}
        >
          {RANGES.map((range) => (
            <option key={range} value={range}>
              {RANGE_NAMES[range]}
            </option>
          ))}
        </select>
      </label>
      <div class="plots">
        {device.channels.map((channel, i) => (
          <Plot
            key={channel.name}
            channel={channel}
            value={device.values[i] ?? null}
            curve={curves[i]}
            now={now / 1000}
            range={range}
          />
        ))}
      </div>
      {commands.length > 0 && <XmlConsole lines={xml} skipped={skipped} />}
      <EventLog lines={log} label={`Events of ${device.name}`} />
    </section>
  );
}

function FactList({ device, facts, now }: { device: PageDevice; facts: Facts; now: number }) {
  const { jid, node, firmware, presence, taken, published, lost } = facts;
  const { sessions, resumes, reboots } = facts;
  const count = (number: number | undefined): string | undefined =>
    number === undefined ? undefined : formatCount(number);
  const ack =
    device.lastAck === undefined
      ? "none yet"
      : `${formatAge(now - device.lastAck)} ago`.replace("now ago", "now");
  const all: readonly (readonly [name: string, value: string | undefined])[] = [
    ["presence", presence],
    ["last ack", ack],
    ["outbox", device.pending === undefined ? undefined : `${count(device.pending)} wait`],
    ["taken", count(taken)],
    ["published", count(published)],
    ["lost", count(lost)],
    ["sessions", count(sessions)],
    ["resumes", count(resumes)],
    ["reboots", count(reboots)],
    ["firmware", firmware],
    ...(device.kind === "" ? [] : [["kind", device.kind] as const]),
    ["node", node],
    ["JID", jid],
  ];
  const known = all.filter(([, value]) => value !== undefined);
  const unknown = all.filter(([, value]) => value === undefined).map(([name]) => name);
  return (
    <>
      <dl class="facts">
        {known.map(([name, value]) => (
          <div key={name} class={name === "JID" || name === "node" ? "wide" : ""}>
            <dt>{name}</dt>
            <dd dir="auto" title={value}>
              {value}
            </dd>
          </div>
        ))}
      </dl>
      {unknown.length > 0 && <p class="dim unknown">Not known from here: {unknown.join(", ")}.</p>}
    </>
  );
}
