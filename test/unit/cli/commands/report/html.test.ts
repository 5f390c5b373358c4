import fc from "fast-check";
import { expect, test } from "vitest";
import { escaped } from "../../../../../src/cli/commands/report/present/html.ts";
import { openScene } from "./scene.ts";

test("no text becomes markup, hides itself or moves other text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(escaped(text)).not.toMatch(/[<>"'\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(escaped(text)).not.toMatch(/&(?!(?:amp|lt|gt|quot|#39);)/);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"],
  ['" onload="x', "&quot; onload=&quot;x"],
  ["a\u202eb", "a\\u202eb"],
  ["a&b", "a&amp;b"],
])("%j is %s", (text, written) => {
  expect(escaped(text)).toBe(written);
});

test("the page has no script, nothing from elsewhere, and hostile names as text", async () => {
  const { write, run } = await openScene();
  const hostile = '<img src="https://evil.test/x" onerror="alert(1)">';
  await write(
    "bindings.json",
    JSON.stringify({
      kind: "List",
      items: [
        {
          kind: "ClusterRoleBinding",
          metadata: { name: hostile },
          roleRef: { kind: "ClusterRole", name: "view" },
          subjects: [
            { kind: "Group", name: "github:Acme" },
            { kind: "User", name: `github:${hostile}` },
          ],
        },
      ],
    }),
  );
  const { stdout } = await run(["--format", "html", "--bindings", "bindings.json"]);
  const tags = [...stdout.matchAll(/<([a-z][a-z0-9]*)\b([^>]*)>/g)];
  expect(tags.map(([, name]) => name)).not.toContain("script");
  expect(tags.map(([, name]) => name)).not.toContain("img");
  expect(tags.filter(([, , attributes]) => /\bon\w+=|\b(?:src|href)=/.test(attributes ?? ""))).toEqual([]);
  expect(stdout).toContain("&lt;img src=&quot;https://evil.test/x&quot;");
  expect(stdout).toContain("default-src &#39;none&#39;".replaceAll("&#39;", "'"));
  expect(stdout).toContain("Signature");
  expect(stdout.match(/☐ keep ☐ remove/g)).toHaveLength(3);
});
