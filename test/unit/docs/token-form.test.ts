// docs/setup.md: the link that fills in Cloudflare's form is the command's own.
import { expect, test } from "vitest";
import { requiredPermissions } from "../../../src/cli/cloudflare/api.ts";
import { chosenByHand, tokenFormUrl } from "../../../src/cli/cloudflare/token-form.ts";
import { readDocument } from "../../support/document-commands.ts";

test("the page has the command's link, and names what the link leaves out", () => {
  expect(readDocument("docs/setup.md")).toContain(`(${tokenFormUrl})`);
  expect(requiredPermissions).toContain(chosenByHand);
});
