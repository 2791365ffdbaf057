import type { TCPOptions } from "../../firmware/io.js";
import { equal, isTrue, sameBytes, throws } from "./assert.js";
import { at, settle, testWithListener } from "./fixtures.js";
import type { Listener, Peer, TestHost } from "./host.js";
import { bytes } from "./pattern.js";
import { Probe } from "./probe.js";
import { type Connect, streamConformance } from "./stream.js";

/** What `io.ts` promises of a plain socket. */
export function tcpConformance(host: TestHost): void {
  const open = (listener: Listener) =>
    new Probe((callbacks) => new host.TCP({ ...at(listener), ...callbacks }));
  const takeOver = (old: Probe) =>
    new Probe((callbacks) => new host.TCP({ from: old.socket, ...callbacks }));

  const connect: Connect = async (listener, callbacks) => {
    const probe = new Probe((own) => new host.TCP({ ...at(listener), ...own }), callbacks);
    const peer = await listener.accept();
    await probe.connected();
    return { probe, peer };
  };

  streamConformance(host, connect);

  function test(name: string, body: (listener: Listener) => Promise<void>): void {
    testWithListener(host, name, body);
  }

  function testConnected(name: string, body: (probe: Probe, peer: Peer) => Promise<void>): void {
    test(name, async (listener) => {
      const { probe, peer } = await connect(listener);
      await body(probe, peer);
      probe.socket.close();
    });
  }

  test("nothing can be written before onWritable", async (listener) => {
    const probe = open(listener);
    throws(() => probe.socket.write(bytes(1)), Error);
    const peer = await listener.accept();
    await probe.connected();
    probe.socket.write(bytes(2));
    sameBytes(await peer.receive(2), bytes(2));
    probe.socket.close();
  });

  test("onError says that nobody listens", async (listener) => {
    await listener.close();
    const probe = open(listener);
    await probe.failed();
    await settle(host);
    equal(probe.calls.join(), "error");
    equal(probe.socket.read(), undefined);
    probe.socket.close();
  });

  test("close before the connection stands leaves no callbacks", async (listener) => {
    const probe = open(listener);
    probe.socket.close();
    await settle(host);
    equal(probe.calls.join(), "");
  });

  testConnected("another socket takes over the connection and the unread", async (old, peer) => {
    await peer.send(bytes(10));
    await old.available(10);
    old.socket.read(4);
    const calls = old.calls.length;

    const probe = takeOver(old);
    throws(() => old.socket.read(), Error);
    throws(() => old.socket.write(bytes(1)), Error);
    old.socket.close();
    equal(probe.calls.join(), "", "callbacks from inside the constructor");
    await probe.connected();
    await probe.available(6);
    sameBytes(await probe.receive(6), bytes(10).subarray(4));
    probe.socket.write(bytes(5));
    sameBytes(await peer.receive(5), bytes(5));
    await peer.send(bytes(7));
    sameBytes(await probe.receive(7), bytes(7));
    peer.end();
    await probe.failed();
    equal(old.calls.length, calls, "callbacks of the old socket");
    isTrue(!probe.isMisled, "`this` is the new socket");
    probe.socket.close();
  });

  testConnected("another socket takes over what is not sent yet", async (old, peer) => {
    const { credit } = old;
    old.socket.write(bytes(credit));
    const probe = takeOver(old);
    await probe.connected();
    await probe.until(() => probe.credit > 0);
    probe.socket.write(bytes(1));
    sameBytes(await peer.receive(credit), bytes(credit));
    sameBytes(await peer.receive(1), bytes(1));
    probe.socket.close();
  });

  test("another socket takes over a connection that does not stand yet", async (listener) => {
    const old = open(listener);
    const probe = takeOver(old);
    await probe.connected();
    equal(old.calls.join(), "");
    probe.socket.close();
  });

  testConnected("another socket takes over the end of a connection", async (old, peer) => {
    await peer.send(bytes(10));
    peer.end();
    await old.available(10);
    await settle(host);
    const probe = takeOver(old);
    sameBytes(await probe.receive(10), bytes(10));
    await probe.failed();
    equal(old.count("error"), 0);
    probe.socket.close();
  });

  testConnected("a closed socket cannot be taken over", async (old) => {
    old.socket.close();
    throws(() => takeOver(old), Error);
  });

  test("options are left as they are, and unknown ones do no harm", async (listener) => {
    const options = Object.freeze({ ...at(listener), noDelay: true, colour: "blue" });
    const probe = new Probe(
      (callbacks) => new host.TCP(Object.freeze({ ...options, ...callbacks })),
    );
    await probe.connected();
    probe.socket.close();
  });

  test("bad options throw, and nothing is connected", async (listener) => {
    const good = at(listener);
    const bad: Record<string, unknown>[] = [
      { ...good, address: "example.org" },
      { ...good, address: "127.0.0.1.1" },
      { ...good, address: undefined },
      { ...good, port: 0 },
      { ...good, port: 65536 },
      { ...good, port: 1.5 },
      { ...good, port: undefined },
      { ...good, noDelay: "yes" },
      { ...good, onReadable: 1 },
      { ...good, onWritable: "onWritable" },
      { ...good, onError: {} },
      { from: {} },
      { from: undefined },
    ];
    for (const options of bad) {
      throws(() => new host.TCP(options as unknown as TCPOptions), Error);
    }
    // Peers are handed out in the order in which they came: this would be one of the others.
    const { probe, peer } = await connect(listener);
    probe.socket.write(bytes(1));
    sameBytes(await peer.receive(1), bytes(1));
    probe.socket.close();
  });
}
