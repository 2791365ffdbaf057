import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { colour } from "./colours.js";
import { formatNumber, shown, unitName } from "./format.js";

const HEIGHT = 104;

interface Props {
  curve: { times: number[]; values: number[] } | undefined;
  /** How many points the curve has: it grows in place. */
  length: number;
  name: string;
  unit: string | undefined;
}

/** A live curve. Those of one device share their cursor. */
export function Plot({ curve, length, name, unit }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);

  useEffect(() => {
    const element = place.current as HTMLDivElement;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element.clientWidth, unit), [[], []], element);
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

  const last = curve?.times.at(-1);
  useEffect(() => {
    if (curve === undefined) return;
    plot.current?.setData([curve.times, curve.values.map((value) => shown(value, unit))]);
  }, [curve, length, last]);

  return (
    <div
      ref={place}
      class="plot-place"
      role="img"
      aria-label={`Plot of ${name}${summary(curve, unit)}`}
    />
  );
}

/** A curve in words. */
function summary(curve: Props["curve"], unit: string | undefined): string {
  if (curve === undefined || curve.values.length === 0) return ": no values yet";
  const values = curve.values.map((value) => shown(value, unit));
  const [least, most] = [Math.min(...values), Math.max(...values)].map(formatNumber);
  return `: ${values.length} values between ${least} and ${most} ${unitName(unit)}`;
}

function options(width: number, unit: string | undefined): uPlot.Options {
  const [line, text, grid] = [colour("accent"), colour("dim"), colour("rule")];
  const font = "11px system-ui, sans-serif";
  const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { sync: { key: "device" }, y: false, points: { size: 6 } },
    padding: [6, 6, 0, 0],
    scales: { y: { range: (_plot, least, most) => range(least, most) } },
    axes: [
      { ...axis, size: 22, space: 70, values: TIMES },
      { ...axis, size: 46, space: 18, values: (_plot, ticks) => ticks.map(tick) },
    ],
    series: [
      {},
      {
        label: unitName(unit),
        stroke: line,
        width: 1.5,
        fill: colour("accent-faint"),
        fillTo: ({ scales }) => scales.y?.min ?? 0,
        points: { show: false },
      },
    ],
  };
}

/** Times of day without dates, which are the same everywhere but around midnight. */
const TIMES = "{HH}:{mm}:{ss}";

function tick(value: number): string {
  return String(Number(value.toPrecision(5)));
}

/** A little more than the values take, so that noise does not look like weather. */
function range(least: number | null, most: number | null): [number, number] {
  if (least === null || most === null) return [0, 1];
  const room = Math.max((most - least) * 0.1, Math.abs(most) * 0.005, 1e-6);
  return [least - room, most + room];
}
