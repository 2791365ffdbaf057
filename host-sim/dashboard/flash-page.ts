/** A page of its own that flashes boards from Chrome, by ESP Web Tools, with images that were built here. */

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { webInstall } from "../device/image.js";

/** What the server gives under a path. Parts of an image are read when they are asked for. */
export interface WebFile {
  readonly type: string;
  readonly read: () => Buffer;
  /** The Content-Security-Policy, where it is not that of the dashboard. */
  readonly policy?: string;
}

/** ESP Web Tools styles its dialog in place, and loads its own parts as it needs them. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Pipit: flash a board</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/flash/tools/install-button.js"></script>
<main style="max-width: 40rem; margin: 3rem auto; padding: 0 1rem; line-height: 1.5">
<h1>Flash a board</h1>
<p>Plug the board into this computer, and choose its serial port. Its chip is found out, and the firmware for it
written; then the page asks for the network that the board is to join.</p>
<esp-web-install-button manifest="/flash/manifest.json">
<button slot="activate">Connect a board</button>
<p slot="unsupported">This browser cannot reach serial ports. Chrome and Edge on a computer can.</p>
<p slot="not-allowed">Browsers reach serial ports only from https pages, and from this computer's own.</p>
</esp-web-install-button>
<p>The account and the node are given to the board by <code>pipit provision</code>, on the same cable.</p>
</main>
</html>
`;

/**
 * @param folders images, as `pipit build` makes them, one for each board
 * @returns files by their paths
 * @throws Error when one of them cannot be used
 */
export function flashPage(folders: readonly string[]): ReadonlyMap<string, WebFile> {
  const files = new Map<string, WebFile>();
  const { manifest, parts } = webInstall(
    new Map(folders.map((folder) => [basename(resolve(folder)), folder])),
  );
  const page = { policy: POLICY, type: "text/html; charset=utf-8", read: () => Buffer.from(PAGE) };
  files.set("/flash", page);
  files.set("/flash/manifest.json", {
    type: "application/json",
    read: () => Buffer.from(JSON.stringify(manifest)),
  });
  for (const [path, file] of parts)
    files.set(`/flash/${path}`, {
      type: "application/octet-stream",
      read: () => readFileSync(file),
    });
  const tools = join(
    dirname(createRequire(import.meta.url).resolve("esp-web-tools/package.json")),
    "dist/web",
  );
  for (const name of readdirSync(tools))
    files.set(`/flash/tools/${name}`, {
      type: "text/javascript; charset=utf-8",
      read: () => readFileSync(join(tools, name)),
    });
  return files;
}
