/**
 * One browser that looks on. It is told at its own speed: what it has not been told yet is kept as *what has
 * changed*, not as a list of changes, so that a slow one misses steps and never the present state, and costs no
 * more than a fast one.
 */

import type { WebSocket } from "ws";
import type { Model, Onlooker } from "./model.js";
import { push } from "./model.js";
import {
  type Curve,
  DEFAULT_RANGE,
  type FromPage,
  type LogLine,
  parseFromPage,
  type Range,
  type SelectedUpdate,
  type ToPage,
  type Update,
  type XmlLine,
} from "./protocol.js";

/** Milliseconds between two updates. */
const PERIOD = 200;
/** Rows in one update: about 200 kB. */
const MAX_ROWS = 1_500;
/** Bytes that the browser has not taken, from which on it is told nothing more. */
const MAX_BUFFERED = 262_144;
/** Milliseconds for which a browser may take nothing before it is given up. */
const PATIENCE = 60_000;
/** What waits for an update at most. */
const MAX_LOG = 100;
const MAX_XML = 100;
const MAX_NEW_POINTS = 2_000;

/** What waits for the next update of the device that is selected. */
interface Selection {
  readonly device: number;
  /** Once they are there, until they are sent; points go after them. The page drops those that are in both. */
  curves: readonly Curve[] | undefined;
  areCurvesSent: boolean;
  log: readonly LogLine[] | undefined;
  areFactsNew: boolean;
  readonly points: (readonly [number, number, number])[];
  xml: XmlLine[];
  skipped: number;
}

export class Viewer implements Onlooker {
  readonly #model: Model;
  readonly #socket: WebSocket;
  readonly #timer: NodeJS.Timeout;
  /** Devices of which the page knows that they are there, and those whose rows it has had once. */
  #known = 0;
  readonly #shown = new Set<number>();
  readonly #changed = new Set<number>();
  readonly #channels = new Set<number>();
  #log: LogLine[];
  #selection: Selection | undefined;
  #range: Range = DEFAULT_RANGE;
  /** When the browser last took what it was sent. */
  #tookAt = performance.now();

  /** @param page which page goes with this server */
  constructor(model: Model, socket: WebSocket, page: string) {
    this.#model = model;
    this.#socket = socket;
    this.#log = [...model.log.slice(-MAX_LOG)];
    for (let device = 0; device < model.size; device++) this.#changed.add(device);
    const { title, place, commands } = model.source;
    this.#send({ type: "hello", page, title, place, commands });
    socket.on("message", (data, isBinary) => {
      const message = isBinary ? undefined : parseFromPage(String(data));
      // 1008 is a violation of what was agreed (RFC 6455 7.4.1).
      if (message === undefined) socket.close(1008, "not understood");
      else this.#obey(message);
    });
    socket.on("close", () => this.#end());
    socket.on("error", () => {}); // `close` follows
    model.onlookers.add(this);
    this.#timer = setInterval(() => this.#update(), PERIOD);
    this.#update();
  }

  // What the model tells

  changed(device: number): void {
    this.#changed.add(device);
    if (this.#selection?.device === device) this.#selection.areFactsNew = true;
  }

  channelsChanged(device: number): void {
    this.#channels.add(device);
  }

  measured(device: number, channel: number, time: number, value: number): void {
    const selection = this.#selection;
    if (selection?.device === device)
      push(selection.points, [channel, time, value] as const, MAX_NEW_POINTS);
  }

  logged(line: LogLine): void {
    push(this.#log, line, MAX_LOG);
  }

  traced(device: number, line: XmlLine): void {
    const selection = this.#selection;
    if (selection?.device !== device) return;
    if (selection.xml.length >= MAX_XML) selection.skipped++;
    push(selection.xml, line, MAX_XML);
  }

  // What the page asks

  #obey(message: FromPage): void {
    if (message.type === "command") this.#model.command(message.device, message.command);
    else if (message.type === "range") {
      this.#range = message.range;
      if (this.#selection !== undefined) this.#loadCurves(this.#selection);
    } else if (message.device === null || message.device < this.#model.size)
      this.#select(message.device);
  }

  #select(device: number | null): void {
    if (this.#selection !== undefined) this.#model.unwatch(this.#selection.device, this);
    this.#selection = undefined;
    if (device === null) return;
    const selection: Selection = {
      device,
      curves: undefined,
      areCurvesSent: false,
      log: this.#model.logOf(device),
      areFactsNew: true,
      points: [],
      xml: [...this.#model.watch(device, this)],
      skipped: 0,
    };
    this.#selection = selection;
    this.#loadCurves(selection);
  }

  #loadCurves(selection: Selection): void {
    const { device } = selection;
    const range = this.#range;
    selection.areCurvesSent = false;
    this.#model.curves(device, range).then(
      (curves) => {
        if (this.#selection !== selection || this.#range !== range) return;
        selection.curves = curves;
        this.#update();
      },
      (error) => this.#model.happened(device, "trouble", `no curves: ${(error as Error).message}`),
    );
  }

  // What the page is told

  #update(): void {
    const { bufferedAmount } = this.#socket;
    const now = performance.now();
    if (bufferedAmount === 0) this.#tookAt = now;
    else if (now - this.#tookAt > PATIENCE) return this.#socket.terminate();
    if (bufferedAmount > MAX_BUFFERED) return;
    this.#send(this.#collect());
  }

  #collect(): Update {
    const model = this.#model;
    const first = this.#known;
    this.#known = Math.min(model.size, first + MAX_ROWS);
    const devices = Array.from({ length: this.#known - first }, (_, i) => model.named(first + i));
    const channels = [...this.#channels]
      .filter((device) => device < first)
      .map((device) => ({ device, channels: model.channels(device) }));
    this.#channels.clear();
    const rows = [...this.#takeChanged()].map((device) => {
      const isFirst = !this.#shown.has(device);
      this.#shown.add(device);
      return model.row(device, isFirst);
    });
    const log = this.#log;
    this.#log = [];
    const selected = this.#collectSelected();
    const { trouble } = model.source;
    return {
      type: "update",
      now: Date.now(),
      totals: model.totals(),
      ...(trouble === undefined ? {} : { trouble }),
      ...(devices.length === 0 ? {} : { devices }),
      ...(channels.length === 0 ? {} : { channels }),
      ...(rows.length === 0 ? {} : { rows }),
      ...(log.length === 0 ? {} : { log }),
      ...(selected === undefined ? {} : { selected }),
    };
  }

  /** As many of those that have changed as one update holds. */
  *#takeChanged(): Generator<number> {
    let left = MAX_ROWS;
    for (const device of this.#changed) {
      if (left === 0) return;
      if (device >= this.#known) continue; // its turn comes
      this.#changed.delete(device);
      left--;
      yield device;
    }
  }

  #collectSelected(): SelectedUpdate | undefined {
    const selection = this.#selection;
    if (selection === undefined || selection.device >= this.#known) return undefined;
    const { device, curves, log, areFactsNew, xml, skipped } = selection;
    selection.areCurvesSent ||= curves !== undefined;
    const points = selection.areCurvesSent ? selection.points.splice(0) : [];
    selection.curves = undefined;
    selection.log = undefined;
    selection.areFactsNew = false;
    selection.xml = [];
    selection.skipped = 0;
    return {
      device,
      ...(areFactsNew ? { facts: this.#model.facts(device) } : {}),
      ...(curves === undefined ? {} : { curves }),
      ...(points.length === 0 ? {} : { points }),
      ...(xml.length === 0 ? {} : { xml }),
      ...(skipped === 0 ? {} : { skipped }),
      ...(log === undefined ? {} : { log }),
    };
  }

  #send(message: ToPage): void {
    this.#socket.send(JSON.stringify(message));
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#model.onlookers.delete(this);
    this.#select(null);
  }
}
