import { useEffect, useRef, useState } from "preact/hooks";
import { DEVICE_STATES } from "../protocol.js";
import { colour } from "./colours.js";
import { STATE_NAMES } from "./format.js";
import type { PageDevice, Store } from "./store.js";

/** The sizes that a square may have with its gap, and the height that the map should not exceed, in pixels. */
const SIZES = [12, 10, 8, 7, 6, 5, 4, 3];
const HEIGHT = 100;

/** How strongly those are drawn that are well, so that the others stand out whatever colours one can see. */
const WELL = 0.4;
/** The same, of those that are not searched for. */
const OTHERS = 0.15;

interface Props {
  store: Store;
  shown: readonly PageDevice[];
  onSelect: (device: PageDevice) => void;
}

/**
 * All devices at once, each a square of its state's colour. It shows what moves through a fleet; what it says is in
 * the filters, too.
 */
export function FleetMap({ store, shown, onSelect }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const { devices, counts } = store;
  const fits = (size: number): boolean =>
    Math.ceil(devices.length / Math.max(1, Math.floor(width / size))) * size <= HEIGHT;
  const size = SIZES.find(fits) ?? (SIZES.at(-1) as number);
  const columns = Math.max(1, Math.floor(width / size));
  const height = Math.ceil(devices.length / columns) * size;

  useEffect(() => {
    const element = canvas.current?.parentElement as HTMLElement;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || width === 0) return;
    const scale = devicePixelRatio;
    const { canvas: target } = context;
    if (target.width !== width * scale || target.height !== height * scale) {
      target.width = width * scale;
      target.height = height * scale;
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const isAll = shown.length === devices.length;
    for (const state of DEVICE_STATES) {
      context.fillStyle = colour(state);
      const draw = (list: readonly PageDevice[], alpha: number): void => {
        context.globalAlpha = alpha;
        for (const { index, state: is } of list)
          if (is === state)
            context.fillRect(
              (index % columns) * size,
              Math.floor(index / columns) * size,
              size - 1,
              size - 1,
            );
      };
      if (!isAll) draw(devices, OTHERS);
      draw(shown, state === "online" && isAll ? WELL : 1);
    }
  });

  const deviceAt = ({ offsetX, offsetY }: MouseEvent): PageDevice | undefined => {
    const column = Math.floor(offsetX / size);
    return column < columns ? devices[Math.floor(offsetY / size) * columns + column] : undefined;
  };
  const summary = DEVICE_STATES.map((state) => `${counts[state]} ${STATE_NAMES[state]}`).join(", ");
  return (
    <div class="map">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Map of ${devices.length} devices: ${summary}`}
        style={{ width: `${width}px`, height: `${height}px` }}
        onMouseMove={(event) => {
          const device = deviceAt(event);
          event.currentTarget.title = device ? `${device.name}, ${STATE_NAMES[device.state]}` : "";
        }}
        onClick={(event) => {
          const device = deviceAt(event);
          if (device !== undefined) onSelect(device);
        }}
      />
    </div>
  );
}
