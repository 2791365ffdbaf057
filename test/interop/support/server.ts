export * from "../../../host-sim/servers/server.js";
