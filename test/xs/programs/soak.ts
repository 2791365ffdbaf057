/** A device publishes ten thousand items. Prints figures (figures.h) after the first thousand, and at the end. */

import { native } from "../../../host-sim/xs/native.js";
import { RecordedDevice } from "./recorded-device.js";
import { RecordedServer } from "./recorded-server.js";

const life = new RecordedDevice(new RecordedServer());
for (const count of [1_000, 10_000]) {
  life.until(`${count} publishes`, () => life.published === count && life.device.pending === 0);
  native.figures(`${count} publishes`);
}
