// All that the stand-in keeps, in one piece: routes read it, and what a test does to it is seen by the next request.
import type { Apps } from "./apps.ts";
import type { Directory } from "./directory.ts";
import type { Organisations } from "./organisations.ts";

export interface State {
  readonly directory: Directory;
  readonly organisations: Organisations;
  readonly apps: Apps;
}
