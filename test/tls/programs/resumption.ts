/**
 * Connects to a server with TLS, again and again. Its argument is a JSON object, ResumptionSettings. Prints a line
 * of JSON for each connection: whether it went on with the session of the one before, and how it is bound.
 */

import { SessionCache } from "../../../firmware/tls/session-cache.js";
import { TLSSocket } from "../../../firmware/tls/tls-socket.js";
import { native } from "../../../host-sim/xs/native.js";
import { TCP } from "../../../host-sim/xs/tcp.js";
import { tlsPlatform } from "../../../host-sim/xs/tls.js";

export interface ResumptionSettings {
  readonly port: number;
  readonly serverName: string;
  readonly certificate: string;
  readonly times: number;
}

export type ResumptionResult = { isResumed: boolean; binding: number[] } | { error: string };

declare function trace(text: string): void;

const say = (result: ResumptionResult) => trace(`${JSON.stringify(result)}\n`);

const [text = ""] = native.arguments();
const { port, serverName, certificate, times }: ResumptionSettings = JSON.parse(text);
const platform = { ...tlsPlatform, sessions: new SessionCache() };

function connect(left: number): void {
  if (left === 0) return;
  const socket = new TLSSocket(
    {
      address: "127.0.0.1",
      port,
      TCP: { io: TCP },
      secure: { serverName, certificate },
      onWritable() {
        const binding = new Uint8Array(
          socket.channelBinding("tls-server-end-point") ?? new ArrayBuffer(0),
        );
        say({ isResumed: socket.isResumed, binding: [...binding] });
        socket.close();
        connect(left - 1);
      },
      onError: (reason) => say({ error: String(reason) }),
    },
    platform,
  );
}

connect(times);
