/** xmpp.js as a contender in `connect.bench.mjs`: see `connect-pipit.mjs`. */

import dns from "node:dns";
import { client, xml } from "@xmpp/client";

// With direct TLS it verifies the host in the service's URL, which has to be the domain then. With STARTTLS it
// verifies the domain. Whom it trusts is in NODE_EXTRA_CA_CERTS.
const { lookup } = dns;
dns.lookup = (host, options, callback) =>
  lookup(host.endsWith(".test") ? "127.0.0.1" : host, options, callback);

export async function connect({ server, security, port, account, node, item }) {
  const [username] = account.jid.split("@");
  const service = `${security === "direct" ? "xmpps" : "xmpp"}://${server.domain}:${port}`;
  const { password } = account;
  const entity = client({ service, domain: server.domain, username, password });
  entity.reconnect.stop();
  entity.on("error", () => {}); // start() rejects
  let start;
  let mechanism;
  entity.on("connecting", () => {
    start = performance.now();
  });
  entity.on("send", (element) => {
    if (element.is("auth")) mechanism = element.attrs.mechanism;
  });
  await entity.start();
  const payload = xml("sensml", { xmlns: item.namespace }, xml("senml", item.record));
  await entity.iqCaller.set(
    xml(
      "pubsub",
      { xmlns: "http://jabber.org/protocol/pubsub" },
      xml("publish", { node }, xml("item", { id: item.id }, payload)),
    ),
    server.pubsub,
  );
  return { ms: performance.now() - start, mechanism, close: () => entity.stop() };
}
