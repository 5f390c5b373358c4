// A real browser without a window, which reaches nothing but this machine.
import { delimiter, join } from "node:path";
import type { Browser } from "playwright-core";
import { isExecutable } from "./executable.ts";

const names = ["chromium", "chromium-browser", "google-chrome"];

function findChromium(): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return paths.find(isExecutable) ?? null;
}

const executablePath = findChromium();

/** Why no browser can be started here, or null if one can. */
export const whyWithoutChromium = executablePath === null ? `none of ${names.join(", ")} is in PATH` : null;

/** @throws if there is none: tests say first that they need it (needs.ts) */
/** A web application's, which is no loopback address: before those comes our page. */
export const applicationHost = "dashboard.acme.test";

export async function startChromium(): Promise<Browser> {
  if (executablePath === null) throw new Error("there is no Chromium");
  // Most tests that ask whether there is a Chromium start none.
  const { chromium } = await import("playwright-core");
  return chromium.launch({
    executablePath,
    // Its sandbox wants rights that a container does not have, and all pages here are the tests' own.
    args: [
      "--no-sandbox",
      `--host-resolver-rules=MAP ${applicationHost} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1`,
    ],
  });
}
