/** MQTT as a contender in `delivery.bench.mjs`: mosquitto and MQTT.js. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt from "mqtt";
import { encodeSenml } from "../../build/firmware/telemetry/senml.js";
import { write } from "../../build/firmware/xmpp/xml/writer.js";
import { createAuthority } from "../../build/host-sim/server/certificates.js";

const TOPIC = "telemetry";

/**
 * Starts mosquitto, with a subscriber of QoS 1 that is away: so it has to keep what is published.
 * @param saves whether it saves all it keeps after each change, and not as it is installed, every half hour
 * @throws Error when it is not installed
 */
export async function startMosquitto(freePort, saves) {
  const folder = await mkdtemp(join(tmpdir(), "pipit-"));
  const authority = await createAuthority("Authority of the benchmark");
  const { certificate, key } = await authority.issue({ names: ["localhost"] });
  await writeFile(join(folder, "certificate.pem"), certificate);
  await writeFile(join(folder, "key.pem"), key, { mode: 0o600 });
  const port = await freePort();
  const settings = [
    `listener ${port} 127.0.0.1`,
    `certfile ${folder}/certificate.pem`,
    `keyfile ${folder}/key.pem`,
    "allow_anonymous true",
    "set_tcp_nodelay true",
    "persistence true",
    `persistence_location ${folder}/`,
    "max_queued_messages 0", // 1,000 as installed, and what is beyond is dropped
    ...(saves ? ["autosave_on_changes true", "autosave_interval 1"] : []), // changes, then, not seconds
    ...(process.getuid() === 0 ? ["user root"] : []),
  ];
  await writeFile(join(folder, "mosquitto.conf"), `${settings.join("\n")}\n`);
  const child = spawn("/usr/sbin/mosquitto", ["-c", join(folder, "mosquitto.conf"), "-v"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const stop = async () => {
    if (child.exitCode === null && child.pid !== undefined) {
      child.kill("SIGKILL");
      await once(child, "close");
    }
    await rm(folder, { recursive: true });
  };
  try {
    await new Promise((resolve, reject) => {
      let log = "";
      child.stderr.setEncoding("utf8").on("data", (text) => {
        if (log.length < 10_000) log += text;
        if (log.includes("running")) resolve();
      });
      child.on("error", reject);
      child.on("close", () => reject(new Error(`mosquitto ended: ${log}`)));
    });
    const options = { clientId: "away", clean: false, ca: authority.certificate };
    const away = await mqtt.connectAsync(`mqtts://localhost:${port}`, options);
    await away.subscribeAsync(TOPIC, { qos: 1 });
    await away.endAsync();
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, ca: authority.certificate, stop };
}

/** A device that is not connected yet: it keeps what is to go in RAM, as MQTT clients do. */
export function makeMqtt({ port, ca }, window) {
  const waiting = [];
  let inFlight = 0;
  let isClosed = false;
  let onAcknowledged = () => {};
  let client;
  const go = () => {
    while (client?.connected && !isClosed && inFlight < window && waiting.length > 0) {
      inFlight++;
      client.publish(TOPIC, waiting.shift(), { qos: 1 }, (error) => {
        if (isClosed) return;
        if (error) throw error;
        inFlight--;
        onAcknowledged();
        go();
      });
    }
  };
  return {
    writes: () => 0,
    add(readings) {
      waiting.push(write(encodeSenml(readings), ""));
      go();
    },
    onAcknowledged(callback) {
      onAcknowledged = callback;
    },
    async connect() {
      client = await mqtt.connectAsync(`mqtts://localhost:${port}`, { ca, protocolVersion: 5 });
      go();
    },
    close() {
      isClosed = true;
      client.end(true);
    },
  };
}
