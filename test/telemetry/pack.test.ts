import { describe, expect, test } from "@jest/globals";
import { pack, separate, unpack } from "../../firmware/telemetry/pack.js";
import { type Reading, senmlElement, toRecords } from "../../firmware/telemetry/senml.js";
import { decodeSenml } from "../../firmware/telemetry/senml-decode.js";
import { decode } from "../../firmware/xmpp/utf8.js";
import { write } from "../../firmware/xmpp/xml/writer.js";
import { seeded } from "../support/random.js";

const BASE = "urn:dev:mac:0024befffe804ff1:";
const TIME = 1_700_000_000.123;

const PACKS: readonly (readonly [string, readonly Reading[]])[] = [
  ["a number", [{ name: `${BASE}temperature`, unit: "Cel", value: -21.5, time: TIME }]],
  ["true and false", [true, false].map((value) => ({ name: BASE, value, time: TIME }))],
  ["octets, and a sum", [{ name: "a", data: "AQI_-w", sum: 1e-7, time: TIME }]],
  ["time 0, and an update time", [{ name: "a", value: 0, time: 0, updateTime: 60 }]],
  [
    "texts with everything that could be taken for the form",
    ["", "=", "a=b", "\t", "\n", "\\n", '"', "größe 🐦", "\u0000\u007f"].map((value) => ({
      name: "a",
      value,
      time: TIME,
    })),
  ],
  [
    "several channels at several times",
    [0, 10, 20.5].flatMap((after) => [
      { name: `${BASE}temperature`, unit: "Cel", value: 21.5, time: TIME + after },
      { name: `${BASE}humidity`, unit: "%RH", value: 45, time: TIME + after },
      { name: `${BASE}humidity:status`, value: "no-answer", time: TIME + after },
    ]),
  ],
];

describe.each(PACKS)("%s", (_what, readings) => {
  test("comes back as it was", () => {
    const records = unpack(pack(toRecords(readings)));
    expect(decodeSenml(senmlElement(records), 0)).toEqual(
      decodeSenml(senmlElement(toRecords(readings)), 0),
    );
    expect(records).toHaveLength(readings.length);
  });

  test("says the same in single records", () => {
    const records = separate(unpack(pack(toRecords(readings))));
    const apart = records.flatMap((record) => decodeSenml(senmlElement(record), 0));
    expect(apart).toEqual(decodeSenml(senmlElement(toRecords(readings)), 0));
  });
});

test("so does whatever readings there are", () => {
  const random = seeded();
  for (let run = 0; run < 200; run++) {
    const readings = Array.from({ length: 1 + random.int(8) }, () => ({
      name: random.pick([BASE, `${BASE}a`, `${BASE}b/c`, "other"]),
      value: random.pick<number | string>([
        random.next(),
        String.fromCodePoint(random.int(0xd800)),
      ]),
      time: 1_700_000_000 + random.int(1000) / 10,
      ...(random.int(2) === 0 ? {} : { unit: random.pick(["Cel", "%RH"]) }),
    }));
    const sorted = decodeSenml(senmlElement(toRecords(readings)), 0);
    const records = unpack(pack(toRecords(readings)));
    expect([random.seed, decodeSenml(senmlElement(records), 0)]).toEqual([random.seed, sorted]);
    const apart = separate(records).flatMap((record) => decodeSenml(senmlElement(record), 0));
    expect([random.seed, apart.sort((a, b) => a.time - b.time)]).toEqual([random.seed, sorted]);
  }
});

test("it looks like this, and is half as long as the XML", () => {
  const readings = [
    { name: `${BASE}temperature`, unit: "Cel", value: 21.5, time: TIME },
    { name: `${BASE}humidity`, unit: "%RH", value: 45, time: TIME },
  ];
  const packed = pack(toRecords(readings));
  expect(decode(packed)).toBe(
    `bn=${BASE}\tbt=${TIME}\tn=temperature\tu=Cel\tv=21.5\nn=humidity\tu=%RH\tv=45`,
  );
  expect([packed.length, write(senmlElement(unpack(packed)), "").length]).toEqual([99, 186]);
});
