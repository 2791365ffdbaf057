import { once } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";
import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type Authority, createAuthority } from "../../../host-sim/server/certificates.js";
import { Listener, type ListenerOptions } from "../../../host-sim/server/listener.js";
import { bindRequest, DOMAIN, HEADER, newServer, plain } from "./support.js";

const PING = "<iq type='get' id='ping'><ping xmlns='urn:xmpp:ping'/></iq>";
const LOGIN = HEADER + plain("juliet") + HEADER;

let authority: Authority;
const listeners: Listener[] = [];

beforeAll(async () => {
  authority = await createAuthority("Pipit test authority");
});

afterEach(() => {
  for (const listener of listeners.splice(0)) listener.kill();
});

async function listen(options: Partial<ListenerOptions> = {}) {
  const defaults = { server: newServer(), authority, port: 0, directPort: 0 };
  const listener = new Listener({ ...defaults, ...options });
  listeners.push(listener);
  return { listener, ...(await listener.listen()) };
}

const connectTCP = (port: number) => new Raw(net.connect({ host: "127.0.0.1", port }));

const connectTLS = (port: number, options: tls.ConnectionOptions = {}) =>
  new Raw(
    tls.connect({
      host: "127.0.0.1",
      port,
      servername: DOMAIN,
      ca: authority.certificate,
      ...options,
    }),
  );

/** A client that is no more than a socket. */
class Raw<Socket extends net.Socket = net.Socket> {
  readonly socket: Socket;
  /** Resolves when the connection is closed, in whatever way. */
  readonly closed: Promise<unknown>;
  readonly #heard: string[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#heard.push(text));
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => socket.once("close", resolve));
  }

  say(text: string): this {
    this.socket.write(text);
    return this;
  }

  /** Waits until this text has come in, and returns what came with it. */
  async until(text: string): Promise<string> {
    const heard: string[] = [];
    for (let tail = ""; ; ) {
      for (let piece = this.#heard.shift(); piece !== undefined; piece = this.#heard.shift()) {
        heard.push(piece);
        tail += piece;
        if (tail.includes(text)) return heard.join("");
        tail = tail.slice(-text.length);
      }
      const more = await Promise.race([once(this.socket, "data"), this.closed]);
      if (!Array.isArray(more)) throw new Error(`closed before ${text}: ${heard.join("")}`);
    }
  }

  async login(resource: string): Promise<this> {
    await this.say(`${LOGIN}${bindRequest(resource)}<presence/>`).until("<presence");
    return this;
  }
}

describe("the ports", () => {
  test("are on loopback, and any free ones if that is wished", async () => {
    const { port, directPort } = await listen();
    expect(port).not.toBe(directPort);
    const raw = connectTCP(port);
    await once(raw.socket, "connect");
    expect(raw.socket.remoteAddress).toBe("127.0.0.1");
    expect(await raw.say(HEADER).until("</stream:features>")).toContain("<required/>");
  });

  test.each([
    ["--port", (taken: number) => ({ port: taken, directPort: 0 })],
    ["--direct-port", (taken: number) => ({ port: 0, directPort: taken })],
  ])("that are taken are said to be, with %s for the way out", async (option, options) => {
    const { port } = await listen();
    await expect(listen(options(port))).rejects.toThrow(
      `port ${port} on 127.0.0.1 is in use; choose another with ${option}`,
    );
  });

  test("are given back when one of them cannot be had", async () => {
    const { port: taken } = await listen();
    const { listener, port } = await listen();
    await listener.close();
    await expect(listen({ port, directPort: taken })).rejects.toThrow("in use");
    expect(await listen({ port })).toMatchObject({ port });
  });

  test("are not listened at twice by one listener", async () => {
    const { listener } = await listen();
    await expect(listener.listen()).rejects.toThrow("listening already");
  });

  test("of other machines cannot be had", async () => {
    await expect(listen({ host: "192.0.2.1" })).rejects.toThrow(
      "port 0 on 192.0.2.1 cannot be had",
    );
  });
});

describe("TLS", () => {
  test.each([
    ["xmpp-client", ["xmpp-client"]],
    [false, undefined],
    ["xmpp-client", ["h2", "xmpp-client"]],
  ])("on the direct port speaks %s to a client that offers %j", async (chosen, offered) => {
    const { directPort } = await listen();
    const raw = connectTLS(directPort, offered === undefined ? {} : { ALPNProtocols: offered });
    await once(raw.socket, "secureConnect");
    expect((raw.socket as tls.TLSSocket).alpnProtocol).toBe(chosen);
    expect(await raw.say(HEADER).until("</stream:features>")).toContain("<mechanism>PLAIN<");
  });

  test("refuses those who want to speak something else", async () => {
    const { directPort } = await listen();
    const raw = connectTLS(directPort, { ALPNProtocols: ["h2"] });
    const [error] = await once(raw.socket, "error");
    expect(error.code).toBe("ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL");
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("is spoken in version %s", async (version) => {
    const { directPort } = await listen();
    const raw = connectTLS(directPort, { minVersion: version, maxVersion: version });
    await once(raw.socket, "secureConnect");
    expect((raw.socket as tls.TLSSocket).getProtocol()).toBe(version);
  });

  test("shows a certificate for the domain, its pub/sub service and localhost", async () => {
    const { directPort } = await listen();
    const raw = connectTLS(directPort);
    await once(raw.socket, "secureConnect");
    expect((raw.socket as tls.TLSSocket).getPeerCertificate().subjectaltname).toBe(
      `DNS:${DOMAIN}, DNS:pubsub.${DOMAIN}, DNS:localhost`,
    );
  });

  test.each([
    ["talk in the clear", "GET / HTTP/1.0\r\n\r\n"],
    ["hang up in the middle", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])],
  ])("survives clients that %s", async (_name, said) => {
    const { directPort } = await listen();
    const raw = connectTCP(directPort);
    raw.socket.end(said);
    await raw.closed;
    await connectTLS(directPort).login("b");
  });
});

describe("a client", () => {
  test.each([
    ["on TCP", (ports: { port: number }) => connectTCP(ports.port)],
    ["in the TLS handshake", (ports: { directPort: number }) => connectTCP(ports.directPort)],
    [
      "before it has bound a resource",
      (ports: { directPort: number }) => connectTLS(ports.directPort).say(LOGIN),
    ],
  ])("that stops %s is not waited for", async (_name, connect) => {
    const raw = connect(await listen({ negotiationTimeout: 100 }));
    await raw.closed;
  });

  test("hears why it is not waited for", async () => {
    const { port } = await listen({ negotiationTimeout: 100 });
    expect(await connectTCP(port).say(HEADER).until("</stream:stream>")).toContain(
      "<connection-timeout ",
    );
  });

  test("that is online may be silent for longer than that", async () => {
    const { directPort } = await listen({ negotiationTimeout: 100 });
    const raw = await connectTLS(directPort).login("b");
    // By the time that this one has been cut off, the first would have been, too.
    await connectTCP(directPort).closed;
    await raw.say(PING).until("id='ping'");
  });

  test("gets everything that one piece of input brings about in one TLS record", async () => {
    const { directPort } = await listen();
    const raw = connectTLS(directPort);
    const pieces: string[] = [];
    raw.socket.on("data", (piece) => pieces.push(String(piece)));
    await raw.say(`${LOGIN}${bindRequest("b")}<presence/>`).until("<presence");
    expect(pieces).toHaveLength(1);
  });

  test("that ends its stream gets the other end, and the connection is closed", async () => {
    const { directPort } = await listen();
    const raw = await connectTLS(directPort).login("b");
    await raw.say("</stream:stream>").until("</stream:stream>");
    await raw.closed;
  });

  test("that takes nothing is not listened to", async () => {
    let read = 0;
    const server = newServer({
      filter(stanza, direction) {
        if (direction === "in" && stanza.name === "message") read++;
        return stanza;
      },
    });
    const { directPort } = await listen({ server });
    const raw = await connectTLS(directPort).login("b");
    const watch = await connectTLS(directPort).login("watch");
    raw.socket.pause();
    // Each comes back, 12 MB in all: more than the system takes for us, and than the server does.
    const message = `<message to='juliet@${DOMAIN}/b'><body>${"x".repeat(60_000)}</body></message>`;
    for (let i = 0; i < 200; i++) raw.say(message);
    raw.say(PING);
    for (let quiet = 0, before = 0; quiet < 20; before = read) {
      await watch.say(PING).until("id='ping'");
      quiet = read === before ? quiet + 1 : 0;
    }
    expect(read).toBeLessThan(200);
    raw.socket.resume();
    await raw.until("id='ping'");
    expect(read).toBe(200);
  });

  test("may get more at once than waits for one that takes nothing", async () => {
    const server = newServer();
    const { directPort } = await listen({ server });
    const name = "n".repeat(5_200);
    for (let i = 0; i < 1_000; i++) server.pubsub.createNode(`${name}${i}`, `owner@${DOMAIN}`);
    const raw = await connectTLS(directPort).login("b");
    const query = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
    raw.say(`<iq type='get' id='i' to='pubsub.${DOMAIN}'>${query}</iq>`);
    expect((await raw.until("</iq>")).length).toBeGreaterThan(5_000_000);
  });

  test("that takes nothing is given up when others go on sending to it", async () => {
    const { directPort } = await listen();
    const stalled = await connectTLS(directPort).login("stalled");
    const other = await connectTLS(directPort).login("other");
    stalled.socket.pause();
    let isGone = false;
    const gone = other.until("type='unavailable'").then(() => {
      isGone = true;
    });
    const message = `<message to='juliet@${DOMAIN}/stalled'><body>${"x".repeat(60_000)}</body></message>`;
    while (!isGone) {
      if (!other.socket.write(message)) await Promise.race([once(other.socket, "drain"), gone]);
    }
    stalled.socket.resume();
    expect(await stalled.until("</stream:stream>")).toContain("<resource-constraint ");
    await stalled.closed;
  });
});

describe("an end", () => {
  test("in good order is told to every client, and waited for", async () => {
    const { listener, directPort, port } = await listen();
    const online = await connectTLS(directPort).login("b");
    const fresh = connectTCP(port);
    await once(fresh.socket, "connect");
    await fresh.say(HEADER).until("</stream:features>");
    await listener.close();
    for (const raw of [online, fresh]) {
      expect(await raw.until("</stream:stream>")).toContain("<system-shutdown ");
      await raw.closed;
    }
    await expect(once(connectTCP(port).socket, "connect")).rejects.toThrow("ECONNREFUSED");
  });

  test("in good order does not wait for those who have not agreed on keys", async () => {
    const { listener, directPort } = await listen();
    const raw = connectTCP(directPort);
    await once(raw.socket, "connect");
    // Another one has been served by now, so this one has been seen.
    await connectTLS(directPort).login("b");
    const start = performance.now();
    await listener.close();
    expect(performance.now() - start).toBeLessThan(1_500);
  });

  test("in good order comes though a client does not close", async () => {
    const { listener, port } = await listen();
    const stubborn = net.connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    stubborn.on("error", () => {});
    stubborn.write(HEADER);
    await once(stubborn, "data");
    await listener.close();
    stubborn.destroy();
  });

  test("without warning closes everything at once, and may be followed by a new start", async () => {
    const { listener, port, directPort } = await listen();
    const fixed = new Listener({ server: newServer(), authority, port, directPort });
    const raw = await connectTLS(directPort).login("b");
    listener.kill();
    await raw.closed;
    listeners.push(fixed);
    expect(await fixed.listen()).toEqual({ port, directPort });
    fixed.kill();
    expect(await fixed.listen()).toEqual({ port, directPort });
    await connectTLS(directPort).login("b");
  });
});
