export * from "../../../host-sim/servers/ejabberd.js";
