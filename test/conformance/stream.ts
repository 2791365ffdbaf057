import type { SocketCallbacks } from "../../firmware/io.js";
import { equal, isTrue, rejects, sameBytes, throws } from "./assert.js";
import { settle, testWithListener } from "./fixtures.js";
import type { Listener, Peer, TestHost } from "./host.js";
import { bytes } from "./pattern.js";
import type { Probe } from "./probe.js";

/** Connects a probe to a listener, with these callbacks besides its own. */
export type Connect = (
  listener: Listener,
  callbacks?: SocketCallbacks,
) => Promise<{ probe: Probe; peer: Peer }>;

/** What `io.ts` promises of every connection that stands, in the clear or by TLS. */
export function streamConformance(host: TestHost, connect: Connect): void {
  function test(name: string, body: (probe: Probe, peer: Peer) => Promise<void>): void {
    testWithListener(host, name, async (listener) => {
      const { probe, peer } = await connect(listener);
      await body(probe, peer);
      probe.socket.close();
    });
  }

  test("onWritable says that the connection stands", async (probe) => {
    equal(probe.calls.join(), "writable");
    isTrue(probe.credit > 0, "something may be written");
    isTrue(!probe.isMisled, "`this` is the socket, and no callback comes from the constructor");
  });

  test("bytes go both ways", async (probe, peer) => {
    probe.socket.write(bytes(3));
    sameBytes(await peer.receive(3), bytes(3));
    await peer.send(bytes(200));
    sameBytes(await probe.receive(200), bytes(200));
  });

  test("an ArrayBuffer can be written as well", async (probe, peer) => {
    probe.socket.write(bytes(3).buffer);
    sameBytes(await peer.receive(3), bytes(3));
  });

  test("read takes all, so many, or as many as fill a buffer", async (probe, peer) => {
    await peer.send(bytes(10));
    await probe.available(10);
    sameBytes(new Uint8Array(probe.socket.read(3) as ArrayBuffer), bytes(3));
    const buffer = new Uint8Array(4);
    equal(probe.socket.read(buffer), 4);
    sameBytes(buffer, bytes(10).subarray(3, 7));
    sameBytes(new Uint8Array(probe.socket.read() as ArrayBuffer), bytes(10).subarray(7));
  });

  test("read gives undefined when nothing is there", async (probe) => {
    equal(probe.socket.read(), undefined);
    equal(probe.socket.read(1), undefined);
    equal(probe.socket.read(new Uint8Array(1)), undefined);
  });

  test("read takes nothing when it is asked for what cannot be", async (probe, peer) => {
    await peer.send(bytes(5));
    await probe.available(5);
    for (const wanted of [6, 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      throws(() => probe.socket.read(wanted), RangeError);
    }
    throws(() => probe.socket.read(new Uint8Array(6)), RangeError);
    throws(() => probe.socket.read(new Uint8Array(0)), RangeError);
    sameBytes(await probe.receive(5), bytes(5));
  });

  test("onReadable counts all unread bytes, and waits for new ones", async (probe, peer) => {
    await peer.send(bytes(5));
    await probe.available(5);
    probe.socket.read(2);
    const calls = probe.calls.length;
    await settle(host);
    equal(probe.calls.length, calls, "callbacks");
    await peer.send(bytes(4));
    await probe.available(3 + 4);
    equal(probe.announced, 3 + 4);
  });

  test("what is not read holds the peer back", async (probe, peer) => {
    const sent = peer.flood(host.flood);
    let largest = 0;
    for (let read = 0; read < host.flood; ) {
      await probe.nextCall();
      await settle(host); // time for a flood
      const chunk = new Uint8Array(probe.socket.read() ?? new ArrayBuffer(0));
      sameBytes(chunk, bytes(chunk.length, read));
      largest = Math.max(largest, chunk.length);
      read += chunk.length;
    }
    await sent;
    isTrue(largest <= 256 * 1024, `at most 256 kB wait to be read, not ${largest} bytes`);
  });

  test("write throws would block, and writes nothing, beyond the credit", async (probe, peer) => {
    const { credit } = probe;
    throws(() => probe.socket.write(bytes(credit + 1)), Error, "would block");
    equal(probe.socket.write(bytes(credit - 10)), 10);
    throws(() => probe.socket.write(bytes(11)), Error, "would block");
    equal(probe.socket.write(bytes(10)), 0);
    throws(() => probe.socket.write(bytes(1)), Error, "would block");
    sameBytes(await peer.receive(credit - 10), bytes(credit - 10));
    sameBytes(await peer.receive(10), bytes(10));
  });

  test("onWritable gives credit back", async (probe, peer) => {
    const { credit } = probe;
    equal(probe.socket.write(bytes(credit)), 0);
    probe.credit = 0;
    await peer.receive(credit);
    await probe.until(() => probe.credit > 0);
    probe.socket.write(bytes(1));
    sameBytes(await peer.receive(1), bytes(1));
  });

  test("a peer that is slow to read gets everything as it was written", async (probe, peer) => {
    const sent = probe.flood(host.flood); // which overwrites its buffer after each piece
    await settle(host);
    await peer.drain(host.flood);
    await sent;
  });

  test("onError says that the peer has ended the connection", async (probe, peer) => {
    peer.end();
    await probe.failed();
    await settle(host);
    equal(probe.calls.join(), "writable,error");
    equal(probe.socket.read(), undefined);
  });

  test("onError says that the peer has broken the connection", async (probe, peer) => {
    peer.reset();
    await probe.failed();
    await settle(host);
    equal(probe.calls.join(), "writable,error");
  });

  test("what is written to a broken connection goes nowhere", async (probe, peer) => {
    peer.reset();
    await probe.failed();
    for (let times = 0; times < 3; times += 1) {
      probe.socket.write(bytes(probe.credit));
    }
    await settle(host);
    equal(probe.calls.join(), "writable,error");
  });

  test("the end of the connection does not overtake data", async (probe, peer) => {
    await peer.send(bytes(1000));
    peer.end();
    await probe.available(1000);
    await settle(host);
    sameBytes(new Uint8Array(probe.socket.read(600) as ArrayBuffer), bytes(600));
    await settle(host);
    equal(probe.count("error"), 0, "errors before everything was read");
    sameBytes(new Uint8Array(probe.socket.read() as ArrayBuffer), bytes(1000).subarray(600));
    equal(probe.count("error"), 0, "errors from inside of read");
    await probe.failed();
    await settle(host);
    equal(probe.count("error"), 1, "errors");
  });

  test("the end of the connection does not overtake data held back", async (probe, peer) => {
    const sent = peer.flood(host.flood);
    peer.end();
    await probe.available(1);
    await settle(host);
    await probe.drain(host.flood);
    await sent;
    await probe.failed();
  });

  test("close ends the connection, and all callbacks", async (probe, peer) => {
    await peer.send(bytes(10));
    const before = probe.calls.join();
    probe.socket.close();
    await peer.ended();
    await settle(host);
    equal(probe.calls.join(), before);
  });

  test("after close nothing is received", async (probe, peer) => {
    probe.socket.close();
    await rejects(peer.flood(8 * 1024 * 1024));
  });

  testWithListener(host, "close from inside a callback is the last one", async (listener) => {
    const { probe, peer } = await connect(listener, {
      onReadable() {
        this.close();
      },
    });
    await peer.send(bytes(10));
    await peer.ended();
    await settle(host);
    equal(probe.calls.join(), "writable,readable");
  });

  test("after close only close can be called", async ({ socket }) => {
    socket.close();
    socket.close();
    throws(() => socket.read(), Error);
    throws(() => socket.read(1), Error);
    throws(() => socket.write(bytes(1)), Error);
    socket.close();
  });
}
