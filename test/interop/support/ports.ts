export * from "../../../host-sim/servers/ports.js";
