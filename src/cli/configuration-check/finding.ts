// What a check of the configuration finds, before its line is looked up.
import type { TomlPath } from "../wrangler-toml/source-map.ts";

export interface Finding {
  /** An error keeps from deploying; a warning does not. */
  readonly level: "error" | "warning";
  readonly path: TomlPath;
  readonly message: string;
  readonly cure?: string;
}
