// Setup is broken off at every call that changes something, in three ways; run again, it comes to the same as a run
// that nothing disturbed.
import { beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/until.ts";
import { brokenOnce, type CloudflareStandIn, type Interference } from "./cloudflare/stand-in.ts";
import { endState } from "./support/end-state.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";

const steps = [
  "POST /client_certificates",
  "POST /namespaces",
  "POST /rules",
  "POST /upload",
  "PUT /hostname_associations",
] as const;

async function withRig<T>(work: (rig: Rig) => Promise<T>): Promise<T> {
  const rig = await makeRig();
  try {
    return await work(rig);
  } finally {
    await rig.close();
  }
}

const setupArgs = (rig: Rig) => [
  ...["setup", "--cluster", "production", "--hostname", hostname, "--allow", "org:acme-inc#77", "--yes"],
  ...rig.edgeArgs,
];

/** Interferes with the first call of this step, and with no other. */
function interfereOnce(cloudflare: CloudflareStandIn, step: string, interference: Interference): void {
  const [method, end = ""] = step.split(" ");
  cloudflare.interfere = (call) => {
    if (call.method !== method || !call.path.endsWith(end)) return null;
    cloudflare.interfere = () => null;
    return interference;
  };
}

let undisturbed: unknown;
beforeAll(async () => {
  undisturbed = await withRig(async (rig) => {
    expect((await rig.run(setupArgs(rig))).exitCode).toBe(0);
    expect(rig.cloudflare.mutations.map(shortened)).toEqual(steps);
    return endState(rig);
  });
});

const shortened = (line: string) => line.replace(/ .*(?=\/)/, " ");

describe.each(steps)("broken off at %s", (step) => {
  test.each([
    ["before it took effect", "before"],
    ["after it took effect, with the answer lost", "after"],
  ] as const)("%s", async (_how, when) => {
    await withRig(async (rig) => {
      interfereOnce(rig.cloudflare, step, { kind: "answer", when, answer: brokenOnce });
      const broken = await rig.run(setupArgs(rig));
      expect(broken.exitCode).toBe(1);
      expect(broken.stderr).not.toContain("Error:");
      expect((await rig.run(setupArgs(rig))).exitCode).toBe(0);
      expect(endState(rig)).toEqual(undisturbed);
    });
  });

  test("killed after it took effect", async () => {
    await withRig(async (rig) => {
      interfereOnce(rig.cloudflare, step, { kind: "hang" });
      const program = rig.start(setupArgs(rig));
      const isThere = () => rig.cloudflare.mutations.map(shortened).includes(step) || program.hasEnded();
      await until(isThere, 20_000, `setup comes to ${step}`);
      process.kill(program.pid, "SIGKILL");
      await program.ended();
      rig.cloudflare.dropConnections();
      expect((await rig.run(setupArgs(rig))).exitCode).toBe(0);
      expect(endState(rig)).toEqual(undisturbed);
    });
  });
});

test("nothing but the calls that change something is left out: a break anywhere else leaves nothing behind", async () => {
  await withRig(async (rig) => {
    await rig.run(setupArgs(rig));
    const calls = rig.cloudflare.calls.filter((line) => line.startsWith("GET")).length;
    await withRig(async (other) => {
      for (let at = 0; at < calls; at += 1) {
        let count = 0;
        other.cloudflare.interfere = ({ method }) => {
          if (method !== "GET") return null;
          count += 1;
          return count === at + 1 ? { kind: "answer", when: "before", answer: brokenOnce } : null;
        };
        await other.run(setupArgs(other));
      }
      other.cloudflare.interfere = () => null;
      expect((await other.run(setupArgs(other))).exitCode).toBe(0);
      expect(endState(other)).toEqual(undisturbed);
    });
  });
});
