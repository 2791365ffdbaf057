import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { GET_NETWORKS, PROVISIONED, READY } from "../../firmware/board/provisioning/provisioner.js";
import { encodeKeys, type SettingsTexts } from "../../firmware/board/settings.js";
import { BoardLink } from "../../host-sim/device/board-link.js";
import type { LogLine } from "../../host-sim/device/log-reader.js";
import {
  checkTexts,
  eraseBoard,
  findNetworks,
  joinNetwork,
  readInfo,
  readLog,
  readSettingsOf,
  readStatus,
  saveSettings,
} from "../../host-sim/device/provision.js";
import { PASSPHRASE, SETTINGS, SSID } from "../board/support.js";
import { PASSWORD } from "../support/xmpp-server.js";
import { FastBoard } from "./support/board.js";
import { MemoryLine } from "./support/memory-line.js";

jest.setTimeout(60_000);

const boards: FastBoard[] = [];
afterEach(() => {
  for (const board of boards.splice(0)) board.stop();
});

async function plugIn(texts?: SettingsTexts) {
  const board = new FastBoard(texts);
  boards.push(board);
  const line = new MemoryLine(board);
  const log: LogLine[] = [];
  const link = await BoardLink.open(line, (entry) => log.push(entry));
  return { board, rig: board.rig, line, link, log };
}

/** Everything but the network. */
const { ssid: _ssid, passphrase: _passphrase, ...ACCOUNT } = SETTINGS;

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
};

describe("provisioning", () => {
  test("from the box to the first reading", async () => {
    const { rig, link, log } = await plugIn();
    expect(await readInfo(link)).toEqual({
      firmware: "Pipit",
      version: "1.2.3",
      chip: "ESP32-C3",
      name: "pipit-fe4ff1",
    });
    expect(await link.state()).toBe(READY);
    expect(await findNetworks(link)).toEqual([{ ssid: SSID, signal: -60, hasPassphrase: true }]);
    expect(await joinNetwork(link, SSID, PASSPHRASE)).toBe(true);
    expect(await link.state()).toBe(PROVISIONED);
    await saveSettings(link, ACCOUNT);
    await until(() => rig.published.length > 0);
    expect((await readStatus(link)).get("server")).toBe("online");
    expect(log.map(({ entry }) => entry?.subject)).toContain("clock");
    expect(log.every(({ entry }) => entry !== undefined)).toBe(true);
  });

  test("a wrong passphrase is told, and the board can be given another", async () => {
    const { rig, link } = await plugIn();
    expect(await joinNetwork(link, SSID, "battery staple")).toBe(false);
    expect(rig.texts?.ssid).toBeUndefined();
    expect(await joinNetwork(link, SSID, PASSPHRASE)).toBe(true);
  });

  test("what is stored is shown, but for secrets; nor do these appear on the line", async () => {
    const { rig, link } = await plugIn(SETTINGS);
    expect(await readSettingsOf(link)).toMatchObject({
      jid: SETTINGS.jid,
      passphrase: "set",
      password: "set",
    });
    expect(rig.serial).not.toContain(PASSWORD);
    expect(rig.serial).not.toContain(PASSPHRASE);
  });

  test("values longer than a packet arrive whole, and keys do in place of a password", async () => {
    const { rig, link } = await plugIn(SETTINGS);
    const der = new Uint8Array(1_300).fill(7);
    der.set([0x30, 0x82, 1296 >> 8, 1296 & 0xff]);
    const ca = Buffer.from(der).toString("base64");
    const keys = encodeKeys({
      hash: "sha-256",
      iterations: 4096,
      salt: "c2FsdA==",
      clientKey: new Uint8Array(32).fill(1),
      serverKey: new Uint8Array(32).fill(2),
    });
    await saveSettings(link, { ca, keys });
    expect(rig.texts).toMatchObject({ ca, keys });
    expect(rig.texts?.password).toBeUndefined();
  });

  test("mistakes are told field by field, and nothing is stored", async () => {
    const { rig, link } = await plugIn(SETTINGS);
    const saving = saveSettings(link, { interval: "1", name: "a b", node: "" });
    await expect(saving).rejects.toThrow(
      /^settings: node is needed\ninterval should be whole .*\nname should be letters/,
    );
    expect(rig.texts).toEqual(SETTINGS);
  });

  test("mistakes are found without a board as well", () => {
    expect(() => checkTexts({ jid: "nobody", ntp: "" })).toThrow("jid is not user@domain");
    expect(() => checkTexts({ ssid: "x".repeat(33) })).toThrow("ssid has more than 32 bytes");
    checkTexts({ jid: "me@example.org", ntp: "" });
  });

  test("another server needs the password again: the cable alone does not get at it", async () => {
    const { link } = await plugIn(SETTINGS);
    await expect(saveSettings(link, { server: "xmpp://192.0.2.66" })).rejects.toThrow(
      "password is needed again, with another server",
    );
  });

  test("erasing leaves nothing", async () => {
    const { rig, link } = await plugIn(SETTINGS);
    await eraseBoard(link);
    await until(() => rig.starts.length === 2);
    expect(rig.texts).toBeUndefined();
  });

  test("the board's log can be had from its start", async () => {
    const { link } = await plugIn(SETTINGS);
    const [first] = await readLog(link);
    expect(first?.entry?.text).toBe("Pipit 1.2.3 on ESP32-C3: started, power-on");
  });
});

describe("the line", () => {
  test("may carry anything between packets and lines", async () => {
    const { board, link, log } = await plugIn();
    const noise = Buffer.from("\x00\xff\nESP-ROM:esp32c3-api1\r\nIMPROV\nIMPR", "latin1");
    board.onSend(noise);
    board.onSend(Buffer.from("\n"));
    expect(await link.state()).toBe(READY);
    expect(log.map(({ text }) => text)).toEqual(
      expect.arrayContaining(["ESP-ROM:esp32c3-api1", "IMPROV", "IMPR"]),
    );
  });

  test("may lose an answer: the command is sent again", async () => {
    const { board, link } = await plugIn();
    let lost = 0;
    board.disturb = (bytes) => (lost++ === 0 ? new Uint8Array(0) : bytes);
    expect((await readInfo(link)).firmware).toBe("Pipit");
  });

  test("may damage a command: the board says so, and it is sent again", async () => {
    const { board, link } = await plugIn();
    let sent = 0;
    board.disturbInput = (bytes) => (sent++ === 0 ? bytes.with(9, 0x55) : bytes);
    expect((await readInfo(link)).firmware).toBe("Pipit");
    expect(sent).toBe(2);
  });

  test("without end and without a line's end is cut into lines", async () => {
    const { board, log } = await plugIn();
    board.onSend(new Uint8Array(3_000).fill(0x78));
    const pieces = () => log.filter(({ text }) => text.startsWith("x"));
    await until(() => pieces().length >= 2);
    for (const { text } of pieces().slice(0, 2)) expect(text).toHaveLength(1_024);
  });

  test("on which nobody answers is given up", async () => {
    const peer = { receive: () => {}, onSend: () => {} };
    const link = await BoardLink.open(new MemoryLine(peer));
    await expect(link.request(3, [], { tries: 1 })).rejects.toThrow(
      "the board on /dev/ttyTEST0 does not answer: is Pipit's firmware on it?",
    );
  });

  test("that is unplugged ends what is under way", async () => {
    const { line, link } = await plugIn();
    const joining = joinNetwork(link, SSID, PASSPHRASE);
    line.unplug();
    await expect(joining).rejects.toThrow("/dev/ttyTEST0 is gone: was the board unplugged?");
  });

  test("that is closed ends what is under way", async () => {
    const { link } = await plugIn();
    const joining = joinNetwork(link, SSID, PASSPHRASE);
    const closed = expect(joining).rejects.toThrow("the line was closed");
    await link.close();
    await closed;
  });

  test("leads to a board that may not know a command, or have no time for it", async () => {
    const { link } = await plugIn();
    await expect(link.request(0x33)).rejects.toThrow("does not know this command");
    const scanning = link.request(GET_NETWORKS, [], { isList: true, patience: 1, tries: 1 });
    await expect(scanning).rejects.toThrow("does not answer");
    await expect(readStatus(link)).rejects.toThrow("it is busy");
  });
});
