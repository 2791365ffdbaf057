/** The embedded server as a process of its own, in which all accounts have one password. */

import { root } from "../../scripts/run.mjs";

const { createAuthority } = await import(`${root}/build/host-sim/server/certificates.js`);
const { Listener } = await import(`${root}/build/host-sim/server/listener.js`);
const { deriveCredentials } = await import(`${root}/build/host-sim/server/sasl/credentials.js`);
const { Server } = await import(`${root}/build/host-sim/server/server.js`);

const [, , domain, password] = process.argv;
const credentials = deriveCredentials(password);
const authority = await createAuthority("Authority of a benchmark");
const server = new Server({
  domain,
  accounts: () => credentials,
  mayCreateNodes: (account) => account === `owner@${domain}`,
});
const listener = new Listener({ server, authority, port: 0, directPort: 0 });
const { directPort } = await listener.listen();
process.on("disconnect", () => process.exit());
process.send({ directPort, ca: authority.certificate });
