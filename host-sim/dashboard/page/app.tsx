import { useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { DEVICE_STATES, type DeviceState } from "../protocol.js";
import type { Connection } from "./connection.js";
import { DevicePanel } from "./device-panel.js";
import { FleetMap } from "./fleet-map.js";
import { formatCount, STATE_NAMES } from "./format.js";
import { Grid } from "./grid.js";
import { EventLog } from "./log.js";
import type { PageDevice, Store } from "./store.js";
import { ThemeButton } from "./theme.js";

/** Fleets from this size on have a map above the cards, which do not fit on the screen. */
const MAP_FROM = 60;

interface Props {
  store: Store;
  connection: Connection;
}

/** Draws again when something has changed, and once a second for the ages. */
function useStore(store: Store): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const end = store.onChange(() => draw(undefined));
    const timer = setInterval(() => store.changed(), 1_000);
    return () => {
      clearInterval(timer);
      end();
    };
  }, [store]);
}

export function App({ store, connection }: Props) {
  useStore(store);
  const [search, setSearch] = useState("");
  const [state, setState] = useState<DeviceState>();
  const searchField = useRef<HTMLInputElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const { hello, selected } = store;

  const select = (device: PageDevice | undefined): void => {
    store.select(device?.index);
    connection.send({ type: "select", device: device?.index ?? null });
    history.replaceState(null, "", device ? `#${encodeURIComponent(device.name)}` : "#");
    if (device === undefined) grid.current?.focus();
  };
  useSelectionOf(store, select);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "/" && document.activeElement !== searchField.current) {
        event.preventDefault();
        searchField.current?.focus();
      } else if (event.key === "Escape" && store.selected !== undefined) select(undefined);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });

  const words = search.toLowerCase().trim();
  const shown = store.devices.filter(
    (device) =>
      (state === undefined || device.state === state) &&
      (words === "" || device.text.includes(words)),
  );

  return (
    <div class={selected ? "app has-panel" : "app"}>
      <header>
        <h1>Pipit</h1>
        <p class="place">
          {hello?.title} <span class="dim">{hello?.place}</span>
        </p>
        <Totals store={store} />
        <ThemeButton />
      </header>
      {!store.isConnected && (
        <p class="alert" role="alert">
          {hello ? "The dashboard’s server is gone. Looking for it…" : "Connecting…"}
        </p>
      )}
      <main>
        <section class="fleet" aria-label="Fleet">
          <div class="tools">
            <input
              ref={searchField}
              type="search"
              placeholder="Search  /"
              aria-label="Search devices"
              value={search}
              onInput={(event) => setSearch(event.currentTarget.value)}
            />
            <fieldset class="filters">
              <legend class="hidden">Show devices by state</legend>
              <Filter
                name="all"
                count={store.devices.length}
                isOn={state === undefined}
                onClick={() => setState(undefined)}
              />
              {DEVICE_STATES.map((name) => (
                <Filter
                  key={name}
                  name={STATE_NAMES[name]}
                  mark={name}
                  count={store.counts[name]}
                  isOn={state === name}
                  onClick={() => setState(state === name ? undefined : name)}
                />
              ))}
            </fieldset>
          </div>
          {store.devices.length >= MAP_FROM && (
            <FleetMap store={store} shown={shown} onSelect={select} />
          )}
          <Grid ref={grid} store={store} shown={shown} onSelect={select} />
          {!selected && (
            <EventLog
              lines={store.log}
              nameOf={(device) => store.devices[device]?.name ?? ""}
              label="Events"
            />
          )}
        </section>
        {selected && (
          <DevicePanel
            key={selected.device.index}
            selected={selected}
            now={store.now}
            commands={hello?.commands ?? []}
            onCommand={(command) =>
              connection.send({ type: "command", device: selected.device.index, command })
            }
            onClose={() => select(undefined)}
          />
        )}
      </main>
      <Announcer store={store} />
    </div>
  );
}

/** Selects what the address says, when it is there: at first, and again on a new connection. */
function useSelectionOf(store: Store, select: (device: PageDevice) => void): void {
  const wanted = useRef(useMemo(nameInAddress, []));
  const { hello } = store;
  useEffect(() => {
    if (store.selected !== undefined) wanted.current = store.selected.device.name;
  }, [hello]);
  useEffect(() => {
    if (wanted.current === "") return;
    const device = store.devices.find((device) => device.name === wanted.current);
    if (device === undefined) return;
    wanted.current = "";
    select(device);
  });
}

/** The name of a device in the address; empty when there is none, or what stands there is none. */
function nameInAddress(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

function Totals({ store: { devices, counts, rate, totals } }: { store: Store }) {
  return (
    <dl class="totals">
      <Total name="online" value={`${formatCount(counts.online)}/${formatCount(devices.length)}`} />
      <Total
        name="readings/s"
        value={rate >= 10 ? formatCount(Math.round(rate)) : rate.toFixed(1)}
      />
      <Total name="acknowledged" value={formatCount(totals.published)} />
      <Total name="waiting" value={formatCount(totals.pending)} />
      <Total name="lost" value={formatCount(totals.lost)} tone={totals.lost > 0 ? "bad" : "good"} />
    </dl>
  );
}

function Total({ name, value, tone = "" }: { name: string; value: string; tone?: string }) {
  return (
    <div class={tone}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

interface FilterProps {
  name: string;
  mark?: DeviceState;
  count: number;
  isOn: boolean;
  onClick: () => void;
}

function Filter({ name, mark, count, isOn, onClick }: FilterProps) {
  return (
    <button type="button" class="filter" aria-pressed={isOn} onClick={onClick}>
      {mark && <span class={`mark ${mark}`} aria-hidden="true" />}
      {name} <b>{formatCount(count)}</b>
    </button>
  );
}

/** Says what somebody who does not see the page would miss: how the device fares that was opened. */
function Announcer({ store: { selected } }: { store: Store }) {
  const device = selected?.device;
  return (
    <p class="hidden" role="status">
      {device && `${device.name} is ${STATE_NAMES[device.state]}`}
    </p>
  );
}
