import "uplot/dist/uPlot.min.css";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { Curve } from "../curve.js";
import type { ChannelName, Value } from "../protocol.js";
import { colour } from "./colours.js";
import {
  formatDate,
  formatNumber,
  formatTick,
  formatTime,
  formatValue,
  shown,
  unitName,
} from "./format.js";

const HEIGHT = 116;

const NO_VALUES = "no values in this time";

/** Seconds that a plot shows at least. */
const LEAST_TIME = 60;

interface Props {
  channel: ChannelName;
  /** The present value. */
  value: Value;
  curve: Curve | undefined;
  /** The server's time in seconds, and how far back the plot goes at most. */
  now: number;
  range: number;
}

/** A live curve, with its unit, its present value, and what the pointer is at. Those of one device share it. */
export function Plot({ channel: { name, unit }, value, curve, now, range }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const view = useRef({ from: 0, to: 0 });
  const { times, values } = curve ?? { times: [], values: [] };
  const first = Math.max(times[0] ?? now, now - range);
  view.current = { from: Math.min(first, now - LEAST_TIME), to: now };

  useEffect(() => {
    const element = place.current as HTMLDivElement;
    const draw = (): void => {
      plot.current?.destroy();
      const hooks = { setCursor: [({ cursor }: uPlot) => setPointed(cursor.idx ?? null)] };
      const range = (): [number, number] => [view.current.from, view.current.to];
      const made = options(element.clientWidth, unit, range);
      plot.current = new uPlot({ ...made, hooks }, [[], []], element);
    };
    draw();
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    // Its colours are painted, so another theme needs another plot.
    const themes = matchMedia("(prefers-color-scheme: dark)");
    const redraw = (): void => {
      const { data } = plot.current as uPlot;
      draw();
      plot.current?.setData(data);
    };
    themes.addEventListener("change", redraw);
    addEventListener("themechange", redraw);
    return () => {
      observer.disconnect();
      themes.removeEventListener("change", redraw);
      removeEventListener("themechange", redraw);
      plot.current?.destroy();
    };
  }, [unit]);

  // The time goes on, though there may be nothing new.
  useEffect(() => {
    plot.current?.setData([times, values.map((value) => shown(value, unit))]);
  }, [curve, times.length, times.at(-1), Math.floor(now), range]);

  const time = pointed === null ? undefined : times[pointed];
  const extremes = values.length === 0 ? undefined : extremesOf(values, unit);
  return (
    <section class="plot" aria-label={`Channel ${name}`}>
      <h3>
        <span class="channel" dir="auto">
          {name}
        </span>
        {time === undefined ? (
          <>
            {extremes && <span class="extremes">{extremes.join(" – ")}</span>}
            <b>{formatValue(value, unit)}</b>
          </>
        ) : (
          <>
            <span class="extremes">{formatTime(time * 1000)}</span>
            <b>{formatValue(values[pointed as number] ?? null, unit)}</b>
          </>
        )}
      </h3>
      <div class="plot-box">
        <div
          ref={place}
          role="img"
          aria-label={`Plot of ${name}: ${summary(values.length, extremes, unit)}`}
        />
        {values.length === 0 && <p class="no-values">{NO_VALUES}</p>}
      </div>
    </section>
  );
}

function extremesOf(values: readonly number[], unit: string | undefined): [string, string] {
  return [formatNumber(Math.min(...values), unit), formatNumber(Math.max(...values), unit)];
}

/** A curve in words. */
function summary(count: number, extremes: [string, string] | undefined, unit?: string): string {
  if (extremes === undefined) return NO_VALUES;
  return `${count} values between ${extremes.join(" and ")} ${unitName(unit)}`;
}

function options(
  width: number,
  unit: string | undefined,
  xRange: () => [number, number],
): uPlot.Options {
  const [line, text, grid] = [colour("accent"), colour("dim"), colour("rule")];
  const font = "11px system-ui, sans-serif";
  const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { sync: { key: "device" }, y: false, points: { size: 6 }, drag: { x: false } },
    padding: [6, 28, 0, 0], // half of a time
    scales: {
      x: { range: xRange },
      y: { range: (_plot, least, most) => range(least, most) },
    },
    axes: [
      {
        ...axis,
        size: 22,
        space: 70,
        values: (_plot, ticks, _axis, _space, step) =>
          ticks.map((time) => formatDate(time * 1000, step)),
      },
      { ...axis, size: 52, space: 18, values: (_plot, ticks) => ticks.map(formatTick) },
    ],
    series: [
      {},
      {
        label: unitName(unit),
        stroke: line,
        width: 1.5,
        fill: colour("accent-faint"),
        fillTo: ({ scales }) => scales.y?.min ?? 0,
        points: { size: 4 },
      },
    ],
  };
}

/** A little more than the values take, so that noise does not look like weather. */
function range(least: number | null, most: number | null): [number, number] {
  if (least === null || most === null) return [0, 1];
  const room = Math.max((most - least) * 0.1, Math.abs(most) * 0.005, 1e-6);
  return [least - room, most + room];
}
