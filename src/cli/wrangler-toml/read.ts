// Reads the deployment's wrangler.toml: the one place where its configuration stands.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Context } from "../context.ts";
import type { Trouble } from "../report.ts";

export type WranglerToml =
  | { readonly kind: "read"; readonly path: string; readonly text: string }
  | { readonly kind: "unreadable"; readonly trouble: Trouble };

/** @param path as it was given: relative to the context's folder */
export async function readWranglerToml(path: string, { folder }: Context): Promise<WranglerToml> {
  try {
    return { kind: "read", path, text: await readFile(resolve(folder, path), "utf8") };
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const isMissing = error.code === "ENOENT";
    const trouble = {
      where: path,
      message: isMissing ? "there is no such file" : `cannot be read (${error.code})`,
      cure: "run this in the folder of your deployment, or name its file with --config",
    };
    return { kind: "unreadable", trouble };
  }
}
