import { useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { DEVICE_STATES, type DeviceState } from "../protocol.js";
import type { Connection } from "./connection.js";
import { DevicePanel } from "./device-panel.js";
import { FleetMap } from "./fleet-map.js";
import { formatCount, STATE_NAMES } from "./format.js";
import { Grid } from "./grid.js";
import { EventLog } from "./log.js";
import { ORDERS, type Order } from "./orders.js";
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
  const [order, setOrder] = useState<Order>("listed");
  const searchField = useRef<HTMLInputElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const { hello, selected, devices, counts } = store;

  useEffect(() => connection.send({ type: "range", range: store.range }), [hello, store.range]);
  useSelection(store, (device) => {
    store.select(device);
    connection.send({ type: "select", device: device?.index ?? null });
    if (device === undefined) grid.current?.focus();
  });
  useEffect(() => {
    document.title = hello ? `${counts.online}/${devices.length} online · Pipit` : "Pipit";
  }, [hello, counts.online, devices.length]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "/" && document.activeElement !== searchField.current) {
        event.preventDefault();
        searchField.current?.focus();
      } else if (event.key === "Escape" && event.target !== searchField.current) open(undefined);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  // In an order that changes, devices change places once a second at most, or nobody could click on them.
  const second = Math.floor(store.now / 1_000);
  const sorted = useMemo(
    () => (order === "listed" ? devices : devices.toSorted(ORDERS[order].compare)),
    [order, second, devices.length],
  );
  const words = search.toLowerCase().trim();
  const shown = sorted.filter(
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
      {store.alert && (
        <p class="alert" role="alert">
          {store.alert}
        </p>
      )}
      <main>
        <section class="fleet" aria-label="Fleet">
          <h2 class="hidden">Fleet</h2>
          <div class="tools">
            <input
              ref={searchField}
              type="search"
              placeholder="Search  /"
              aria-label="Search devices"
              value={search}
              onInput={(event) => setSearch(event.currentTarget.value)}
            />
            <select
              aria-label="Order of devices"
              value={order}
              onChange={(event) => setOrder(event.currentTarget.value as Order)}
            >
              {Object.entries(ORDERS).map(([key, { name }]) => (
                <option key={key} value={key}>
                  {name}
                </option>
              ))}
            </select>
            <fieldset class="filters">
              <legend class="hidden">Show devices by state</legend>
              <Filter
                name="all"
                count={devices.length}
                isOn={state === undefined}
                onClick={() => setState(undefined)}
              />
              {DEVICE_STATES.map((name) => (
                <Filter
                  key={name}
                  name={STATE_NAMES[name]}
                  mark={name}
                  count={counts[name]}
                  isOn={state === name}
                  onClick={() => setState(state === name ? undefined : name)}
                />
              ))}
            </fieldset>
          </div>
          {devices.length >= MAP_FROM && <FleetMap store={store} shown={shown} onSelect={open} />}
          <Grid ref={grid} store={store} shown={shown} onSelect={open} />
          {!selected && (
            <EventLog
              label="Events"
              lines={store.log}
              nameOf={({ device }) => devices[device]?.name ?? ""}
            />
          )}
        </section>
        {selected && (
          <DevicePanel
            key={selected.device.name}
            selected={selected}
            now={store.now}
            range={store.range}
            commands={hello?.commands ?? []}
            isReached={store.isConnected && store.knows(selected.device)}
            onRange={(range) => store.setRange(range)}
            onCommand={(command) =>
              connection.send({ type: "command", device: selected.device.index, command })
            }
            onClose={() => open(undefined)}
          />
        )}
      </main>
      <Announcer store={store} />
    </div>
  );
}

/** Opens a device, or closes the one that is open. */
function open(device: PageDevice | undefined): void {
  location.hash = device === undefined ? "" : encodeURIComponent(device.name);
}

/**
 * Selects what the address names: so a device can be linked to, and the browser's way back closes it. On a new
 * connection it is the device that has this name there; until it comes, the one of before stays open.
 */
function useSelection(store: Store, select: (device: PageDevice | undefined) => void): void {
  const [name, setName] = useState(nameInAddress);
  useEffect(() => {
    const onChange = (): void => setName(nameInAddress());
    addEventListener("hashchange", onChange);
    return () => removeEventListener("hashchange", onChange);
  }, []);
  const device = name === "" ? undefined : store.devices.find((device) => device.name === name);
  useEffect(() => {
    if (device !== undefined) select(device);
    else if (name === "" && store.selected !== undefined) select(undefined);
  }, [name, device]);
}

/** The name of a device in the address; empty when there is none, or what stands there is none. */
function nameInAddress(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

/** What no device tells, as real ones do not, is left out. */
function Totals({ store: { devices, counts, rate, totals } }: { store: Store }) {
  const { published, pending, lost } = totals;
  return (
    <dl class="totals">
      <Total name="online" value={`${formatCount(counts.online)}/${formatCount(devices.length)}`} />
      <Total
        name="readings/s"
        value={rate >= 10 ? formatCount(Math.round(rate)) : rate.toFixed(1)}
      />
      {published !== undefined && <Total name="acknowledged" value={formatCount(published)} />}
      {pending !== undefined && <Total name="waiting" value={formatCount(pending)} />}
      {lost !== undefined && (
        <Total name="lost" value={formatCount(lost)} tone={lost > 0 ? "bad" : "good"} />
      )}
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
