import { memo } from "preact/compat";
import { formatAge, formatCount, formatValue, STATE_NAMES } from "./format.js";
import type { PageDevice } from "./store.js";

/** Values on a card: what fits. */
const VALUES = 2;

interface Props {
  device: PageDevice;
  version: number;
  /** Milliseconds since the last acknowledgement. */
  age: number | undefined;
}

/** One device at a glance. It is drawn again when the device has changed, or its age shows otherwise. */
export const Card = memo(DrawnCard, (one, other) => {
  const isSame = one.device === other.device && one.version === other.version;
  return isSame && ageText(one.age) === ageText(other.age);
});

function DrawnCard({ device, age }: Props) {
  const { name, state, channels, values, pending = 0, recent } = device;
  return (
    <div class={`card ${state}`}>
      <div class="line">
        <b class="name" dir="auto">
          {name}
        </b>
        <span class="state">{STATE_NAMES[state]}</span>
      </div>
      <div class="line">
        <span class="values">
          {channels.slice(0, VALUES).map(({ name, unit }, i) => (
            <span key={name}>{formatValue(values[i] ?? null, unit)}</span>
          ))}
        </span>
      </div>
      <div class="line dim">
        {pending > 1 ? (
          <span class="pending">{formatCount(pending)} wait</span>
        ) : (
          <span>{ageText(age)}</span>
        )}
        <Sparkline values={recent} />
      </div>
    </div>
  );
}

/** A card in words. */
export function describe({ name, state, channels, values, pending = 0 }: PageDevice): string {
  const readings = channels
    .slice(0, VALUES)
    .map(({ name, unit }, i) => `${name} ${formatValue(values[i] ?? null, unit)}`);
  const waiting = pending > 1 ? [`${pending} items wait`] : [];
  return [name, STATE_NAMES[state], ...readings, ...waiting].join(", ");
}

function ageText(age: number | undefined): string {
  if (age === undefined) return "no ack yet";
  return age < 1_000 ? "ack now" : `ack ${formatAge(age)} ago`;
}

const WIDTH = 60;
const HEIGHT = 18;

function Sparkline({ values }: { values: readonly number[] }) {
  if (values.length < 2) return null;
  const least = Math.min(...values);
  const range = Math.max(...values) - least || 1;
  const points = values.map((value, i) => {
    const x = (i / (values.length - 1)) * WIDTH;
    const y = 1 + (1 - (value - least) / range) * (HEIGHT - 2);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg class="spark" width={WIDTH} height={HEIGHT} aria-hidden="true">
      <polyline points={points.join(" ")} />
    </svg>
  );
}
