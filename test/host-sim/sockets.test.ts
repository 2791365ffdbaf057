import { X509Certificate } from "node:crypto";
import * as domain from "node:domain";
import { afterEach, describe, expect, jest, test } from "@jest/globals";
import type { SocketCallbacks, TCPConstructor } from "../../firmware/io.js";
import { TransportError } from "../../firmware/xmpp/errors.js";
import { connectionFailure, type SocketError } from "../../host-sim/node/failures.js";
import { TLSSocket } from "../../host-sim/node/tls.js";
import { secureContext } from "../../host-sim/node/trust.js";
import { createAuthority } from "../../host-sim/server/certificates.js";
import { at, settle } from "../conformance/fixtures.js";
import type { Listener, Peer, ServerOptions } from "../conformance/host.js";
import { bytes } from "../conformance/pattern.js";
import { Probe } from "../conformance/probe.js";
import { badCertificates } from "../support/bad-certificates.js";
import { closeAll, nodeHost } from "../support/node-host.js";

// What the sockets do on Node beyond what `io.ts` promises of all hosts.

jest.setTimeout(30_000);
afterEach(closeAll);

const authority = await createAuthority("Pipit test authority");

const openPlain = (listener: Listener) =>
  new Probe((own) => new nodeHost.TCP({ ...at(listener), ...own }));

const openSecure = (listener: Listener, serverName = "example.org") =>
  new Probe(
    (own) =>
      new nodeHost.TLS({
        ...at(listener),
        TCP: { io: nodeHost.TCP },
        secure: {
          serverName,
          certificate: authority.certificate,
          applicationLayerProtocolNegotiation: ["xmpp-client"],
        },
        ...own,
      }),
  );

describe("the reason that onError gives", () => {
  /** What the probe is told when the peer does something to it. */
  async function reasonFor(
    open: (listener: Listener) => Probe,
    act: (peer: Peer) => unknown,
  ): Promise<TransportError> {
    const listener = await nodeHost.listen();
    const probe = open(listener);
    const peer = await listener.accept();
    await Promise.allSettled([act(peer), probe.failed()]);
    expect(probe.reason).toBeInstanceOf(TransportError);
    return probe.reason as TransportError;
  }

  test("nobody listens", async () => {
    const listener = await nodeHost.listen();
    await listener.close();
    for (const open of [openPlain, openSecure]) {
      expect(await open(listener).failed()).toMatchObject({
        condition: "connection-refused",
        text: `nothing accepts connections at 127.0.0.1 port ${listener.port}`,
        retry: "now",
      });
    }
  });

  test.each([
    ["the peer ended the connection", openPlain, (peer: Peer) => peer.end(), "connection-closed"],
    ["the peer broke the connection", openPlain, (peer: Peer) => peer.reset(), "connection-lost"],
    ["the peer ended the handshake", openSecure, (peer: Peer) => peer.end(), "connection-closed"],
    ["the peer broke the handshake", openSecure, (peer: Peer) => peer.reset(), "connection-lost"],
  ])("%s", async (_what, open, act, condition) => {
    expect(await reasonFor(open, act)).toMatchObject({ condition, retry: "now" });
  });

  test.each([
    ["ENETUNREACH", "10.0.0.1", "unreachable"],
    ["EHOSTUNREACH", "10.0.0.1", "unreachable"],
    ["EADDRNOTAVAIL", "10.0.0.1", "unreachable"],
    ["ETIMEDOUT", "10.0.0.1", "unreachable"], // Node names the address if it was while connecting
    ["ETIMEDOUT", undefined, "connection-lost"],
    ["EPIPE", undefined, "connection-lost"],
  ])("the system says %s, with the address %s", (code, address, condition) => {
    const error = Object.assign(new Error(`as the system says: ${code}`), { code, address });
    const reason = connectionFailure(error as SocketError);
    expect(reason).toMatchObject({ condition, text: error.message, retry: "now" });
  });

  test("the server does not speak TLS", async () => {
    const stream = new TextEncoder().encode("<?xml version='1.0'?><stream:stream>");
    expect(await reasonFor(openSecure, (peer) => peer.send(stream))).toMatchObject({
      condition: "tls-failure",
      text: "the server does not speak TLS on this port",
    });
  });

  test.each<[string, Partial<ServerOptions>, string]>([
    ["TLS 1.1 at most", { isOld: true }, "the server speaks neither TLS 1.2 nor 1.3"],
    [
      "no protocol in common",
      { protocols: ["http/1.1"] },
      "the server accepts none of the offered application protocols (ALPN)",
    ],
  ])("the server speaks %s", async (_what, options, text) => {
    const server = await authority.issue({ names: ["example.org"] });
    const reason = await reasonFor(openSecure, (peer) => peer.secure({ ...server, ...options }));
    expect(reason).toMatchObject({ condition: "tls-failure", text });
  });

  test.each<[keyof typeof badCertificates, string]>([
    ["for another name", "is for elsewhere.test, not for example.org"],
    ["with the name as common name only", "has no subject alternative name"],
    ["expired", "has expired"],
    ["not yet valid", "is not valid yet; is this machine's clock right?"], // pitfall 21
    ["self-signed", "is self-signed, and it is not among the trusted ones"],
    ["from an unknown authority", "rests on an authority that is not trusted"],
    ["for a client", "unsuitable certificate purpose"],
    ["with a weak key", "too weak"],
  ])("the server's certificate is %s", async (fault, text) => {
    const server = await badCertificates[fault](authority, ["example.org"]);
    const reason = await reasonFor(openSecure, (peer) => peer.secure(server));
    expect(reason).toMatchObject({ condition: "certificate-invalid", retry: "later" });
    expect(reason.text).toContain(text);
  });
});

describe("a TLS socket", () => {
  test.each([
    ["bücher.example", "xn--bcher-kva.example"],
    ["Example.ORG", "example.org"],
    ["localhost", "localhost"],
    ["127.0.0.1", undefined],
    ["::1", undefined],
  ])("for %s sends %s by SNI", async (name, expected) => {
    const server = await authority.issue({ names: [name] });
    const listener = await nodeHost.listen();
    const probe = openSecure(listener, name);
    const peer = await (await listener.accept()).secure(server);
    await probe.connected();
    expect(peer.serverName).toBe(expected);
  });

  test("shares what it trusts with others that trust the same", async () => {
    const other = await createAuthority("Another authority");
    const der = new X509Certificate(other.certificate).raw;
    const context = secureContext(authority.certificate);
    expect(secureContext(authority.certificate)).toBe(context);
    expect(secureContext(other.certificate)).not.toBe(context);
    expect(secureContext(new Uint8Array(der))).toBe(secureContext(new Uint8Array(der)));
    expect(secureContext()).toBe(secureContext());
    expect(secureContext()).not.toBe(context);
  });

  test("is made over this host's TCP and no other", async () => {
    const close = jest.fn();
    const io = class {
      close = close;
    } as unknown as TCPConstructor;
    const { port } = await nodeHost.listen();
    const secure = { serverName: "example.org" };
    const create = () => new TLSSocket({ address: "127.0.0.1", port, TCP: { io }, secure });
    expect(create).toThrow(TypeError);
    expect(close).toHaveBeenCalled();
  });
});

describe("a socket", () => {
  test("can still answer after the peer's last word", async () => {
    const listener = await nodeHost.listen();
    const probe = openPlain(listener);
    const peer = await listener.accept();
    await probe.connected();
    await peer.send(bytes(3));
    peer.end();
    await probe.available(3);
    await settle(nodeHost);
    await probe.receive(3);
    await probe.failed();
    probe.socket.write(bytes(5));
    expect(await peer.receive(5)).toEqual(bytes(5));
  });

  test("does not lose what was received before the connection broke", async () => {
    const listener = await nodeHost.listen();
    const probe = openPlain(listener);
    const peer = await listener.accept();
    await probe.connected();
    await peer.send(bytes(30));
    await probe.available(30);
    peer.reset();
    await settle(nodeHost);
    expect(probe.calls).not.toContain("error");
    expect(await probe.receive(30)).toEqual(bytes(30));
    expect(await probe.failed()).toMatchObject({ condition: "connection-lost" });
  });

  test("goes on after callbacks that throw", async () => {
    const thrown: string[] = [];
    const guard = domain.create(); // takes what would end the process
    guard.on("error", ({ message }) => thrown.push(message));
    const rude: SocketCallbacks = {
      onReadable() {
        throw new Error("onReadable");
      },
      onWritable() {
        throw new Error("onWritable");
      },
      onError() {
        throw new Error("onError");
      },
    };

    const listener = await nodeHost.listen();
    const [probe, peer] = await guard.run(async () => {
      const probe = new Probe((own) => new nodeHost.TCP({ ...at(listener), ...own }), rude);
      return [probe, await listener.accept()] as const;
    });
    await probe.connected();
    await peer.send(bytes(10));
    await probe.available(10);
    // Three writes that end together, the callbacks of each of which throw.
    const { credit } = probe;
    guard.run(() => {
      for (let piece = 0; piece < 3; piece += 1) {
        probe.socket.write(bytes(1000));
      }
    });
    expect(await peer.receive(1000)).toEqual(bytes(1000));
    await peer.receive(2000);
    await probe.until(() => probe.credit === credit);
    await peer.send(bytes(5));
    await probe.available(15);
    expect(probe.socket.read()?.byteLength).toBe(15);

    // Over to another socket, with something unread.
    await peer.send(bytes(7));
    await probe.available(7);
    const heir = guard.run(
      () => new Probe((own) => new nodeHost.TCP({ from: probe.socket, ...own }), rude),
    );
    await heir.available(7);
    expect(heir.calls).toEqual(["writable", "readable"]);
    expect(heir.socket.read()?.byteLength).toBe(7);
    peer.end();
    await heir.failed();
    expect(new Set(thrown)).toEqual(new Set(["onReadable", "onWritable", "onError"]));
  });
});
