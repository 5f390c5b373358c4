import { describe, expect, test } from "vitest";
import { octogate } from "./support/octogate.ts";

describe("the command line", () => {
  test("without a command shows what there is, and ends as a usage error does", async () => {
    const { exitCode, stderr } = await octogate([]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("Usage: octogate");
  });

  test("names the nearest command where there is none of that name", async () => {
    const { exitCode, stdout, stderr } = await octogate(["chek"]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("Did you mean check?");
  });

  test("shows its help on stdout, without colours, where it was asked for", async () => {
    const { exitCode, stdout, stderr } = await octogate(["--help"]);
    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    expect(stdout).toContain("check");
    expect(stdout).not.toContain("\u001b");
  });

  test("prints one JSON document for machines, also when it fails", async () => {
    const { exitCode, stdout, stderr } = await octogate(["check", "--json", "--config", "no-such.toml"]);
    expect(exitCode).toBe(1);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, troubles: [{ where: "no-such.toml" }] });
  });
});
