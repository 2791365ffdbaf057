import { describe, expect, test } from "@jest/globals";
import {
  COMMAND,
  decodeStrings,
  encodePacket,
  encodeStrings,
  type Packet,
  PacketReader,
} from "../../firmware/board/provisioning/improv.js";
import { seeded } from "../support/random.js";

/** What a reader finds in pieces that come one after another. */
function read(...pieces: (Uint8Array | { pause: number })[]): {
  packets: Packet[];
  damaged: number;
} {
  const packets: Packet[] = [];
  let damaged = 0;
  let now = 0;
  const reader = new PacketReader(
    (packet) => packets.push(packet),
    () => damaged++,
  );
  for (const piece of pieces)
    if (piece instanceof Uint8Array) reader.write(piece, now);
    else now += piece.pause;
  return { packets, damaged };
}

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

describe("packets", () => {
  test("are those of the specification's example", () => {
    const data = encodeStrings(1, ["MyWirelessAP", "mysecurepassword"]);
    expect(Buffer.from(data).toString("latin1")).toBe(
      "\x01\x1e\x0cMyWirelessAP\x10mysecurepassword",
    );
    const packet = encodePacket(COMMAND, data);
    expect(Buffer.from(packet.slice(0, 9)).toString("latin1")).toBe("IMPROV\x01\x03\x20");
    const sum = packet.slice(0, -1).reduce((total, byte) => total + byte, 0) % 256;
    expect(packet.at(-1)).toBe(sum);
  });

  test("are found between anything else, however it comes in pieces", () => {
    const random = seeded();
    const packet = encodePacket(COMMAND, encodeStrings(2, []));
    for (let run = 0; run < 300; run++) {
      const noise = bytes(random.pick(["", "IMP", "IMPROV", "log\n", "IMPROV\x01", "\x00\xff"]));
      const whole = Uint8Array.from([...noise, ...packet, 10]);
      const at = random.int(whole.length);
      const { packets } = read(whole.slice(0, at), whole.slice(at), { pause: 2_000 }, packet);
      // Noise that promises a longer packet may swallow the first: the second must be found.
      expect({ seed: random.seed, run, found: packets.length >= 1 }).toMatchObject({ found: true });
    }
  });

  test("that are damaged are told of, and hide no packet that follows", () => {
    const packet = encodePacket(COMMAND, encodeStrings(2, []));
    const broken = packet.slice();
    broken[10] = 0x7f;
    expect(read(broken, packet)).toMatchObject({ damaged: 1, packets: [{ type: COMMAND }] });
    // A length that was garbled reaches into the next packet, which is found all the same.
    const longer = packet.slice();
    longer[8] = packet.length;
    const { packets } = read(longer, packet, packet);
    expect(packets.length).toBeGreaterThanOrEqual(1);
  });

  test("that stop in the middle are given up after a second", () => {
    const packet = encodePacket(COMMAND, encodeStrings(2, []));
    expect(read(packet.slice(0, 7), { pause: 1_001 }, packet).packets).toHaveLength(1);
    expect(read(packet.slice(0, 7), { pause: 999 }, packet.slice(7)).packets).toHaveLength(1);
  });

  test("of another version are none", () => {
    const packet = encodePacket(COMMAND, [2, 0]);
    packet[6] = 2;
    expect(read(packet)).toEqual({ packets: [], damaged: 0 });
  });

  test("take no more than 255 bytes", () => {
    expect(() => encodePacket(COMMAND, new Uint8Array(256))).toThrow(RangeError);
    expect(() => encodeStrings(1, ["x".repeat(253)])).toThrow(RangeError);
    expect(encodeStrings(1, ["x".repeat(252)])).toHaveLength(255);
  });

  test("random bytes never break the reader", () => {
    const random = seeded();
    const noise = Uint8Array.from({ length: 20_000 }, () =>
      random.int(3) === 0
        ? random.int(256)
        : (bytes("IMPROV\x01\x03\x05")[random.int(9)] as number),
    );
    expect(() => read(noise)).not.toThrow();
  });
});

describe("strings", () => {
  test.each([[[]], [["a", "", "ü"]], [["x".repeat(252)]]])("%j survive", (strings) => {
    expect(decodeStrings(encodeStrings(7, strings))).toEqual({ command: 7, strings });
  });

  test.each([
    ["nothing", []],
    ["a length that is not there", [1]],
    ["a length too short", [1, 0, 0]],
    ["a length too long", [1, 2, 0]],
    ["a string that goes beyond the end", [1, 2, 5, 65]],
    ["bytes that are no UTF-8", [1, 2, 1, 0xff]],
  ])("are not read out of %s", (_name, data) => {
    expect(decodeStrings(Uint8Array.from(data))).toBeUndefined();
  });
});
