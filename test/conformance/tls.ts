import type { TLSOptions } from "../../firmware/io.js";
import type { TransportError } from "../../firmware/xmpp/errors.js";
import { equal, sameBytes, throws } from "./assert.js";
import { at, settle, testWithListener } from "./fixtures.js";
import type { Listener, ServerOptions, TestHost } from "./host.js";
import { bytes } from "./pattern.js";
import { Probe } from "./probe.js";
import { type Connect, streamConformance } from "./stream.js";

/** A server that presents a certificate, and a client that looks for a name. */
export interface TLSCase {
  readonly name: string;
  readonly server: ServerOptions;
  readonly serverName: string;
  /** The authorities that the client trusts. */
  readonly trusted: string | Uint8Array;
  readonly isAccepted: boolean;
}

/**
 * What `io.ts` promises of a TLS socket.
 * @param cases servers to accept or to refuse; the first, to accept, serves all other tests as well
 */
export function tlsConformance(host: TestHost, cases: readonly [TLSCase, ...TLSCase[]]): void {
  const [good] = cases;

  const secured = () => securedFor(host, good);
  const open = (listener: Listener) => openFor(host, good, listener);

  const openPlain = (listener: Listener) =>
    new Probe((own) => new host.TCP({ ...at(listener), ...own }));

  const connect: Connect = async (listener, callbacks) => {
    const probe = new Probe(
      (own) => new host.TLS({ ...at(listener), ...secured(), ...own }),
      callbacks,
    );
    const peer = await (await listener.accept()).secure(good.server);
    await probe.connected();
    return { probe, peer };
  };

  /** STARTTLS: a word in the clear, then TLS over the same connection. */
  const upgrade: Connect = async (listener, callbacks) => {
    const plain = openPlain(listener);
    const peer = await listener.accept();
    await plain.connected();
    await peer.send(bytes(1));
    await plain.receive(1);
    const probe = new Probe(
      (own) => new host.TLS({ from: plain.socket, ...secured(), ...own }),
      callbacks,
    );
    throws(() => plain.socket.read(), Error);
    const securePeer = await peer.secure(good.server);
    await probe.connected();
    return { probe, peer: securePeer };
  };

  const test = (name: string, body: (listener: Listener) => Promise<void>) =>
    testWithListener(host, name, body);

  streamConformance(titled(host, "from the start"), connect);
  streamConformance(titled(host, "by STARTTLS"), upgrade);

  certificateConformance(host, cases);

  test("a server that speaks TLS 1.1 at most is refused", async (listener) => {
    const probe = open(listener);
    const peer = await listener.accept();
    await Promise.allSettled([peer.secure({ ...good.server, isOld: true }), probe.failed()]);
    await settle(host);
    equal(probe.calls.join(), "error");
    probe.socket.close();
  });

  test("SNI carries the name, and ALPN the protocols", async (listener) => {
    const options = secured();
    const protocols = ["xmpp-client", "http/1.1"];
    const probe = new Probe(
      (own) =>
        new host.TLS({
          ...at(listener),
          ...options,
          ...own,
          secure: { ...options.secure, applicationLayerProtocolNegotiation: protocols },
        }),
    );
    const peer = await listener.accept();
    const secure = await peer.secure({ ...good.server, protocols: ["xmpp-client"] });
    await probe.connected();
    equal(secure.serverName, good.serverName);
    equal(secure.protocol, "xmpp-client");
    probe.socket.close();
  });

  test("nothing can be written before the handshake is done", async (listener) => {
    const probe = open(listener);
    const peer = await listener.accept();
    await settle(host);
    throws(() => probe.socket.write(bytes(1)), Error);
    await peer.secure(good.server);
    await probe.connected();
    probe.socket.close();
  });

  test("close in the middle of the handshake leaves no callbacks", async (listener) => {
    const probe = open(listener);
    const peer = await listener.accept();
    probe.socket.close();
    await peer.ended();
    await settle(host);
    equal(probe.calls.join(), "");
  });

  test("onError says that nobody listens", async (listener) => {
    await listener.close();
    const probe = open(listener);
    await probe.failed();
    await settle(host);
    equal(probe.calls.join(), "error");
    probe.socket.close();
  });

  test("onError says that the server does not speak TLS", async (listener) => {
    const probe = open(listener);
    const peer = await listener.accept();
    await peer.send(ascii("<?xml version='1.0'?><stream:stream xmlns='jabber:client'>"));
    await probe.failed();
    await settle(host);
    equal(probe.calls.join(), "error");
    probe.socket.close();
  });

  test("onError says that the server has ended the handshake", async (listener) => {
    const probe = open(listener);
    const peer = await listener.accept();
    peer.end();
    await probe.failed();
    await settle(host);
    equal(probe.calls.join(), "error");
    probe.socket.close();
  });

  test("what came in the clear is never read as secure (pitfall 18)", async (listener) => {
    const plain = openPlain(listener);
    const peer = await listener.accept();
    await plain.connected();
    const injected = ascii("<iq type='set'/>");
    await peer.send(injected);
    await plain.available(injected.length);
    const probe = new Probe((own) => new host.TLS({ from: plain.socket, ...secured(), ...own }));
    await Promise.allSettled([peer.secure(good.server), probe.failed()]);
    await settle(host);
    equal(probe.calls.join(), "error");
    probe.socket.close();
  });

  for (const how of ["end", "reset"] as const) {
    test(`a connection that failed in the clear does not become secure (${how})`, async (listener) => {
      const plain = openPlain(listener);
      const peer = await listener.accept();
      await plain.connected();
      await peer.send(bytes(10));
      await plain.available(10);
      peer[how]();
      await settle(host);
      const probe = new Probe((own) => new host.TLS({ from: plain.socket, ...secured(), ...own }));
      await probe.failed();
      await settle(host);
      equal(probe.calls.join(), "error");
      throws(() => probe.socket.write(bytes(1)), Error);
      probe.socket.close();
    });
  }

  test("options are left as they are, and unknown ones do no harm", async (listener) => {
    const { TCP, secure } = secured();
    const options = {
      ...at(listener),
      TCP: Object.freeze(TCP),
      secure: Object.freeze({ ...secure, colour: "blue" }),
      colour: "green",
    };
    const probe = new Probe((own) => new host.TLS(Object.freeze({ ...options, ...own })));
    const peer = await listener.accept();
    await peer.secure(good.server);
    await probe.connected();
    probe.socket.close();
  });

  test("bad options throw, and leave the socket to take over as it is", async (listener) => {
    const plain = openPlain(listener);
    const peer = await listener.accept();
    await plain.connected();
    const options = { from: plain.socket, ...secured() };
    const bad: Record<string, unknown>[] = [
      { ...options, onWritable: "onWritable" },
      { ...options, secure: undefined },
      ...[undefined, "", ".", ".example.org", "example.org.", "example.org/x", "a b", "127.1"].map(
        (serverName) => ({ ...options, secure: { ...options.secure, serverName } }),
      ),
      ...["", "no certificate", good.server.key, new Uint8Array(10)].map((certificate) => ({
        ...options,
        secure: { ...options.secure, certificate },
      })),
      ...[[""], ["x".repeat(256)]].map((applicationLayerProtocolNegotiation) => ({
        ...options,
        secure: { ...options.secure, applicationLayerProtocolNegotiation },
      })),
    ];
    for (const each of bad) {
      throws(() => new host.TLS(each as unknown as TLSOptions), Error);
    }
    plain.socket.write(bytes(1));
    sameBytes(await peer.receive(1), bytes(1));
    plain.socket.close();
    throws(() => new host.TLS(options), Error);
  });
}

/** Servers to accept or to refuse by their certificates. */
export function certificateConformance(host: TestHost, cases: readonly TLSCase[]): void {
  for (const testCase of cases) {
    const verdict = testCase.isAccepted ? "is accepted" : "is refused";
    testWithListener(host, `a certificate ${testCase.name} ${verdict}`, async (listener) => {
      const probe = openFor(host, testCase, listener);
      const peer = await listener.accept();
      if (testCase.isAccepted) {
        await peer.secure(testCase.server);
        await probe.connected();
      } else {
        // With TLS 1.3 the server may believe that all is well.
        await Promise.allSettled([peer.secure(testCase.server), probe.failed()]);
        await settle(host);
        equal(probe.calls.join(), "error");
        equal((probe.reason as TransportError).condition, "certificate-invalid");
      }
      probe.socket.close();
    });
  }
}

/** The options that make a socket secure, for one of the cases. */
const securedFor = (host: TestHost, { serverName, trusted }: TLSCase) => ({
  TCP: { io: host.TCP },
  secure: { serverName, certificate: trusted },
});

const openFor = (host: TestHost, testCase: TLSCase, listener: Listener) =>
  new Probe((own) => new host.TLS({ ...at(listener), ...securedFor(host, testCase), ...own }));

const titled = (host: TestHost, title: string): TestHost => ({
  ...host,
  test: (name, body) => host.test(`${title}: ${name}`, body),
});

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
