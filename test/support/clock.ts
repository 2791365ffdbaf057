export { VirtualClock as FakeClock } from "../../host-sim/chaos/virtual/clock.js";
