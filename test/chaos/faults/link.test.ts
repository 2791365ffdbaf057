import { describe, expect, test } from "@jest/globals";
import type { Socket } from "../../../firmware/io.js";
import { decode, encode } from "../../../firmware/xmpp/utf8.js";
import { FaultyLink } from "../../../host-sim/chaos/faults/link.js";
import { FakeClock } from "../../support/clock.js";
import { FakeNetwork, type Peer } from "../../support/network.js";

const GHOST = 5_000;

/** A device with a connection over a link, and what it was told. */
class Ends {
  readonly clock = new FakeClock();
  readonly network = new FakeNetwork(this.clock);
  readonly link = new FaultyLink({ ...this.network, timer: this.clock, ghost: GHOST });
  /** What the device reads at a time, and `error`. */
  readonly told: string[] = [];
  socket!: Socket;
  room = 0;

  open(): this {
    const { told } = this;
    const ends = this;
    this.network.onConnect = (peer) => {
      peer.window = 1000;
      peer.accept();
    };
    this.socket = new this.link.TCP({
      address: "192.0.2.1",
      port: 5222,
      onReadable(count) {
        told.push(decode(new Uint8Array(this.read(count) as ArrayBuffer)));
      },
      onWritable(count) {
        ends.room = count;
      },
      onError() {
        told.push("error");
      },
    });
    this.clock.advance(0);
    return this;
  }

  get peer(): Peer {
    return this.network.peers.at(-1) as Peer;
  }

  say(text: string): void {
    this.socket.write(encode(text));
    this.clock.advance(0);
  }

  hear(text: string): void {
    this.peer.send(text);
    this.clock.advance(0);
  }
}

describe("a link", () => {
  test("on which nothing goes wrong is as if it were not there", () => {
    const ends = new Ends().open();
    expect(ends.room).toBe(1000);
    ends.say("hello");
    ends.hear("there");
    expect(ends.peer.take()).toBe("hello");
    expect(ends.told).toEqual(["there"]);
    ends.peer.end();
    ends.clock.advance(0);
    expect(ends.told).toEqual(["there", "error"]);
    ends.socket.close();
    expect(ends.peer.isClosed).toBe(true);
  });

  test.each([0, 1, 4, 7])("is cut after %d bytes of what the device says", (bytes) => {
    const ends = new Ends().open();
    ends.link.fail({ kind: "cut", direction: "out", bytes });
    ends.say("four");
    if (bytes > 4) ends.say("more");
    expect(ends.peer.take()).toBe("fourmore".slice(0, bytes));
    expect(ends.told).toEqual(["error"]);
    ends.clock.advance(100);
    expect(ends.peer.isClosed).toBe(true);
  });

  test("is cut after some bytes of what the device hears", () => {
    const ends = new Ends().open();
    ends.link.fail({ kind: "cut", direction: "in", bytes: 3 });
    ends.hear("hello");
    expect(ends.told).toEqual(["hel", "error"]);
  });

  test("is half-open: neither end hears anything, until its peer gives up", () => {
    const ends = new Ends().open();
    ends.link.fail({ kind: "half-open" });
    ends.say("hello");
    ends.hear("there");
    expect(ends.peer.take()).toBe("");
    ends.socket.close();
    expect(ends.told).toEqual([]);
    expect(ends.peer.isClosed).toBe(false);
    ends.clock.advance(GHOST);
    expect(ends.peer.isClosed).toBe(true);
  });

  test("stalls, and then lets everything through", () => {
    const ends = new Ends().open();
    ends.link.fail({ kind: "stall", time: 2_000 });
    ends.say("hel");
    ends.say("lo");
    ends.hear("there");
    ends.clock.advance(1_999);
    expect([ends.peer.take(), ...ends.told]).toEqual([""]);
    ends.clock.advance(1);
    expect([ends.peer.take(), ...ends.told]).toEqual(["hello", "there"]);
    expect(ends.room).toBe(1000);
  });

  test("delays everything", () => {
    const ends = new Ends().open();
    ends.link.fail({ kind: "delay", delay: 300, time: 2_000 });
    ends.say("hello");
    ends.hear("there");
    ends.clock.advance(299);
    expect([ends.peer.take(), ...ends.told]).toEqual([""]);
    ends.clock.advance(1);
    expect([ends.peer.take(), ...ends.told]).toEqual(["hello", "there"]);
  });

  test("gives what comes byte by byte", () => {
    const ends = new Ends().open();
    ends.link.fail({ kind: "trickle", time: 2_000 });
    ends.hear("there");
    expect(ends.told).toEqual([..."there"]);
  });

  test("is read slowly", () => {
    const ends = new Ends().open();
    ends.link.fail({ kind: "slow-reader", time: 60_000 });
    ends.hear("x".repeat(600));
    expect(ends.told).toEqual(["x".repeat(256)]);
    ends.clock.advance(200);
    expect(ends.told.map((text) => text.length)).toEqual([256, 256, 88]);
  });

  test("breaks before the next connection stands", () => {
    const ends = new Ends();
    ends.link.fail({ kind: "reset" });
    ends.open();
    ends.clock.advance(100);
    expect(ends.told).toEqual(["error"]);
    expect(ends.peer.isClosed).toBe(true);
    ends.open().hear("there");
    expect(ends.told).toEqual(["error", "there"]);
  });

  test("is out: what there was is half-open, and what is tried fails", () => {
    const ends = new Ends().open();
    ends.link.fail({ kind: "outage", time: 1_000 });
    ends.hear("there");
    ends.open();
    ends.clock.advance(900);
    expect(ends.told).toEqual(["error"]);
    ends.clock.advance(100);
    ends.open().hear("again");
    expect(ends.told).toEqual(["error", "again"]);
  });

  test("that is healed goes on, and what was gone breaks", () => {
    const ends = new Ends().open();
    ends.link.fail({ kind: "half-open" });
    ends.link.heal();
    ends.clock.advance(0);
    expect(ends.told).toEqual(["error"]);
  });

  test("of a device without power says nothing to it, nor to its peer", () => {
    const ends = new Ends().open();
    ends.link.powerOff();
    ends.peer.send("there");
    ends.clock.advance(GHOST - 1);
    expect(ends.told).toEqual([]);
    expect(ends.peer.isClosed).toBe(false);
    ends.clock.advance(1);
    expect(ends.peer.isClosed).toBe(true);
  });

  test("bytes beyond what was granted are refused, as the host does", () => {
    const ends = new Ends().open();
    expect(() => ends.say("x".repeat(1001))).toThrow("would block");
  });
});
