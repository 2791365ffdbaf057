import * as dgram from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { UDPConstructor } from "../../firmware/io.js";
import { UDP } from "../../host-sim/node/udp.js";

type Options = ConstructorParameters<UDPConstructor>[0];

const opened: { close(): unknown }[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) {
    each.close();
  }
});

function open(options: Options = {}): UDP {
  const socket = new UDP(options);
  opened.push(socket);
  return socket;
}

/** The other side: a socket of Node's at a free port. */
async function openPeer(address = "127.0.0.1"): Promise<dgram.Socket> {
  const peer = dgram.createSocket(address.includes(":") ? "udp6" : "udp4").bind(0, address);
  await once(peer, "listening");
  opened.push({ close: () => peer.close() });
  return peer;
}

/** A port at which nobody receives. */
async function freePort(): Promise<number> {
  const peer = dgram.createSocket("udp4").bind(0, "127.0.0.1");
  await once(peer, "listening");
  const { port } = peer.address();
  peer.close();
  await once(peer, "close");
  return port;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: ArrayBuffer | undefined) => data && new TextDecoder().decode(data);

/** Sends `count` datagrams to a socket that receives at `port`, until that has all it takes. */
function fill(port: number, count: number, expected: number): Promise<UDP> {
  return new Promise((resolve) => {
    open({
      port,
      onReadable(waiting) {
        if (waiting === expected) {
          resolve(this as UDP);
        }
      },
    });
    const sender = open();
    for (let index = 0; index < count; index += 1) {
      sender.write(bytes(`${index}`), "127.0.0.1", port);
    }
  });
}

// What is here goes beyond what `io.ts` promises of all hosts.

describe("UDP on Node", () => {
  test.each(["127.0.0.1", "::1"])("a question to %s gets its answer", async (address) => {
    const peer = await openPeer(address);
    const { port } = peer.address();
    peer.on("message", (question, from) => {
      peer.send(`${question}!`, from.port, from.address);
    });

    let socket: UDP | undefined;
    const waiting = await new Promise((resolve) => {
      socket = open({ onReadable: resolve });
      socket.write(bytes("ping").buffer, address, port);
    });
    expect(waiting).toBe(1);
    const answer = socket?.read();
    expect(text(answer)).toBe("ping!");
    expect({ ...answer }).toEqual({ address, port });
    expect(socket?.read()).toBeUndefined();
  });

  test("more datagrams than 32 are not kept", async () => {
    const socket = await fill(await freePort(), 40, 32);
    await fill(await freePort(), 1, 1); // by then the rest has come, too
    const words: unknown[] = [];
    for (let word = text(socket.read()); word !== undefined; word = text(socket.read())) {
      words.push(word);
    }
    expect(words).toEqual(Array.from({ length: 32 }, (_, index) => `${index}`));
  });

  test("onError says that the port is taken", async () => {
    const peer = dgram.createSocket("udp4").bind(0);
    await once(peer, "listening");
    opened.push({ close: () => peer.close() });
    const reason = await new Promise((onError) => {
      open({ port: peer.address().port, onError });
    });
    expect(String(reason)).toContain("EADDRINUSE");
  });

  test("onError says that a datagram cannot be sent, and the next one can", async () => {
    const peer = await openPeer();
    let socket: UDP | undefined;
    const reason = await new Promise((onError) => {
      socket = open({ onError });
      socket.write(new Uint8Array(70_000), "127.0.0.1", peer.address().port);
    });
    expect(String(reason)).toContain("EMSGSIZE");
    socket?.write(bytes("small"), "127.0.0.1", peer.address().port);
    await once(peer, "message");
  });
});
