export * from "../../../host-sim/servers/process.js";
