/**
 * The life of a device, for its memory: it logs in, publishes a hundred items, and loses its connection ten
 * times. Prints figures (figures.h) for each stage.
 */

import { native } from "../../../host-sim/xs/native.js";
import { RecordedDevice } from "./recorded-device.js";
import { RecordedServer } from "./recorded-server.js";

const server = new RecordedServer();
native.figures("loaded");
const life = new RecordedDevice(server);
life.until("online", () => life.online === 1);
native.figures("online");
life.until("100 publishes", () => life.published === 100);
native.figures("100 publishes");
for (let times = 1; times <= 10; times++) {
  server.break();
  life.until(`reconnect ${times}`, () => life.online === 1 + times && life.device.pending === 0);
}
native.figures("10 reconnects");
