/**
 * Lets Node import the TypeScript of the tests, which is not built. To be imported first; afterwards
 * `await import("….ts")` works, and so do the imports in there, which end in `.js`.
 */

import { register } from "node:module";
import { isMainThread } from "node:worker_threads";
import { transform } from "@swc/core";

// Node runs the functions below in a thread of its own, which loads this file again.
if (isMainThread) register(import.meta.url);

export function resolve(specifier, context, next) {
  const fromTypeScript = context.parentURL?.endsWith(".ts") && specifier.startsWith(".");
  return next(fromTypeScript ? specifier.replace(/\.js$/, ".ts") : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const { source } = await next(url, { ...context, format: "module" });
  const { code } = await transform(source.toString(), {
    filename: url,
    swcrc: false,
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "es6" },
  });
  return { format: "module", source: code, shortCircuit: true };
}
