export * from "../../../host-sim/servers/prosody.js";
