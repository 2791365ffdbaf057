/** `pipit simulate --board`: one whole board, from its start on. */

import { readSettings, type SettingsTexts } from "../../firmware/board/settings.js";
import { SettingsStore } from "../../firmware/board/settings-store.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { Air } from "../board/air.js";
import { Flash } from "../board/flash.js";
import { SimulatedBoard } from "../board/simulated-board.js";
import { TimeServer } from "../board/time-server.js";
import { VERSION } from "../version.js";
import { type Reach, type Server, serverUri } from "./account.js";

export interface BoardRun {
  jid: string;
  password: string;
  server?: Server;
  reach: Reach;
  service: string;
  node: string;
  /** Milliseconds between samples. */
  interval: number;
  seed: number;
  /** What the board writes to its serial line. */
  onSerial: (text: string) => void;
}

/** The network of the simulation, and where its time server is (RFC 5737: an address that nobody has). */
const NETWORK = { ssid: "pipit", passphrase: "simulated", signal: -55 };
const TIME_SERVER = "192.0.2.123";

/**
 * Provisions a board and switches it on. Its clock, its Wi-Fi and its flash are simulated; the server is real.
 * @throws ConfigError for settings that the board would not take
 */
export function startBoard(run: BoardRun): SimulatedBoard {
  const { reach, seed } = run;
  const { timer, crypto, tls, dns } = reach;
  if (dns === undefined) throw new ConfigError("dns", "a board needs a way to resolve names");
  const id = `0200${(seed >>> 0).toString(16).padStart(8, "0")}`;
  const flash = new Flash();
  new SettingsStore(flash.open({ path: "settings" })).save(settingsFor(run, id));
  const board = new SimulatedBoard({
    timer,
    crypto,
    tls,
    dns,
    flash,
    air: new Air([NETWORK]),
    timeServer: new TimeServer(() => timer.now()),
    id,
    built: timer.now(),
    version: VERSION,
    onSerial: (bytes) => run.onSerial(Buffer.from(bytes).toString()),
  });
  board.powerOn();
  return board;
}

function settingsFor(run: BoardRun, id: string): SettingsTexts {
  const { jid, password, server, service, node, interval } = run;
  const texts: SettingsTexts = {
    ssid: NETWORK.ssid,
    passphrase: NETWORK.passphrase,
    jid,
    password,
    service,
    node,
    interval: String(interval),
    sensors: "simulated,chip,heap,rssi",
    mechanism: run.reach.floor ?? "SCRAM-SHA-1",
    ntp: TIME_SERVER,
    ...(server === undefined ? {} : { server: serverUri(server) }),
  };
  const mistakes = readSettings(texts, id);
  if (!("wifi" in mistakes)) {
    const [first] = mistakes;
    throw new ConfigError("settings", `${first?.field} ${first?.text}`);
  }
  return texts;
}
