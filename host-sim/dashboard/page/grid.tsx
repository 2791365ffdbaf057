// A table would have all its rows in the page. The grid itself has the focus and the keys, and says where they are.
// biome-ignore-all lint/a11y/useSemanticElements: see above
// biome-ignore-all lint/a11y/useFocusableInteractive: see above
// biome-ignore-all lint/a11y/useKeyWithClickEvents: see above

import { forwardRef } from "preact/compat";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Card, describe } from "./card.js";
import type { PageDevice, Store } from "./store.js";

/** The least width of a card, and the height of a row with the gap below it, in pixels. */
const CARD = 200;
const ROW = 84;
const GAP = 6;
/** Rows that are there above and below what is seen. */
const MARGIN = 2;
/** What it takes of the screen at least, in pixels. */
const LEAST_HEIGHT = 3 * ROW;

interface Props {
  store: Store;
  shown: readonly PageDevice[];
  onSelect: (device: PageDevice) => void;
}

/**
 * The devices as cards. Only those on the screen are there at all; the keyboard's place among them is told by
 * `aria-activedescendant`, and the sizes of the whole by `aria-rowcount` and `aria-colcount` (WAI-ARIA 1.2).
 */
export const Grid = forwardRef<HTMLDivElement, Props>(function Grid(
  { store, shown, onSelect },
  forwarded,
) {
  const element = useRef<HTMLDivElement | null>(null);
  const [view, setView] = useState({ top: 0, height: 600, width: 800 });
  const [active, setActive] = useState(0);
  /** Where a key has led to, until that is scrolled to. */
  const destination = useRef<number | null>(null);
  const columns = Math.max(1, Math.floor((view.width + GAP) / (CARD + GAP)));
  const rows = Math.ceil(shown.length / columns);
  const height = Math.max(rows, 1) * ROW + GAP;
  const current = Math.min(active, shown.length - 1);

  useLayoutEffect(() => {
    const grid = element.current as HTMLDivElement;
    const measure = (): void =>
      setView({
        top: grid.scrollTop,
        height: grid.clientHeight,
        width: grid.clientWidth - 2 * GAP,
      });
    const observer = new ResizeObserver(measure);
    observer.observe(grid);
    grid.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      grid.removeEventListener("scroll", measure);
    };
  }, []);

  // The active cell has to be there, or screen readers would not find it.
  useLayoutEffect(() => {
    if (destination.current !== current) return;
    destination.current = null;
    const grid = element.current as HTMLDivElement;
    const top = Math.floor(current / columns) * ROW;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + ROW > grid.scrollTop + grid.clientHeight)
      grid.scrollTop = top + ROW - grid.clientHeight;
  }, [current, columns]);

  const goTo = (place: number): void => {
    destination.current = place;
    setActive(place);
  };

  const page = Math.max(1, Math.floor(view.height / ROW) - 1) * columns;
  const onKeyDown = (event: KeyboardEvent): void => {
    const device = shown[current];
    if ((event.key === "Enter" || event.key === " ") && device !== undefined) {
      event.preventDefault();
      return onSelect(device);
    }
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: columns,
      ArrowUp: -columns,
      PageDown: page,
      PageUp: -page,
      Home: -current,
      End: shown.length - 1 - current,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    goTo(Math.max(0, Math.min(current + step, shown.length - 1)));
  };

  const first = Math.max(0, Math.floor(view.top / ROW) - MARGIN);
  const last = Math.min(rows, Math.ceil((view.top + view.height) / ROW) + MARGIN);
  return (
    <div
      ref={(grid) => {
        element.current = grid;
        if (typeof forwarded === "function") forwarded(grid);
        else if (forwarded) forwarded.current = grid;
      }}
      class="grid"
      role="grid"
      tabIndex={0}
      aria-label="Devices"
      aria-rowcount={rows}
      aria-colcount={columns}
      aria-activedescendant={current >= 0 ? `cell-${shown[current]?.index}` : undefined}
      // A small fleet leaves the rest of the screen to the log.
      style={{ flexBasis: `${height}px`, minHeight: `${Math.min(height, LEAST_HEIGHT)}px` }}
      onKeyDown={onKeyDown}
      onFocus={({ currentTarget }) => {
        // It may have been scrolled away from; but a mouse is where it is.
        if (currentTarget.matches(":focus-visible")) goTo(current);
      }}
    >
      <div class="rows" role="presentation" style={{ height: `${rows * ROW}px` }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).map((row) => (
          <div
            key={row}
            class="row"
            role="row"
            aria-rowindex={row + 1}
            style={{
              transform: `translateY(${row * ROW}px)`,
              height: `${ROW - GAP}px`,
              gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            }}
          >
            {shown.slice(row * columns, (row + 1) * columns).map((device, column) => (
              <div
                key={device.index}
                id={`cell-${device.index}`}
                class={row * columns + column === current ? "cell active" : "cell"}
                role="gridcell"
                aria-colindex={column + 1}
                aria-selected={store.selected?.device === device}
                aria-label={describe(device)}
                onClick={() => {
                  setActive(row * columns + column);
                  onSelect(device);
                }}
              >
                <Card
                  device={device}
                  version={device.version}
                  age={device.lastAck === undefined ? undefined : store.now - device.lastAck}
                />
              </div>
            ))}
          </div>
        ))}
      </div>
      {shown.length === 0 && (
        <p class="empty">
          {store.devices.length === 0
            ? "No device yet. Each appears with its first reading."
            : "No device is like that."}
        </p>
      )}
    </div>
  );
});
