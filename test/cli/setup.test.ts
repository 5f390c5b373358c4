import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { snapshot } from "./cloudflare/state.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.close());

const setup = (...args: string[]) => rig.run(["setup", "--cluster", "production", "--yes", ...rig.edgeArgs, ...args]);
const fresh = ["--hostname", hostname, "--allow", "org:acme-inc#77"];

describe("setup", () => {
  test("from nothing: certificate, association, rule, KV, wrangler.toml, Worker, and it answers", async () => {
    const { exitCode, stdout, stderr } = await setup(...fresh);
    console.log(stdout, stderr);
    expect(exitCode).toBe(0);
    const { state } = rig.cloudflare;
    console.log(
      JSON.stringify(snapshot(state), null, 1),
      rig.clone.read("wrangler.toml"),
      rig.clone.wranglerCalls(),
      rig.cloudflare.calls,
    );
    const again = await setup();
    console.log(again);
  });
});
