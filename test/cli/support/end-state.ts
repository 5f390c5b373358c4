// Where a run ended, at Cloudflare and in the clone, in a form in which two runs can be compared: what is random has a
// name in its place.

import { X509Certificate } from "node:crypto";
import { readdirSync } from "node:fs";
import { temporaryName } from "../../../src/node/files.ts";
import { snapshot } from "../cloudflare/state.ts";
import type { Clone } from "./clone.ts";
import type { Rig } from "./rig.ts";

export function endState({ cloudflare, clone }: Rig): unknown {
  const names = new Map<string, string>();
  const { state } = cloudflare;
  state.certificates.forEach(({ certificate, fingerprint_sha256 = "" }, index) => {
    names.set(fingerprint_sha256, `<certificate ${index}>`);
    names.set(JSON.stringify(certificate).slice(1, -1), `<pem ${index}>`);
    names.set(new X509Certificate(certificate).serialNumber, `<serial ${index}>`);
  });
  for (const { id, title } of state.namespaces) names.set(id, `<namespace ${title}>`);
  for (const { secrets } of state.scripts.values()) {
    // As they stand in JSON: a key has several lines.
    for (const value of secrets.values()) names.set(JSON.stringify(value).slice(1, -1), "<secret>");
  }
  const whole = {
    cloudflare: snapshot(state),
    toml: clone.read("wrangler.toml"),
    files: filesIn(clone),
  };
  let text = JSON.stringify(whole, (key, value) => (volatile.has(key) ? undefined : value));
  for (const [value, name] of names) text = text.replaceAll(value, name);
  // The rule has them in the order of their hex digits.
  text = text.replaceAll(/ in \{([^}]*)\}/g, (_, list: string) => ` in {${list.split(" ").sort().join(" ")}}`);
  // Authorities and ids of other things are new with every stand-in.
  return JSON.parse(text.replaceAll(/[0-9a-f]{32}|[0-9a-f-]{36}/g, "<id>").replaceAll(/[0-9A-F]{40}/g, "<key>"));
}

/** But for what a killed process left half written: the next run goes past it. */
function filesIn(clone: Clone): string[] {
  if (!clone.has(".clusters")) return [];
  const names = readdirSync(clone.path(".clusters"), { recursive: true, encoding: "utf8" });
  return names.filter((name) => !temporaryName.test(name)).sort();
}

const volatile: ReadonlySet<string> = new Set(["csr", "expires_on", "issued_on"]);
