/** Runs transcripts against the engine. Knows neither jest nor Node, so that other engines can run them too. */

import type { Crypto } from "../../firmware/io.js";
import { decodeBase64 } from "../../firmware/xmpp/base64.js";
import { JID } from "../../firmware/xmpp/jid.js";
import type { MechanismName } from "../../firmware/xmpp/sasl/mechanism.js";
import { ScramKeyCache } from "../../firmware/xmpp/sasl/scram.js";
import { messageStanza } from "../../firmware/xmpp/stanza/message.js";
import { Bind, LegacySession } from "../../firmware/xmpp/stream/bind.js";
import { Sasl } from "../../firmware/xmpp/stream/sasl.js";
import { StartTLS } from "../../firmware/xmpp/stream/starttls.js";
import { Stream } from "../../firmware/xmpp/stream/stream.js";
import { decode, encode } from "../../firmware/xmpp/utf8.js";
import { LIMITS } from "../../firmware/xmpp/xml/limits.js";
import { Names } from "../../firmware/xmpp/xml/names.js";
import { write } from "../../firmware/xmpp/xml/writer.js";

interface Line {
  /** Where it stands, for whoever has to look. */
  place: string;
  verb: string;
  rest: string;
}

/** Cuts bytes into the pieces in which they are to arrive. */
export type Cut = (bytes: Uint8Array) => Uint8Array[];

export function titleOf(transcript: string): string {
  return /^# *(.*)$/m.exec(transcript)?.[1] ?? "untitled";
}

/** Gives the text of the transcript with this name. */
export type Read = (name: string) => string;

/**
 * Runs one transcript.
 * @throws Error that names the line at which the client did something else
 */
export function runTranscript(name: string, read: Read, crypto: Crypto, cut: Cut): void {
  new Run(parseLines(name, read), crypto, cut).run();
}

function parseLines(name: string, read: Read): Line[] {
  const lines: Line[] = [];
  read(name)
    .split("\n")
    .forEach((text, index) => {
      const last = lines[lines.length - 1];
      const [verb = ""] = text.split(" ", 1);
      const rest = text.slice(verb.length + 1);
      if (text.startsWith("  ") && last !== undefined) last.rest += text.slice(2);
      else if (verb === "after") lines.push(...parseLines(`${rest}.txt`, read));
      else if (text.trim() !== "" && !text.startsWith("#"))
        lines.push({ place: `${name}, line ${index + 1}`, verb, rest });
    });
  return lines;
}

class Run {
  readonly #lines: Line[];
  readonly #crypto: Crypto;
  readonly #cut: Cut;
  /** What the client did and the transcript has not accounted for. */
  readonly #log: string[] = [];
  readonly #random: Uint8Array[] = [];
  #account = JID.parse("juliet@example.org");
  #password = "";
  #pipelining = true;
  #floor: MechanismName = "SCRAM-SHA-1";
  #iterations = 100_000;
  #stream: Stream | undefined;

  constructor(lines: Line[], crypto: Crypto, cut: Cut) {
    this.#lines = lines;
    this.#cut = cut;
    this.#crypto = {
      digest: (hash, data) => crypto.digest(hash, data),
      hmac: (hash, key, data) => crypto.hmac(hash, key, data),
      // The host may take its time; a transcript does not.
      pbkdf2: (hash, password, salt, iterations, done) =>
        done(pbkdf2(crypto, hash, password, salt, iterations)),
      random: (count) => this.#random.shift() ?? crypto.random(count),
    };
  }

  run(): void {
    for (const line of this.#lines) {
      try {
        this.#step(line.verb, line.rest);
      } catch (error) {
        throw new Error(`${line.place}: ${line.verb} ${line.rest}\n${String(error)}`);
      }
    }
    this.#nothingElse();
  }

  #step(verb: string, rest: string): void {
    switch (verb) {
      case "account": {
        const [jid = "", password = ""] = rest.split(" ");
        this.#account = JID.parse(jid);
        this.#password = password;
        return;
      }
      case "set":
        return this.#set(rest);
      case "random":
        this.#random.push(decodeBase64(rest) as Uint8Array);
        return;
      case "open":
        this.#stream = this.#newStream(rest === "starttls");
        return this.#stream.open(rest === "direct");
      case "<":
        this.#nothingElse();
        for (const piece of this.#cut(toBytes(rest))) this.#open().receive(piece);
        return;
      case "send": {
        this.#nothingElse();
        const [to = "", ...words] = rest.split(" ");
        return this.#open().sendStanza(messageStanza(to, words.join(" ")));
      }
      case "close":
        this.#nothingElse();
        return this.#open().close();
      case "tls":
        this.#expect("tls");
        return this.#open().secured();
      case ">":
      case "writable":
      case "online":
      case "element":
      case "closed":
        return this.#expect(rest === "" ? verb : `${verb} ${rest}`);
      default:
        throw new Error(`there is no step "${verb}"`);
    }
  }

  #set(rest: string): void {
    const [name, value = ""] = rest.split(" ");
    if (name === "pipelining") this.#pipelining = value === "on";
    else if (name === "floor") this.#floor = value as MechanismName;
    else if (name === "iterations") this.#iterations = Number(value);
    else throw new Error(`there is no setting "${name}"`);
  }

  #open(): Stream {
    if (this.#stream === undefined) throw new Error("nothing was opened");
    return this.#stream;
  }

  #newStream(starttls: boolean): Stream {
    const credentials = {
      username: this.#account.local,
      password: this.#password,
      keys: new ScramKeyCache(),
    };
    const policy = { floor: this.#floor, maxIterations: this.#iterations };
    return new Stream(
      {
        domain: this.#account.domain,
        lang: "en",
        limits: LIMITS,
        names: new Names(),
        steps: [
          ...(starttls ? [new StartTLS(this.#pipelining)] : []),
          new Sasl(credentials, policy, this.#crypto, this.#pipelining),
          new Bind(this.#account.resource, this.#pipelining),
          new LegacySession(),
        ],
      },
      {
        onSend: (bytes) => this.#log.push(`> ${decode(bytes)}`),
        onStartTLS: () => this.#log.push("tls"),
        onWritable: () => this.#log.push("writable"),
        onOnline: (jid) => this.#log.push(`online ${jid}`),
        onElement: (element) => this.#log.push(`element ${write(element, "jabber:client")}`),
        onClosed: (error) =>
          this.#log.push(
            error === undefined ? "closed" : `closed ${error.condition} ${error.retry}`,
          ),
      },
    );
  }

  #expect(expected: string): void {
    const actual = this.#log.shift();
    if (actual === undefined || !matches(actual, expected))
      throw new Error(`expected ${expected}\ninstead  ${actual ?? "nothing"}`);
  }

  #nothingElse(): void {
    if (this.#log.length > 0) throw new Error(`the client did more: ${this.#log.join("\n")}`);
  }
}

/** Compares with "…" as a wildcard; how often to retry need not be said. */
function matches(actual: string, expected: string): boolean {
  if (actual.startsWith("closed ") && actual.startsWith(`${expected} `)) return true;
  const parts = expected.split("…");
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const found = i === 0 ? (actual.startsWith(part) ? 0 : -1) : actual.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at === actual.length || parts[parts.length - 1] === "";
}

function toBytes(text: string): Uint8Array {
  const parts = text.split(/\\x([0-9a-f]{2})/);
  const bytes: number[] = [];
  parts.forEach((part, i) => {
    // One by one: XS puts the arguments of a call on its stack, where there is not much room.
    if (i % 2 === 0) for (const byte of encode(part)) bytes.push(byte);
    else bytes.push(Number.parseInt(part, 16));
  });
  return Uint8Array.from(bytes);
}

/** PBKDF2 as RFC 8018 5.2 writes it. */
function pbkdf2(
  crypto: Crypto,
  hash: "sha-1" | "sha-256",
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Uint8Array {
  let u = crypto.hmac(hash, password, Uint8Array.from([...salt, 0, 0, 0, 1]));
  const key = Uint8Array.from(u);
  for (let i = 1; i < iterations; i++) {
    u = crypto.hmac(hash, password, u);
    for (let j = 0; j < key.length; j++) key[j] = (key[j] as number) ^ (u[j] as number);
  }
  return key;
}
