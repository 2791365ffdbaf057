import { useEffect, useRef } from "preact/hooks";
import type { Command } from "../protocol.js";
import { formatAge, formatCount, formatValue, STATE_NAMES } from "./format.js";
import { EventLog } from "./log.js";
import { Plot } from "./plot.js";
import type { Selected } from "./store.js";
import { XmlConsole } from "./xml-console.js";

const COMMAND_NAMES: Readonly<Record<Command, readonly [name: string, what: string]>> = {
  cut: ["Cut", "Break its connection"],
  stall: ["Stall", "Let nothing pass, either way, for a while"],
  reboot: ["Reboot", "Restart it in good order"],
  "power-loss": ["Power loss", "Take its power for a moment, without a warning"],
};

interface Props {
  selected: Selected;
  /** The server's time. */
  now: number;
  commands: readonly Command[];
  onCommand: (command: Command) => void;
  onClose: () => void;
}

export function DevicePanel({ selected, now, commands, onCommand, onClose }: Props) {
  const { device, curves, xml, skipped, log } = selected;
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
              <button key={command} type="button" title={what} onClick={() => onCommand(command)}>
                {name}
              </button>
            );
          })}
        </fieldset>
      )}
      {selected.facts.error && (
        <p class="trouble" dir="auto">
          {selected.facts.error}
        </p>
      )}
      <FactList selected={selected} now={now} />
      <div class="plots">
        {device.channels.map(({ name, unit }, i) => (
          <section key={name} class="plot" aria-label={`Channel ${name}`}>
            <h3>
              <span dir="auto">{name}</span>
              <b>{formatValue(device.values[i] ?? null, unit)}</b>
            </h3>
            <Plot curve={curves[i]} length={curves[i]?.times.length ?? 0} unit={unit} name={name} />
          </section>
        ))}
      </div>
      {commands.length > 0 && <XmlConsole lines={xml} skipped={skipped} />}
      <EventLog lines={log} label={`Events of ${device.name}`} />
    </section>
  );
}

function FactList({ selected: { device, facts }, now }: { selected: Selected; now: number }) {
  const { jid, node, firmware, presence, taken, published, lost } = facts;
  const { sessions, resumes, reboots } = facts;
  const count = (number: number | undefined): string | undefined =>
    number === undefined ? undefined : formatCount(number);
  const ack =
    device.lastAck === undefined
      ? undefined
      : `${formatAge(now - device.lastAck)} ago`.replace("now ago", "now");
  const list: readonly (readonly [name: string, value: string | undefined])[] = [
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
    ["kind", device.kind || undefined],
    ["node", node],
    ["JID", jid],
  ];
  return (
    <dl class="facts">
      {list.map(([name, value]) => (
        <div key={name} class={name === "JID" || name === "node" ? "wide" : ""}>
          <dt>{name}</dt>
          <dd dir="auto" title={value === undefined ? "Cannot be known from here" : value}>
            {value ?? "–"}
          </dd>
        </div>
      ))}
    </dl>
  );
}
