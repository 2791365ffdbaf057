/** `node scripts/pictures.mjs`: takes the pictures of the dashboard that the README shows, in `docs/pictures/`. */

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPage } from "./page.mjs";
import { root, runPackage } from "./run.mjs";
import { installBrowser, installPackages } from "./setup.mjs";

const FOLDER = join(root, "docs/pictures");
const PIPIT = join(root, "build/host-sim/cli/main.js");

await installPackages();
if (!installBrowser()) process.exit(1);
const status = await runPackage("typescript/bin/tsc", "-b", "host-sim");
if (status !== 0) process.exit(status);
await buildPage();
await mkdir(FOLDER, { recursive: true });
const { chromium } = await import("playwright-core"); // which may just have been installed
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
try {
  await withDemo(["-c", "400", "--im", "2000"], async (address) => {
    await take(address, "fleet", { width: 1280, height: 800 }, "light", async (page) => {
      await online(page, 400);
      // Something for the map to show.
      for (const name of ["board4", "board9", "board17"]) {
        await page.locator(".cell", { has: page.locator(`.name:text-is("${name}")`) }).click();
        await page.getByRole("heading", { name, exact: true }).waitFor();
        await page.getByRole("button", { name: "Power loss" }).click();
      }
      await page.getByRole("button", { name: "Close" }).click();
      await page.keyboard.press("Home");
      await page.waitForTimeout(400);
    });
  });
  await withDemo(["-c", "12", "--im", "500"], async (address) => {
    await take(
      `${address}#board3`,
      "device",
      { width: 1120, height: 720 },
      "dark",
      async (page) => {
        await online(page, 12);
        await page.waitForTimeout(20_000); // for the curves
        await page.getByRole("button", { name: "Cut" }).click();
        await page.getByText("its session goes on").first().waitFor();
        await page.waitForTimeout(2_000);
      },
    );
    await take(`${address}#board3`, "phone", { width: 390, height: 800 }, "light", (page) =>
      page.getByText("senml").first().waitFor(),
    );
  });
} finally {
  await browser.close();
}

/** Runs the demonstration while something is done with its page. */
async function withDemo(options, use) {
  const home = await mkdtemp(join(tmpdir(), "pipit-"));
  const args = [PIPIT, "demo", "--port", "0", ...options];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: home },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  try {
    let said = "";
    const address = await new Promise((resolve, reject) => {
      child.stderr.setEncoding("utf8").on("data", (text) => {
        said += text;
        const [, found] = /Watch it at (\S+)/.exec(said) ?? [];
        if (found !== undefined) resolve(found);
      });
      ended.then(() => reject(new Error(`pipit demo ended too soon: ${said}`)));
    });
    await use(address);
  } finally {
    child.kill("SIGINT");
    await ended;
    await rm(home, { recursive: true });
  }
}

/** Takes a picture when the page is ready. */
async function take(address, name, viewport, colorScheme, ready) {
  const page = await browser.newPage({ viewport, colorScheme, timezoneId: "UTC" });
  await page.goto(address);
  await ready(page);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  await page.close();
  console.log(`docs/pictures/${name}.png`);
}

function online(page, count) {
  return page.getByRole("button", { name: `online ${count}` }).waitFor({ timeout: 120_000 });
}
