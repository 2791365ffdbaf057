/**
 * Fetches the sources of C libraries from Debian's archive, at pinned versions, and unpacks them. The mirror is
 * one that this machine's apt knows, and apt does the transfer, so that its proxies hold here too; nothing of
 * apt's own files is changed.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

/** Everything from Debian: git ignores it. */
const FOLDER = join(root, "build/debian");

/**
 * The original sources of Debian's packages. Debian's own changes are left out: there are none to mbedTLS, and
 * those to lwIP are for shared libraries, and for PPP.
 */
const SOURCES = {
  "mbedtls-2.28": {
    path: "pool/main/m/mbedtls/mbedtls_2.28.3.orig.tar.gz",
    sha256: "3b4953aa55a681e084d31892d9904cc5328d6b4958ea57b90ae4b4f94ae69a8d",
  },
  "mbedtls-3.6": {
    path: "pool/main/m/mbedtls/mbedtls_3.6.5.orig.tar.bz2",
    sha256: "4a11f1777bb95bf4ad96721cac945a26e04bf19f57d905f241fe77ebeddf46d8",
  },
  lwip: {
    path: "pool/main/l/lwip/lwip_2.1.3+dfsg1.orig.tar.xz",
    sha256: "0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24",
  },
};

/** Does the transfer, and checks what came. */
const HELPER = "/usr/lib/apt/apt-helper";

/** The folder that a package's sources are in, or will be. */
export const debianSource = (name) => join(FOLDER, name);

/** Fetches a package of `SOURCES`, unless it is there. Returns why it did not work, or nothing. */
export function fetchDebianSource(name) {
  const { path, sha256 } = SOURCES[name];
  const folder = debianSource(name);
  const note = join(folder, `.sha256-${sha256}`);
  if (existsSync(note)) return undefined;
  console.log(`set-up: fetching ${path} from Debian`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const archive = join(FOLDER, path.split("/").at(-1));
  const problem = download(path, sha256, archive);
  if (problem !== undefined) return problem;
  const unpack = ["-xf", archive, "-C", folder, "--strip-components=1"];
  const unpacked = spawnSync("tar", unpack, { encoding: "utf8" });
  if (unpacked.status !== 0)
    return `${archive} could not be unpacked: ${unpacked.stderr ?? unpacked.error}`;
  rmSync(archive);
  writeFileSync(note, "");
  return undefined;
}

function download(path, sha256, archive) {
  if (!existsSync(HELPER))
    return `${path} comes from Debian's archive, and this machine has no apt`;
  const mirrors = mirrorsOfApt();
  if (mirrors.length === 0) return `apt on this machine has no archive to fetch ${path} from`;
  const reasons = [];
  for (const mirror of mirrors) {
    const args = ["download-file", `${mirror}${path}`, archive, `SHA256:${sha256}`];
    const { status, stderr } = spawnSync(HELPER, args, { encoding: "utf8" });
    if (status === 0) return undefined;
    reasons.push(`${mirror}${path}: ${stderr.match(/^E: (.*)/m)?.[1] ?? stderr.trim()}`);
  }
  return reasons.join("; ");
}

/** The archives of `main` that apt is told to use, be it in sources.list or in files of either format. */
function mirrorsOfApt() {
  const query = [
    "--no-release-info", // else it names only those whose indexes were fetched
    "indextargets",
    "--format=$(REPO_URI)",
    "Identifier: Packages",
    "Component: main",
  ];
  const { stdout } = spawnSync("apt-get", query, { encoding: "utf8" });
  return [...new Set(stdout.split("\n").filter((line) => line !== ""))];
}
