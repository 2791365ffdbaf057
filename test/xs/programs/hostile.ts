/**
 * A device gets stanzas that would take more memory than there is, were they kept whole, and goes on to publish on the
 * same stream. Prints figures (figures.h) behind each.
 */

import { native } from "../../../host-sim/xs/native.js";
import { RecordedDevice } from "./recorded-device.js";
import { RecordedServer } from "./recorded-server.js";

/** How often what stands in a stanza. */
const CONTENTS: readonly (readonly [string, number, string])[] = [
  ["60 kB of text", 600, "0123456789".repeat(10)],
  ["9 kB of text", 90, "0123456789".repeat(10)],
  ["empty elements", 100, "<a/>".repeat(24)],
  ["elements with attributes", 100, "<a b='' c='' d='' e='' f='' g=''/>".repeat(3)],
  ["elements with texts", 120, "<a>1</a>".repeat(10)],
];

const server = new RecordedServer();
const life = new RecordedDevice(server);
life.until("online", () => life.online === 1);
for (const [label, times, content] of CONTENTS) {
  const { published } = life;
  server.say("<message from='mallory@example.org/1'><x xmlns='urn:x'>");
  for (let i = 0; i < times; i++) {
    server.say(content);
    server.clock.advance(0);
  }
  server.say("</x></message>");
  life.until(`a publish behind ${label}`, () => life.published > published);
  if (life.online !== 1) throw new Error(`the stream did not survive ${label}`);
  native.figures(label);
}
