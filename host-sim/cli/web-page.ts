/** The dashboard's page, as commands open it. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import type { WebFile } from "../dashboard/flash-page.js";
import type { Model } from "../dashboard/model.js";
import { collect, integerFrom } from "./arguments.js";

export interface PageOptions {
  host: string;
  port?: number;
  open: boolean;
  image?: string[];
}

/** Where it is looked for when nobody says: here, or at the next port that is free. */
const PORT = 8222;

/** Adds the options that say where the page is served. */
export function withPage(command: Command): void {
  command
    .option(
      "--host <address>",
      "where to serve the page; on any but this machine's own address visitors need a link, which is printed",
      "127.0.0.1",
    )
    .option("--port <port>", `for the page (default: ${PORT}, or the next free one)`, portNumber)
    .option(
      "--image <folder>",
      "what 'pipit build' has made for a board: /flash flashes it from Chrome; may be repeated",
      collect,
    )
    .option("--no-open", "open no browser");
}

const portNumber = integerFrom(0, 65_535);

export interface WebPage {
  /** Where to look; when that is a link, it works once, and this becomes the next. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves the page, and opens a browser where there is a person with a screen.
 * @param onLink tells that the link was used: the address is another
 * @throws ConfigError `port` when there is none to be had, `page` when the page has not been built,
 *   `image` for one that cannot be used
 */
export async function openPage(
  options: PageOptions,
  model: Model,
  onLink: () => void,
): Promise<WebPage> {
  const { host, port = PORT, open } = options;
  const { WebServer } = await import("../dashboard/web-server.js");
  const more = options.image === undefined ? undefined : await readImages(options.image);
  const server = new WebServer({
    ...(more === undefined ? {} : { more }),
    model,
    page: fileURLToPath(new URL("../dashboard/page", import.meta.url)),
    host,
    port,
    mayMove: options.port === undefined,
    onLink: (link) => {
      page.address = link;
      onLink();
    },
  });
  const page = { address: await server.listen(), close: () => server.close() };
  if (open && process.stdout.isTTY) openBrowser(page.address);
  return page;
}

async function readImages(folders: readonly string[]): Promise<ReadonlyMap<string, WebFile>> {
  const { flashPage } = await import("../dashboard/flash-page.js");
  try {
    return flashPage(folders);
  } catch (error) {
    throw new ConfigError("image", (error as Error).message);
  }
}

function openBrowser(address: string): void {
  const hasScreen = Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
  const program = process.platform === "darwin" ? "open" : hasScreen ? "xdg-open" : undefined;
  if (program === undefined) return;
  const child = spawn(program, [address], { detached: true, stdio: "ignore" });
  child.on("error", () => {}); // the address is printed, too
  child.unref();
}
