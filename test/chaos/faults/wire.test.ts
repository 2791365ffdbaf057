import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Wire } from "../../../host-sim/chaos/faults/wire.js";

/** More than goes at once. */
const MUCH = 1_000_000;

let server: Server;
/** The server's ends of the connections. */
let accepted: Socket[];
let wire: Wire;

beforeEach(async () => {
  accepted = [];
  server = createServer((socket) => accepted.push(socket.on("error", () => {})));
  await once(server.listen(0, "127.0.0.1"), "listening");
  wire = await Wire.open({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
});

afterEach(async () => {
  await wire.close();
  server.close();
});

/** A connection of the device, and the server's end of it. */
async function connection(): Promise<{ device: Socket; peer: Socket }> {
  const accepting = once(server, "connection");
  const device = connect({ host: "127.0.0.1", port: wire.port }).on("error", () => {});
  const [peer] = (await accepting) as [Socket];
  return { device, peer };
}

/** What comes until the connection is over. */
async function received(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  socket.on("data", (piece) => pieces.push(piece));
  await new Promise((closed) => socket.once("close", closed)); // by whatever error
  return Buffer.concat(pieces).toString();
}

test("a wire passes everything on, both ways, and the end of it", async () => {
  const { device, peer } = await connection();
  const heard = [received(device), received(peer)];
  const much = "much".repeat(MUCH / 4);
  peer.write(much);
  device.end(much);
  const [down, up] = await Promise.all(heard);
  expect([down?.length, up?.length]).toEqual([MUCH, MUCH]);
});

test.each([
  ["in", 0],
  ["in", 1],
  ["in", 5],
  ["out", 0],
  ["out", 1],
  ["out", 5],
] as const)("it tears %s after %d bytes, and both ends learn of it", async (direction, bytes) => {
  const { device, peer } = await connection();
  const heard = { in: received(device), out: received(peer) };
  const speaker = direction === "in" ? peer : device;
  wire.tearAfter(direction, bytes);
  speaker.write("four");
  speaker.write("more");
  expect(await heard[direction]).toBe("fourmore".slice(0, bytes));
  await heard[direction === "in" ? "out" : "in"];
});

test("what did not come on one connection comes on the next, and once", async () => {
  const first = await connection();
  const before = received(first.peer);
  wire.tearAfter("out", 6);
  first.device.end("four");
  expect(await before).toBe("four");
  const second = await connection();
  const torn = received(second.peer);
  second.device.write("more");
  expect(await torn).toBe("mo");
  const third = await connection();
  const whole = received(third.peer);
  third.device.end("four and more");
  expect(await whole).toBe("four and more");
});

test("where the server does not listen, the device's connection ends", async () => {
  server.close();
  const device = connect({ host: "127.0.0.1", port: wire.port }).on("error", () => {});
  expect(await received(device)).toBe("");
});
