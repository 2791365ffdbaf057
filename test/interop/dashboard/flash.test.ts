/** The page that flashes boards, in a real browser: as far as that goes without a board and a person. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, jest, test } from "@jest/globals";
import { flashPage } from "../../../host-sim/dashboard/flash-page.js";
import { writeImage } from "../../../host-sim/device/image.js";
import { openBrowser } from "../../dashboard/browser.js";
import { MadeUpFleet, serve } from "../../dashboard/support.js";

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "pipit-flash-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** An image of one part, which begins as a program for an ESP32-C3 does. */
const program = Uint8Array.from({ length: 1000 }, (_, at) => (at === 0 ? 0xe9 : at === 12 ? 5 : 0));
const image = join(folder, "esp32c3");
writeFileSync(join(folder, "app.bin"), program);
writeImage(image, { name: "Pipit", version: "1.2.3", chip: "ESP32-C3" }, [
  { file: join(folder, "app.bin"), offset: 0x20000 },
]);

test("it loads ESP Web Tools, and finds the image", async () => {
  const { server, address } = await serve(
    MadeUpFleet.of(1).model,
    "127.0.0.1",
    () => {},
    flashPage([image]),
  );
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    const troubles: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") troubles.push(message.text());
    });
    page.on("pageerror", (error) => troubles.push(String(error)));
    await page.goto(`${address}flash`);
    await page.waitForFunction("customElements.get('esp-web-install-button') !== undefined");
    await page.getByRole("button", { name: "Connect a board" }).waitFor();
    expect(troubles).toEqual([]);

    const manifest = await (await fetch(`${address}flash/manifest.json`)).json();
    expect(manifest).toMatchObject({
      name: "Pipit",
      builds: [{ chipFamily: "ESP32-C3", parts: [{ path: "esp32c3/app.bin", offset: 0x20000 }] }],
    });
    const part = await fetch(new URL(manifest.builds[0].parts[0].path, `${address}flash/`));
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(program);
  } finally {
    await browser.close();
    await server.close();
  }
});

test("what is no image is refused before the page is served", () => {
  expect(() => flashPage([folder])).toThrow(/no image can be read/);
});

test("without images there is no such page", async () => {
  const { server, address } = await serve(MadeUpFleet.of(1).model);
  expect((await fetch(`${address}flash`)).status).toBe(404);
  await server.close();
});
