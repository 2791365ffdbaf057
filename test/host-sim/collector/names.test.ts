import { expect, test } from "@jest/globals";
import { channelOf, deviceOf } from "../../../host-sim/collector/names.js";

test.each([
  ["urn:dev:mac:0024befffe804ff1:temperature", "urn:dev:mac:0024befffe804ff1", "temperature"],
  ["urn:dev:ops:1:sensor:status", "urn:dev:ops:1", "sensor:status"],
  ["door", "", "door"],
  ["a:", "a", ""],
])("%s is the device %j and the channel %j", (name, device, channel) => {
  expect([deviceOf(name), channelOf(name)]).toEqual([device, channel]);
});
