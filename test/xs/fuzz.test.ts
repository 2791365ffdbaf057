import * as dgram from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tls from "node:tls";
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { createAuthority } from "../../host-sim/server/certificates.js";
import { seeded } from "../support/random.js";
import { compile, requireXS, runSanitized } from "./host.js";

// Rubbish for our C, which is built to find out what it does wrong with memory. It has done well when the
// program comes to its good end, or, with archives, when the host says what is wrong.

jest.setTimeout(150_000);

/** How often a client logs in, half of that over TLS. */
const RUNS = 200;
/** How long a client may take to answer before the server goes on, in milliseconds. */
const PATIENCE = 5;
const TLS_RECORD = 22;

const { seed, int, pick } = seeded();

const folder = new URL("../transcripts/", import.meta.url);

/** What the server says in a transcript, in the order in which it says it. */
function serverSide(name: string): string[] {
  const lines = readFileSync(new URL(name, folder), "utf8").split("\n");
  return lines.flatMap((line) => {
    const [verb, rest] = [line.split(" ", 1)[0], line.slice(line.indexOf(" ") + 1)];
    if (verb === "after") return serverSide(`${rest}.txt`);
    return verb === "<" ? [rest] : [];
  });
}

const transcripts = readdirSync(folder)
  .filter((name) => name.endsWith(".txt"))
  .map(serverSide);

/** Changes bytes in up to three places: others, more, fewer, or the same again. */
function mutate(bytes: Buffer): Buffer {
  let mutated = bytes;
  for (let times = 1 + int(3); times > 0 && mutated.length > 0; times--) {
    const at = int(mutated.length);
    const [before, after] = [mutated.subarray(0, at), mutated.subarray(at)];
    const length = 1 + int(pick([4, 40, 4000]));
    const others = Buffer.from(Array.from({ length }, () => int(256)));
    mutated = Buffer.concat(
      pick([
        [before, others.subarray(0, 1), after.subarray(1)],
        [before, others, after],
        [before, after.subarray(length)],
        [before, after.subarray(0, length), after],
      ]),
    );
  }
  return mutated;
}

function end(socket: net.Socket): void {
  if (int(2) === 0) socket.end();
  else socket.destroy();
}

/** Answers each thing that the client says with the next line of a transcript, and then it is over. */
async function replay(socket: net.Socket): Promise<void> {
  for (const line of pick(transcripts)) {
    const bytes = int(6) === 0 ? mutate(Buffer.from(line)) : Buffer.from(line);
    const cut = int(bytes.length + 1);
    socket.write(bytes.subarray(0, cut));
    socket.write(bytes.subarray(cut));
    await once(socket, "data", { signal: AbortSignal.timeout(PATIENCE) }).catch(() => {});
  }
  end(socket);
}

/** Passes everything on to a TLS server, and spoils one of the pieces that come from there. */
function spoil(socket: net.Socket, first: Buffer, port: number): void {
  const upstream = net.connect(port, "127.0.0.1");
  let pieces = int(9);
  upstream.write(first);
  socket.pipe(upstream);
  upstream.on("data", (data) => {
    socket.write(pieces === 0 ? mutate(data) : data);
    if (pieces-- === 0) end(socket);
  });
  upstream.on("close", () => socket.destroy());
  upstream.on("error", () => socket.destroy());
  socket.on("close", () => upstream.destroy());
}

/** The answer to a question for an address: the question once more, and 192.0.2.1. */
function answerTo(question: Buffer): Buffer {
  const answer = Buffer.concat([
    question,
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]),
  ]);
  answer.writeUInt16BE(0x8180, 2);
  answer.writeUInt16BE(1, 6);
  return answer;
}

const portOf = (server: net.Server) => (server.address() as net.AddressInfo).port;

if (requireXS()) {
  const directory = mkdtempSync(join(tmpdir(), "pipit-xs-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  describe("the XS host is given rubbish", () => {
    test(`by a server, by TLS, and by a name server [seed ${seed}]`, async () => {
      const authority = await createAuthority("Pipit test authority");
      const { certificate, key } = await authority.issue({ names: ["example.org"] });
      const secure = tls.createServer({ cert: certificate, key }, (socket) => {
        replay(socket.on("error", () => {}));
      });
      secure.on("tlsClientError", () => {});
      const server = net.createServer((socket) => {
        socket.on("error", () => {});
        socket.once("data", (first) => {
          if (first[0] === TLS_RECORD) spoil(socket, first, portOf(secure));
          else replay(socket);
        });
      });
      const names = dgram.createSocket("udp4").on("message", (question, from) => {
        names.send(mutate(answerTo(question)), from.port, from.address);
      });
      await Promise.all([
        once(server.listen(0, "127.0.0.1"), "listening"),
        once(secure.listen(0, "127.0.0.1"), "listening"),
        once(names.bind(0, "127.0.0.1"), "listening"),
      ]);
      const { archive, main } = compile("fuzz");
      const trusted = join(directory, "authority.pem");
      writeFileSync(trusted, authority.certificate);
      const args = [trusted, ...[portOf(server), names.address().port, RUNS].map(String)];
      const ending = await runSanitized("--board", "esp32", archive, main, ...args);
      server.close();
      secure.close();
      names.close();
      expect(ending).toEqual({ status: 0, stdout: `${RUNS} runs\n`, stderr: "" });
    });
  });

  describe("the XS host refuses what is no archive", () => {
    const MAGIC = "pipitXS1";
    /** A module as it stands in an archive (host-sim/xs/archive.h), with these bytes and those sizes. */
    function module(name: string, symbols: string, code: string, sizes = {}): Buffer {
      const real = { name: name.length, symbols: symbols.length, code: code.length, ...sizes };
      const head = Buffer.alloc(12);
      head.writeUInt32LE(real.name, 0);
      head.writeUInt32LE(real.symbols, 4);
      head.writeUInt32LE(real.code, 8);
      return Buffer.concat([
        Buffer.from(MAGIC),
        head,
        Buffer.from(name + symbols + code, "latin1"),
      ]);
    }

    test.each([
      { what: "a size beyond its end", bytes: module("a\0", "\x01\0", "", { code: 2 ** 32 - 1 }) },
      { what: "no name", bytes: module("", "\x01\0", "") },
      { what: "a name that does not end", bytes: module("a", "\x01\0", "") },
      { what: "no symbols", bytes: module("a\0", "", "") },
      { what: "fewer symbols than it says", bytes: module("a\0", "\x03\0b\0", "") },
      { what: "a symbol that does not end", bytes: module("a\0", "\x02\0b", "") },
      { what: "half a module", bytes: module("a\0", "\x02\0b\0", "code").subarray(0, 15) },
    ])("$what", async ({ bytes }) => {
      const path = join(directory, "archive");
      writeFileSync(path, bytes);
      expect(await runSanitized(path, "a")).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("is no archive of this host, or is cut short"),
      });
    });
  });
}
